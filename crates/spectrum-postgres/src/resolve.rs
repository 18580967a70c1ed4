//! `spectrum resolve`: what an id that was once given stands for now.

use postgres::{Client, GenericClient};
use spectrum_sql::identifier;

use crate::catalog::{Relation, may_read};
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::present::deployed;
use crate::remedy::{Command, Remedy};
use crate::role::Role;

/// What an id stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Resolved {
    /// The id that was asked about.
    pub id: String,
    /// What it is.
    pub state: IdState,
    /// Since when it is that, in UTC, as in `2026-11-22 10:00:00`.
    pub since: String,
    /// When it was given first.
    pub founded_at: String,
    /// The session that it stands for; `None` where there is none, or this role may not read the summary.
    pub session: Option<ResolvedSession>,
}

/// What an id is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IdState {
    /// That of a session.
    Current,
    /// That of a session which is a part of one with this id now.
    AliasOf(String),
    /// That of a session of which no event is left. It is never given again.
    Gone,
}

/// A session in a few words.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ResolvedSession {
    /// The columns of its key with their values as text.
    pub key: Vec<(String, Option<String>)>,
    /// The time of its first event, as text.
    pub started_at: String,
    /// The time of its last event.
    pub ended_at: String,
    /// Its events.
    pub events: u64,
}

/// Looks an id up; `None` if it was never given.
///
/// # Errors
/// When nothing is deployed under these names; [`PgError::Refused`] where ids do not last, or this role may not read them.
pub fn resolve(connection: &mut Connection, wanted: &Deployment, id: &str) -> Result<Option<Resolved>> {
    let client: &mut Client = connection;
    let (deployment, present) = deployed(client, wanted)?;
    let ids = deployment.session_ids();
    if !deployment.definition.id().needs_memory() {
        return Err(PgError::refused(message![
            format!(
                "{} has ids of the scheme {}, which nobody remembers; ids that can be looked up are those of ",
                deployment.sessions(),
                deployment.definition.id()
            ),
            deployment.command(Command::Deploy).with(Remedy::PersistentIds)
        ]));
    }
    let Some(relation) = present.get(Role::SessionIds) else {
        return Err(PgError::refused(message![
            format!("{ids} is missing; "),
            deployment.command(Command::Deploy),
            " makes it again, with the ids that sessions have"
        ]));
    };
    if !may_read(client, relation)? {
        let us = client.query_one("SELECT current_user::text", &[]).while_doing("asking who we are")?;
        let (schema, us) = (identifier(&deployment.names.schema), identifier(us.get(0)));
        return Err(PgError::refused(format!(
            "this role may not read {ids}; GRANT USAGE ON SCHEMA {schema} TO {us}; GRANT SELECT ON {ids} TO {us}"
        )));
    }
    let utc =
        |column: &str| format!("pg_catalog.to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')");
    let sql = format!(
        "SELECT state, current_id, {}, {} FROM {ids} WHERE session_id = $1",
        utc("last_changed"),
        utc("founded_at")
    );
    let found = client.query_opt(&sql, &[&id]).while_doing(format!("reading {ids}"))?;
    let Some(found) = found else { return Ok(None) };
    let current: Option<String> = found.get(1);
    let session = match (&current, present.get(Role::Summary)) {
        (Some(current), Some(summary)) => session(client, &deployment, summary, current)?,
        _ => None,
    };
    let state = match current {
        None => IdState::Gone,
        Some(current) if current == id => IdState::Current,
        Some(current) => IdState::AliasOf(current),
    };
    Ok(Some(Resolved { id: id.to_owned(), state, since: found.get(2), founded_at: found.get(3), session }))
}

fn session(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    summary: &Relation,
    id: &str,
) -> Result<Option<ResolvedSession>> {
    if !may_read(client, summary)? {
        return Ok(None);
    }
    let key = deployment.definition.key();
    let texts: Vec<String> = key.iter().map(|name| format!("{}::text", identifier(name))).collect();
    let sql = format!(
        "SELECT started_at::text, ended_at::text, events, ARRAY[{}] FROM {} WHERE session_id = $1",
        texts.join(", "),
        summary.name
    );
    let row = client.query_opt(&sql, &[&id]).while_doing(format!("reading {}", summary.name))?;
    Ok(row.map(|row| ResolvedSession {
        key: key.iter().cloned().zip(row.get::<_, Vec<Option<String>>>(3)).collect(),
        started_at: row.get(0),
        ended_at: row.get(1),
        events: row.get::<_, i64>(2).unsigned_abs(),
    }))
}
