//! Sessions as ordinary tables that follow the events at a cost that follows the change.
//!
//! Triggers note, for every statement that writes events, which keys it touched and at which times. A refresh
//! takes these notes, and computes each touched key again between the sessions that the change cannot reach.
//! Only the difference is written: a row that stays the same is not touched. No extension is needed.
//!
//! The tables are exactly what [`super::sessions_query`] and [`super::summary_query`] give; a test compares them after
//! every one of many random changes.

mod at_once;
mod build;
mod capture;
mod columns;
mod compute;
mod current;
mod function;
mod grown;
mod history;
mod identity;
mod kept_from;
mod key_match;
mod lasting;
mod own_columns;
mod partitions;
mod pending;
mod refresh;
mod repair;
mod retention;
mod ruled;
mod share;
mod shift;
mod spans;
mod tables;
mod take;
mod tell;
#[cfg(test)]
mod tests;
mod triggers;
mod unwatched;
mod working;
mod write;

use self::own_columns::OwnColumns;
use super::events::Events;
use crate::name::TableName;
use crate::quote::identifier;

pub use capture::capture_functions_of;
pub use columns::{EventColumn, changed_columns};
pub use function::Function;
pub use history::{HISTORY_CHANGES, HISTORY_COLUMNS, as_of_check};
pub use identity::whole_rows;
pub use lasting::{ID_STATES, SESSION_ID_COLUMNS};
pub use pending::pending_query;
pub use refresh::{REFRESH_COUNTS, REFRESH_STEPS};
pub use tables::MaintainedIndex;
pub use tell::duplicate_event;
pub use triggers::{CaptureTrigger, capture_triggers_of};

/// The names of everything that an incremental deployment is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncrementalNames {
    /// One row per event.
    pub sessions: TableName,
    /// One row per session.
    pub summary: TableName,
    /// What the triggers note.
    pub changes: TableName,
    /// The partitions of the events table that are known, if it has any.
    pub partitions: TableName,
    /// The events of partitions that were detached, if those are kept.
    pub kept: TableName,
    /// The function that refreshes.
    pub refresh: TableName,
    /// The table of refreshes.
    pub log: TableName,
    /// The table of the ids that were given, where ids last.
    pub ids: TableName,
    /// What the summary was, where that is kept.
    pub history: TableName,
    /// The function that gives the summary as of a time.
    pub as_of: TableName,
}

/// What happens to the sessions of a partition's events when it is detached or dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnDetach {
    /// They go, as the events do.
    #[default]
    Remove,
    /// They stay, and their events count on as if they were still there.
    Keep,
}

/// Maintained tables over events.
#[derive(Clone, Debug)]
pub struct Incremental<'a> {
    events: &'a Events<'a>,
    names: IncrementalNames,
    /// The advisory lock that keeps refreshes apart, as the two numbers or expressions of its key.
    lock: String,
    on_detach: Option<OnDetach>,
    /// How old events are, in nanoseconds, that count on when they go.
    retention: Option<u64>,
    /// For how long what the summary was is kept, in nanoseconds.
    history: Option<u64>,
    /// The key, the time and the event id, as the triggers read them.
    columns: Vec<EventColumn>,
    /// The columns that the rule alone reads, each with its type as `format_type` writes it.
    rule_columns: Vec<(String, String)>,
    /// Whether a refresh gives the sessions of a scheme whose ids last their ids, or leaves that to who builds them.
    settles_ids: bool,
    /// The names of columns of its own.
    own: OwnColumns,
}

impl<'a> Incremental<'a> {
    /// Maintained tables under these names. `lock` is the SQL of an advisory lock's key, which everything
    /// else that changes these tables takes too.
    pub fn new(events: &'a Events<'a>, names: IncrementalNames, lock: impl Into<String>) -> Self {
        let own = OwnColumns::beside(events);
        Self {
            events,
            names,
            lock: lock.into(),
            on_detach: None,
            retention: None,
            history: None,
            columns: Vec::new(),
            rule_columns: Vec::new(),
            settles_ids: true,
            own,
        }
    }

    /// Says what the columns of the key, the time and the event id are, so that triggers notice when they are not that any
    /// more.
    pub fn reading(self, columns: Vec<EventColumn>) -> Self {
        Self { columns, ..self }
    }

    /// Says what the columns are that the rule alone reads, so that a refresh notices when they are not that any more. Types
    /// are written as `format_type` does where nothing but `pg_catalog` is looked through.
    pub fn ruled_by(self, rule_columns: Vec<(String, String)>) -> Self {
        Self { rule_columns, ..self }
    }

    /// Says that the events are partitioned, and what becomes of those in a partition that goes.
    pub fn partitioned(self, on_detach: OnDetach) -> Self {
        Self { on_detach: Some(on_detach), ..self }
    }

    /// Says that nobody reads the tables yet: a refresh leaves the ids of sessions to [`Self::settle_all_ids`].
    pub fn without_settled_ids(self) -> Self {
        Self { settles_ids: false, ..self }
    }

    /// Says that events which are so many nanoseconds old count on when they are deleted, or go with their partition.
    pub fn retaining(self, age: u64) -> Self {
        Self { retention: Some(age), ..self }
    }

    /// Says that what a refresh replaces in the summary is kept for so many nanoseconds.
    pub fn keeping_history(self, keep: u64) -> Self {
        Self { history: Some(keep), ..self }
    }

    /// Says that nobody reads the summary yet, so that it has no history.
    pub fn without_history(self) -> Self {
        Self { history: None, ..self }
    }

    /// The names of what is there.
    pub fn names(&self) -> &IncrementalNames {
        &self.names
    }

    /// Whether events that went are kept: those of partitions, or old ones.
    fn keeps(&self) -> bool {
        self.on_detach == Some(OnDetach::Keep) || self.retention.is_some()
    }

    /// The key columns of an alias.
    fn key_of(&self, alias: &str) -> String {
        let key = self.events.definition.key().iter().map(|name| format!("{alias}.{}", identifier(name)));
        key.collect::<Vec<_>>().join(", ")
    }

    /// The carried columns of an alias, each after a comma.
    fn carried_of(&self, alias: &str) -> String {
        self.events.carried.iter().map(|name| format!(", {alias}.{}", identifier(name))).collect()
    }
}
