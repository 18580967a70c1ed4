//! `spectrum history`: the life of a session, refresh by refresh.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use spectrum_postgres::{
    FoundLife, LifeChange, LifeStep, SessionFate, SessionLife, SessionShape, session_life,
};

use super::print;
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::exit::Partly;
use crate::numbers::{count, counted};
use crate::table::table;
use crate::visible::visible_lines;

/// Tell the life of a session in PostgreSQL: when it was first seen, and what each refresh changed of it
///
/// This is for sessions whose history is kept (spectrum deploy --mode incremental --history 30d). It finds the session that
/// has the id, or had it last, and follows it: by its id under --id persistent, and otherwise by the times it covers, through
/// ids and numbers that it had before.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The id of the session, one that it has or had
    #[arg(long, value_name = "ID")]
    session: String,
    #[command(flatten)]
    database: DatabaseFlags,
    #[command(flatten)]
    deployed: DeployedFlags,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum history --session 5f3a0c2e9d7b41866f0e2a9c8d1b7e54
  spectrum history --session 5f3a0c2e9d7b41866f0e2a9c8d1b7e54 --json

All sessions as they were: SELECT * FROM analytics.sessions_as_of('2026-11-24 09:00Z')

It ends with 0 if the session is there, under its id, another one or as a part of another, with 3 if no event is left of it, \
and with 1 if no session had the id since the history begins. The role needs SELECT on session_history and \
mv_session_summary, and under --id persistent on session_ids for ids of before.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = arguments.deployed.resolve()?;
    let mut connection = arguments.database.server()?.connect("spectrum history")?;
    let id = arguments.session.trim();
    let life = match session_life(&mut connection, &wanted, id)? {
        FoundLife::Known(life) => life,
        FoundLife::Unknown { since } => bail!(
            "no session has the id '{id}' or had it since {since} UTC, when the history begins; an id is 32 characters of 0-9 and a-f"
        ),
    };
    print(&if arguments.json { as_json(&life).to_string() } else { visible_lines(&as_text(&life)) })?;
    match life.fate {
        SessionFate::Gone => bail!(Partly(format!("no event is left of the session {id}"))),
        _ => Ok(()),
    }
}

fn as_text(life: &SessionLife) -> String {
    let SessionLife { id, .. } = life;
    let other = life.now.as_ref().map(|now| shown(&now.id)).unwrap_or_default();
    let is = match life.fate {
        SessionFate::Renamed => format!("{id} was the id of a session that has another now: {other}"),
        SessionFate::Merged => format!("{id} was the id of a session that is a part of {other} now"),
        SessionFate::Gone => format!("{id} was the id of a session of which no event is left"),
        _ => format!("{id} is the id of a session"),
    };
    let key = life.key.iter().map(|(column, value)| match value {
        Some(value) => format!("{column} {value}"),
        None => format!("{column} NULL"),
    });
    let key = key.collect::<Vec<_>>().join(", ");
    let now = match &life.now {
        Some(now) => format!(
            "  {key}: {} to {}, {}",
            now.started_at,
            now.ended_at,
            counted(now.events, "event", "events")
        ),
        None => format!("  {key}"),
    };
    // To the microsecond, so that they can be asked for.
    let kept = format!("  the history begins at {} UTC and is kept for {}", life.since, life.keep);
    // Of one that went before the history begins, nobody knows whose it was.
    let now = (!life.key.is_empty()).then_some(now);
    let mut lines: Vec<String> = [is].into_iter().chain(now).chain([kept]).collect();
    if life.steps.is_empty() {
        lines.push("  what became of it did so before that".to_owned());
        return lines.join("\n");
    }
    let rows: Vec<[String; 5]> = life.steps.iter().map(row).collect();
    lines.push(String::new());
    lines.push(table(["refresh, UTC", "started", "ended", "events", "what"], 5, &rows));
    lines.join("\n")
}

