//! Partitions that come and go without a statement that a trigger sees.

use super::{Incremental, OnDetach};
use crate::quote::literal;

impl Incremental<'_> {
    /// The tables with rows below the events table, as a query of one `regclass` column named `partition`.
    pub fn partitions_query(&self) -> String {
        let table = literal(&self.events.table.to_string());
        format!(
            "WITH RECURSIVE below AS (
      SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = {table}::regclass
      UNION ALL
      SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON i.inhparent = b.inhrelid)
    SELECT b.inhrelid::regclass AS partition FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.inhrelid
    WHERE c.relkind = 'r'"
        )
    }

    /// Remembers the partitions that are there.
    pub fn remember_partitions(&self) -> Option<String> {
        self.on_detach?;
        Some(format!("INSERT INTO {}\n{}", self.names.partitions, self.partitions_query()))
    }

    /// Watches partitions that are new and notes their events, and does away with the events of those that are gone,
    /// or keeps them.
    pub(super) fn follow_partitions(&self) -> String {
        let Some(on_detach) = self.on_detach else { return String::new() };
        let own = self.own();
        let events = self.events;
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let (changes, partitions, kept) = (&self.names.changes, &self.names.partitions, &self.names.kept);
        let there = self.partitions_query();
        let timeless = match events.without_null_times {
            true => format!("NOT isfinite({time})"),
            false => format!("({time} IS NULL OR NOT isfinite({time}))"),
        };
        let note_attached = literal(&format!(
            "INSERT INTO {changes} ({key}, {}, {}) SELECT {key}, MIN({time}), bool_or({timeless}) FROM ONLY %s GROUP BY {key}",
            own.since, own.timeless
        ));
        let columns = format!("{key}, {time}, {event_id}{}", events.carried_list());
        let (keep, unkeep) = match on_detach {
            OnDetach::Remove => (String::new(), String::new()),
            OnDetach::Keep => (
                format!(
                    "INSERT INTO {kept} ({columns})
      SELECT {columns} FROM {sessions} m
      WHERE NOT EXISTS (SELECT FROM {table} e WHERE e.{event_id} = m.{event_id})
        AND NOT EXISTS (SELECT FROM {kept} e WHERE e.{event_id} = m.{event_id});\n    ",
                    sessions = self.names.sessions,
                    table = events.table,
                ),
                format!(
                    "\n      EXECUTE pg_catalog.format({}, part);",
                    literal(&format!(
                        "DELETE FROM {kept} k USING ONLY %s e WHERE e.{event_id} = k.{event_id}"
                    ))
                ),
            ),
        };
        format!(
            "  FOR part IN SELECT partition FROM ({there}) p EXCEPT SELECT partition FROM {partitions} LOOP
      {capture}
      EXECUTE pg_catalog.format({note_attached}, part);{unkeep}
      INSERT INTO {partitions} VALUES (part);
  END LOOP;
  IF EXISTS (SELECT partition FROM {partitions} EXCEPT SELECT partition FROM ({there}) p) THEN
    {keep}DELETE FROM {partitions} WHERE partition NOT IN (SELECT partition FROM ({there}) p);
    {gone}
  END IF;
",
            capture = self.capture_on("part"),
            gone = self.note_gone(),
        )
    }
}
