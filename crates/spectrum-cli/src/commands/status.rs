//! `spectrum status`: what stands in PostgreSQL, and how fresh it is.

use anyhow::Result;
use clap::Args;
use serde_json::json;
use spectrum_core::IdScheme;
use spectrum_postgres::{Deployment, Locked, Message, Mode, OnDetach, Pending, Status, status_within};
use spectrum_sql::TableName;

use super::print;
use super::refresh::counts;
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::numbers::{bytes, count, counted, seconds};
use crate::period::Period;
use crate::postgres_remedy::{all_told, told};
use crate::rule_words::{listed, rules, summary_columns, summary_listed};
use crate::table::table;

/// Show the state of the sessions in PostgreSQL: freshness, last refreshes, sizes, and what to do
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    /// Longest wait for locks on relations, in all; relations that others have locked are then named, and the rest is
    /// shown
    #[arg(long, value_name = "DURATION", default_value = "2s", help_heading = "Database")]
    lock_timeout: Period,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum status
  spectrum status --schema analytics --json";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let mut connection = arguments.database.server()?.connect("spectrum status")?;
    let mut found = status_within(&mut connection, &wanted, arguments.lock_timeout.length())?;
    let drift = arguments.deployed.drift(&mut connection)?;
    found.advice.extend(drift.into_iter().map(Message::from));
    Ok(print(&if arguments.json { as_json(&found).to_string() } else { as_text(&found) })?)
}

/// What the times count, where they are numbers.
fn counting(deployment: &Deployment) -> String {
    deployment.time_unit.map(|unit| format!(", times in {} since 1970", unit.words())).unwrap_or_default()
}

fn as_text(found: &Status) -> String {
    let deployment = &found.deployment;
    let definition = &deployment.definition;
    let index = if found.events_index { "with" } else { "without" };
    let mut lines = vec![
        format!("{} over {}, by Spectrum {}", deployment.sessions(), deployment.events, found.made_by),
        format!(
            "  key    {}; gap {}, ids {}{}",
            definition.key().join(", "),
            definition.gap(),
            definition.id(),
            counting(deployment)
        ),
        format!("  events {}, {index} an index on key and time", about(found.events)),
        format!("  mode   {}", mode(deployment)),
        format!("  old    {}", when_events_go(deployment)),
        match found.age_seconds {
            Some(age) => format!("  fresh  as of {} ago", seconds(age.max(0.0))),
            None => "  fresh  unknown (no refresh in the log)".to_owned(),
        },
    ];
    lines.splice(2..2, listed(definition).into_iter().chain(summary_listed(definition)));
    if let Some(past) = &found.past_ids {
        lines.push(format!(
            "  ids    {} of sessions that are a part of others now, {} of sessions that are gone",
            count(past.aliases),
            count(past.gone)
        ));
    }
    if let Some(past) = &found.past_summaries {
        let since = match &past.since {
            Some(since) => format!("known since {since} UTC"),
            None => "known since an unknown time".to_owned(),
        };
        lines.push(format!(
            "  past   what the sessions were is {since} and kept for {}; {}(time) tells it",
            past.keep,
            deployment.sessions_as_of()
        ));
    }
    if let Some(waiting) = &found.waiting {
        lines.push(format!("  waits  {}", waits(waiting)));
    }
    let [sessions, summary] = [deployment.sessions(), deployment.summary()].map(|name| name.to_string());
    let last = found.refreshes.iter().find(|past| past.relation == sessions && past.outcome == "ok");
    if let Some(told) = last.and_then(|past| past.counts.as_ref()) {
        let told = counts::lines(told);
        let told = told.iter().zip(["last "].into_iter().chain(std::iter::repeat("     ")));
        lines.extend(told.map(|(line, head)| format!("  {head}  {line}")));
    }
    lines.push(String::new());
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let relations: Vec<[String; 6]> = found
        .relations
        .iter()
        .map(|relation| {
            [
                relation.name.to_string(),
                yes(relation.populated),
                yes(relation.unique_index),
                count(relation.rows),
                relation.bytes.map_or_else(unknown, bytes),
                relation.index_bytes.map_or_else(unknown, bytes),
            ]
        })
        .collect();
    let header = ["relation", "populated", "unique index", "rows, about", "size", "of it indexes"];
    lines.push(table(header, 1, &relations));
    lines.push(String::new());
    if found.refreshes.is_empty() {
        let seen = found.age_seconds.is_some() || (found.unseen.is_empty() && found.locked.is_empty());
        lines.push(if seen { "  no refreshes yet" } else { "  no refreshes to be seen" }.to_owned());
    } else {
        let refreshes: Vec<[String; 6]> = found
            .refreshes
            .iter()
            .map(|past| {
                [
                    past.started_at.clone(),
                    past.relation.clone(),
                    past.outcome.clone(),
                    past.method.clone(),
                    match past.method == "incremental" && past.relation == summary {
                        // One function writes both relations, and its time is told with the sessions.
                        true => "-".to_owned(),
                        false => seconds(past.seconds),
                    },
                    past.rows.map(|rows| count(rows.unsigned_abs())).unwrap_or_default(),
                ]
            })
            .collect();
        lines.push(table(["refresh, UTC", "relation", "outcome", "method", "took", "rows"], 4, &refreshes));
    }
    if !found.unseen.is_empty() {
        lines.push(String::new());
        lines.push(format!(
            "  this role may not read {}, so not all is told",
            names(&found.unseen).join(", ")
        ));
    }
    if !found.locked.is_empty() {
        lines.push(String::new());
        lines
            .extend(found.locked.iter().map(|locked| format!("  {}, so not all is told", locked_by(locked))));
    }
    if !found.advice.is_empty() {
        lines.push(String::new());
        lines.extend(found.advice.iter().map(|advice| format!("  ! {}", told(advice))));
    }
    lines.join("\n")
}

