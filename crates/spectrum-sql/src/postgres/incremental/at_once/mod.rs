//! A refresh in one statement, where events were only added: nearly every refresh there is.
//!
//! Working tables cost more than such a refresh itself: each is a file that is made and removed, and a statement that reads
//! a table which is made anew has to be planned anew. This statement reads none, so a connection plans it once. What it
//! finds is the same as what the steps with working tables find in grown spans ([`super::grown`], [`super::shift`]).
//!
//! It decides for itself whether it is the right one, because only it sees all notes of its moment. Where something else
//! was noted, or an event's id is known from elsewhere, it writes nothing, and the steps with working tables follow.

mod joined;
mod written;

use super::Incremental;

/// What a plan that is kept must not depend on: how large tables were when it was made. Rows are looked up by indexes and by
/// their places, however few or many there are.
const PLANNING: [&str; 3] = ["enable_hashjoin", "enable_mergejoin", "enable_seqscan"];

/// What the rest of a refresh has to know.
pub(super) struct AtOnce {
    /// Variables.
    pub(super) variables: String,
    /// The attempt.
    pub(super) attempt: String,
    /// A condition, with AND behind it, that it did not do.
    pub(super) undone: &'static str,
}

impl Incremental<'_> {
    /// What is tried before the steps with working tables; nothing where sessions take more than their own events to be
    /// known, or more is kept than the two tables. `step` says how long it took.
    pub(super) fn at_once(&self, any: &str, step: &str) -> AtOnce {
        if self.is_ruled() || self.ids_last() || self.keeps() || self.history.is_some() {
            return AtOnce { variables: String::new(), attempt: String::new(), undone: "" };
        }
        let watched = match self.on_detach {
            Some(_) => format!("{} = '{{}}' AND ", self.own.unwatched),
            None => String::new(),
        };
        let variables = PLANNING.iter().map(|name| format!("  had_{name} text;\n"));
        let kept = PLANNING.iter().map(|name| format!("had_{name} := pg_catalog.current_setting('{name}');"));
        let off = PLANNING.iter().map(|name| format!("pg_catalog.set_config('{name}', 'off', true)"));
        let back = PLANNING.iter().map(|name| format!("pg_catalog.set_config('{name}', had_{name}, true)"));
        AtOnce {
            variables: format!("  fits boolean := false;\n{}", variables.collect::<String>()),
            attempt: format!(
                "  IF {watched}{any} THEN
    -- What was added, in one statement.
    {}
    PERFORM {};
{}
    PERFORM {};
    IF fits THEN
{step}
    END IF;
  END IF;
",
                kept.collect::<Vec<_>>().join(" "),
                off.collect::<Vec<_>>().join(", "),
                self.grow(),
                back.collect::<Vec<_>>().join(", "),
            ),
            undone: "NOT fits AND ",
        }
    }

    /// The statement: takes the notes, and writes new events, the sessions that they make or join, and what shifts.
    fn grow(&self) -> String {
        let name = |wanted| self.events.own_name(wanted);
        let (is_plain, is_same, is_last) = (name("is_plain"), name("is_same"), name("is_last"));
        let own = &self.own;
        format!(
            "  WITH noted AS MATERIALIZED (
    SELECT n.ctid AS {place}, n.*, n.{added} AND NOT n.{everything} AND NOT n.{timeless} AND n.{since} IS NULL AND NOT ({some_null}) AS {is_plain}
    FROM {changes} n),
  taken AS (SELECT * FROM noted WHERE (SELECT BOOL_AND({is_plain}) FROM noted)),
  {spans},
  found AS MATERIALIZED (
    {found}),
  decided AS MATERIALIZED (
    SELECT COALESCE((SELECT BOOL_AND({is_plain}) FROM noted), false) AND COUNT(*) = COUNT(DISTINCT {event_id})
           AND COALESCE(BOOL_AND(COALESCE({is_same}, true)), true) AS fits FROM found),
  {labelled},
  {sessions},
  {moved},
{writes}
{told}",
            place = own.place,
            added = own.added,
            everything = own.everything,
            timeless = own.timeless,
            since = own.since,
            some_null = self.some_null(),
            changes = self.names.changes,
            event_id = self.events.event_id_name(),
            spans = self.spans(false),
            found = self.found_at_once(&is_same),
            labelled = self.labelled_at_once(&is_same, &is_last),
            sessions = self.sessions_at_once(),
            moved = self.moved_at_once(&is_last),
            writes = self.writes_at_once(),
            told = self.told_at_once(),
        )
    }

    /// The events at the times touched, each with its span. One that stands already says whether it is what it was;
    /// NULL is a new one.
    fn found_at_once(&self, is_same: &str) -> String {
        let (own, events) = (&self.own, self.events);
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let columns = format!("{}, e.{event_id}, e.{time}{}", self.key_of("e"), self.carried_of("e"));
        let rows = self.rows(false, "e", "t", |condition| {
            format!(
                "SELECT {columns} FROM {} e WHERE {condition} AND e.{time} >= touched.begins AND e.{time} <= touched.ends",
                events.table
            )
        });
        format!(
            "SELECT {span}, e.*, had.{is_same}
    FROM spans t CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(t.{begins}), pg_catalog.unnest(t.{ends})) AS touched (begins, ends)
    CROSS JOIN LATERAL (
      {rows}) e
    LEFT JOIN LATERAL (
      SELECT {same} AND m.{time} = e.{time} AS {is_same} FROM {sessions} m WHERE m.{event_id} = e.{event_id} LIMIT 1) had ON true",
            span = self.span_of("t."),
            begins = own.begins,
            ends = own.ends,
            same = self.equal("m", "e"),
            sessions = self.names.sessions,
        )
    }

    /// The columns that rows have of their span.
    fn span_of(&self, alias: &str) -> String {
        let own = &self.own;
        [&own.span_no, &own.last_seq, &own.last_ended_at, &own.next_seq, &own.next_started_at]
            .map(|column| format!("{alias}{column}"))
            .join(", ")
    }

    /// What is told of it, into the variables of a refresh.
    fn told_at_once(&self) -> String {
        let own = &self.own;
        let name = |wanted| self.events.own_name(wanted);
        let (stood, parts, latest) = (name("stood"), name("parts"), name("latest"));
        format!(
            "  SELECT decided.fits, (SELECT COUNT(*) FROM (SELECT DISTINCT {key} FROM runs) AS touched),
         e.added, e.late, e.future, s.created, s.extended, s.merged, s.largest, r.ids, r.events
  INTO fits, keys, events_added, events_late, events_future, sessions_created, sessions_extended, sessions_merged,
       largest_session, ids_changed, events_renamed
  FROM decided
  CROSS JOIN (SELECT COUNT(*) AS added, COUNT(*) FILTER (WHERE started_at < {latest}) AS late, COUNT(*) FILTER (WHERE {future}) AS future
              FROM labelled WHERE {had_seq} IS NULL) AS e
  CROSS JOIN (SELECT COUNT(*) FILTER (WHERE {stood} = 0) AS created, COUNT(*) FILTER (WHERE {stood} = 1 AND {parts} > 1) AS extended,
                     COUNT(*) FILTER (WHERE {stood} > 1) AS merged, COALESCE(MAX(events), 0) AS largest FROM sessions) AS s
  CROSS JOIN (SELECT COUNT(*) AS ids, COALESCE(SUM(events), 0) AS events FROM moved
              WHERE {had_id} IS DISTINCT FROM session_id) AS r;",
            key = self.events.key_list(),
            future = self.events.is_future("started_at"),
            had_seq = own.had_seq,
            had_id = own.had_id,
        )
    }
}