fn row(step: &LifeStep) -> [String; 5] {
    let changes: Vec<String> = step.changes.iter().map(|change| words(change, step)).collect();
    let of = |told: fn(&SessionShape) -> String| step.after.as_ref().map_or_else(|| "-".to_owned(), told);
    [
        step.at.clone(),
        of(|shape| shape.started_at.clone()),
        of(|shape| shape.ended_at.clone()),
        of(|shape| count(shape.events)),
        changes.join("; "),
    ]
}

fn words(change: &LifeChange, step: &LifeStep) -> String {
    let listed = |ids: &[Option<String>]| ids.iter().map(shown).collect::<Vec<_>>().join(", ");
    let is = |told: fn(&SessionShape) -> String| step.after.as_ref().map(told).unwrap_or_default();
    match change {
        LifeChange::WasThere => "was there already".to_owned(),
        LifeChange::FirstSeen => "first seen".to_owned(),
        LifeChange::SplitFrom(id) => format!("split off from {}", shown(id)),
        LifeChange::Extended => "extended".to_owned(),
        LifeChange::Shrank => "shrank".to_owned(),
        LifeChange::TookIn(ids) => format!("took in {}", listed(ids)),
        LifeChange::SplitOff(ids) => format!("{} split off", listed(ids)),
        LifeChange::Renamed => format!("id became {}", is(|shape| shown(&shape.id))),
        LifeChange::Renumbered => format!("number became {}", is(|shape| count(shape.seq.unsigned_abs()))),
        LifeChange::Retold => "other values in the summary".to_owned(),
        LifeChange::MergedInto(id) => format!("became a part of {}", shown(id)),
        LifeChange::Removed => "removed".to_owned(),
        _ => "moved".to_owned(),
    }
}

fn shown(id: &Option<String>) -> String {
    id.clone().unwrap_or_else(|| "NULL".to_owned())
}

fn as_json(life: &SessionLife) -> Value {
    let key: serde_json::Map<_, _> =
        life.key.iter().map(|(column, value)| (column.clone(), json!(value))).collect();
    let steps: Vec<Value> = life
        .steps
        .iter()
        .map(|step| {
            json!({
                "at": format!("{} UTC", step.at),
                "changes": step.changes.iter().map(change).collect::<Vec<_>>(),
                "before": step.before.as_ref().map(shape),
                "after": step.after.as_ref().map(shape),
            })
        })
        .collect();
    json!({
        "id": life.id,
        "state": match life.fate {
            SessionFate::Renamed => "renamed",
            SessionFate::Merged => "merged",
            SessionFate::Gone => "gone",
            _ => "current",
        },
        "key": key,
        "now": life.now.as_ref().map(shape),
        "since": format!("{} UTC", life.since),
        "keep": life.keep.to_string(),
        "steps": steps,
    })
}

fn change(change: &LifeChange) -> Value {
    let (name, ids) = match change {
        LifeChange::WasThere => ("was_there", None),
        LifeChange::FirstSeen => ("first_seen", None),
        LifeChange::SplitFrom(id) => ("split_from", Some(vec![id.clone()])),
        LifeChange::Extended => ("extended", None),
        LifeChange::Shrank => ("shrank", None),
        LifeChange::TookIn(ids) => ("took_in", Some(ids.clone())),
        LifeChange::SplitOff(ids) => ("split_off", Some(ids.clone())),
        LifeChange::Renamed => ("renamed", None),
        LifeChange::Renumbered => ("renumbered", None),
        LifeChange::Retold => ("retold", None),
        LifeChange::MergedInto(id) => ("merged_into", Some(vec![id.clone()])),
        LifeChange::Removed => ("removed", None),
        _ => ("moved", None),
    };
    json!({ "what": name, "ids": ids })
}

fn shape(shape: &SessionShape) -> Value {
    json!({
        "id": shape.id,
        "session_seq": shape.seq,
        "started_at": shape.started_at,
        "ended_at": shape.ended_at,
        "events": shape.events,
    })
}