fn about(events: Option<u64>) -> String {
    events.map_or_else(|| "unknown in number".to_owned(), |events| format!("about {}", count(events)))
}

fn unknown() -> String {
    "-".to_owned()
}

fn locked_by(Locked { relation, by, .. }: &Locked) -> String {
    match by {
        Some(by) => format!("{relation} is locked by {by}"),
        None => format!("{relation} was locked for a while"),
    }
}

/// How the relations are kept.
fn mode(deployment: &Deployment) -> &'static str {
    match (deployment.mode, deployment.on_detach) {
        (Mode::View, _) => "view: materialized views, computed anew by every refresh",
        (Mode::Incremental, OnDetach::Remove) => {
            "incremental: tables, which a refresh changes where events changed"
        }
        (Mode::Incremental, OnDetach::Keep) => {
            "incremental: tables, which a refresh changes where events changed; sessions of partitions that go are kept"
        }
    }
}

/// What becomes of sessions, numbers and ids when old events are deleted, or go with their partition.
fn when_events_go(deployment: &Deployment) -> String {
    let ids = match deployment.definition.id() {
        IdScheme::Sequence | IdScheme::Encoded => "get other numbers and ids",
        IdScheme::Start => "get other numbers, and another id where a session is shortened",
        IdScheme::Persistent => "get other numbers and keep their ids",
    };
    let go = format!("sessions go with their events, and later ones of the same keys {ids}");
    match (deployment.retention, deployment.on_detach) {
        (Some(age), _) => format!("sessions of events that are {age} old stay when these go; otherwise {go}"),
        (None, OnDetach::Keep) => {
            format!("sessions of partitions that go stay; where events are deleted, {go}")
        }
        (None, OnDetach::Remove) => go,
    }
}

/// What the next refresh takes in.
fn waits(waiting: &Pending) -> String {
    let partitions = |number: u64| counted(number, "partition", "partitions");
    let new = waiting.new_partitions.len() as u64;
    let known = [
        waiting.keys.filter(|keys| *keys > 0).map(|keys| counted(keys, "key", "keys")),
        waiting.truncated.then(|| "a TRUNCATE".to_owned()),
        (new > 0).then(|| format!("{} that came", partitions(new))),
        (waiting.gone_partitions > 0).then(|| format!("{} that went", partitions(waiting.gone_partitions))),
        waiting.keys.is_none().then(|| match waiting.bytes {
            0 => "an unknown number of keys".to_owned(),
            some => format!("{} of notes, which are not counted", bytes(some)),
        }),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    if known.is_empty() { "nothing".to_owned() } else { known.join(", ") }
}

fn names(names: &[TableName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn as_json(found: &Status) -> serde_json::Value {
    let definition = &found.deployment.definition;
    let relations: Vec<_> = found
        .relations
        .iter()
        .map(|relation| {
            json!({
                "relation": relation.name.to_string(),
                "populated": relation.populated,
                "unique_index": relation.unique_index,
                "rows": relation.rows,
                "bytes": relation.bytes,
                "index_bytes": relation.index_bytes,
            })
        })
        .collect();
    let refreshes: Vec<_> = found
        .refreshes
        .iter()
        .map(|past| {
            json!({
                "relation": past.relation,
                "started_at": past.started_at,
                "seconds": past.seconds,
                "method": past.method,
                "outcome": past.outcome,
                "rows": past.rows,
                "error": past.error,
                "counts": past.counts,
            })
        })
        .collect();
    let waiting = found.waiting.as_ref().map(|waiting| {
        json!({
            "keys": waiting.keys,
            "truncated": waiting.truncated,
            "new_partitions": names(&waiting.new_partitions),
            "gone_partitions": waiting.gone_partitions,
            "bytes": waiting.bytes,
        })
    });
    let past_ids = found.past_ids.map(|past| json!({ "aliases": past.aliases, "gone": past.gone }));
    let mut all = json!({
        "mode": found.deployment.mode,
        "waiting": waiting,
        "unseen": names(&found.unseen),
        "locked": found
            .locked
            .iter()
            .map(|locked| json!({ "relation": locked.relation.to_string(), "by": locked.by }))
            .collect::<Vec<_>>(),
        "events_table": found.deployment.events.to_string(),
        "made_by": found.made_by,
        "key": definition.key(),
        "time": definition.time(),
        "time_unit": found.deployment.time_unit.map(|unit| unit.to_string()),
        "gap": definition.gap().to_string(),
        "rules": rules(definition),
        "summary_columns": summary_columns(definition),
        "id": definition.id().to_string(),
        "events": found.events,
        "events_index": found.events_index,
        "age_seconds": found.age_seconds,
        "relations": relations,
        "refreshes": refreshes,
        "advice": all_told(&found.advice),
    });
    if let (Some(all), Some(past)) = (all.as_object_mut(), past_ids) {
        all.insert("past_ids".to_owned(), past);
    }
    if let (Some(all), Some(past)) = (all.as_object_mut(), &found.past_summaries) {
        let since = past.since.as_ref().map(|since| format!("{since} UTC"));
        all.insert("history".to_owned(), json!({ "keep": past.keep.to_string(), "since": since }));
    }
    if let (Some(all), Some(age)) = (all.as_object_mut(), found.deployment.retention) {
        all.insert("retention".to_owned(), age.to_string().into());
    }
    all
}
