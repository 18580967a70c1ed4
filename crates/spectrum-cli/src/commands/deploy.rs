//! `spectrum deploy`: the sessions as materialized views in PostgreSQL.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use spectrum_postgres::{
    Change, DeployOptions, DeployReport, Deployment, Mode, OnDetach, Plan, deploy, plan_deployment,
};

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeploymentFlags;
use crate::interrupt;
use crate::null_time::NullTimeFlag;
use crate::numbers::{counted, seconds};
use crate::steps::Steps;
use crate::timeouts::TimeoutFlags;

/// Put sessions into PostgreSQL, as materialized views over the events table
///
/// Makes analytics.mv_sessions (a row an event, with its session_id), analytics.mv_session_summary (a row a session),
/// plain views of both, and a log of refreshes. Run again, it changes nothing, or exchanges what a changed definition
/// makes different, in one transaction: readers never see nothing.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployment: DeploymentFlags,
    #[command(flatten)]
    null_time: NullTimeFlag,
    /// How the sessions are kept [default: view]
    #[arg(long, value_enum, help_heading = "Where it stands")]
    mode: Option<ModeName>,
    /// With --mode incremental, what becomes of the sessions of a partition that is detached or dropped
    /// [default: remove]
    #[arg(long, value_enum, value_name = "POLICY", help_heading = "Where it stands")]
    on_detach: Option<OnDetachName>,
    /// Of events that share an id, keep only the earliest
    #[arg(long, help_heading = "What a session is")]
    dedup: bool,
    /// Print the SQL and what it would do, and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Make an index on the key and the time of the events where there is none
    #[arg(long)]
    create_index: bool,
    /// Drop what other people built on relations that are exchanged, too
    #[arg(long)]
    cascade: bool,
    /// Wait for somebody who is at work on the same relations
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no report and no progress
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum ModeName {
    /// Materialized views: every refresh computes all sessions anew
    View,
    /// Tables and triggers: a refresh costs what changed
    Incremental,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OnDetachName {
    /// Its events are gone, and so are their sessions
    Remove,
    /// Its events count on as if they were still there
    Keep,
}

const EXAMPLES: &str = "\
Examples:
  spectrum deploy --dry-run
  spectrum deploy --mode incremental
  spectrum deploy --database-url postgres://etl@db.example/shop
  spectrum deploy --table app.clicks --key visitor --time at --event-id id --gap 15m --id encoded
  spectrum deploy --definition spectrum.toml --create-index

The database is found by --database-url, DATABASE_URL or the PG* variables. What else can be set stands in
spectrum.toml: names of the relations, columns to carry along, views to refresh.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    let mut deployment = arguments.deployment.resolve()?;
    deployment.deduplicated |= arguments.dedup;
    deployment.without_null_times |= arguments.null_time.drops();
    match arguments.mode {
        Some(ModeName::View) => deployment.mode = Mode::View,
        Some(ModeName::Incremental) => deployment.mode = Mode::Incremental,
        None => {}
    }
    match arguments.on_detach {
        Some(OnDetachName::Remove) => deployment.on_detach = OnDetach::Remove,
        Some(OnDetachName::Keep) => deployment.on_detach = OnDetach::Keep,
        None => {}
    }
    let deployment = deployment.checked()?;
    let options = DeployOptions {
        cascade: arguments.cascade,
        create_index: arguments.create_index,
        wait: arguments.wait,
        lock_timeout_ms: arguments.timeouts.lock(),
        statement_timeout_ms: arguments.timeouts.statement(),
        stop: interrupt::stoppable(),
    };
    let mut connection = arguments.database.server()?.connect("spectrum deploy")?;
    interrupt::cancelling(connection.canceller());
    if arguments.dry_run {
        let plan = plan_deployment(&mut connection, &deployment, &options)?;
        return Ok(print(&if arguments.json { plan_json(&plan).to_string() } else { script(&plan) })?);
    }
    let steps = Steps::show(arguments.quiet);
    let done = deploy(&mut connection, &deployment, &options, |does| steps.begin(does));
    drop(steps);
    let report = done?;
    for text in &report.plan.notes {
        note(&format!("note: {text}"));
    }
    if arguments.quiet {
        return Ok(());
    }
    Ok(print(&match arguments.json {
        true => as_json(&report, begun.elapsed()).to_string(),
        false => as_text(&report, &deployment, begun.elapsed()),
    })?)
}

