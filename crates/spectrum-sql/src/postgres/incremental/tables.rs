//! The maintained tables, empty, with their indexes; and what fills them the first time.

use super::Incremental;
use crate::postgres::{sessions_query, summary_query};
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes the tables and the notes, all empty. Types are those that the reference SQL gives.
    pub fn tables(&self) -> String {
        let (events, changes) = (self.events, &self.changes);
        let (key, time) = (events.key_list(), events.time_name());
        format!(
            "\
CREATE TABLE {sessions} AS\n{sessions_query}\nWITH NO DATA;
CREATE TABLE {summary} AS\n{summary_query}\nWITH NO DATA;
CREATE TABLE {changes} AS
SELECT {key}, {time} AS since, false AS everything FROM {table} WITH NO DATA",
            sessions = self.sessions,
            summary = self.summary,
            sessions_query = sessions_query(events),
            summary_query = summary_query(events, &self.sessions),
            table = events.table,
        )
    }

    /// Fills the tables, which must be empty.
    pub fn fill(&self) -> String {
        format!(
            "INSERT INTO {}\n{};\nINSERT INTO {}\n{}",
            self.sessions,
            sessions_query(self.events),
            self.summary,
            summary_query(self.events, &self.sessions)
        )
    }

    /// Makes the indexes, best after the tables were filled.
    pub fn indexes(&self) -> String {
        let (key, time, event_id) =
            (self.events.key_list(), self.events.time_name(), self.events.event_id_name());
        let (sessions, summary) = (&self.sessions, &self.summary);
        let index = |table: &crate::TableName, suffix: &str, unique: &str, columns: &str| {
            format!("CREATE {unique}INDEX {} ON {table} ({columns})", identifier(&table.derived(suffix)))
        };
        [
            index(sessions, "event_id_key", "UNIQUE ", &event_id),
            index(sessions, "key_time_idx", "", &format!("{key}, {time}")),
            index(summary, "key_seq_key", "UNIQUE ", &format!("{key}, session_seq")),
            index(summary, "key_ended_at_idx", "", &format!("{key}, ended_at")),
            index(summary, "session_id_idx", "", "session_id"),
            index(summary, "started_at_idx", "", "started_at"),
            index(summary, "ended_at_idx", "", "ended_at"),
        ]
        .join(";\n")
    }
}
