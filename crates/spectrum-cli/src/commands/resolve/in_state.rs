//! The same of an id that runs with a state gave.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use spectrum_engine::{IdFate, NamedSession, State};

use super::Arguments;
use crate::commands::print;
use crate::numbers::{count, counted, instant};

pub(super) fn run(arguments: &Arguments, folder: &Path) -> Result<()> {
    print(&State::look(folder, |state| told(arguments, folder, state))?)?;
    Ok(())
}

fn told(arguments: &Arguments, folder: &Path, state: &State) -> Result<String> {
    let id = arguments.id.trim();
    let remembers = state.definition().id().needs_memory();
    let description = state.describe()?;
    let at = |time| instant(time, description.unit, description.zoned);
    let (now, since_run) = match state.resolve(id)? {
        IdFate::Current(now) => (now, None),
        IdFate::Alias { now, since_run } => (now, Some(since_run)),
        _ if remembers => bail!(
            "no session ever had the id '{id}' in {}; an id is 32 characters of 0-9 and a-f",
            folder.display()
        ),
        _ => bail!(
            "no session in {} has the id '{id}'; under the scheme {} ids change, and what they were is not remembered (--id \
             persistent does)",
            folder.display(),
            state.definition().id()
        ),
    };
    let key = state.definition().key();
    Ok(match arguments.json {
        true => as_json(id, &now, since_run, key, at).to_string(),
        false => as_text(id, &now, since_run, key, at),
    })
}

fn as_text(
    id: &str,
    now: &NamedSession,
    since_run: Option<u64>,
    key: &[String],
    at: impl Fn(i64) -> String,
) -> String {
    let is = match since_run {
        None => format!("{id} is the id of a session"),
        Some(run) => format!("{id} leads to {}, since run {}", now.id, count(run)),
    };
    let key = key.iter().zip(&now.key).map(|(column, value)| match value {
        Some(value) => format!("{column} {value}"),
        None => format!("{column} NULL"),
    });
    let mut lines = vec![
        is,
        format!(
            "  {}: {} to {}, {}",
            key.collect::<Vec<_>>().join(", "),
            at(now.start),
            at(now.end),
            counted(now.events, "event", "events")
        ),
    ];
    lines.extend(now.founded_in_run.map(|run| match run {
        0 => "  its own id was given before the state began".to_owned(),
        run => format!("  its own id was given first in run {}", count(run)),
    }));
    lines.join("\n")
}

fn as_json(
    id: &str,
    now: &NamedSession,
    since_run: Option<u64>,
    key: &[String],
    at: impl Fn(i64) -> String,
) -> Value {
    let key: serde_json::Map<_, _> =
        key.iter().zip(&now.key).map(|(column, value)| (column.clone(), json!(value))).collect();
    json!({
        "id": id,
        "state": if since_run.is_some() { "alias" } else { "current" },
        "current_id": now.id,
        "since_run": since_run,
        "founded_in_run": now.founded_in_run,
        "session": { "key": key, "started_at": at(now.start), "ended_at": at(now.end), "events": now.events },
    })
}
