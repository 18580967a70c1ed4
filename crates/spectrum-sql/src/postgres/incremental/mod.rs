//! Sessions as ordinary tables that follow the events at a cost that follows the change.
//!
//! Triggers note, for every statement that writes events, which keys it touched and from which time on. A refresh takes
//! these notes, and computes each touched key again from its last untouched session on, whose number it carries on. What
//! is written is the difference: a row that stays the same is not touched. No extension is needed.
//!
//! The tables are exactly what [`super::sessions_query`] and [`super::summary_query`] give; a test compares them after
//! every one of many random changes.

mod capture;
mod key_match;
mod refresh;
mod tables;

use super::events::Events;
use crate::name::TableName;

/// Where the maintained relations and what maintains them stand.
#[derive(Clone, Debug)]
pub struct Incremental<'a> {
    pub(super) events: &'a Events<'a>,
    pub(super) sessions: TableName,
    pub(super) summary: TableName,
    pub(super) changes: TableName,
    pub(super) function: TableName,
    /// The advisory lock that keeps refreshes apart, as the two numbers or expressions of its key.
    pub(super) lock: String,
}

impl<'a> Incremental<'a> {
    /// Maintained relations `sessions` and `summary`; notes and functions stand beside them. `lock` is the SQL of an
    /// advisory lock's key, which whoever else changes these relations takes too.
    pub fn new(
        events: &'a Events<'a>,
        sessions: TableName,
        summary: TableName,
        lock: impl Into<String>,
    ) -> Self {
        let (changes, function) = (sessions.beside("spectrum_changes"), sessions.beside("refresh_sessions"));
        Self { events, sessions, summary, changes, function, lock: lock.into() }
    }
}
