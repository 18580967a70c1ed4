//! The anchors after everything was built anew: by another rule, or for the first time.

use super::super::working::{ANCHORS, FRESH_SESSIONS};
use super::Incremental;
use crate::name::TableName;
use crate::quote::identifier;

impl Incremental<'_> {
    /// Makes the ids that sessions have by another scheme those of anchors at their first instants, in the order of time.
    /// An id that several sessions have stays with the earliest.
    pub fn adopt_ids(&self, summary: &TableName) -> String {
        let (ids, key) = (&self.names.ids, self.events.key_list());
        format!(
            "INSERT INTO {ids} (session_id, {key}, state, current_id, anchored_at, founded_at, last_changed)
SELECT session_id, {key}, 'current', session_id, started_at, pg_catalog.now(), pg_catalog.now()
FROM (SELECT DISTINCT ON (s.session_id) s.* FROM {summary} s WHERE s.session_id IS NOT NULL ORDER BY s.session_id, s.started_at) s
ORDER BY started_at, session_id"
        )
    }

    /// Finds where all anchors lie in the tables that were built, which have the ids that first instants give, and gives the
    /// sessions their ids. `before` is the sessions relation that had the ids until now, and its time column, by which anchors move whose
    /// moments have no event any more.
    pub fn settle_all_ids(&self, before: Option<(&TableName, &str)>) -> String {
        let own = &self.own;
        let time = self.events.time_name();
        let (sessions, summary, ids) = (&self.names.sessions, &self.names.summary, &self.names.ids);
        let (place, at, handle) = (&own.place, &own.since, &own.had_id);
        let counts = self.counts("m", "session_id", "ignored");
        // Events of a key at an instant, with what tells their session apart.
        let events_at = |beside: &str, instant: &str| {
            self.branches("m", beside, |condition| {
                format!(
                    "SELECT m.session_id AS {handle}, m.{time} AS {at} FROM {sessions} m
       WHERE {condition} AND m.{time} = {instant} AND {counts}"
                )
            })
        };
        let some_null: Vec<String> = self
            .events
            .definition
            .key()
            .iter()
            .map(|name| format!("n.{} IS NULL", identifier(name)))
            .collect();
        let moved = match before {
            None => String::new(),
            Some((before, before_time)) => format!(
                "
    UNION ALL
    (SELECT DISTINCT ON (n.{place}) n.{place}, m.{handle}, m.{at} FROM near n
     JOIN {before} o ON o.session_id = n.current_id CROSS JOIN LATERAL (
      {}) m
     WHERE NOT EXISTS (SELECT FROM stay s WHERE s.{place} = n.{place})
     ORDER BY n.{place}, m.{at})",
                events_at("o", &format!("o.{}", identifier(before_time)))
            ),
        };
        let body = format!(
            "
BEGIN
    CREATE TEMP TABLE {FRESH_SESSIONS} ON COMMIT DROP AS
    SELECT ROW_NUMBER() OVER () AS {span_no}, session_seq, session_id, session_id AS {handle}, {key}, started_at FROM {summary};
    ANALYZE pg_temp.{FRESH_SESSIONS};
    CREATE TEMP TABLE {ANCHORS} ON COMMIT DROP AS
  WITH near AS MATERIALIZED (
    SELECT i.ctid AS {place}, {of_i}, i.session_id, i.current_id, i.anchored_at, i.founded_no FROM {ids} i
    WHERE i.anchored_at IS NOT NULL),
  stay AS MATERIALIZED (
    SELECT {place}, MIN({handle}) AS {handle}, {at} FROM (
      SELECT n.{place}, m.session_id AS {handle}, n.anchored_at AS {at}
      FROM near n JOIN {sessions} m ON {equal} AND m.{time} = n.anchored_at WHERE {counts}
      UNION ALL
      SELECT n.{place}, m.{handle}, m.{at} FROM near n CROSS JOIN LATERAL (
      {stays}) m
      WHERE {some_null}) AS found
    GROUP BY {place}, {at}),
  lies AS (
    SELECT * FROM stay{moved})
  SELECT n.{place} AS place, n.session_id, n.current_id, n.anchored_at, n.founded_no, s.{span_no} AS span_no, s.session_seq,
         l.{at} AS at
  FROM near n LEFT JOIN lies l ON l.{place} = n.{place} LEFT JOIN pg_temp.{FRESH_SESSIONS} s ON s.{handle} = l.{handle};
    ANALYZE pg_temp.{ANCHORS};
{name}    IF EXISTS (SELECT FROM pg_temp.{FRESH_SESSIONS} s WHERE s.session_id IS DISTINCT FROM s.{handle}) THEN
      UPDATE {sessions} m SET session_id = s.session_id FROM pg_temp.{FRESH_SESSIONS} s
      WHERE m.session_id = s.{handle} AND s.session_id IS DISTINCT FROM s.{handle};
      UPDATE {summary} m SET session_id = s.session_id FROM pg_temp.{FRESH_SESSIONS} s
      WHERE m.session_id = s.{handle} AND s.session_id IS DISTINCT FROM s.{handle};
    END IF;
{write}    DROP TABLE pg_temp.{FRESH_SESSIONS};
    ANALYZE {ids};
END ",
            span_no = own.span_no,
            key = self.events.key_list(),
            of_i = self.key_of("i"),
            equal = self.equal("m", "n"),
            stays = events_at("n", "n.anchored_at"),
            some_null = some_null.join(" OR "),
            name = self.name_sessions(),
            write = self.write_anchors(),
        );
        format!("DO {}", super::super::function::dollar_quoted("spectrum", &body))
    }
}
