//! Sessions whose events stay what they are, but for their session's id: those whose numbers shift because there are more,
//! or fewer, before them, and those that are a part of another now.

use spectrum_core::IdScheme;

use super::Incremental;
use super::working::{FRESH, FRESH_SESSIONS, PARTS, SPANS};
use crate::postgres::sessions::session_id;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Whether a span has sessions behind it, whose numbers could shift.
    pub(super) fn followed(&self) -> String {
        let after_all = self.events.time.after_all();
        format!("EXISTS (SELECT FROM pg_temp.{SPANS} WHERE {} < {after_all})", self.own.next_started_at)
    }

    /// Whether a number shifts, or a part of a grown span has to get another id.
    pub(super) fn shifts(&self) -> String {
        format!(
            "EXISTS (SELECT FROM pg_temp.{SPANS} WHERE {} <> 0) OR EXISTS ({})",
            self.own.rest_shift,
            self.renamed_parts()
        )
    }

    /// The sessions that are a part of one with another id now, with the columns `place` (which is NULL: the summary has
    /// them no more), the key, `session_seq`, `started_at`, `ended_at`, `events`, the id that they had and `session_id`.
    fn renamed_parts(&self) -> String {
        let own = &self.own;
        format!(
            "SELECT NULL::tid AS {place}, {of_p}, p.{seq} AS session_seq, p.started_at, p.ended_at, p.events,
             p.{had_id}, s.session_id
      FROM pg_temp.{PARTS} p
      JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = p.{span_no} AND s.session_seq = p.{seq}
      WHERE p.{had_seq} IS NOT NULL AND p.{had_id} IS DISTINCT FROM s.session_id",
            place = own.place,
            of_p = self.key_of("p"),
            seq = own.seq,
            had_id = own.had_id,
            had_seq = own.had_seq,
            span_no = own.span_no,
        )
    }

    /// Finds by how much the sessions of each span, and those behind it, shift: by what the spans before grew, and by
    /// what it grew itself. Numbers the fresh events and the parts so.
    pub(super) fn find_shifts(&self) -> String {
        let own = &self.own;
        format!(
            "    UPDATE pg_temp.{SPANS} t SET {shift} = g.so_far - g.grown, {rest_shift} = g.so_far, {rest_ended_at} = g.rest_ended_at
    FROM (
      SELECT s.{span_no} AS span_no, span.grown, SUM(span.grown) OVER key_in_order AS so_far,
             COALESCE(LEAD(s.{last_ended_at}) OVER key_in_order, {after_all}) AS rest_ended_at
      FROM pg_temp.{SPANS} s
      LEFT JOIN (
        SELECT span_no, MAX(seq) AS last_seq
        FROM (SELECT {span_no} AS span_no, {seq} AS seq FROM pg_temp.{FRESH}
              UNION ALL SELECT {span_no}, {seq} FROM pg_temp.{PARTS}) AS numbered
        GROUP BY span_no) f
        ON f.span_no = s.{span_no}
      CROSS JOIN LATERAL (
        SELECT CASE WHEN s.{next_started_at} < {after_all}
                    THEN COALESCE(f.last_seq, s.{last_seq}) - (s.{next_seq} - 1) ELSE 0 END) AS span (grown)
      WINDOW key_in_order AS (PARTITION BY {of_s} ORDER BY s.{last_ended_at})) g
    WHERE t.{span_no} = g.span_no;
    UPDATE pg_temp.{FRESH} f SET {seq} = f.{seq} + s.{shift}
    FROM pg_temp.{SPANS} s WHERE s.{span_no} = f.{span_no} AND s.{shift} <> 0;
    UPDATE pg_temp.{PARTS} p SET {seq} = p.{seq} + s.{shift}
    FROM pg_temp.{SPANS} s WHERE s.{span_no} = p.{span_no} AND s.{shift} <> 0;",
            span_no = own.span_no,
            last_seq = own.last_seq,
            last_ended_at = own.last_ended_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            rest_ended_at = own.rest_ended_at,
            shift = own.shift,
            rest_shift = own.rest_shift,
            seq = own.seq,
            of_s = self.key_of("s"),
            after_all = self.events.time.after_all(),
        )
    }

    /// The id of a session behind the spans, which starts when it did.
    pub(super) fn id_behind(&self) -> String {
        match self.ids_last() {
            true => self.own.had_id.clone(),
            false => format!("MD5({})", session_id(self.events, "session_seq", "started_at")),
        }
    }

    /// Writes the numbers of the sessions behind the spans, and their ids where the number is in the id; and of their
    /// events and those of the parts of grown spans nothing but the id, without looking at the events table. Counts the
    /// ids that shifted.
    pub(super) fn write_shifts(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let time = events.time_name();
        let summary = &self.names.summary;
        let columns = format!("{}, session_seq, started_at, ended_at, events, session_id", self.key_of("m"));
        let behind = self.rows(nulls, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, {columns} FROM {summary} m
      WHERE {condition} AND m.ended_at >= t.{} AND m.ended_at <= t.{}",
                own.place, own.next_started_at, own.rest_ended_at
            )
        });
        let numbered = format!(
            "numbered AS (
    SELECT m.{place}, {of_m}, m.session_seq + t.{rest_shift} AS session_seq, m.started_at, m.ended_at, m.events,
           m.session_id AS {had_id}
    FROM pg_temp.{SPANS} t CROSS JOIN LATERAL (
      {behind}) m
    WHERE t.{rest_shift} <> 0)",
            place = own.place,
            of_m = self.key_of("m"),
            rest_shift = own.rest_shift,
            had_id = own.had_id,
        );
        let of_number = match events.definition.id() {
            IdScheme::Start | IdScheme::Persistent => String::new(),
            IdScheme::Sequence | IdScheme::Encoded => ", session_id = s.session_id".to_owned(),
        };
        let events_of = self.rows(nulls, "m", "s", |condition| {
            format!(
                "SELECT m.ctid AS {} FROM {} m
      WHERE {condition} AND m.{time} >= s.started_at AND m.{time} <= s.ended_at AND m.session_id IS DISTINCT FROM s.session_id",
                own.place, self.names.sessions
            )
        });
        let key: Vec<String> = events.definition.key().iter().map(|name| identifier(name)).collect();
        format!(
            "    WITH {numbered},
  shifted AS MATERIALIZED (
    SELECT {place}, {key}, session_seq, started_at, ended_at, events, {had_id},
           {id} AS session_id FROM numbered
    UNION ALL
    {renamed_parts}),
  summaries AS (
    UPDATE {summary} m SET session_seq = s.session_seq{of_number} FROM shifted s WHERE m.ctid = s.{place}){before},
  renamed AS (
    UPDATE {sessions} m SET session_id = e.session_id
    FROM (SELECT e.{place}, s.session_id FROM shifted s CROSS JOIN LATERAL (
      {events_of}) e
      WHERE s.{had_id} IS DISTINCT FROM s.session_id) e
    WHERE m.ctid = e.{place})
    SELECT ids_changed + COUNT(*), events_renamed + COALESCE(SUM(events), 0) INTO ids_changed, events_renamed
    FROM shifted WHERE {place} IS NOT NULL AND {had_id} IS DISTINCT FROM session_id;",
            place = own.place,
            key = key.join(", "),
            had_id = own.had_id,
            id = self.id_behind(),
            sessions = self.names.sessions,
            renamed_parts = self.renamed_parts(),
            before = self.keep_shifted(),
        )
    }
}
