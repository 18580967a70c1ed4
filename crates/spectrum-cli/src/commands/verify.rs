//! `spectrum verify`: proof that what stands in PostgreSQL is what the reference SQL gives.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use spectrum_postgres::{
    CheckName, Event, NotCompared, RefreshCounts, Repaired, Sample, UnknownCheck, VerifyOptions,
    VerifyReport, repair, verify,
};

use super::refresh::counts;
use super::{note, print};
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::exit::Partly;
use crate::interrupt;
use crate::numbers::{count, counted, seconds};
use crate::postgres_remedy::told;
use crate::steps::Steps;
use crate::timeouts::TimeoutFlags;

/// Prove that the sessions in PostgreSQL are right
///
/// Computes all sessions again with the reference SQL and compares row by row, at one moment, beside readers and
/// writers. Keys with changes that wait for the next refresh are not compared, and are reported. Ends with exit code 0
/// only when everything holds.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    /// Verify only a share of the keys, always the same ones, as in 1%
    #[arg(long, value_name = "PERCENT")]
    sample: Option<Sample>,
    /// Compute again the keys that differ, and no others, then verify again; for mode incremental
    #[arg(long)]
    repair: bool,
    #[arg(long, value_name = "CHECKS", value_delimiter = ',', help = help_of_allow())]
    allow: Vec<String>,
    #[command(flatten)]
    timeouts: TimeoutFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print only what does not hold
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum verify
  spectrum verify --sample 1%
  spectrum verify --allow future,null-keys
  spectrum verify --repair          # after events were written while triggers were disabled, say

The digest equals that of spectrum run --digest over the same events as files.";

fn help_of_allow() -> String {
    format!("Checks that may find something: {}", CheckName::ALL.map(CheckName::name).join(", "))
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let options = VerifyOptions {
        sample: arguments.sample,
        allowed: arguments.allow.iter().map(|name| name.parse()).collect::<Result<_, UnknownCheck>>()?,
        limits: arguments.timeouts.limits(),
    };
    let mut connection = arguments.database.server()?.connect("spectrum verify")?;
    interrupt::cancelling(connection.canceller());
    for difference in arguments.deployed.drift(&mut connection)? {
        note(&format!("note: {difference}"));
    }
    let steps = Steps::show(arguments.quiet);
    let begin = &mut |event: Event<'_>| steps.begin(&event);
    let done = match arguments.repair {
        true => repair(&mut connection, &wanted, &options, begin).map(|(done, report)| (Some(done), report)),
        false => verify(&mut connection, &wanted, &options, begin).map(|report| (None, report)),
    };
    drop(steps);
    let (repaired, report) = done?;
    let text = match (arguments.json, &repaired) {
        (true, _) => as_json(&report, repaired.as_ref()).to_string(),
        (false, None) => as_text(&report, arguments),
        (false, Some(repaired)) => format!("{}\n{}", repair_as_text(repaired), as_text(&report, arguments)),
    };
    if !arguments.quiet || arguments.json || !report.holds() {
        print(&text)?;
    }
    let failed = report.checks.iter().filter(|check| !check.holds()).count() as u64;
    match failed {
        0 => Ok(()),
        n => bail!(Partly(format!("{} did not hold", counted(n, "check", "checks")))),
    }
}

fn as_text(report: &VerifyReport, arguments: &Arguments) -> String {
    let width = CheckName::ALL.iter().map(|check| check.name().len()).max().unwrap_or_default();
    let sampled = if arguments.sample.is_some() { " of the sampled keys" } else { "" };
    let mut lines = vec![format!("{} against the reference SQL{sampled}", report.deployment.sessions(),)];
    for check in &report.checks {
        let mark = match (check.found, check.allowed) {
            (0, _) => "ok     ",
            (_, true) => "allowed",
            (_, false) => "FAILED ",
        };
        lines.push(format!("  {mark}  {:width$}  {}", check.name, told(&check.words)));
    }
    lines.push(format!(
        "{} in {}, {} in the relation",
        counted(report.events, "event", "events"),
        counted(report.sessions, "session", "sessions"),
        count(report.rows)
    ));
    lines.extend(report.waiting.filter(|waiting| *waiting != NotCompared::default()).map(waiting_as_text));
    lines.push(format!("digest {}", report.digest));
    lines.push(format!("took {}", seconds(report.took.as_secs_f64())));
    if report.holds() {
        lines.push("everything holds".to_owned());
    }
    lines.join("\n")
}

fn waiting_as_text(waiting: NotCompared) -> String {
    let keys = match waiting.keys {
        1 => "1 key has changes that wait for the next refresh and was not compared".to_owned(),
        n => format!("{} keys have changes that wait for the next refresh and were not compared", count(n)),
    };
    match waiting.partitions {
        0 => keys,
        n => format!("{keys}; {} came or went since the last one", counted(n, "partition", "partitions")),
    }
}

fn repair_as_text(repaired: &Repaired) -> String {
    let meanwhile = match repaired.written_meanwhile {
        0 => String::new(),
        n => format!(", and {} written meanwhile", counted(n, "key", "keys")),
    };
    let copies = match repaired.copies {
        0 => String::new(),
        n => format!("removed {} of events that stood there more than once\n", counted(n, "row", "rows")),
    };
    if repaired.keys + repaired.written_meanwhile == 0 {
        let else_nothing = if copies.is_empty() { "nothing to repair: no" } else { "no other" };
        return format!("{copies}{else_nothing} key differed from the reference SQL");
    }
    let counts = repaired.counts.as_ref().map(counts::lines).unwrap_or_default();
    let lines = counts.iter().map(|line| format!("\n  {line}"));
    format!(
        "{copies}computed again {} that differed from the reference SQL{meanwhile}{}",
        counted(repaired.keys, "key", "keys"),
        lines.collect::<String>()
    )
}

fn as_json(report: &VerifyReport, repaired: Option<&Repaired>) -> serde_json::Value {
    let checks: Vec<_> = report
        .checks
        .iter()
        .map(|check| json!({ "check": check.name.name(), "found": check.found, "holds": check.holds(), "words": told(&check.words) }))
        .collect();
    let mut json = json!({
        "holds": report.holds(),
        "relation": report.deployment.sessions().to_string(),
        "events": report.events,
        "rows": report.rows,
        "sessions": report.sessions,
        "checks": checks,
        "digest": report.digest.to_string(),
        "seconds": report.took.as_secs_f64(),
    });
    if let Some(waiting) = report.waiting {
        json["waiting"] = json!({ "keys": waiting.keys, "partitions": waiting.partitions });
    }
    if let Some(repaired) = repaired {
        let counts = repaired.counts.iter().flat_map(RefreshCounts::named);
        let mut told: serde_json::Map<_, _> =
            counts.map(|(name, found)| (name.to_owned(), json!(found))).collect();
        told.insert("keys".into(), json!(repaired.keys));
        told.insert("copies".into(), json!(repaired.copies));
        told.insert("written_meanwhile".into(), json!(repaired.written_meanwhile));
        json["repaired"] = told.into();
    }
    json
}
