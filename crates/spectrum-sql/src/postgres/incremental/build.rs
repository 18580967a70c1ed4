//! The first build: all keys, or a part of them at a time.

use super::Incremental;
use super::compute::SUMMARY_VALUES;
use crate::postgres::events::KeyComparison;
use crate::postgres::sessions::{session_id, source};
use crate::quote::identifier;

impl Incremental<'_> {
    /// Adds the sessions of the keys for which `part`, a condition on the events, holds, or of all keys. None of them
    /// may be in the tables yet.
    ///
    /// It reads the events once for both tables, and hashes an id once per session: the first event of a
    /// session has it behind the session's number, and the greatest so far is that of the session one is in.
    pub fn fill(&self, part: Option<&str>) -> String {
        let events = match part {
            Some(condition) => self.events.clone().only(condition),
            None => self.events.clone(),
        };
        let events = &events;
        if self.is_ruled() {
            return self.ruled_fill(events);
        }
        let name = |wanted| events.own_name(wanted);
        let (previous, next, number) =
            (name("prev_occurred_at"), name("next_occurred_at"), name("event_number"));
        let (is_first, is_last, seq) = (name("is_first"), name("is_last"), name("session_seq"));
        let id = name("session_id");
        let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
        let carried = events.carried_list();
        let (step, table) = source(events);
        let texts = session_id(events, &seq, &time);
        let (begins, ends) = (events.begins_session(&time, &previous), events.ends_session(&time, &next));
        let first = |column: &str| format!("(ARRAY_AGG({column}) FILTER (WHERE {is_first}))[1]");
        let last = |column: &str| format!("(ARRAY_AGG({column}) FILTER (WHERE {is_last}))[1]");
        let shown_key: Vec<String> = events
            .definition
            .key()
            .iter()
            .zip(&events.key)
            .map(|(name, ty)| match ty {
                KeyComparison::Plain => identifier(name),
                KeyComparison::CaseInsensitive => first(&identifier(name)),
            })
            .collect();
        let duration = events.difference(&format!("MAX({time})"), &format!("MIN({time})"));
        format!(
            "\
WITH {step}beside AS (
  SELECT {key}, {time}, {event_id}{carried},
         LAG({time}) OVER in_order AS {previous}, LEAD({time}) OVER in_order AS {next},
         ROW_NUMBER() OVER in_order AS {number}
  FROM {table}
  WINDOW in_order AS (PARTITION BY {key} ORDER BY {time}, {event_id})),
edges AS (
  SELECT *, {begins} AS {is_first}, {ends} AS {is_last}
  FROM beside),
numbered AS (
  SELECT *, COUNT(*) FILTER (WHERE {is_first}) OVER (PARTITION BY {key} ORDER BY {time}, {event_id}
                                                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS {seq}
  FROM edges),
labelled AS MATERIALIZED (
  SELECT {key}, {time}, {event_id}{carried}, {number}, {is_first}, {is_last}, {seq},
         SUBSTR(MAX(CASE WHEN {is_first} THEN LPAD({seq}::TEXT, 19, '0') || MD5({texts}) END COLLATE \"C\")
           OVER (PARTITION BY {key} ORDER BY {time}, {event_id} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 20) AS {id}
  FROM numbered),
written AS (
  INSERT INTO {sessions} ({key}, {time}, {event_id}{carried}, session_id)
  SELECT {key}, {time}, {event_id}{carried}, {id} FROM labelled)
INSERT INTO {summary} (session_id, {key}, session_seq, {values})
SELECT MIN({id}), {shown_key}, {seq}, MIN({time}), MAX({time}), {duration}, MAX({number}) - MIN({number}) + 1,
       {first_id}, {last_id}
FROM labelled WHERE {is_first} OR {is_last} GROUP BY {key}, {seq}",
            sessions = self.names.sessions,
            summary = self.names.summary,
            values = SUMMARY_VALUES.join(", "),
            shown_key = shown_key.join(", "),
            first_id = first(&event_id),
            last_id = last(&event_id),
        )
    }
}
