//! `spectrum deploy`: the sessions as materialized views, or as tables that follow the events, in PostgreSQL.

use std::io::{IsTerminal, stdin};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use spectrum_core::Gap;
use spectrum_postgres::{
    Change, DeployOptions, DeployReport, Mode, OnDetach, Plan, Stage, StageKind, Step, Took, Wanted, deploy,
    plan_deployment,
};

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeploymentFlags;
use crate::interrupt;
use crate::numbers::{counted, seconds};
use crate::postgres_remedy::{all_told, told};
use crate::rule_words::{listed, summary_listed};
use crate::steps::Steps;
use crate::timeouts::TimeoutFlags;

/// Put sessions into PostgreSQL, as materialized views over the events table or as tables that follow it
///
/// Makes analytics.mv_sessions (one row per event, with its session_id), analytics.mv_session_summary (one row per
/// session), plain views of both, and a log of refreshes. Run again, it changes nothing, or exchanges what a changed
/// definition makes different, in one transaction: readers always see a complete version. Settings that neither a flag
/// nor a definition file gives stay as they are; the defaults are for new sessions. It asks before ids of sessions
/// change, or columns or relations are removed.
///
/// With --mode incremental these are tables, and triggers on the events note what changes, so that a refresh costs what
/// changed. They are built in parts, while others read and write; interrupted, the next run goes on. Existing tables of
/// another definition are not refreshed meanwhile.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployment: DeploymentFlags,
    /// What to do with events whose time is NULL [default: as it is, and refuse for new sessions]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "What a session is")]
    null_time: Option<NullTimeName>,
    /// How the sessions are kept [default: as they are, and view for new ones]
    #[arg(long, value_enum, help_heading = "Deployment")]
    mode: Option<ModeName>,
    /// With --mode incremental, what becomes of the sessions of a partition that is detached or dropped
    /// [default: as it is, and remove for new ones]
    #[arg(long, value_enum, value_name = "POLICY", help_heading = "Deployment")]
    on_detach: Option<OnDetachName>,
    /// With --mode incremental, for how long to keep what each refresh changes, so that analytics.sessions_as_of(TIME) tells
    /// what the sessions were, such as 30d; none ends it [default: as it is, and none for new sessions]
    #[arg(long, value_name = "DURATION", value_parser = HistoryKept::read, help_heading = "Deployment")]
    history: Option<HistoryKept>,
    /// Of events that share an id, keep only the earliest
    #[arg(long, overrides_with = "no_dedup", help_heading = "What a session is")]
    dedup: bool,
    /// Refuse events that share an id again
    #[arg(long, overrides_with = "dedup", help_heading = "What a session is")]
    no_dedup: bool,
    /// Print the SQL and what it would do, and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// With --id persistent, keep the ids that sessions have, whatever scheme gave them
    #[arg(long)]
    keep_ids: bool,
    /// Make an index on the key and the time of the events where there is none
    #[arg(long)]
    create_index: bool,
    /// With --mode incremental, number of connections to build with [default: one per processor, at most 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Also drop objects of other people that depend on relations that are replaced
    #[arg(long)]
    cascade: bool,
    /// Take relations and functions that lost their comments for Spectrum's own, if they are what the definition gives
    #[arg(long)]
    adopt: bool,
    /// Do not ask before ids of sessions change, or columns or relations are removed
    #[arg(short, long)]
    yes: bool,
    /// Wait while another command works on the same relations
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress, and no report unless --json asks for one
    #[arg(short, long)]
    quiet: bool,
}

/// For how long history is kept, if at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct HistoryKept(Option<Gap>);

impl HistoryKept {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            time => time
                .parse()
                .map(|keep| Self(Some(keep)))
                .map_err(|_| format!("'{time}' is neither a time longer than zero, as in 30d, nor none")),
        }
    }
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

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum NullTimeName {
    /// Stop and name the first of them
    Refuse,
    /// Leave them out and count them
    Drop,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::View => Self::View,
            ModeName::Incremental => Self::Incremental,
        }
    }
}

