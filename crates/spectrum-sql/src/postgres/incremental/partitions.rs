//! Partitions that come and go without a statement that a trigger sees.

use super::Incremental;
use super::capture::{What, times_of};
use super::triggers::formatted;
use crate::postgres::tree::tables_below;
use crate::quote::literal;

impl Incremental<'_> {
    /// The tables below the events table, as a query of one `regclass` column named `partition`.
    pub fn partitions_query(&self) -> String {
        let table = literal(&self.events.table.to_string());
        let below = tables_below(&format!("{table}::regclass"));
        format!("WITH RECURSIVE {below}\n    SELECT b.inhrelid::regclass AS partition FROM below b")
    }

    /// Remembers the partitions that are there.
    pub fn remember_partitions(&self) -> Option<String> {
        self.on_detach?;
        Some(format!("INSERT INTO {} (partition)\n{}", self.names.partitions, self.partitions_query()))
    }

    /// Notes the events of partitions that are new ([`super::unwatched`]), and does away with the events of those that are
    /// gone, or keeps them.
    pub(super) fn follow_partitions(&self) -> String {
        let there = self.partitions_query();
        if self.on_detach.is_none() {
            return self.refuse_children() + &self.forget_restored();
        }
        let partitions = &self.names.partitions;
        let (unkeep, keep) = match self.keeps() {
            false => Default::default(),
            true => (self.unkeep(), self.keep()),
        };
        // First what went, while what is kept of a partition that came back is still known to be.
        let note = self.on_part(&self.note("ONLY {part}", What::Changed));
        format!(
            "{dangling}  IF EXISTS (SELECT partition FROM {partitions} EXCEPT SELECT partition FROM ({there}) p) THEN
    {keep}DELETE FROM {partitions} WHERE partition NOT IN (SELECT partition FROM ({there}) p);
    {gone}
  END IF;
  FOR part IN SELECT partition FROM ({there}) p EXCEPT SELECT partition FROM {partitions} WHERE watched LOOP
      IF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = part) = 'f' THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
          MESSAGE = part || ' is a foreign table, on which nothing notes changes',
          DETAIL = 'The sessions stay as they were, and what was noted waits.',
          HINT = 'Detach it, or deploy in mode view.';
      END IF;
      -- Triggers that others have committed come first: what they did not note is then visible.
      is_captured := {captured};
      {note};{unkeep}
      INSERT INTO {partitions} VALUES (part, is_captured) ON CONFLICT (partition) DO UPDATE SET watched = EXCLUDED.watched;
      IF NOT is_captured THEN
        {unwatched_partitions} := {unwatched_partitions} || part::oid;
      END IF;
  END LOOP;
{restored}{unwatched}",
            captured = self.is_captured("part"),
            gone = self.note_gone(),
            dangling = self.forget_dropped_tables(),
            restored = self.forget_restored(),
            unwatched_partitions = self.own.unwatched,
            unwatched = self.unwatched_table(),
        )
    }

    /// Keeps what the next refresh would keep, and gives up what it would, where there is not going to be one, because
    /// everything is built anew. It reads the relations that stand, and takes no note of it.
    pub fn settle_kept(&self) -> String {
        let (partitions, kept, table) = (&self.names.partitions, &self.names.kept, &self.events.table);
        let event_id = self.events.event_id_name();
        let there = self.partitions_query();
        let of_partitions = match self.on_detach {
            None => String::new(),
            Some(_) => format!(
                "  IF EXISTS (SELECT partition FROM {partitions} EXCEPT SELECT partition FROM ({there}) p) THEN
    {}END IF;
  DELETE FROM {kept} WHERE {} IN (SELECT partition FROM ({there}) p);
",
                self.keep(),
                self.own.kept_from
            ),
        };
        let block = format!(
            "
DECLARE
  part regclass;
BEGIN
{}{}{of_partitions}  DELETE FROM {kept} k USING {table} e WHERE e.{event_id} = k.{event_id};
END ",
            self.forget_dropped_tables(),
            self.keep_deleted(),
        );
        format!("DO {}", literal(&block))
    }

    /// Tables that inherit from one that stood alone when it was deployed are not watched.
    fn refuse_children(&self) -> String {
        let table = self.events.table.to_string();
        format!(
            "  IF EXISTS (SELECT FROM pg_catalog.pg_inherits WHERE inhparent = {}::regclass) THEN
    RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
      MESSAGE = {},
      DETAIL = 'The sessions stay as they were, and what was noted waits.',
      HINT = 'Run spectrum drop and spectrum deploy, which watches them too.';
  END IF;
",
            literal(&table),
            literal(&format!(
                "tables inherit from {table} that did not when it was deployed, and nothing notes their changes"
            )),
        )
    }

    /// The columns of an event as it is kept.
    pub(super) fn kept_columns(&self) -> String {
        let events = self.events;
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        format!("{key}, {time}, {event_id}{}", events.carried_list())
    }

    /// Executes a statement on the table in the variable `part`, which it writes as `{part}`; its oid is `$1`.
    fn on_part(&self, statement: &str) -> String {
        format!("EXECUTE pg_catalog.format({}, part) USING part", literal(&formatted(statement, "{part}")))
    }

    /// Keeps the events of partitions that are gone.
    ///
    /// A detached partition still has them. Of one that was dropped, or cannot be read any more, they are
    /// what the sessions relation has and the events have not, without those that were removed one by one.
    /// Rows that a TRUNCATE removed since the previous refresh cannot be told from it, and are kept: surplus
    /// rows can be removed later, missing ones cannot be restored.
    fn keep(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let (columns, by_age) = (self.kept_columns(), self.kept_by_age());
        let (changes, partitions, kept) = (&self.names.changes, &self.names.partitions, &self.names.kept);
        let of_detached = self.on_part(&format!(
            "INSERT INTO {kept} ({columns}, {}) SELECT {columns}, $1 FROM ONLY {{part}} m
        WHERE {} AND {}{by_age}",
            own.kept_from,
            events.time.is_finite(&time),
            self.nowhere("m")
        ));
        let there = self.partitions_query();
        format!(
            "DECLARE
      unread boolean := false;
    BEGIN
    FOR part IN SELECT partition FROM {partitions} EXCEPT SELECT partition FROM ({there}) p LOOP
      IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = part) THEN
        BEGIN
          {of_detached};
        EXCEPTION WHEN undefined_column OR undefined_table OR insufficient_privilege THEN
          unread := true;
        END;
      ELSE
        unread := true;
      END IF;
    END LOOP;
    IF unread THEN
      INSERT INTO {kept} ({columns}, {from})
      SELECT {columns}, NULL FROM {sessions} m
      WHERE {nowhere}{by_age}
        AND NOT EXISTS (SELECT FROM {changes} c CROSS JOIN LATERAL pg_catalog.unnest(c.{gone}) AS g (id)
                        WHERE g.id = m.{event_id});
    END IF;
    END;
    ",
            from = own.kept_from,
            sessions = self.names.sessions,
            nowhere = self.nowhere("m"),
            gone = own.gone_ids,
        )
    }

    /// A condition that an event is neither among the events nor kept.
    pub(super) fn nowhere(&self, alias: &str) -> String {
        let event_id = self.events.event_id_name();
        let not_in =
            |table| format!("NOT EXISTS (SELECT FROM {table} e WHERE e.{event_id} = {alias}.{event_id})");
        format!("{}\n        AND {}", not_in(&self.events.table), not_in(&self.names.kept))
    }

    /// Gives up what was kept of a partition that is one again, or whose events are in another now, and notes
    /// it: it may have changed meanwhile.
    fn unkeep(&self) -> String {
        let own = &self.own;
        let (key, time, event_id) =
            (self.events.key_list(), self.events.time_name(), self.events.event_id_name());
        let kept = &self.names.kept;
        let forget = |which: &str| {
            let statement = format!(
                "WITH forgotten AS (DELETE FROM {kept} k {which} RETURNING {}, k.{time})
        INSERT INTO {} ({key}, {}) SELECT {key}, {} FROM forgotten GROUP BY {key}",
                self.key_of("k"),
                self.names.changes,
                self.own.times,
                times_of(&time)
            );
            format!("\n      {};", self.on_part(&statement))
        };
        [
            forget(&format!("WHERE k.{} = $1", own.kept_from)),
            forget(&format!("USING ONLY {{part}} e WHERE e.{event_id} = k.{event_id}")),
        ]
        .concat()
    }

    /// A kept event that was written into the events again, as from an archive, is there and need not be kept. It was
    /// noted when it was written, as one that was added; but it stands, and other columns can have come with it.
    fn forget_restored(&self) -> String {
        if !self.keeps() {
            return String::new();
        }
        let own = &self.own;
        let (key, time, event_id) =
            (self.events.key_list(), self.events.time_name(), self.events.event_id_name());
        let (of_n, kept, table) = (self.key_of("n"), &self.names.kept, &self.events.table);
        let again = self.branches("e", "k", |condition| {
            format!("SELECT FROM {table} e WHERE {condition} AND e.{time} = k.{time} AND e.{event_id} = k.{event_id}")
        });
        let restored = self.branches("k", "c", |condition| {
            format!(
                "SELECT k.ctid AS {} FROM {kept} k WHERE {condition} AND k.{time} >= c.{} AND EXISTS ({again})",
                own.place, own.since
            )
        });
        format!(
            "  WITH restored AS (DELETE FROM {kept} WHERE ctid = ANY (ARRAY(
    SELECT k.{place} FROM (SELECT {of_n}, MIN(mark.at) AS {since} FROM {changes} n CROSS JOIN LATERAL pg_catalog.unnest(n.{times}) AS mark (at)
                           GROUP BY {of_n}) c
    CROSS JOIN LATERAL ({restored}) k)) RETURNING {key}, {time})
  INSERT INTO {changes} ({key}, {times}) SELECT {key}, {noted} FROM restored GROUP BY {key};
",
            noted = times_of(&time),
            place = own.place,
            since = own.since,
            times = own.times,
            changes = self.names.changes,
        )
    }
}
