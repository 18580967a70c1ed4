//! Old events that are deleted, and whose sessions stay.
//!
//! A note of a deletion has the ids of the events that went. Those that are old are kept as the events of a partition that
//! goes are: with the columns that the sessions relation has, and as if they were still there.

use super::{Incremental, OnDetach};

impl Incremental<'_> {
    /// Keeps the old ones of the events that were deleted since the last refresh. A deletion has times, and an update that
    /// takes an id away has none.
    pub(super) fn keep_deleted(&self) -> String {
        let Some(old) = self.is_old("m") else { return String::new() };
        let own = &self.own;
        let (changes, kept) = (&self.names.changes, &self.names.kept);
        let (event_id, columns) = (self.events.event_id_name(), self.kept_columns());
        format!(
            "  IF EXISTS (SELECT FROM {changes} WHERE {gone} IS NOT NULL AND {times} IS NOT NULL) THEN
    INSERT INTO {kept} ({columns}, {from})
    SELECT {columns}, NULL FROM {sessions} m
    WHERE m.{event_id} IN (SELECT g.id FROM {changes} c CROSS JOIN LATERAL pg_catalog.unnest(c.{gone}) AS g (id)
                           WHERE c.{times} IS NOT NULL)
      AND {old} AND {nowhere};
  END IF;
",
            gone = own.gone_ids,
            times = own.times,
            from = own.kept_from,
            sessions = self.names.sessions,
            nowhere = self.nowhere("m"),
        )
    }

    /// A condition on the events of partitions that go, after AND: that they are old, where others are not kept.
    pub(super) fn kept_by_age(&self) -> String {
        match (self.on_detach, self.is_old("m")) {
            (Some(OnDetach::Remove), Some(old)) => format!(" AND {old}"),
            _ => String::new(),
        }
    }

    /// Whether an event is old enough to count on when it goes; `None` where no age suffices.
    fn is_old(&self, alias: &str) -> Option<String> {
        let time = self.events.time;
        let now = if self.events.zoned { time.now() } else { time.now_without_zone() };
        Some(format!("{alias}.{} < {}", self.events.time_name(), time.earlier(&now, self.retention?)))
    }
}
