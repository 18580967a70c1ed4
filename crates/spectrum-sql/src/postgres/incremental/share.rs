//! How much of the sessions a partition that went takes with it, or gives another number.

use super::Incremental;

impl Incremental<'_> {
    /// A query of one number: of the events in a sample of `percent` of the sessions, the share whose key has lost its
    /// first event, so that all its sessions get other numbers or go. `NULL` when the sample is empty. Keys with a NULL
    /// are taken for unchanged.
    pub fn share_renumbered(&self, percent: f64) -> String {
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let first = self.rows(false, "f", "s", |condition| {
            format!(
                "SELECT {}, f.started_at, f.first_event_id FROM {} f WHERE {condition} ORDER BY f.ended_at LIMIT 1",
                self.key_of("f"),
                self.names.summary
            )
        });
        let stands = self.rows(false, "e", "f", |condition| {
            format!(
                "SELECT FROM {} e WHERE {condition} AND e.{time} = f.started_at AND e.{event_id} = f.first_event_id",
                events.table
            )
        });
        format!(
            "SELECT (SUM(s.events) FILTER (WHERE NOT EXISTS ({stands})) / SUM(s.events))::float8
FROM (SELECT * FROM {} TABLESAMPLE BERNOULLI ({percent})) s CROSS JOIN LATERAL (
  {first}) f",
            self.names.summary
        )
    }
}
