//! The maintained tables, empty, and their indexes.
//!
//! Pages keep room, so that a row whose id or number changes can stay on its page: then no index has to be told
//! (PostgreSQL's manual, "Heap-Only Tuples"). More in the summary, whose rows change oftener and are a tenth as many.

use super::Incremental;
use super::identity::whole_rows;
use crate::name::TableName;
use crate::postgres::{sessions_query, summary_query};
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes the two relations, empty; one statement per entry. Types are those that the reference SQL gives.
    pub fn relations(&self) -> Vec<String> {
        let (sessions, summary) = (&self.names.sessions, &self.names.summary);
        vec![
            format!(
                "CREATE TABLE {sessions} WITH (fillfactor = 90) AS\n{}\nWITH NO DATA",
                sessions_query(self.events)
            ),
            format!(
                "CREATE TABLE {summary} WITH (fillfactor = 75) AS\n{}\nWITH NO DATA",
                summary_query(self.events, sessions)
            ),
            format!("ALTER TABLE {sessions} ALTER {} SET NOT NULL", self.events.event_id_name()),
            // Until it has its index.
            whole_rows(sessions),
            whole_rows(summary),
        ]
    }

    /// Makes the table of what the triggers note, and that of the partitions that are known; a statement each.
    pub fn notes(&self) -> Vec<String> {
        let own = &self.own;
        let events = self.events;
        let (time, table) = (events.time_name(), &events.table);
        let changes = &self.names.changes;
        // A note of a TRUNCATE has no key and no time, which a domain could forbid; beside a NULL, COALESCE gives the type
        // behind the domain.
        let plain = |column: &str| format!("COALESCE({column}, NULL) AS {column}");
        let plain_key: Vec<String> =
            events.definition.key().iter().map(|name| plain(&identifier(name))).collect();
        let gone = match self.keeps() {
            true => format!(", ARRAY[COALESCE({}, NULL)] AS {}", events.event_id_name(), own.gone_ids),
            false => String::new(),
        };
        let mut statements = vec![
            format!(
                "CREATE TABLE {changes} AS
SELECT {}, ARRAY[COALESCE({time}, NULL)] AS {}, COALESCE({time}, NULL) AS {}, COALESCE({time}, NULL) AS {},
       false AS {}, false AS {}, false AS {}{gone}
FROM {table} WITH NO DATA",
                plain_key.join(", "),
                own.times,
                own.since,
                own.until,
                own.added,
                own.timeless,
                own.everything
            ),
            format!(
                "ALTER TABLE {changes} ALTER {times} SET STORAGE EXTERNAL, ALTER {added} SET DEFAULT false, ALTER {added} SET NOT NULL,
  ALTER {timeless} SET DEFAULT false, ALTER {timeless} SET NOT NULL,
  ALTER {everything} SET DEFAULT false, ALTER {everything} SET NOT NULL,
  SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000), REPLICA IDENTITY FULL",
                times = own.times,
                added = own.added,
                timeless = own.timeless,
                everything = own.everything
            ),
        ];
        if self.on_detach.is_some() {
            statements.push(format!(
                "CREATE TABLE {} (partition regclass PRIMARY KEY, {})",
                self.names.partitions,
                Self::watched_column()
            ));
        }
        statements
    }

    /// Makes the table for the events of partitions that go, if these are kept; a statement each.
    pub fn kept_events(&self) -> Vec<String> {
        if !self.keeps() {
            return Vec::new();
        }
        let (events, kept) = (self.events, &self.names.kept);
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        vec![
            format!(
                "CREATE TABLE {kept} AS\nSELECT {key}, {time}, {event_id}{}, NULL::pg_catalog.regclass AS {}\nFROM {} WITH NO DATA",
                events.carried_list(),
                self.own.kept_from,
                events.table
            ),
            index(kept, "event_id_key", true, "", &event_id),
            index(kept, "key_time_idx", false, "", &format!("{key}, {time}")),
            self.kept_from_index(),
            whole_rows(kept),
        ]
    }

    /// Makes the indexes, best after the tables were filled.
    pub fn indexes(&self) -> Vec<MaintainedIndex> {
        let (key, time, event_id) =
            (self.events.key_list(), self.events.time_name(), self.events.event_id_name());
        let index = |table: &TableName, suffix, unique, columns: String| MaintainedIndex {
            table: table.clone(),
            suffix,
            unique,
            columns,
        };
        let (sessions, summary) = (&self.names.sessions, &self.names.summary);
        vec![
            index(sessions, "event_id_key", true, event_id),
            index(sessions, "key_time_idx", false, format!("{key}, {time}")),
            index(summary, "key_ended_at_key", true, format!("{key}, ended_at")),
            index(summary, "session_id_idx", false, "session_id".to_owned()),
            index(summary, "started_at_idx", false, "started_at".to_owned()),
            index(summary, "ended_at_idx", false, "ended_at".to_owned()),
        ]
    }
}

/// An index of a maintained table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaintainedIndex {
    /// Whose it is.
    pub table: TableName,
    /// What its name adds to the table's.
    pub suffix: &'static str,
    /// Whether it keeps rows with the same values out.
    pub unique: bool,
    /// Its columns as SQL.
    pub columns: String,
}

impl MaintainedIndex {
    /// The statement that makes it, unless there is one of its name.
    pub fn make_if_missing(&self) -> String {
        index(&self.table, self.suffix, self.unique, "IF NOT EXISTS ", &self.columns)
    }
}

pub(super) fn index(table: &TableName, suffix: &str, unique: bool, condition: &str, columns: &str) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {condition}{} ON {table} ({columns})", identifier(&table.derived(suffix)))
}
