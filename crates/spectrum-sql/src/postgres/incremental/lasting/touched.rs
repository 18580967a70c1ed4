//! The anchors of the spans that a refresh looks at, and where each lies now.

use super::super::working::{ANCHORS, FRESH, PARTS, SPANS, STANDING};
use super::Incremental;

impl Incremental<'_> {
    /// Finds these anchors: where each stands in the table, its id and that of the session it was in, and the span, the
    /// session's number and the instant where it lies now, if it lies anywhere.
    ///
    /// In a grown span nothing went, so an anchor is in whatever its session is a part of. Elsewhere it is where its moment
    /// is; or where the first instant is that its session had and the key still has.
    pub(in crate::postgres::incremental) fn find_anchors(&self, nulls: bool) -> String {
        if !(self.ids_last() && self.settles_ids) {
            return String::new();
        }
        let own = &self.own;
        let time = self.events.time_name();
        let ids = &self.names.ids;
        let (from, until) = match self.is_ruled() {
            true => (format!(">= t.{}", own.begins_at), format!("< t.{}", own.next_started_at)),
            false => (format!("> t.{}", own.last_ended_at), format!("< t.{}", own.next_started_at)),
        };
        let near = self.rows(nulls, "i", "t", |condition| {
            format!(
                "SELECT i.ctid AS place, i.session_id, i.current_id, i.anchored_at, i.founded_no FROM {ids} i
      WHERE {condition} AND i.anchored_at {from} AND i.anchored_at {until}"
            )
        });
        let (added, in_grown) = match self.is_ruled() {
            true => (String::new(), String::new()),
            false => (
                format!(", t.{} AS grown", own.added),
                format!(
                    "
    UNION ALL
    SELECT n.place, p.{seq}, n.anchored_at FROM near n
    JOIN pg_temp.{PARTS} p ON p.{span_no} = n.span_no AND p.{had_id} = n.current_id
    WHERE n.grown AND p.{had_seq} IS NOT NULL",
                    seq = own.seq,
                    span_no = own.span_no,
                    had_id = own.had_id,
                    had_seq = own.had_seq,
                ),
            ),
        };
        let not_grown = if self.is_ruled() { "true" } else { "NOT n.grown" };
        let counts = self.counts("f", &own.seq, &own.ignored);
        let counted = self.counts("o", &own.had_id, &own.had_ignored);
        format!(
            "    CREATE TEMP TABLE {ANCHORS} ON COMMIT DROP AS
  WITH near AS MATERIALIZED (
    SELECT t.{span_no} AS span_no{added}, i.* FROM pg_temp.{SPANS} t CROSS JOIN LATERAL (
      {near}) i),
  stay AS MATERIALIZED (
    SELECT n.place, MIN(f.{seq}) AS session_seq, n.anchored_at AS at FROM near n
    JOIN pg_temp.{FRESH} f ON f.{span_no} = n.span_no AND f.{time} = n.anchored_at
    WHERE {not_grown} AND {counts} GROUP BY n.place, n.anchored_at{in_grown}),
  move AS (
    SELECT DISTINCT ON (n.place) n.place, f.{seq} AS session_seq, f.{time} AS at FROM near n
    JOIN pg_temp.{STANDING} o ON o.{span_no} = n.span_no AND o.{had_id} = n.current_id
    JOIN pg_temp.{FRESH} f ON f.{span_no} = o.{span_no} AND f.{time} = o.{time}
    WHERE {not_grown} AND {counts} AND {counted} AND NOT EXISTS (SELECT FROM stay s WHERE s.place = n.place)
    ORDER BY n.place, f.{time})
  SELECT n.place, n.session_id, n.current_id, n.anchored_at, n.founded_no, n.span_no, l.session_seq, l.at
  FROM near n LEFT JOIN (SELECT * FROM stay UNION ALL SELECT * FROM move) l ON l.place = n.place;
",
            span_no = own.span_no,
            seq = own.seq,
            had_id = own.had_id,
        )
    }

    /// [`Self::name_sessions`] of a refresh.
    pub(in crate::postgres::incremental) fn settle_ids(&self) -> String {
        if self.ids_last() && self.settles_ids { self.name_sessions() } else { String::new() }
    }

    /// [`Self::write_anchors`] of a refresh.
    pub(in crate::postgres::incremental) fn write_ids(&self) -> String {
        if self.ids_last() && self.settles_ids { self.write_anchors() } else { String::new() }
    }
}
