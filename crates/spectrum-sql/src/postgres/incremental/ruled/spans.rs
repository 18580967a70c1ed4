//! From notes to spans, which begin and end with sessions.

use super::Incremental;

impl Incremental<'_> {
    /// The steps, as common table expressions, from the relation `taken` of notes to the relation `spans`: a number, the
    /// key, the number of the last session before, where the span begins, the number and the start of the first session
    /// behind it, and whether it begins with a session that stands.
    pub(super) fn ruled_spans(&self, nulls: bool) -> String {
        let own = &self.own;
        let (key, summary) = (self.events.key_list(), &self.names.summary);
        let time = self.events.time;
        let (before_all, after_all) = (time.before_all(), time.after_all());
        // The session that the first time touched lies in, or else the one before; the index is on the end.
        let session_of = |ends: String| {
            self.rows(nulls, "s", "t", |condition| {
                format!("SELECT s.session_seq, s.started_at FROM {summary} s WHERE {condition} AND s.ended_at {ends} LIMIT 1")
            })
        };
        let around = session_of(format!(">= t.{} ORDER BY s.ended_at", own.since));
        let earlier = session_of(format!("< t.{} ORDER BY s.ended_at DESC", own.since));
        // A session that nothing touched, or that stands now, could go on to.
        let after =
            time.later(&format!("t.{}", own.until), self.events.definition.rule().reach().nanoseconds());
        let next = self.rows(nulls, "s", "t", |condition| {
            format!(
                "SELECT s.session_seq, s.started_at FROM {summary} s
       WHERE {condition} AND s.ended_at > {after} AND s.started_at > {after} AND NOT EXISTS (
         {heard})
       ORDER BY s.ended_at LIMIT 1",
                heard = self.heard_before("s", "s.started_at"),
            )
        });
        format!(
            "{marks},
  reached AS (
    SELECT {of_t}, COALESCE(first.session_seq - CASE WHEN goes_on.goes_on THEN 1 ELSE 0 END, 0) AS {last_seq},
           CASE WHEN goes_on.goes_on THEN COALESCE(first.started_at, {before_all}) ELSE t.{since} END AS {begins_at},
           goes_on.goes_on AS {resumes}, next.session_seq AS {next_seq}, COALESCE(next.started_at, {after_all}) AS {next_started_at}
    FROM runs t LEFT JOIN LATERAL (
      SELECT found.session_seq, found.started_at FROM (
        (SELECT * FROM ({around}) AS around)
        UNION ALL
        (SELECT * FROM ({earlier}) AS earlier)) AS found
      WHERE found.started_at < t.{since} ORDER BY found.started_at DESC LIMIT 1) first ON true LEFT JOIN LATERAL (
      {next}) next ON true CROSS JOIN LATERAL (SELECT EXISTS ({before})) AS goes_on (goes_on)),
  spans AS (
    SELECT ROW_NUMBER() OVER () AS {span_no}, {key}, MIN({last_seq}) AS {last_seq}, MIN({begins_at}) AS {begins_at},
           MAX({next_seq}) AS {next_seq}, MAX({next_started_at}) AS {next_started_at},
           (ARRAY_AGG({resumes} ORDER BY {begins_at}))[1] AS {resumes}
    FROM ({spans}) AS numbered_reached GROUP BY {key}, {nth})",
            marks = self.marks(),
            since = own.since,
            nth = own.nth,
            of_t = self.key_of("t"),
            span_no = own.span_no,
            last_seq = own.last_seq,
            begins_at = own.begins_at,
            resumes = own.resumes,
            before = self.heard_before("t", &format!("t.{}", own.since)),
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            spans = self.joined(
                "reached",
                &own.begins_at,
                &own.next_started_at,
                &format!("m.{}", own.begins_at),
                "<"
            ),
        )
    }

    /// Events of the key of `of` shortly before `at` that a session could go on from. Where some events are passive, those
    /// that take no part cannot be told from them.
    fn heard_before(&self, of: &str, at: &str) -> String {
        let events = self.events;
        let rule = events.definition.rule();
        let time = events.time_name();
        let earliest = events.time.earlier(at, rule.reach().nanoseconds());
        let mut heard = String::new();
        if self.ignores() {
            heard += " AND NOT m.ignored";
        }
        if rule.passive_when().is_none() {
            heard += " AND m.session_seq IS NOT NULL";
        }
        self.branches("m", of, |condition| {
            format!(
                "SELECT FROM {} m WHERE {condition} AND m.{time} >= {earliest} AND m.{time} < {at}{heard}",
                self.names.sessions
            )
        })
    }

    /// What `select` finds in a table by the spans, which stand in `spans` as `t`. It is handed a condition on the rows,
    /// whose alias is `row`, and gives columns of theirs. Beside these columns there is the span's number and those of
    /// `with`.
    pub(super) fn within_spans(
        &self,
        nulls: bool,
        spans: &str,
        row: &str,
        with: &[&str],
        select: impl Fn(&str) -> String,
    ) -> String {
        let own = &self.own;
        let time = self.events.time_name();
        let with: String = with.iter().map(|column| format!(", t.{column}")).collect();
        let within =
            format!("{row}.{time} >= t.{} AND {row}.{time} < t.{}", own.begins_at, own.next_started_at);
        let rows = self.rows(nulls, row, "t", |condition| select(&format!("{condition} AND {within}")));
        format!(
            "SELECT t.{}{with}, {row}.* FROM {spans} t CROSS JOIN LATERAL (\n      {rows}) {row}",
            own.span_no
        )
    }
}
