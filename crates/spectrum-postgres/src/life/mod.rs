//! `spectrum history`: the life of a session, refresh by refresh.

mod follow;

use postgres::{Client, GenericClient};
use spectrum_core::Gap;
use spectrum_sql::identifier;
use spectrum_sql::postgres::{Events, Incremental, KeyComparison, TimeSubtraction};

use crate::catalog::{Relation, columns_of, may_read};
use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::present::{Present, deployed};
use crate::relations::name_of;
use crate::remedy::{Command, Remedy};
use crate::role::Role;

/// The life of a session, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SessionLife {
    /// The id that was asked about.
    pub id: String,
    /// The columns of its key with their values as text.
    pub key: Vec<(String, Option<String>)>,
    /// Since when it is known what sessions were, in UTC, as in `2026-11-22 10:00:00.000000`.
    pub since: String,
    /// For how long it is kept.
    pub keep: Gap,
    /// What became of it.
    pub fate: SessionFate,
    /// What it is now, or what it is a part of; `None` where that is no session.
    pub now: Option<SessionShape>,
    /// What refreshes changed of it, in order. Empty where nothing of it is known since the history begins.
    pub steps: Vec<LifeStep>,
}

/// What became of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SessionFate {
    /// It has the id that was asked about.
    Current,
    /// It has another id.
    Renamed,
    /// It became a part of another session.
    Merged,
    /// No event is left of it, or of what it became a part of.
    Gone,
}

/// A session at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SessionShape {
    /// Its id; `None` where a NULL in the key leaves none.
    pub id: Option<String>,
    /// Its number among the sessions of its key.
    pub seq: i64,
    /// The time of its first event, as text.
    pub started_at: String,
    /// The time of its last event.
    pub ended_at: String,
    /// Its events.
    pub events: u64,
}

/// What a refresh, or a deployment, changed of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LifeStep {
    /// When it ended, in UTC, as in `2026-11-22 10:00:00.000000`.
    pub at: String,
    /// What it did.
    pub changes: Vec<LifeChange>,
    /// What the session was before; `None` where it was not there.
    pub before: Option<SessionShape>,
    /// What it was then, or what it became a part of; `None` where it was not there any more.
    pub after: Option<SessionShape>,
}

/// A change of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LifeChange {
    /// Nothing: it was there when the history begins.
    WasThere,
    /// It was not there before.
    FirstSeen,
    /// Its events were in the session with this id.
    SplitFrom(Option<String>),
    /// It has more events, or lasts longer.
    Extended,
    /// It has fewer events, or is shorter.
    Shrank,
    /// It begins or ends at another time, and is neither longer nor shorter by that at both ends.
    Moved,
    /// Sessions with these ids became a part of it.
    TookIn(Vec<Option<String>>),
    /// Events of it are in sessions with these ids.
    SplitOff(Vec<Option<String>>),
    /// Its id changed.
    Renamed,
    /// Its number changed.
    Renumbered,
    /// The summary tells something else of it.
    Retold,
    /// It became a part of the session with this id.
    MergedInto(Option<String>),
    /// No event is left of it.
    Removed,
}

/// What is known of an id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoundLife {
    /// A session has it, or had it.
    Known(SessionLife),
    /// No session has had it since the history begins.
    Unknown {
        /// When that is, in UTC, as in `2026-11-22 10:00:00.000000`.
        since: String,
    },
}

