//! The sessions that stood in the spans and the new events, and the sessions that they are parts of now.

use spectrum_core::IdScheme;

use super::Incremental;
use crate::postgres::sessions::session_id;

impl Incremental<'_> {
    /// The names under which the carried columns of new events stand beside those of sessions.
    pub(super) fn carried_beside(&self) -> Vec<String> {
        (0..self.events.carried.len()).map(|at| self.events.own_name(&format!("carried_{at}"))).collect()
    }

    /// The steps from the relation `found` to `labelled`: the sessions that stood in the spans and the new events, each with
    /// the number and the id of the session that it is a part of now.
    pub(super) fn labelled_at_once(&self, is_same: &str, is_last: &str) -> String {
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
    pub(super) fn sessions_at_once(&self) -> String {
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
    pub(super) fn moved_at_once(&self, is_last: &str) -> String {
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
}
