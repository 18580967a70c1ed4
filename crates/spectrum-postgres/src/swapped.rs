//! Which table the sessions are made of, whatever it is called by now: a table can be renamed away and another one take its
//! name, and neither a materialized view nor a trigger follows the name.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::catalog::{Relation, below};
use crate::deployment::{Deployment, Mode};
use crate::error::{Result, While};
use crate::present::Present;
use crate::role::Role;
use crate::triggers::Triggers;

/// What the sessions are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// The table that was asked about.
    This,
    /// Another one.
    Other(TableName),
    /// It is not known: no trigger is on any table, or there are no sessions.
    Unknown,
}

impl Source {
    /// Looks whether it is `events`; `None` is a table that is not there.
    pub(crate) fn find(
        client: &mut impl GenericClient,
        standing: &Deployment,
        present: &Present,
        events: Option<&Relation>,
    ) -> Result<Self> {
        let tables = match standing.mode {
            Mode::View => read_by_sessions(client, present)?,
            Mode::Incremental => watched(client, standing, events)?,
        };
        let is_this = |table: &TableName| events.is_some_and(|events| events.name == *table);
        Ok(match tables.first() {
            None => Self::Unknown,
            Some(_) if tables.iter().any(is_this) => Self::This,
            Some(other) => Self::Other(other.clone()),
        })
    }

    /// That another table has the name now, in words.
    pub(crate) fn swapped(&self, standing: &Deployment) -> Option<String> {
        let Self::Other(table) = self else { return None };
        let (sessions, events) = (standing.sessions(), &standing.events);
        Some(format!(
            "{sessions} is made of {table}, and {events} is another table that took its place or its name"
        ))
    }
}

/// What the query of the sessions names. The catalog has it by oid, so it is named as it is called now.
fn read_by_sessions(client: &mut impl GenericClient, present: &Present) -> Result<Vec<TableName>> {
    let Some(sessions) = present.get(Role::Sessions) else { return Ok(Vec::new()) };
    let rows = client
        .query(
            "SELECT DISTINCT n.nspname::text, c.relname::text
             FROM pg_catalog.pg_rewrite r
             JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
             JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE r.ev_class = $1 ORDER BY 1, 2",
            &[&sessions.oid],
        )
        .while_doing(format!("looking at what {} reads", sessions.name))?;
    let name = |row: &postgres::Row| TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok();
    Ok(rows.iter().filter_map(name).collect())
}

/// The tables with triggers, without those that are below the events or below another of them.
fn watched(
    client: &mut impl GenericClient,
    standing: &Deployment,
    events: Option<&Relation>,
) -> Result<Vec<TableName>> {
    let mut tables = Triggers::find(client, standing)?.roots();
    if let Some(events) = events {
        let below = below(client, events.oid)?;
        tables.retain(|table| below.iter().all(|below| below.table != *table));
    }
    Ok(tables)
}