/// Looks up what is known of the session with an id.
///
/// # Errors
/// When nothing is deployed under these names; [`PgError::Refused`] where no history is kept, or this role may not read it.
pub fn session_life(connection: &mut Connection, wanted: &Deployment, id: &str) -> Result<FoundLife> {
    let client: &mut Client = connection;
    let (deployment, present) = deployed(client, wanted)?;
    let (history, summary) = (deployment.session_history(), deployment.summary());
    let Some(keep) = deployment.history else {
        return Err(PgError::refused(message![
            format!("no history of {summary} is kept; "),
            deployment.command(Command::Deploy).with(Remedy::KeepHistory),
            " keeps it from then on"
        ]));
    };
    let summary = readable(client, &deployment, &present)?;
    let since = format!(
        "SELECT pg_catalog.to_char(MIN(valid_to) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM {history}"
    );
    let since = client.query_one(&since, &[]).while_doing(format!("reading {history}"))?;
    let since = since.get::<_, Option<String>>(0).unwrap_or_default();
    let lasts = deployment.definition.id().needs_memory();
    let by_ids = match present.get(Role::SessionIds).filter(|_| lasts) {
        Some(ids) => may_read(client, ids)?,
        None => false,
    };
    let sql = life_query(client, &deployment, summary, by_ids)?;
    let rows = client.query(&sql, &[&id]).while_doing(format!("reading {history}"))?;
    let key = rows.first().map(|row| row.get::<_, Vec<Option<String>>>(9)).unwrap_or_default();
    let key: Vec<_> = deployment.definition.key().iter().cloned().zip(key).collect();
    let (steps, now) = follow::read(&rows);
    let life = |(fate, now, steps)| {
        FoundLife::Known(SessionLife { id: id.to_owned(), key, since: since.clone(), keep, fate, now, steps })
    };
    if let Some(followed) = follow::follow(id, &steps, &now, lasts, &since) {
        return Ok(life(followed));
    }
    if !by_ids {
        return Ok(FoundLife::Unknown { since });
    }
    // What happened to it did so before.
    let ids = deployment.session_ids();
    let sql = format!("SELECT current_id FROM {ids} WHERE session_id = $1");
    let found = client.query_opt(&sql, &[&id]).while_doing(format!("reading {ids}"))?;
    Ok(match found.map(|row| row.get::<_, Option<String>>(0)) {
        None => FoundLife::Unknown { since },
        Some(current) => {
            let is = now.into_iter().find(|row| current.is_some() && row.shape.id == current);
            let fate = if is.is_some() { SessionFate::Merged } else { SessionFate::Gone };
            life((fate, is.map(|row| row.shape), Vec::new()))
        }
    })
}

/// The query of what is known of the sessions of a key. Who asks need not be able to read the events.
fn life_query(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    summary: &Relation,
    by_ids: bool,
) -> Result<String> {
    let columns = columns_of(client, summary)?;
    let column = |name: &String| columns.iter().find(|column| column.name == *name);
    let definition = &deployment.definition;
    let key = definition.key().iter();
    let key: Vec<KeyComparison> =
        key.map(|name| column(name).and_then(|column| column.as_key().ok()).unwrap_or_default()).collect();
    let mut of_citext =
        definition.key().iter().zip(&key).filter(|(_, is)| **is == KeyComparison::CaseInsensitive);
    let citext = of_citext.next().and_then(|(name, _)| column(name)).map(|column| column.schema.clone());
    let events = Events::new(definition, deployment.events.clone())
        .typed(TimeSubtraction::default(), key)
        .with_citext_in(citext);
    Ok(Incremental::new(&events, deployment.maintained_names(), "").life_query(by_ids))
}

/// The summary, where it and its history can be read.
///
/// # Errors
/// [`PgError::Refused`] with everything that is missing or that this role may not read.
fn readable<'a>(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    present: &'a Present,
) -> Result<&'a Relation> {
    let there = |role| {
        present.get(role).ok_or_else(|| {
            PgError::refused(message![
                format!("{} is missing; ", name_of(deployment, role)),
                deployment.command(Command::Deploy),
                " makes it again"
            ])
        })
    };
    let (summary, history) = (there(Role::Summary)?, there(Role::SessionHistory)?);
    let mut hidden = Vec::new();
    for relation in [history, summary] {
        if !may_read(client, relation)? {
            hidden.push(relation.name.to_string());
        }
    }
    if hidden.is_empty() {
        return Ok(summary);
    }
    let us = client.query_one("SELECT current_user::text", &[]).while_doing("asking who we are")?;
    let (schema, us) = (identifier(&deployment.names.schema), identifier(us.get(0)));
    let hidden = hidden.join(", ");
    Err(PgError::refused(format!(
        "this role may not read {hidden}; GRANT USAGE ON SCHEMA {schema} TO {us}; GRANT SELECT ON {hidden} TO {us}"
    )))
}