/// What would be run, as a script that psql takes.
fn script(plan: &Plan) -> String {
    let mut script: Vec<String> = plan.notes.iter().map(|note| commented(&format!("Note: {note}"))).collect();
    script.push(commented(&match &plan.change {
        Change::New => "Nothing is there yet; this makes it.".to_owned(),
        Change::Unchanged => "Everything is there already; nothing changes.".to_owned(),
        Change::Completed => "The sessions are there; this makes what is missing beside them.".to_owned(),
        Change::Exchanged(differences) => {
            format!("This exchanges what is there: {}.", differences.join("; "))
        }
    }));
    let step = |step: &spectrum_postgres::Step| {
        format!("{}\n{};", commented(&capitalised(&step.does)), step.sql.trim_end().trim_end_matches(';'))
    };
    script.extend(plan.before.iter().map(step));
    if !plan.steps.is_empty() {
        script.push("BEGIN;".to_owned());
        script.extend(plan.steps.iter().map(step));
        script.push("COMMIT;".to_owned());
    }
    script.join("\n\n")
}

fn commented(text: &str) -> String {
    text.lines().map(|line| format!("-- {line}")).collect::<Vec<_>>().join("\n")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn as_text(report: &DeployReport, deployment: &Deployment, took: Duration) -> String {
    let sessions = deployment.sessions();
    let mut lines = Vec::new();
    match &report.plan.change {
        Change::Unchanged if report.plan.before.is_empty() => {
            lines.push(format!("nothing to change: {sessions} is as the definition has it"));
        }
        Change::Unchanged => {
            lines.push(format!("{sessions} is as the definition has it; the index was made"))
        }
        Change::Completed => lines.push(format!("made what was missing beside {sessions}")),
        Change::New => lines.push(format!("made {sessions} and what belongs to it")),
        Change::Exchanged(differences) => {
            lines.push(format!("exchanged {sessions} and what belongs to it"));
            lines.extend(differences.iter().map(|difference| format!("  {difference}")));
        }
    }
    lines.push(format!(
        "  {} in {}",
        counted(report.rows, "event", "events"),
        counted(report.sessions, "session", "sessions")
    ));
    let definition = &deployment.definition;
    lines.push(format!("  gap    {}, ids {}", definition.gap(), definition.id()));
    if let Some(found) = report.events {
        if deployment.without_null_times && found.null_times > 0 {
            lines.push(format!(
                "  without {} that have no time",
                counted(found.null_times, "event", "events")
            ));
        }
        if deployment.deduplicated && found.events - found.null_times > report.rows {
            let copies = found.events - found.null_times - report.rows;
            lines.push(format!("  without {} of events with the same id", counted(copies, "copy", "copies")));
        }
        if found.null_keys > 0 {
            let ids = match definition.id() {
                spectrum_core::IdScheme::Sequence => {
                    "; their session_id is NULL (id = \"encoded\" gives them one)"
                }
                _ => "",
            };
            lines.push(format!("  NULL key in {}{ids}", counted(found.null_keys, "event", "events")));
        }
    }
    if let Some(collision) = &report.collision {
        lines.push(format!("  warning: {collision}"));
    }
    for (does, took) in report.took.iter().filter(|(_, took)| took.as_secs_f64() >= 0.1) {
        lines.push(format!("  {:>7}  {does}", seconds(took.as_secs_f64())));
    }
    lines.push(format!("  took   {}", seconds(took.as_secs_f64())));
    if report.plan.builds() {
        lines.push("next: spectrum refresh keeps it fresh, spectrum verify proves it".to_owned());
    }
    lines.join("\n")
}

fn plan_json(plan: &Plan) -> serde_json::Value {
    let steps = |steps: &[spectrum_postgres::Step]| -> Vec<serde_json::Value> {
        steps.iter().map(|step| json!({ "does": step.does, "sql": step.sql })).collect()
    };
    json!({
        "change": change_name(&plan.change),
        "differences": differences(&plan.change),
        "before": steps(&plan.before),
        "steps": steps(&plan.steps),
        "notes": plan.notes,
    })
}

fn as_json(report: &DeployReport, took: Duration) -> serde_json::Value {
    json!({
        "change": change_name(&report.plan.change),
        "differences": differences(&report.plan.change),
        "rows": report.rows,
        "sessions": report.sessions,
        "events": report.events.map(|found| found.events),
        "null_key_events": report.events.map(|found| found.null_keys),
        "null_time_events": report.events.map(|found| found.null_times),
        "shared_ids": report.collision.as_ref().map_or(0, |collision| collision.ids),
        "notes": report.plan.notes,
        "steps": report.took.iter().map(|(does, took)| json!({ "does": does, "seconds": took.as_secs_f64() })).collect::<Vec<_>>(),
        "seconds": took.as_secs_f64(),
    })
}

fn change_name(change: &Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Unchanged => "unchanged",
        Change::Completed => "completed",
        Change::Exchanged(_) => "exchanged",
    }
}

fn differences(change: &Change) -> &[String] {
    match change {
        Change::Exchanged(differences) => differences,
        _ => &[],
    }
}
