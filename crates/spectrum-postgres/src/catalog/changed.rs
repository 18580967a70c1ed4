//! Columns of the events that are not what they were when the sessions were made of them.

use std::fmt;

use postgres::GenericClient;
use spectrum_sql::postgres::{changed_columns as columns_that_changed, ruled_columns};

use super::Relation;
use crate::error::{Result, While};

/// A column that the sessions have otherwise than the events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ChangedColumn {
    name: String,
    was: String,
    /// `None` when the events have no such column any more.
    is: Option<String>,
}

impl ChangedColumn {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.is {
            None => "run spectrum deploy with a definition that names the column that takes its place",
            Some(_) => "run spectrum deploy, which rebuilds the sessions",
        }
    }
}

/// As in `column user_id was uuid and is now text`.
impl fmt::Display for ChangedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            None => write!(f, "column {} is gone, or was renamed", self.name),
            Some(is) if *is == self.was => write!(f, "column {} now has another collation", self.name),
            Some(is) => write!(f, "column {} was {} and is now {is}", self.name, self.was),
        }
    }
}

/// Compares the columns of a relation of sessions with those of the events by name, type, length and collation.
pub(crate) fn changed_columns(
    client: &mut impl GenericClient,
    events: &Relation,
    sessions: &Relation,
) -> Result<Vec<ChangedColumn>> {
    let sql = format!(
        "SELECT s.attname::text, format_type(s.atttypid, s.atttypmod),
                CASE WHEN e.attname IS NOT NULL THEN format_type(e.atttypid, e.atttypmod) END
         FROM {}",
        columns_that_changed(&events.oid.to_string(), &sessions.oid.to_string())
    );
    let rows = client.query(&sql, &[]).while_doing(format!("comparing the columns of {}", events.name))?;
    // What rules add besides the id, if any stood in the definition that the sessions were made by.
    let standing = sessions.record()?.and_then(|record| record.deployment());
    let own = standing.map(|standing| ruled_columns(standing.definition.rule())).unwrap_or_default();
    let changed = |row: &postgres::Row| ChangedColumn { name: row.get(0), was: row.get(1), is: row.get(2) };
    let of_events = |column: &ChangedColumn| !own.iter().any(|(name, _)| *name == column.name);
    Ok(rows.iter().map(changed).filter(of_events).collect())
}
