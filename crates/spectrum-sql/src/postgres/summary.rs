//! One row per session, from the sessions relation, which has one row per event.

use super::events::Events;
use super::ruled;
use crate::name::TableName;
use crate::query::SummaryQuery;

/// The columns after `session_id` and the key, in order.
pub const SUMMARY_COLUMNS: [&str; 7] =
    ["session_seq", "started_at", "ended_at", "duration", "events", "first_event_id", "last_event_id"];

/// `session_id`, the key columns and [`SUMMARY_COLUMNS`]; one row per session, in no order.
///
/// It reads the relation that [`super::sessions_query`] fills, not the events, so both always agree. Sessions
/// are found by the rule again rather than by grouping ids, because NULL keys have no id and ids can collide. Events
/// of equal time stand in the order of their ids, which settles the first and the last.
///
/// Under rules beyond the gap the times do not say where a session ends, so it groups by the number that every event of the
/// relation then has, and `started_by` is one more column.
pub fn summary_query(events: &Events<'_>, sessions: &TableName) -> String {
    summary_and_columns(events, sessions).text
}

/// The same, with the names of its columns.
pub(crate) fn summary_and_columns(events: &Events<'_>, sessions: &TableName) -> SummaryQuery {
    if !events.definition.is_plain() {
        return ruled::summary_query(events, &sessions.to_string());
    }
    let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
    let own = |name| events.own_name(name);
    let (previous, next, number) = (own("prev_occurred_at"), own("next_occurred_at"), own("event_number"));
    let (is_first, is_last) = (own("is_first"), own("is_last"));
    let (ended_at, last_event, last_number) = (own("last_occurred_at"), own("last_id"), own("last_number"));
    let (begins, ends) = (events.begins_session(&time, &previous), events.ends_session(&time, &next));
    let duration = events.difference(&ended_at, &time);
    let last_of = |column: &str, name: &str| {
        format!("CASE WHEN {is_last} THEN {column} ELSE LEAD({column}) OVER in_order END AS {name}")
    };
    let (last_time, last_id, last) =
        (last_of(&time, &ended_at), last_of(&event_id, &last_event), last_of(&number, &last_number));
    let text = format!(
        "\
WITH numbered AS (
  SELECT {key}, {time}, {event_id}, session_id,
         LAG({time}) OVER in_order AS {previous},
         LEAD({time}) OVER in_order AS {next},
         ROW_NUMBER() OVER in_order AS {number}
  FROM {sessions}
  WINDOW in_order AS (PARTITION BY {key} ORDER BY {time}, {event_id})),
edges AS (
  SELECT *, {begins} AS {is_first},
            {ends} AS {is_last}
  FROM numbered),
closed AS (
  SELECT *, {last_time},
            {last_id},
            {last}
  FROM edges
  WHERE {is_first} OR {is_last}
  WINDOW in_order AS (PARTITION BY {key} ORDER BY {number}))
SELECT session_id, {key},
       ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {number}) AS session_seq,
       {time} AS started_at, {ended_at} AS ended_at, {duration} AS duration,
       {last_number} - {number} + 1 AS events,
       {event_id} AS first_event_id, {last_event} AS last_event_id
FROM closed
WHERE {is_first}"
    );
    let named = vec![previous, next, number, is_first, is_last, ended_at, last_event, last_number];
    SummaryQuery { text, named }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spectrum_core::SessionDefinition;

    #[test]
    fn the_default() {
        let definition = SessionDefinition::default();
        let events = Events::new(&definition, TableName::parse("warehouse.fact_events").unwrap());
        let sessions = TableName::parse("analytics.mv_sessions").unwrap();
        insta::assert_snapshot!(summary_query(&events, &sessions), @r"
        WITH numbered AS (
          SELECT user_id, account_id, occurred_at, event_id, session_id,
                 LAG(occurred_at) OVER in_order AS prev_occurred_at,
                 LEAD(occurred_at) OVER in_order AS next_occurred_at,
                 ROW_NUMBER() OVER in_order AS event_number
          FROM analytics.mv_sessions
          WINDOW in_order AS (PARTITION BY user_id, account_id ORDER BY occurred_at, event_id)),
        edges AS (
          SELECT *, prev_occurred_at IS NULL OR occurred_at - prev_occurred_at > INTERVAL '30 minutes' AS is_first,
                    next_occurred_at IS NULL OR next_occurred_at - occurred_at > INTERVAL '30 minutes' AS is_last
          FROM numbered),
        closed AS (
          SELECT *, CASE WHEN is_last THEN occurred_at ELSE LEAD(occurred_at) OVER in_order END AS last_occurred_at,
                    CASE WHEN is_last THEN event_id ELSE LEAD(event_id) OVER in_order END AS last_id,
                    CASE WHEN is_last THEN event_number ELSE LEAD(event_number) OVER in_order END AS last_number
          FROM edges
          WHERE is_first OR is_last
          WINDOW in_order AS (PARTITION BY user_id, account_id ORDER BY event_number))
        SELECT session_id, user_id, account_id,
               ROW_NUMBER() OVER (PARTITION BY user_id, account_id ORDER BY event_number) AS session_seq,
               occurred_at AS started_at, last_occurred_at AS ended_at, last_occurred_at - occurred_at AS duration,
               last_number - event_number + 1 AS events,
               event_id AS first_event_id, last_id AS last_event_id
        FROM closed
        WHERE is_first
        ");
    }
}
