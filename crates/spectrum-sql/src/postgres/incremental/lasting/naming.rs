//! From anchors to the ids of sessions, and what became of the anchors.
//!
//! The sessions stand in the table of fresh sessions, under the id that their first instant gives; the anchors are found.

use super::super::working::{ANCHORS, FRESH_SESSIONS};
use super::Incremental;
use crate::postgres::sessions::session_id;

impl Incremental<'_> {
    /// Gives every session its id: that of the anchor in it which was founded first. Sessions without one keep the id of
    /// their first instant, unless it was given before: then the first number that makes it new stands behind the instant.
    pub(super) fn name_sessions(&self) -> String {
        let own = &self.own;
        format!(
            "    UPDATE pg_temp.{FRESH_SESSIONS} s SET session_id = a.session_id
    FROM (SELECT DISTINCT ON (span_no, session_seq) span_no, session_seq, session_id FROM pg_temp.{ANCHORS}
          WHERE session_seq IS NOT NULL ORDER BY span_no, session_seq, founded_no) a
    WHERE a.span_no = s.{span_no} AND a.session_seq = s.session_seq AND s.session_id IS DISTINCT FROM a.session_id;
    UPDATE pg_temp.{FRESH_SESSIONS} s SET session_id = n.session_id
    FROM (
      SELECT given.place, free.session_id
      FROM (SELECT s.ctid AS place, {text} AS text FROM pg_temp.{FRESH_SESSIONS} s
            WHERE {without_anchor} AND EXISTS (SELECT FROM {ids} i WHERE i.session_id = s.session_id)) given (place, text)
      CROSS JOIN LATERAL (
        WITH RECURSIVE tries (n) AS (
          SELECT 2
          UNION ALL
          SELECT t.n + 1 FROM tries t WHERE EXISTS (SELECT FROM {ids} i WHERE i.session_id = MD5(given.text || '#' || t.n)))
        SELECT MD5(given.text || '#' || MAX(n)) AS session_id FROM tries) free) n
    WHERE s.ctid = n.place;
",
            span_no = own.span_no,
            text = session_id(self.events, "session_seq", "started_at"),
            without_anchor = self.without_anchor(),
            ids = self.names.ids,
        )
    }

    /// Writes down the anchors that are new, and what changed of the others.
    pub(super) fn write_anchors(&self) -> String {
        let own = &self.own;
        let (ids, key) = (&self.names.ids, self.events.key_list());
        format!(
            "    INSERT INTO {ids} (session_id, {key}, state, current_id, anchored_at, founded_at, last_changed)
    SELECT s.session_id, {of_s}, 'current', s.session_id, s.started_at, pg_catalog.now(), pg_catalog.now()
    FROM pg_temp.{FRESH_SESSIONS} s WHERE {without_anchor} ORDER BY s.started_at, s.session_id;
    UPDATE {ids} i
    SET current_id = s.session_id, anchored_at = a.at,
        state = CASE WHEN s.session_id IS NULL THEN 'gone' WHEN s.session_id = i.session_id THEN 'current' ELSE 'alias' END,
        last_changed = CASE WHEN i.current_id IS DISTINCT FROM s.session_id THEN pg_catalog.now() ELSE i.last_changed END
    FROM pg_temp.{ANCHORS} a LEFT JOIN pg_temp.{FRESH_SESSIONS} s ON s.{span_no} = a.span_no AND s.session_seq = a.session_seq
    WHERE i.ctid = a.place AND (i.current_id IS DISTINCT FROM s.session_id OR i.anchored_at IS DISTINCT FROM a.at);
    DROP TABLE pg_temp.{ANCHORS};
",
            of_s = self.key_of("s"),
            without_anchor = self.without_anchor(),
            span_no = own.span_no,
        )
    }
}
