//! What identifies a changed or removed row, where changes of all tables are published.
//!
//! PostgreSQL refuses to update or delete rows of a published table that has no replica identity (its manual, "Logical
//! Replication", "Publication"), and a publication can be FOR ALL TABLES. So every table has one from the beginning. It
//! writes nothing more, unless the server's `wal_level` is `logical`.

use super::Incremental;
use crate::name::TableName;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Gives the sessions and the summary theirs, once their indexes are made. An event's id is there once and never NULL.
    /// Of a session nothing is: its key can be NULL, and ids can be shared.
    pub fn identified(&self) -> Vec<String> {
        vec![self.identified_sessions(), whole_rows(&self.names.summary)]
    }

    /// The same for the sessions, by their unique index on the event id.
    fn identified_sessions(&self) -> String {
        let sessions = &self.names.sessions;
        format!(
            "ALTER TABLE {sessions} ALTER {} SET NOT NULL, REPLICA IDENTITY USING INDEX {}",
            self.events.event_id_name(),
            identifier(&sessions.derived("event_id_key"))
        )
    }
}

/// Identifies rows of a table by all of their columns.
pub fn whole_rows(table: &TableName) -> String {
    format!("ALTER TABLE {table} REPLICA IDENTITY FULL")
}
