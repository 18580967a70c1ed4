//! The first build: all keys, or a part of them at a time.

use super::Incremental;
use crate::postgres::events::Events;
use crate::postgres::ruled::summary_query;
use crate::postgres::{ruled_columns, sessions_query};

impl Incremental<'_> {
    /// [`Self::fill`] from these events: the reference SQL, once for both tables.
    pub(in crate::postgres::incremental) fn ruled_fill(&self, events: &Events<'_>) -> String {
        let labels = ruled_columns(events.definition).iter().map(|(name, _)| format!(", {name}"));
        let columns = format!(
            "{}, {}, {}{}, session_id{}",
            events.key_list(),
            events.time_name(),
            events.event_id_name(),
            events.carried_list(),
            labels.collect::<String>()
        );
        // What the summary reads goes along up to there.
        let with_values = events.with_what_is_told();
        format!(
            "\
WITH labelled AS MATERIALIZED (
{query}),
written AS (
  INSERT INTO {sessions} ({columns})
  SELECT {columns} FROM labelled)
INSERT INTO {summary} (session_id, {key}, session_seq, {values})
{of_labelled}",
            query = sessions_query(&with_values),
            sessions = self.names.sessions,
            summary = self.names.summary,
            key = events.key_list(),
            values = self.summary_values().join(", "),
            of_labelled = summary_query(&with_values, "labelled").text,
        )
    }
}
