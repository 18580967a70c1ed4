//! The sessions of the events that were taken, and what stands of them in the tables.

use spectrum_core::Measure;

use super::super::compute::SUMMARY_VALUES;
use super::super::working::{FRESH, FRESH_SESSIONS, SPANS, STANDING, STANDING_SESSIONS};
use super::Incremental;
use crate::postgres::sessions::session_id;
use crate::quote::identifier;

impl Incremental<'_> {
    /// The sessions of the spans. The first of a span that resumes one stood before, and keeps its reason, unless it is, or
    /// was, the first of its key; otherwise the pause before it is longer than any gap.
    pub(super) fn ruled_sessions(&self) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id, key) = (events.time_name(), events.event_id_name(), events.key_list());
        let heard = self.heard();
        let of_events = events.definition.summary().iter();
        let of_events = of_events.filter(|column| !matches!(column.measure, Measure::When(_)));
        let of_events = of_events.map(|column| identifier(&column.name));
        // The same aggregate twice is computed once.
        let in_order = format!("(ARRAY_AGG({event_id} ORDER BY {time}, {event_id}){heard})");
        let of_standing = |name: &str| events.own_name(&format!("standing_{name}"));
        let (standing_no, standing_seq, standing_reason) =
            (of_standing("span_no"), of_standing("seq"), of_standing("reason"));
        let inner = format!(
            "  SELECT {span_no}, MD5({id}) AS session_id, {key}, session_seq, started_at, ended_at, {duration} AS duration, events,
         first_event_id, last_event_id,
         CASE WHEN session_seq = 1 THEN 'first'
              ELSE COALESCE(NULLIF({standing_reason}, 'first'), NULLIF({reason}, 'first'), 'gap') END AS started_by{own_names}
  FROM (
    SELECT {span_no}, {seq} AS session_seq, {first_key}, MIN({time}) AS started_at, MAX({time}){heard} AS ended_at,
           COUNT(*) AS events,
           {in_order}[1] AS first_event_id, {in_order}[COUNT(*){heard}::int] AS last_event_id, MIN({reason}) AS {reason}{own_columns}
    FROM pg_temp.{FRESH} WHERE {seq} IS NOT NULL GROUP BY {span_no}, {seq}) AS grouped
  LEFT JOIN (
    SELECT t.{span_no} AS {standing_no}, t.{last_seq} + t.{shift} + 1 AS {standing_seq}, o.started_by AS {standing_reason}
    FROM pg_temp.{SPANS} t
    JOIN pg_temp.{STANDING_SESSIONS} o ON o.{span_no} = t.{span_no} AND o.session_seq = t.{last_seq} + 1
    WHERE t.{resumes}) AS standing
    ON {standing_no} = {span_no} AND {standing_seq} = session_seq",
            own_columns = events.aggregated(&own.ignored),
            own_names = of_events.map(|name| format!(", {name}")).collect::<String>(),
            span_no = own.span_no,
            id = session_id(events, "session_seq", "started_at"),
            duration = self.duration(),
            seq = own.seq,
            reason = own.reason,
            last_seq = own.last_seq,
            resumes = own.resumes,
            shift = own.shift,
            first_key = self.first_key(&format!("{time}, {event_id}")),
        );
        let columns =
            [own.span_no.as_str(), "session_id", &key, "session_seq"].map(str::to_owned).into_iter();
        let columns = columns.chain(SUMMARY_VALUES.into_iter().chain(["started_by"]).map(str::to_owned));
        format!(
            "  CREATE TEMP TABLE {FRESH_SESSIONS} ON COMMIT DROP AS\n{};",
            events.with_whens(inner, &columns.collect::<Vec<_>>())
        )
    }

    /// What the tables hold of the spans.
    pub(super) fn ruled_standing(&self, nulls: bool) -> String {
        let own = &self.own;
        let events = self.events;
        let (time, event_id) = (events.time_name(), events.event_id_name());
        let ignored =
            if self.ignores() { format!(", m.ignored AS {}", own.had_ignored) } else { String::new() };
        let spans = format!("pg_temp.{SPANS}");
        let standing = self.within_spans(nulls, &spans, "m", &[], |condition| {
            format!(
                "SELECT m.ctid AS {}, {}, m.{event_id}, m.{time}{}, m.session_id AS {}, m.session_seq AS {}, m.started_by AS {}{ignored}
      FROM {} m WHERE {condition}",
                own.place,
                self.key_of("m"),
                self.carried_of("m"),
                own.had_id,
                own.had_seq,
                own.had_reason,
                self.names.sessions,
            )
        });
        let sessions = self.rows(nulls, "m", "t", |condition| {
            format!(
                "SELECT m.ctid AS {}, m.* FROM {} m WHERE {condition} AND m.ended_at >= t.{} AND m.ended_at < t.{}",
                own.place, self.names.summary, own.begins_at, own.next_started_at
            )
        });
        format!(
            "  CREATE TEMP TABLE {STANDING} ON COMMIT DROP AS
  {standing};
  CREATE TEMP TABLE {STANDING_SESSIONS} ON COMMIT DROP AS
    SELECT t.{span_no}, m.* FROM pg_temp.{SPANS} t CROSS JOIN LATERAL (
      {sessions}) m;",
            span_no = own.span_no,
        )
    }
}
