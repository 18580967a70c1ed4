//! From notes to spans: the stretches of a key's time that have to be looked at again.
//!
//! A note says that events of a key changed at some times. Sessions that ended longer than the gap before the first of
//! them, or began longer than the gap after the last, are the same as before but for their numbers. What lies between two
//! such sessions is a span. Spans of a key never overlap, so an event is in one of them at most.
//!
//! A span of which all notes say that events were added is *grown*: its sessions can only have gained events and met, so
//! they are known from the sessions that stand there and the new events alone ([`super::grown`]).

use super::Incremental;

/// Times of a key that are no further apart, in nanoseconds, are read together: one scan of an index instead of two.
const TOGETHER: u64 = 60_000_000_000;

impl Incremental<'_> {
    /// The steps, as common table expressions, from the relation `taken` of notes to the relation `spans`: a number, the
    /// key, the number and the end of the last session before, the number and the start of the first behind, whether it
    /// is grown, and where the times touched begin and end.
    pub(super) fn spans(&self, nulls: bool) -> String {
        let own = &self.own;
        let (key, summary) = (self.events.key_list(), &self.names.summary);
        let time = self.events.time;
        // How far from the time of an event others can be that a change of it moves into another session.
        let reach = self.events.definition.rule().reach().nanoseconds();
        let before = time.earlier(&format!("t.{}", own.since), reach);
        let after = time.later(&format!("t.{}", own.until), reach);
        let (before_all, after_all) = (time.before_all(), time.after_all());
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
            "{marks},
  reached AS (
    SELECT {of_t}, t.{since}, t.{until}, t.{added},
           COALESCE(last.session_seq, 0) AS {last_seq}, COALESCE(last.ended_at, {before_all}) AS {last_ended_at},
           next.session_seq AS {next_seq}, COALESCE(next.started_at, {after_all}) AS {next_started_at}
    FROM runs t LEFT JOIN LATERAL (
      {last}) last ON true LEFT JOIN LATERAL (
      {next}) next ON true),
  spans AS (
    SELECT ROW_NUMBER() OVER () AS {span_no}, {key}, MIN({last_seq}) AS {last_seq}, MIN({last_ended_at}) AS {last_ended_at},
           MAX({next_seq}) AS {next_seq}, MAX({next_started_at}) AS {next_started_at}, BOOL_AND({added}) AS {added},
           ARRAY_AGG({since}) AS {begins}, ARRAY_AGG({until}) AS {ends}
    FROM ({spans}) AS numbered_reached GROUP BY {key}, {nth})",
            since = own.since,
            until = own.until,
            added = own.added,
            begins = own.begins,
            ends = own.ends,
            nth = own.nth,
            marks = self.marks(),
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

    /// The steps from the relation `taken` of notes to the relation `runs`: the ranges of time that are touched of each
    /// key, and whether events were added there and nothing else.
    pub(super) fn marks(&self) -> String {
        let own = &self.own;
        let earlier = self.events.time.earlier(&format!("m.{}", own.since), TOGETHER);
        format!(
            "marks AS (
    SELECT {key}, {since}, {until}, {added} FROM taken WHERE {since} IS NOT NULL
    UNION ALL
    SELECT {of_taken}, mark.at, mark.at, {added} FROM taken CROSS JOIN LATERAL pg_catalog.unnest({times}) AS mark (at)
    WHERE mark.at IS NOT NULL),
  runs AS (
    SELECT {key}, MIN({since}) AS {since}, MAX({until}) AS {until}, BOOL_AND({added}) AS {added}
    FROM ({runs}) AS numbered_marks GROUP BY {key}, {nth})",
            key = self.events.key_list(),
            of_taken = self.key_of("taken"),
            since = own.since,
            until = own.until,
            times = own.times,
            added = own.added,
            nth = own.nth,
            runs = self.joined("marks", &own.since, &own.until, &earlier, "<="),
        )
    }

    /// What `select` finds in a table by the spans, which stand in `spans` as `t`: of grown ones the rows at the times
    /// touched, of others all rows. It is handed a condition on the rows, whose alias is `row`, and gives columns of
    /// theirs. Beside these columns there is the span's number and those of `with`.
    pub(super) fn in_spans(
        &self,
        nulls: bool,
        spans: &str,
        row: &str,
        with: &[&str],
        grown: bool,
        select: impl Fn(&str) -> String,
    ) -> String {
        let own = &self.own;
        let time = self.events.time_name();
        let with: String = with.iter().map(|column| format!(", t.{column}")).collect();
        let (touched, within) = match grown {
            true => (
                format!(
                    " CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(t.{}), pg_catalog.unnest(t.{})) AS touched (begins, ends)",
                    own.begins, own.ends
                ),
                format!("{row}.{time} >= touched.begins AND {row}.{time} <= touched.ends"),
            ),
            false => (
                String::new(),
                format!(
                    "{row}.{time} > t.{} AND {row}.{time} < t.{}",
                    own.last_ended_at, own.next_started_at
                ),
            ),
        };
        let rows = self.rows(nulls, row, "t", |condition| select(&format!("{condition} AND {within}")));
        format!(
            "SELECT t.{}{with}, {row}.* FROM {spans} t{touched} CROSS JOIN LATERAL (
      {rows}) {row}
    WHERE {}t.{}",
            own.span_no,
            if grown { "" } else { "NOT " },
            own.added
        )
    }

    /// The rows of `relation`, which are ranges of time, with a number that those have in common of which one begins
    /// before the others end: of which `begins` is `before` the greatest end so far.
    pub(super) fn joined(
        &self,
        relation: &str,
        start: &str,
        end: &str,
        begins: &str,
        before: &str,
    ) -> String {
        let (own, key) = (&self.own, self.events.key_list());
        format!(
            "SELECT *, SUM({apart}) OVER (PARTITION BY {key} ORDER BY {start}, {end} ROWS UNBOUNDED PRECEDING) AS {nth}
      FROM (SELECT *, CASE WHEN {begins} {before} MAX({end}) OVER (PARTITION BY {key} ORDER BY {start}, {end}
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS {apart}
            FROM {relation} m) AS compared",
            apart = own.apart,
            nth = own.nth,
        )
    }
}
