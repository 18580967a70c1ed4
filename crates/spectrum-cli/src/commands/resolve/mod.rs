//! `spectrum resolve`: what an id that was given to a session stands for now.

mod in_state;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};
use spectrum_postgres::{IdState, Resolved, ResolvedSession, resolve};

use crate::commands::print;
use crate::database::DatabaseFlags;
use crate::deployment::DeployedFlags;
use crate::exit::Partly;
use crate::numbers::counted;

/// Tell what a session id that was once published stands for: a session, one that it is a part of now, or none
///
/// This is for ids that last (--id persistent). Every id that was ever given is remembered: after sessions have merged, the
/// id of the one that was seen first goes on, and the others lead to it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The id
    #[arg(value_name = "ID")]
    id: String,
    /// Look in the state that `spectrum run --state` keeps, instead of a database
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
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
  spectrum resolve 5f3a0c2e9d7b41866f0e2a9c8d1b7e54
  spectrum resolve 5f3a0c2e9d7b41866f0e2a9c8d1b7e54 --json
  spectrum resolve 5f3a0c2e9d7b41866f0e2a9c8d1b7e54 --state state/

It ends with 0 if the id stands for a session, with 3 if it is gone, and with 1 if it was never given. The role needs \
SELECT on session_ids, and on mv_session_summary for what it tells of the session.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(folder) = &arguments.state {
        return in_state::run(arguments, folder);
    }
    let wanted = arguments.deployed.resolve()?;
    let mut connection = arguments.database.server()?.connect("spectrum resolve")?;
    let id = arguments.id.trim();
    let Some(found) = resolve(&mut connection, &wanted, id)? else {
        bail!("no session ever had the id '{id}' here; an id is 32 characters of 0-9 and a-f");
    };
    print(&if arguments.json { as_json(&found).to_string() } else { as_text(&found) })?;
    match found.state {
        IdState::Gone => bail!(Partly(format!("no event is left of the session {id}"))),
        IdState::Current | IdState::AliasOf(_) => Ok(()),
    }
}

fn as_text(found: &Resolved) -> String {
    let Resolved { id, since, founded_at, .. } = found;
    let is = match &found.state {
        IdState::Current => format!("{id} is the id of a session, since {since} UTC"),
        IdState::AliasOf(current) => format!("{id} leads to {current}, since {since} UTC"),
        IdState::Gone => format!("{id} is gone, since {since} UTC, and is never given again"),
    };
    let session = found.session.as_ref().map(|session| {
        let ResolvedSession { started_at, ended_at, .. } = session;
        let key = session.key.iter().map(|(column, value)| match value {
            Some(value) => format!("{column} {value}"),
            None => format!("{column} NULL"),
        });
        format!(
            "  {}: {started_at} to {ended_at}, {}",
            key.collect::<Vec<_>>().join(", "),
            counted(session.events, "event", "events")
        )
    });
    let founded = format!("  given first at {founded_at} UTC");
    [is].into_iter().chain(session).chain([founded]).collect::<Vec<_>>().join("\n")
}

fn as_json(found: &Resolved) -> Value {
    let (state, current) = match &found.state {
        IdState::Current => ("current", Some(&found.id)),
        IdState::AliasOf(current) => ("alias", Some(current)),
        IdState::Gone => ("gone", None),
    };
    let session = found.session.as_ref().map(|session| {
        let key: serde_json::Map<_, _> =
            session.key.iter().map(|(column, value)| (column.clone(), json!(value))).collect();
        json!({
            "key": key,
            "started_at": session.started_at,
            "ended_at": session.ended_at,
            "events": session.events,
        })
    });
    json!({
        "id": found.id,
        "state": state,
        "current_id": current,
        "since": format!("{} UTC", found.since),
        "founded_at": format!("{} UTC", found.founded_at),
        "session": session,
    })
}
