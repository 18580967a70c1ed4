//! The sessions of the events that were taken, and what stands of them in the tables.

use super::Incremental;
use super::working::{FRESH, FRESH_SESSIONS, SPANS, STANDING, STANDING_SESSIONS};
use crate::postgres::events::KeyComparison;
use crate::postgres::sessions::session_id;
use crate::quote::identifier;

/// The columns of the summary after `session_id`, the key and `session_seq`.
pub(super) const SUMMARY_VALUES: [&str; 6] =
    ["started_at", "ended_at", "duration", "events", "first_event_id", "last_event_id"];

impl Incremental<'_> {
    /// [`SUMMARY_VALUES`], the reason where there are rules beyond the gap, and what the summary tells besides, quoted.
    pub(super) fn summary_values(&self) -> Vec<String> {
        let own = self.events.definition.summary().iter().map(|column| identifier(&column.name));
        let built_in = SUMMARY_VALUES.into_iter().chain(self.is_ruled().then_some("started_by"));
        built_in.map(str::to_owned).chain(own).collect()
    }

    /// The sessions of the spans: of the fresh events, and of the parts of grown spans.
    pub(super) fn fresh_sessions(&self) -> String {
        let own = &self.own;
        let not_grown = format!(
            "pg_temp.{FRESH} WHERE EXISTS (
      SELECT FROM pg_temp.{SPANS} t WHERE t.{0} = {FRESH}.{0} AND NOT t.{1})",
            own.span_no, own.added
        );
        format!(
            "  CREATE TEMP TABLE {FRESH_SESSIONS} ON COMMIT DROP AS
  {}
  UNION ALL
  {};",
            self.sessions_of(&not_grown, &own.span_no),
            self.sessions_of_parts(),
        )
    }

    /// How long a session is.
    pub(super) fn duration(&self) -> String {
        self.events.difference("ended_at", "started_at")
    }

    /// The sessions of numbered events: `part` (columns that settle the key), `session_id`, the key, and the rest of
    /// the summary's columns.
    pub(super) fn sessions_of(&self, numbered: &str, part: &str) -> String {
        let events = self.events;
        let own = &self.own;
        let (time, event_id, key) = (events.time_name(), events.event_id_name(), events.key_list());
        // The same aggregate twice is computed once.
        let in_order = format!("(ARRAY_AGG({event_id} ORDER BY {time}, {event_id}))");
        format!(
            "SELECT {part}, MD5({id}) AS session_id, {key}, session_seq, started_at, ended_at, {duration} AS duration, events,
         first_event_id, last_event_id
  FROM (
    SELECT {part}, {seq} AS session_seq, {first_key}, MIN({time}) AS started_at, MAX({time}) AS ended_at,
           COUNT(*) AS events,
           {in_order}[1] AS first_event_id, {in_order}[COUNT(*)::int] AS last_event_id
    FROM {numbered} GROUP BY {part}, {seq}) AS grouped",
            id = session_id(events, "session_seq", "started_at"),
            duration = self.duration(),
            seq = own.seq,
            first_key = self.first_key(&format!("{time}, {event_id}")),
        )
    }

    /// The key of a group of rows as aggregates, in the order of its events.
    pub(super) fn first_key(&self, order: &str) -> String {
        let key = self.events.definition.key().iter().zip(&self.events.key).map(|(name, ty)| {
            let name = identifier(name);
            match ty {
                KeyComparison::Plain => format!("(ARRAY_AGG({name}))[1] AS {name}"),
                // Equal values can look different; the session has that of its first event.
                KeyComparison::CaseInsensitive => {
                    format!("(ARRAY_AGG({name} ORDER BY {order}))[1] AS {name}")
                }
            }
        });
        key.collect::<Vec<_>>().join(", ")
    }

    /// What the tables hold of the spans: events, numbered as they were but for those of grown spans, and sessions.
    pub(super) fn standing(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let standing = |grown| {
            self.in_spans(nulls, &format!("pg_temp.{SPANS}"), "m", &[&own.last_seq], grown, |condition| {
                format!(
                    "SELECT m.ctid AS {}, {}, m.{event_id}, m.{time}{}, m.session_id AS {} FROM {} m WHERE {condition}",
                    own.place,
                    self.key_of("m"),
                    self.carried_of("m"),
                    own.had_id,
                    self.names.sessions,
                )
            })
        };
        let sessions = self.rows(nulls, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, m.* FROM {} m WHERE {condition} AND m.ended_at > t.{} AND m.ended_at < t.{}",
                own.place, self.names.summary, own.last_ended_at, own.next_started_at
            )
        });
        format!(
            "  CREATE TEMP TABLE {STANDING} ON COMMIT DROP AS
  WITH found AS (
    {standing}),
  lagged AS ({lagged})
  SELECT *, {number} AS {seq} FROM lagged
  UNION ALL
  SELECT *, NULL, NULL FROM (
    {standing_in_grown}) AS standing_in_grown;
  CREATE TEMP TABLE {STANDING_SESSIONS} ON COMMIT DROP AS
    SELECT t.{span_no}, m.* FROM pg_temp.{SPANS} t CROSS JOIN LATERAL (
      {sessions}) m;",
            span_no = own.span_no,
            seq = own.seq,
            lagged = self.lagged("found"),
            number = self.number(),
            standing = standing(false),
            standing_in_grown = standing(true),
        )
    }
}
