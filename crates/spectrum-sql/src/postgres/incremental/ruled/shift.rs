//! Sessions behind the spans, whose numbers shift because there are more, or fewer, before them.

use spectrum_core::{IdScheme, Measure, Predicate};

use super::super::working::{FRESH, SPANS};
use super::Incremental;
use crate::postgres::condition::condition;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Finds by how much the sessions of each span, and those behind it, shift: by what the spans before grew, and by
    /// what it grew itself. Numbers the fresh events so.
    pub(super) fn find_ruled_shifts(&self) -> String {
        let own = &self.own;
        format!(
            "    UPDATE pg_temp.{SPANS} t SET {shift} = g.so_far - g.grown, {rest_shift} = g.so_far, {rest_until} = g.rest_until
    FROM (
      SELECT s.{span_no} AS span_no, span.grown, SUM(span.grown) OVER key_in_order AS so_far,
             COALESCE(LEAD(s.{begins_at}) OVER key_in_order, {after_all}) AS rest_until
      FROM pg_temp.{SPANS} s
      LEFT JOIN (SELECT {span_no} AS span_no, MAX({seq}) AS last_seq FROM pg_temp.{FRESH} GROUP BY {span_no}) f
        ON f.span_no = s.{span_no}
      CROSS JOIN LATERAL (
        SELECT CASE WHEN s.{next_started_at} < {after_all}
                    THEN COALESCE(f.last_seq, s.{last_seq}) - (s.{next_seq} - 1) ELSE 0 END) AS span (grown)
      WINDOW key_in_order AS (PARTITION BY {of_s} ORDER BY s.{begins_at})) g
    WHERE t.{span_no} = g.span_no;
    UPDATE pg_temp.{FRESH} f SET {seq} = f.{seq} + s.{shift}
    FROM pg_temp.{SPANS} s WHERE s.{span_no} = f.{span_no} AND s.{shift} <> 0;",
            span_no = own.span_no,
            last_seq = own.last_seq,
            begins_at = own.begins_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            rest_until = own.rest_until,
            shift = own.shift,
            rest_shift = own.rest_shift,
            seq = own.seq,
            of_s = self.key_of("s"),
            after_all = self.events.time.after_all(),
        )
    }

    /// Writes the numbers of the sessions behind the spans, their ids where the number is in the id, and the reason of one
    /// that becomes the first of its key, or was that, with what the summary tells by it; and the same of their events, without
    /// looking at the events table. Counts the ids that shifted, and the reasons.
    pub(super) fn write_ruled_shifts(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let (key, time) = (events.key_list(), events.time_name());
        let (sessions, summary) = (&self.names.sessions, &self.names.summary);
        let columns = format!(
            "{}, m.session_seq, m.started_at, m.events, m.session_id, m.started_by",
            self.key_of("m")
        );
        let behind = self.rows(nulls, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, {columns} FROM {summary} m
      WHERE {condition} AND m.ended_at >= t.{} AND m.ended_at < t.{}",
                own.place, own.next_started_at, own.rest_until
            )
        });
        let of_number = match events.definition.id() {
            IdScheme::Start | IdScheme::Persistent => "",
            IdScheme::Sequence | IdScheme::Encoded => ", session_id = s.session_id",
        };
        let events_of = self.rows(nulls, "m", "s", |condition| {
            format!(
                "SELECT m.ctid AS {} FROM {sessions} m
      WHERE {condition} AND m.{time} >= s.started_at AND m.{time} < s.{} AND m.session_seq = s.{}",
                own.place, own.rest_until, own.had_seq
            )
        });
        format!(
            "    WITH numbered AS (
    SELECT m.{place}, {of_m}, m.session_seq AS {had_seq}, m.session_seq + t.{rest_shift} AS session_seq, m.started_at, m.events,
           m.session_id AS {had_id}, m.started_by AS {had_reason},
           CASE WHEN m.session_seq + t.{rest_shift} = 1 THEN 'first' WHEN m.session_seq = 1 THEN 'gap' ELSE m.started_by END AS started_by,
           COALESCE(LEAD(m.started_at) OVER (PARTITION BY t.{span_no} ORDER BY m.started_at), t.{rest_until}) AS {rest_until}
    FROM pg_temp.{SPANS} t CROSS JOIN LATERAL (
      {behind}) m
    WHERE t.{rest_shift} <> 0),
  shifted AS MATERIALIZED (
    SELECT {place}, {key}, {had_seq}, session_seq, started_at, {rest_until}, events, {had_id}, {had_reason}, started_by,
           {id} AS session_id FROM numbered),
  summaries AS (
    UPDATE {summary} m SET session_seq = s.session_seq, started_by = s.started_by{of_number}{by_reason} FROM shifted s WHERE m.ctid = s.{place}){before},
  renamed AS (
    UPDATE {sessions} m SET session_id = e.session_id, session_seq = e.session_seq, started_by = e.started_by
    FROM (SELECT e.{place}, s.session_id, s.session_seq, s.started_by FROM shifted s CROSS JOIN LATERAL (
      {events_of}) e) e
    WHERE m.ctid = e.{place})
    SELECT ids_changed + COUNT(*) FILTER (WHERE {had_id} IS DISTINCT FROM session_id),
           events_renamed + COALESCE(SUM(events) FILTER (WHERE {had_id} IS DISTINCT FROM session_id), 0),
           sessions_retold + COUNT(*) FILTER (WHERE {had_reason} <> started_by)
    INTO ids_changed, events_renamed, sessions_retold
    FROM shifted;",
            had_reason = own.had_reason,
            by_reason = self.told_by_reason(),
            place = own.place,
            of_m = self.key_of("m"),
            had_seq = own.had_seq,
            had_id = own.had_id,
            rest_shift = own.rest_shift,
            rest_until = own.rest_until,
            span_no = own.span_no,
            id = self.id_behind(),
            before = self.keep_shifted(),
        )
    }

    /// The columns of the summary that read why a session began, set by what `s` says of that; each after a comma.
    fn told_by_reason(&self) -> String {
        let summary = self.events.definition.summary();
        let whens = summary.iter().filter_map(|told| match &told.measure {
            Measure::When(predicate) => Some((identifier(&told.name), predicate)),
            _ => None,
        });
        let reads = |predicate: &Predicate| predicate.columns().any(|(read, _)| read.name == "started_by");
        let others = summary.iter().filter(|told| !matches!(told.measure, Measure::When(_)));
        let others: String = others.map(|told| format!(", m.{}", identifier(&told.name))).collect();
        let of_session = format!(
            "SELECT s.started_by, m.events, EXTRACT(EPOCH FROM m.duration) AS duration_seconds{others}"
        );
        whens
            .filter(|(_, predicate)| reads(predicate))
            .map(|(name, predicate)| {
                format!(", {name} = (SELECT {} FROM ({of_session}) AS told)", condition(predicate, &[]))
            })
            .collect()
    }
}