impl From<OnDetachName> for OnDetach {
    fn from(name: OnDetachName) -> Self {
        match name {
            OnDetachName::Remove => Self::Remove,
            OnDetachName::Keep => Self::Keep,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  spectrum deploy --dry-run
  spectrum deploy --mode incremental
  spectrum deploy --database-url postgres://etl@db.example/shop
  spectrum deploy --table app.clicks --key visitor --time at --event-id id --gap 15m --id encoded
  spectrum deploy --definition spectrum.toml --create-index
  spectrum deploy --mode incremental --id persistent --keep-ids
  spectrum deploy --mode incremental --history 30d

The database is found by --database-url, DATABASE_URL or the PG* variables. spectrum.toml can also set \
the names of the relations, columns to carry along, and views to refresh.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    let wanted = arguments.wanted()?;
    let mut options = DeployOptions {
        cascade: arguments.cascade,
        adopt: arguments.adopt,
        agreed: (!arguments.yes).then(Vec::new),
        create_index: arguments.create_index,
        connections: arguments.jobs.map_or(0, usize::from),
        wait: arguments.wait,
        keep_ids: arguments.keep_ids,
        limits: arguments.timeouts.limits(),
        ..DeployOptions::default()
    };
    let stop = interrupt::stoppable();
    let mut connection = arguments.database.server()?.connect("spectrum deploy")?;
    interrupt::cancelling(connection.canceller());
    if arguments.dry_run {
        let plan = plan_deployment(&mut connection, wanted, &options)?;
        return Ok(print(&if arguments.json { plan_json(&plan).to_string() } else { script(&plan) })?);
    }
    // Without somebody to ask, what was not agreed to is refused.
    if !arguments.yes && stdin().is_terminal() {
        let plan = plan_deployment(&mut connection, wanted.clone(), &options)?;
        if !plan.takes.is_empty() && !agreed(&plan)? {
            bail!("nothing was changed");
        }
        options.agreed = Some(plan.takes);
    }
    let steps = Steps::show(arguments.quiet);
    let done = deploy(&mut connection, wanted, &options, &stop, &mut |event| steps.begin(&event));
    drop(steps);
    let report = done?;
    for text in &report.plan.notes {
        note(&format!("note: {}", told(text)));
    }
    if arguments.quiet && !arguments.json {
        return Ok(());
    }
    Ok(print(&match arguments.json {
        true => as_json(&report, begun.elapsed()).to_string(),
        false => as_text(&report, begun.elapsed()),
    })?)
}

impl Arguments {
    /// What flags and file say. A flag comes before the file.
    fn wanted(&self) -> Result<Wanted> {
        let wanted = self.deployment.wanted()?;
        let dedup = [(self.dedup, true), (self.no_dedup, false)].into_iter().find(|(is_said, _)| *is_said);
        Ok(Wanted {
            deduplicated: dedup.map(|(_, dedup)| dedup).or(wanted.deduplicated),
            without_null_times: self
                .null_time
                .map(|what| what == NullTimeName::Drop)
                .or(wanted.without_null_times),
            mode: self.mode.map(Mode::from).or(wanted.mode),
            history: self.history.map(|HistoryKept(keep)| keep).or(wanted.history),
            on_detach: self.on_detach.map(OnDetach::from).or(wanted.on_detach),
            ..wanted
        })
    }
}

/// Asks on the terminal.
fn agreed(plan: &Plan) -> Result<bool> {
    plan.takes.iter().for_each(|what| note(what));
    note("Change all of this? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// What would be run, as a script that psql takes.
fn script(plan: &Plan) -> String {
    let mut script: Vec<String> =
        plan.notes.iter().map(|note| commented(&format!("Note: {}", told(note)))).collect();
    script.push(commented(&match &plan.change {
        Change::New => "Nothing is there yet; this makes it.".to_owned(),
        Change::Unchanged => "Everything is there already; nothing changes.".to_owned(),
        Change::Completed => "The sessions are there; this puts right what is beside them.".to_owned(),
        Change::Exchanged(differences) => {
            format!("This exchanges what is there: {}.", differences.join("; "))
        }
    }));
    if !plan.takes.is_empty() {
        let takes = plan.takes.iter().map(|what| format!("\n  {what}"));
        script
            .push(commented(&format!("The command asks first, unless --yes:{}", takes.collect::<String>())));
    }
    script.extend(plan.stages.iter().flat_map(stage_script));
    script.join("\n\n")
}

/// A stage's statements, and what the command does otherwise than the script.
fn stage_script(stage: &Stage) -> Vec<String> {
    let step = |step: &Step| {
        format!("{}\n{};", commented(&capitalised(&step.does)), step.sql.trim_end().trim_end_matches(';'))
    };
    let steps = stage.steps.iter().map(step);
    let (says, is_one) = match stage.kind {
        StageKind::Apart => (None, false),
        StageKind::Together => (None, true),
        StageKind::Parts => (
            Some(
                "From here on every change is noted, and writers of events wait for nothing. The command does the next \
                 statement in parts,\na range of keys at a time on several connections, and marks each as done, so that an \
                 interrupted build goes on.",
            ),
            false,
        ),
        StageKind::Indexes => (Some("The command makes several of these at once."), false),
        StageKind::CatchUp => (
            Some("The command does the last of these again and again, until little is left to take in."),
            false,
        ),
        StageKind::Exchange => {
            (Some("The command looks again at what there is to exchange when it comes to this."), true)
        }
    };
    let begin = is_one.then(|| "BEGIN;".to_owned());
    let commit = is_one.then(|| "COMMIT;".to_owned());
    says.map(commented).into_iter().chain(begin).chain(steps).chain(commit).collect()
}

fn commented(text: &str) -> String {
    text.lines().map(|line| format!("-- {line}")).collect::<Vec<_>>().join("\n")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn as_text(report: &DeployReport, took: Duration) -> String {
    let deployment = &report.deployment;
    let sessions = deployment.sessions();
    let mut lines = Vec::new();
    match &report.plan.change {
        Change::Unchanged if report.plan.stages.is_empty() => {
            lines.push(format!("nothing to change: {sessions} is as the definition has it"));
        }
        Change::Unchanged => {
            lines.push(format!("{sessions} is as the definition has it; the index was made"))
        }
        Change::Completed => lines.push(format!("put right what is beside {sessions}")),
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
    let counting = deployment.time_unit.map(|unit| format!(", times in {} since 1970", unit.words()));
    let counting = counting.unwrap_or_default();
    lines.push(format!("  gap    {}, ids {}{counting}", definition.gap(), definition.id()));
    lines.extend(listed(definition));
    lines.extend(summary_listed(definition));
    if deployment.mode == Mode::Incremental {
        let built = report.parts.map(|(parts, connections)| {
            let connections = connections as u64;
            format!(
                ", {}, {}",
                counted(parts, "part", "parts"),
                counted(connections, "connection", "connections")
            )
        });
        lines.push(format!("  mode   incremental{}", built.unwrap_or_default()));
        lines.extend(
            deployment.history.map(|keep| {
                format!("  past   kept for {keep}; {}(time) tells it", deployment.sessions_as_of())
            }),
        );
    }
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
    if let Some(different) = &report.different {
        lines.push(format!("  warning: {different}"));
    }
    if let Some(collision) = &report.collision {
        lines.push(format!("  warning: {collision}"));
    }
    for step in report.took.iter().filter(|step| step.time.as_secs_f64() >= 0.1) {
        lines.push(format!("  {:>7}  {}", seconds(step.time.as_secs_f64()), step.does));
    }
    lines.push(format!("  took   {}", seconds(took.as_secs_f64())));
    if report.plan.builds() {
        let does = match deployment.mode {
            Mode::View => "keeps it fresh",
            Mode::Incremental => "takes in what changes",
        };
        lines.push(format!("next: spectrum refresh {does}, spectrum verify proves it"));
    }
    lines.join("\n")
}

fn plan_json(plan: &Plan) -> serde_json::Value {
    let stage = |stage: &Stage| {
        let steps: Vec<_> =
            stage.steps.iter().map(|step| json!({ "does": step.does, "sql": step.sql })).collect();
        json!({ "kind": stage_name(stage.kind), "steps": steps })
    };
    json!({
        "change": change_name(&plan.change),
        "differences": differences(&plan.change),
        "takes": plan.takes,
        "stages": plan.stages.iter().map(stage).collect::<Vec<_>>(),
        "notes": all_told(&plan.notes),
    })
}

fn as_json(report: &DeployReport, took: Duration) -> serde_json::Value {
    json!({
        "change": change_name(&report.plan.change),
        "differences": differences(&report.plan.change),
        "mode": match report.deployment.mode { Mode::View => "view", Mode::Incremental => "incremental" },
        "parts": report.parts.map(|(parts, _)| parts),
        "connections": report.parts.map(|(_, connections)| connections),
        "rows": report.rows,
        "sessions": report.sessions,
        "events": report.events.map(|found| found.events),
        "null_key_events": report.events.map(|found| found.null_keys),
        "null_time_events": report.events.map(|found| found.null_times),
        "different_events": report.different,
        "shared_ids": report.collision.as_ref().map_or(0, |collision| collision.ids),
        "notes": all_told(&report.plan.notes),
        "steps": report.took.iter().map(took_json).collect::<Vec<_>>(),
        "seconds": took.as_secs_f64(),
    })
}

fn took_json(step: &Took) -> serde_json::Value {
    json!({ "does": step.does, "seconds": step.time.as_secs_f64() })
}

fn stage_name(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Apart => "apart",
        StageKind::Together => "together",
        StageKind::Parts => "parts",
        StageKind::Indexes => "indexes",
        StageKind::CatchUp => "catch_up",
        StageKind::Exchange => "exchange",
    }
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
