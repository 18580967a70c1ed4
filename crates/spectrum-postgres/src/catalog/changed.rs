//! Columns of the events that are not what they were when the sessions were made of them.

use std::fmt;

use postgres::GenericClient;
use spectrum_core::SessionDefinition;
use spectrum_sql::postgres::changed_columns as columns_that_changed;

use super::{Relation, columns_of};
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
    // By the rule that they were made by, which is not always the one that is wanted.
    let standing = sessions.record()?.and_then(|record| record.deployment());
    let plain = SessionDefinition::default();
    let made_by = standing.as_ref().map_or(&plain, |standing| &standing.definition);
    let sql = format!(
        "SELECT s.attname::text, format_type(s.atttypid, s.atttypmod),
                CASE WHEN e.attname IS NOT NULL THEN format_type(e.atttypid, e.atttypmod) END
         FROM {}",
        columns_that_changed(&events.oid.to_string(), &sessions.oid.to_string(), made_by)
    );
    let rows = client.query(&sql, &[]).while_doing(format!("comparing the columns of {}", events.name))?;
    let changed = |row: &postgres::Row| ChangedColumn { name: row.get(0), was: row.get(1), is: row.get(2) };
    let mut all: Vec<ChangedColumn> = rows.iter().map(changed).collect();
    let rule_columns = standing.map(|standing| standing.rule_columns).unwrap_or_default();
    if !rule_columns.is_empty() {
        let columns = columns_of(client, events)?;
        all.extend(rule_columns.into_iter().filter_map(|(name, was)| {
            let is = columns.iter().find(|column| column.name == name).map(|column| column.ty.clone());
            (is.as_ref() != Some(&was)).then_some(ChangedColumn { name, was, is })
        }));
    }
    Ok(all)
}
