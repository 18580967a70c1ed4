//! Partitions that are new, and on which nothing stands yet that notes changes.
//!
//! Triggers need a lock that those who write into the partition hold until they commit. So a refresh first takes in what
//! such a partition has, without any lock, and asks for the lock at its end, for a moment. Whether it gets it or not, the
//! sessions are right: what it has read there is noted once more for the next refresh, unless the partition, once locked,
//! still has exactly that.
//!
//! A partition goes on with `watched` being false until a refresh finds triggers there that others have committed: from
//! then on everything that is not noted yet is visible.

use super::Incremental;
use super::capture::times_of;
use super::triggers::formatted;
use super::working::{FOUND, FRESH};
use crate::quote::{identifier, literal};

/// For so many milliseconds a lock is waited for, and those who come later wait as long. PostgreSQL looks for circles of
/// those who wait after `deadlock_timeout`, so it never finds this refresh in one.
const PATIENCE: u32 = 200;

/// After so many milliseconds the locks on further partitions are left to the next refresh.
const PATIENCE_FOR_ALL: u32 = 500;

/// So many events are compared while writers wait.
const COMPARED: u32 = 100_000;

impl Incremental<'_> {
    /// The column of the table of known partitions that says whether what is written to one is noted.
    pub(super) fn watched_column() -> &'static str {
        "watched boolean NOT NULL DEFAULT true"
    }

    /// Gives a table of known partitions that an older version made that column.
    pub fn completed_partitions(&self) -> Option<String> {
        self.on_detach?;
        Some(format!(
            "ALTER TABLE {} ADD COLUMN IF NOT EXISTS {}",
            self.names.partitions,
            Self::watched_column()
        ))
    }

    /// The column of events that are read which says what table they are of, after a comma.
    pub(super) fn table_read(&self, alias: &str) -> String {
        match self.on_detach {
            Some(_) => format!(", {alias}.tableoid AS {}", self.own.from_table),
            None => String::new(),
        }
    }

    /// The same column where it has its name already.
    pub(super) fn table_read_in(&self, alias: &str) -> String {
        match self.on_detach {
            Some(_) => format!(", {alias}.{}", self.own.from_table),
            None => String::new(),
        }
    }

    /// Makes the working table of what is read of such partitions, if there are any.
    pub(super) fn unwatched_table(&self) -> String {
        let (events, own) = (self.events, &self.own);
        format!(
            "  IF {unwatched} <> '{{}}' THEN
    CREATE TEMP TABLE spectrum_unwatched ON COMMIT DROP AS
    SELECT tableoid AS {}, {}, {}, {}{} FROM {} WITH NO DATA;
  END IF;
",
            own.from_table,
            events.key_list(),
            events.time_name(),
            events.event_id_name(),
            identifiers_after_comma(&self.read_beside_key()),
            events.table,
            unwatched = own.unwatched,
        )
    }

    /// Fills it.
    pub(super) fn remember_unwatched(&self) -> String {
        if self.on_detach.is_none() {
            return String::new();
        }
        let (events, own) = (self.events, &self.own);
        format!(
            "    IF {unwatched} <> '{{}}' THEN
      INSERT INTO pg_temp.spectrum_unwatched
      SELECT {0}, {1}, {2}, {3}{4} FROM pg_temp.{read} WHERE {0} = ANY ({unwatched});
    END IF;
",
            own.from_table,
            events.key_list(),
            events.time_name(),
            events.event_id_name(),
            identifiers_after_comma(&self.read_beside_key()),
            read = if self.is_ruled() { FOUND } else { FRESH },
            unwatched = own.unwatched,
        )
    }

    /// Puts triggers on such partitions, those whose lock can be had, and notes for the next refresh what was read of those
    /// that may have changed since.
    ///
    /// Nobody is waited for who may himself wait for this refresh.
    pub(super) fn watch_new(&self) -> String {
        if self.on_detach.is_none() {
            return String::new();
        }
        let (events, own) = (self.events, &self.own);
        let (key, time) = (events.key_list(), events.time_name());
        let compared = self.compared();
        let timed =
            if events.without_null_times { format!(" WHERE {time} IS NOT NULL") } else { String::new() };
        let there = format!("SELECT {compared} FROM ONLY {{part}}{timed}");
        let read = format!("SELECT {compared} FROM pg_temp.spectrum_unwatched WHERE {} = $1", own.from_table);
        let same = format!(
            "SELECT CASE WHEN (SELECT COUNT(*) FROM (SELECT FROM ONLY {{part}} LIMIT {COMPARED} + 1) AS few) > {COMPARED} THEN false
             ELSE NOT EXISTS (({there}) EXCEPT ALL ({read})) AND NOT EXISTS (({read}) EXCEPT ALL ({there})) END"
        );
        format!(
            "  IF {unwatched} <> '{{}}' THEN
    DECLARE
      waits text := pg_catalog.current_setting('lock_timeout');
      patience text;
      locking timestamptz := pg_catalog.clock_timestamp();
      is_same boolean;
    BEGIN
    SELECT GREATEST(LEAST({PATIENCE}, MIN(CASE name WHEN 'deadlock_timeout' THEN setting::integer / 2
                                                   ELSE NULLIF(setting::integer, 0) END)), 1)::text
    INTO patience FROM pg_catalog.pg_settings WHERE name IN ('deadlock_timeout', 'lock_timeout');
    FOREACH part IN ARRAY {unwatched} LOOP
      EXIT WHEN pg_catalog.clock_timestamp() > locking + INTERVAL '{PATIENCE_FOR_ALL} milliseconds'
        OR EXISTS (SELECT FROM pg_catalog.pg_locks w
                   WHERE NOT w.granted AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(w.pid)));
      BEGIN
        PERFORM pg_catalog.set_config('lock_timeout', patience, true);
        EXECUTE pg_catalog.format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', part);
        PERFORM pg_catalog.set_config('lock_timeout', waits, true);
      EXCEPTION WHEN lock_not_available THEN
        CONTINUE;
      END;
      {capture}
      EXECUTE pg_catalog.format({same}, part) INTO is_same USING part::oid;
      IF is_same THEN
        UPDATE {partitions} SET watched = true WHERE partition = part;
        {unwatched} := pg_catalog.array_remove({unwatched}, part::oid);
      END IF;
    END LOOP;
    INSERT INTO {changes} ({key}, {times})
    SELECT {key}, {times_of} FROM pg_temp.spectrum_unwatched WHERE {from_table} = ANY ({unwatched}) GROUP BY {key};
    DROP TABLE pg_temp.spectrum_unwatched;
    END;
  END IF;
",
            capture = self.capture_on("part"),
            same = literal(&formatted(&same, "{part}")),
            partitions = self.names.partitions,
            changes = self.names.changes,
            times = own.times,
            times_of = times_of(&time),
            from_table = own.from_table,
            unwatched = own.unwatched,
        )
    }
}

fn identifiers_after_comma(columns: &[String]) -> String {
    columns.iter().map(|name| format!(", {}", identifier(name))).collect()
}
