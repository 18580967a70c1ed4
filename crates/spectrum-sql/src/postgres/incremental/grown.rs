//! Grown spans: sessions that gained events and nothing else.
//!
//! The sessions of a set of events are the unions of its parts' sessions that are at most the gap apart. So those of a
//! grown span follow from the sessions that stood there and the new events; the other events need not be read, however
//! many a session has.

use super::Incremental;
use crate::postgres::events::KeyComparison;
use crate::postgres::sessions::session_id;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes the table of what the sessions of grown spans consist of: sessions that stood there, and new events, each
    /// with the number of the session that it is a part of now, as if no span before had grown.
    ///
    /// An event is new in a span where it does not stand; it can have come from another span.
    pub(super) fn parts(&self) -> String {
        let own = self.own();
        let events = self.events;
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let begins = events.begins_session("p.started_at", &format!("p.{}", own.so_far));
        format!(
            "    CREATE TEMP TABLE spectrum_parts ON COMMIT DROP AS
    SELECT {span_no}, {key}, started_at, ended_at, events, first_event_id, last_event_id, {had_seq}, {had_id},
           ({last_seq} + SUM(CASE WHEN {begins} THEN 1 ELSE 0 END)
             OVER (PARTITION BY {span_no} ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))::bigint AS {seq}
    FROM (
      SELECT *, MAX(ended_at) OVER (PARTITION BY {span_no} ORDER BY started_at
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS {so_far}
      FROM (
        SELECT t.{span_no}, t.{last_seq}, {of_o}, o.started_at, o.ended_at, o.events, o.first_event_id, o.last_event_id,
               o.session_seq AS {had_seq}, o.session_id AS {had_id}
        FROM pg_temp.spectrum_spans t JOIN pg_temp.spectrum_standing_sessions o ON o.{span_no} = t.{span_no}
        WHERE t.{added}
        UNION ALL
        SELECT t.{span_no}, t.{last_seq}, {of_f}, f.{time}, f.{time}, 1, f.{event_id}, f.{event_id}, NULL, NULL
        FROM pg_temp.spectrum_spans t JOIN pg_temp.spectrum_fresh f ON f.{span_no} = t.{span_no}
        WHERE t.{added} AND NOT EXISTS (
          SELECT FROM pg_temp.spectrum_standing o WHERE o.{event_id} = f.{event_id} AND o.{span_no} = f.{span_no})) AS p) AS p;
    UPDATE pg_temp.spectrum_fresh f SET {seq} = p.{seq}
    FROM pg_temp.spectrum_parts p
    WHERE p.{span_no} = f.{span_no} AND p.first_event_id = f.{event_id} AND p.{had_seq} IS NULL;",
            span_no = own.span_no,
            seq = own.seq,
            had_seq = own.had_seq,
            had_id = own.had_id,
            last_seq = own.last_seq,
            so_far = own.so_far,
            added = own.added,
            of_o = self.key_of("o"),
            of_f = self.key_of("f"),
        )
    }

    /// The sessions of grown spans, with the columns that [`Self::sessions_of`] gives.
    pub(super) fn sessions_of_parts(&self) -> String {
        let own = self.own();
        let events = self.events;
        let first_key = events.definition.key().iter().zip(&events.key).map(|(name, ty)| {
            let name = identifier(name);
            match ty {
                KeyComparison::Plain => format!("(ARRAY_AGG({name}))[1] AS {name}"),
                // Equal values can look different; the session has that of its first event.
                KeyComparison::CaseInsensitive => {
                    format!("(ARRAY_AGG({name} ORDER BY started_at, first_event_id))[1] AS {name}")
                }
            }
        });
        format!(
            "SELECT {span_no}, MD5({id}) AS session_id, {key}, session_seq, started_at, ended_at, {duration} AS duration, events,
         first_event_id, last_event_id
  FROM (
    SELECT {span_no}, {seq} AS session_seq, {first_key}, MIN(started_at) AS started_at, MAX(ended_at) AS ended_at,
           SUM(events)::bigint AS events,
           (ARRAY_AGG(first_event_id ORDER BY started_at, first_event_id))[1] AS first_event_id,
           (ARRAY_AGG(last_event_id ORDER BY ended_at DESC, last_event_id DESC))[1] AS last_event_id
    FROM pg_temp.spectrum_parts GROUP BY {span_no}, {seq}) AS grouped",
            span_no = own.span_no,
            seq = own.seq,
            id = session_id(events, "session_seq", "started_at"),
            key = events.key_list(),
            duration = self.duration(),
            first_key = first_key.collect::<Vec<_>>().join(", "),
        )
    }
}
