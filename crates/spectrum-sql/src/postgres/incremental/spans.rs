//! From notes to spans: the stretches of a key's time that have to be computed again.
//!
//! A note says that events of a key changed at some times. Sessions that ended longer than the gap before the first of
//! them, or began longer than the gap after the last, are the same as before but for their numbers. What lies between two
//! such sessions is a span. Spans of a key never overlap, so an event is in one of them at most.

use super::Incremental;
use crate::postgres::TimeType;
use crate::postgres::interval::interval;

/// Times of a key that are no further apart are looked at together: at the usual density of events, computing what lies
/// between costs about as much as looking up where a span ends.
const TOGETHER: &str = "INTERVAL '24 hours'";

impl Incremental<'_> {
    /// The steps, as common table expressions, from the relation `taken` of notes to the relation `spans`: the key, the
    /// number and the end of the last session before a span, and the number and the start of the first behind it.
    pub(super) fn spans(&self, nulls: bool) -> String {
        let own = self.own();
        let (key, summary) = (self.events.key_list(), &self.names.summary);
        let gap = interval(self.events.definition.gap());
        let before = self.earlier("t", &own.since, &gap);
        let after = self.later("t", &own.until, &gap);
        let last = self.rows(nulls, "s", "t", |condition| {
            format!(
                "SELECT s.session_seq, s.ended_at FROM {summary} s WHERE {condition} AND s.ended_at < {before}
       ORDER BY s.ended_at DESC LIMIT 1"
            )
        });
        // Sessions of a key end in the order in which they begin, and the index is on the end; at most one is passed over.
        let next = self.rows(nulls, "s", "t", |condition| {
            format!(
                "SELECT s.session_seq, s.started_at FROM {summary} s
       WHERE {condition} AND s.ended_at > {after} AND s.started_at > {after} ORDER BY s.ended_at LIMIT 1"
            )
        });
        format!(
            "marks AS (
    SELECT {key}, {since}, {until} FROM taken WHERE {times} IS NULL AND {since} IS NOT NULL
    UNION ALL
    SELECT {key}, mark.at, mark.at FROM taken CROSS JOIN LATERAL pg_catalog.unnest({times}) AS mark (at)
    WHERE mark.at IS NOT NULL),
  runs AS (
    SELECT {key}, MIN({since}) AS {since}, MAX({until}) AS {until}
    FROM ({runs}) AS numbered_marks GROUP BY {key}, {nth}),
  reached AS (
    SELECT {of_t}, COALESCE(last.session_seq, 0) AS {last_seq}, COALESCE(last.ended_at, '-infinity') AS {last_ended_at},
           next.session_seq AS {next_seq}, COALESCE(next.started_at, 'infinity') AS {next_started_at}
    FROM runs t LEFT JOIN LATERAL (
      {last}) last ON true LEFT JOIN LATERAL (
      {next}) next ON true),
  spans AS (
    SELECT ROW_NUMBER() OVER () AS {span_no}, {key}, MIN({last_seq}) AS {last_seq}, MIN({last_ended_at}) AS {last_ended_at},
           MAX({next_seq}) AS {next_seq}, MAX({next_started_at}) AS {next_started_at}
    FROM ({spans}) AS numbered_reached GROUP BY {key}, {nth})",
            nth = own.nth,
            since = own.since,
            until = own.until,
            times = own.times,
            runs = self.joined("marks", &own.since, &own.until, &self.earlier("m", &own.since, TOGETHER), "<="),
            of_t = self.key_of("t"),
            span_no = own.span_no,
            last_seq = own.last_seq,
            last_ended_at = own.last_ended_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            spans = self.joined(
                "reached",
                &own.last_ended_at,
                &own.next_started_at,
                &format!("m.{}", own.last_ended_at),
                "<"
            ),
        )
    }

    /// The rows of `relation`, which are ranges of time, with a number that those have in common of which one begins
    /// before the others end: of which `begins` is `before` the greatest end so far.
    fn joined(&self, relation: &str, start: &str, end: &str, begins: &str, before: &str) -> String {
        let (own, key) = (self.own(), self.events.key_list());
        format!(
            "SELECT *, SUM({apart}) OVER (PARTITION BY {key} ORDER BY {start}, {end} ROWS UNBOUNDED PRECEDING) AS {nth}
      FROM (SELECT *, CASE WHEN {begins} {before} MAX({end}) OVER (PARTITION BY {key} ORDER BY {start}, {end}
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS {apart}
            FROM {relation} m) AS compared",
            apart = own.apart,
            nth = own.nth,
        )
    }

    /// A time less an interval. Before the first instants that PostgreSQL knows there is nothing, so that no gap leads out
    /// of its calendar, which would be an error.
    fn earlier(&self, alias: &str, column: &str, by: &str) -> String {
        let time = self.as_timestamp(alias, column);
        format!("CASE WHEN {alias}.{column} < '4000-01-01 BC' THEN '-infinity' ELSE {time} - {by} END")
    }

    /// A time and an interval. Behind the last instants that PostgreSQL knows there is nothing.
    fn later(&self, alias: &str, column: &str, by: &str) -> String {
        let time = self.as_timestamp(alias, column);
        format!("CASE WHEN {alias}.{column} > '290000-01-01' THEN 'infinity' ELSE {time} + {by} END")
    }

    fn as_timestamp(&self, alias: &str, column: &str) -> String {
        match self.events.time {
            TimeType::Timestamp => format!("{alias}.{column}"),
            TimeType::Date => format!("{alias}.{column}::timestamp"),
        }
    }
}
