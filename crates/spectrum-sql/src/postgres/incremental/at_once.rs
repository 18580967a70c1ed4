//! A refresh in one statement, where events were only added: nearly every refresh there is.
//!
//! Working tables cost more than such a refresh itself: each is a file that is made and removed, and a statement that reads
//! a table which is made anew has to be planned anew. This statement reads none, so a connection plans it once. What it
//! finds is the same as what the steps with working tables find in grown spans ([`super::grown`], [`super::shift`]).
//!
//! It decides for itself whether it is the right one, because only it sees all notes of its moment. Where something else
//! was noted, or an event's id is known from elsewhere, it writes nothing, and the steps with working tables follow.

use spectrum_core::IdScheme;

use super::Incremental;
use crate::postgres::sessions::session_id;
use crate::quote::identifier;

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

    /// The names under which the carried columns of new events stand beside those of sessions.
    fn carried_beside(&self) -> Vec<String> {
        (0..self.events.carried.len()).map(|at| self.events.own_name(&format!("carried_{at}"))).collect()
    }

    /// The steps from the relation `found` to `labelled`: the sessions that stood in the spans and the new events, each with
    /// the number and the id of the session that it is a part of now.
    fn labelled_at_once(&self, is_same: &str, is_last: &str) -> String {
        let (own, events) = (&self.own, self.events);
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let after_all = events.time.after_all();
        let name = |wanted| events.own_name(wanted);
        let (latest, grown, grown_seq, first) =
            (name("latest"), name("grown"), name("grown_seq"), name("first_started_at"));
        let standing = self.rows(false, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, m.* FROM {} m WHERE {condition} AND m.ended_at > t.{} AND m.ended_at < t.{}",
                own.place, self.names.summary, own.last_ended_at, own.next_started_at
            )
        });
        let carried = self.carried_beside();
        let no_carried: String = carried.iter().map(|name| format!(", NULL AS {name}")).collect();
        let begins = events.begins_session("p.started_at", &format!("p.{}", own.so_far));
        // Rows of a span that begin at one time are in one session, so that which is the last of them does not matter.
        let in_key = format!("(PARTITION BY {key} ORDER BY {}, started_at, {is_last}", own.last_ended_at);
        let of_start = match events.definition.id() {
            IdScheme::Start | IdScheme::Persistent => {
                format!(
                    ", MIN(started_at) OVER (PARTITION BY {}, {grown_seq} + {}) AS {first}",
                    own.span_no, own.shift
                )
            }
            IdScheme::Sequence | IdScheme::Encoded => String::new(),
        };
        format!(
            "parts AS (
    SELECT {span_of_t}, {of_o}, o.started_at, o.ended_at, o.events, o.first_event_id, o.last_event_id,
           o.session_seq AS {had_seq}, o.session_id AS {had_id}, o.{place}{no_carried}
    FROM spans t CROSS JOIN LATERAL (
      {standing}) o
    UNION ALL
    SELECT {span}, {key}, {time}, {time}, 1, {event_id}, {event_id}, NULL, NULL, NULL{found_carried} FROM found WHERE {is_same} IS NULL),
  numbered AS (
    SELECT *, ({last_seq} + SUM(CASE WHEN {begins} THEN 1 ELSE 0 END)
             OVER (PARTITION BY {span_no} ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))::bigint AS {grown_seq},
           LEAD({span_no}) OVER (PARTITION BY {span_no} ORDER BY started_at) IS NULL AS {is_last},
           CASE WHEN {next_started_at} < {after_all} THEN {next_started_at}
                ELSE COALESCE(MAX(ended_at) FILTER (WHERE {had_seq} IS NOT NULL) OVER (PARTITION BY {span_no}), {last_ended_at}) END AS {latest}
    FROM (
      SELECT *, MAX(ended_at) OVER (PARTITION BY {span_no} ORDER BY started_at
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS {so_far}
      FROM parts) AS p),
  placed AS (
    SELECT *, COALESCE(SUM({grown}) OVER {in_key} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS {shift},
           COALESCE(LEAD({last_ended_at}) OVER {in_key}), {after_all}) AS {rest_ended_at}
    FROM (
      SELECT *, CASE WHEN {is_last} AND {next_started_at} < {after_all} THEN {grown_seq} - ({next_seq} - 1) ELSE 0 END AS {grown}
      FROM numbered) AS p),
  labelled AS MATERIALIZED (
    SELECT *, {shift} + {grown} AS {rest_shift}, MD5({id}) AS session_id FROM (
      SELECT *, {grown_seq} + {shift} AS session_seq{of_start} FROM placed) AS p)",
            id = session_id(events, "session_seq", &first),
            span_of_t = self.span_of("t."),
            span = self.span_of(""),
            of_o = self.key_of("o"),
            had_seq = own.had_seq,
            had_id = own.had_id,
            place = own.place,
            found_carried = events.carried_list(),
            last_seq = own.last_seq,
            last_ended_at = own.last_ended_at,
            next_seq = own.next_seq,
            next_started_at = own.next_started_at,
            rest_ended_at = own.rest_ended_at,
            span_no = own.span_no,
            so_far = own.so_far,
            shift = own.shift,
            rest_shift = own.rest_shift,
        )
    }

    /// The sessions of the spans: how many stood that are a part of one, the row of the one that ended last, which becomes
    /// its row, and the rows of the others. A row's end only ever moves on to where no other row has ended, so no two rows
    /// of a key have the same end at any moment.
    fn sessions_at_once(&self) -> String {
        let own = &self.own;
        let name = |wanted| self.events.own_name(wanted);
        let (stood, parts, is_renamed, gone) =
            (name("stood"), name("parts"), name("is_renamed"), name("gone"));
        let places = format!(
            "(ARRAY_AGG({} ORDER BY ended_at DESC) FILTER (WHERE {} IS NOT NULL))",
            own.place, own.had_seq
        );
        format!(
            "sessions AS MATERIALIZED (
    SELECT MAX(session_id) AS session_id, {first_key}, session_seq, MIN(started_at) AS started_at, MAX(ended_at) AS ended_at,
           SUM(events)::bigint AS events,
           (ARRAY_AGG(first_event_id ORDER BY started_at, first_event_id))[1] AS first_event_id,
           (ARRAY_AGG(last_event_id ORDER BY ended_at DESC, last_event_id DESC))[1] AS last_event_id,
           COUNT({had_seq}) AS {stood}, COUNT(*) AS {parts}, {places}[1] AS {place}, {places}[2:] AS {gone},
           COALESCE(BOOL_OR({had_seq} <> session_seq OR {had_id} <> session_id), false) AS {is_renamed}
    FROM labelled GROUP BY {span_no}, session_seq)",
            first_key = self.first_key("started_at, first_event_id"),
            had_seq = own.had_seq,
            had_id = own.had_id,
            place = own.place,
            span_no = own.span_no,
        )
    }

    /// The sessions behind the spans whose numbers shift, and those that stood in the spans and are a part of one with
    /// another id now; the rows of these are told of by the relation `sessions`.
    fn moved_at_once(&self, is_last: &str) -> String {
        let own = &self.own;
        let key = self.events.key_list();
        let columns = format!("{}, session_seq, started_at, ended_at, events, session_id", self.key_of("m"));
        let behind = self.rows(false, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, {columns} FROM {} m
      WHERE {condition} AND m.ended_at >= t.{} AND m.ended_at <= t.{}",
                own.place, self.names.summary, own.next_started_at, own.rest_ended_at
            )
        });
        format!(
            "behind AS (
    SELECT m.{place}, {of_m}, m.session_seq + t.{rest_shift} AS session_seq, m.started_at, m.ended_at, m.events,
           m.session_id AS {had_id}
    FROM labelled t CROSS JOIN LATERAL (
      {behind}) m
    WHERE t.{is_last} AND t.{rest_shift} <> 0),
  moved AS MATERIALIZED (
    SELECT {place}, {key}, session_seq, started_at, ended_at, events, {had_id}, {id} AS session_id FROM behind
    UNION ALL
    SELECT NULL::tid, {key}, session_seq, started_at, ended_at, events, {had_id}, session_id FROM labelled
    WHERE {had_seq} IS NOT NULL AND {had_id} IS DISTINCT FROM session_id)",
            place = own.place,
            of_m = self.key_of("m"),
            rest_shift = own.rest_shift,
            had_id = own.had_id,
            had_seq = own.had_seq,
            id = self.id_behind(),
        )
    }

    /// What is written, each row once, if the statement fits.
    fn writes_at_once(&self) -> String {
        let (own, events) = (&self.own, self.events);
        let name = |wanted| events.own_name(wanted);
        let (parts, is_renamed, gone) = (name("parts"), name("is_renamed"), name("gone"));
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let (sessions, summary) = (&self.names.sessions, &self.names.summary);
        let carried: String = self.carried_beside().iter().map(|name| format!(", {name}")).collect();
        let events_of = self.rows(false, "m", "s", |condition| {
            format!(
                "SELECT m.ctid AS {} FROM {sessions} m
      WHERE {condition} AND m.{time} >= s.started_at AND m.{time} <= s.ended_at AND m.session_id IS DISTINCT FROM s.session_id",
                own.place
            )
        });
        let of_number = match events.definition.id() {
            IdScheme::Start | IdScheme::Persistent => "",
            IdScheme::Sequence | IdScheme::Encoded => ", session_id = s.session_id",
        };
        let key_columns = events.definition.key().iter().map(|name| identifier(name));
        let values = ["session_id", "session_seq", "started_at", "ended_at"].map(str::to_owned).into_iter();
        let more = ["events", "first_event_id", "last_event_id"].map(str::to_owned);
        let set: Vec<String> =
            values.chain(more).chain(key_columns).map(|name| format!("{name} = s.{name}")).collect();
        let duration = self.duration();
        format!(
            "  forgotten AS (DELETE FROM {changes} WHERE ctid = ANY (ARRAY(SELECT noted.{place} FROM decided CROSS JOIN noted WHERE decided.fits))),
  new_events AS (
    INSERT INTO {sessions} ({key}, {time}, {event_id}{event_carried}, session_id)
    SELECT {key}, started_at, first_event_id{carried}, session_id FROM decided CROSS JOIN labelled
    WHERE decided.fits AND {had_seq} IS NULL),
  renamed_events AS (
    UPDATE {sessions} m SET session_id = e.session_id
    FROM (SELECT e.{place}, s.session_id FROM decided CROSS JOIN moved s CROSS JOIN LATERAL (
      {events_of}) e
      WHERE decided.fits AND s.{had_id} IS DISTINCT FROM s.session_id) e
    WHERE m.ctid = e.{place}),
  shifted_sessions AS (
    UPDATE {summary} m SET session_seq = s.session_seq{of_number} FROM decided CROSS JOIN moved s WHERE decided.fits AND m.ctid = s.{place}),
  united_sessions AS (
    DELETE FROM {summary} WHERE ctid = ANY (ARRAY(
      SELECT pg_catalog.unnest(s.{gone}) FROM decided CROSS JOIN sessions s WHERE decided.fits))),
  grown_sessions AS (
    UPDATE {summary} m SET {set}, duration = {duration_of_s}
    FROM decided CROSS JOIN sessions s WHERE decided.fits AND m.ctid = s.{place} AND (s.{parts} > 1 OR s.{is_renamed})),
  new_sessions AS (
    INSERT INTO {summary} (session_id, {key}, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id)
    SELECT session_id, {key}, session_seq, started_at, ended_at, {duration}, events, first_event_id, last_event_id
    FROM decided CROSS JOIN sessions WHERE decided.fits AND {place} IS NULL)",
            changes = self.names.changes,
            place = own.place,
            event_carried = events.carried_list(),
            had_seq = own.had_seq,
            had_id = own.had_id,
            set = set.join(", "),
            duration_of_s = events.difference("s.ended_at", "s.started_at"),
        )
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
