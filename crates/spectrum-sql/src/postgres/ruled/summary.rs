//! One row per session under rules beyond the gap, where the sessions relation has each event's number and reason.

use crate::postgres::events::{Events, KeyComparison};
use crate::query::SummaryQuery;
use crate::quote::identifier;

/// [`crate::postgres::summary_query`] under such a rule, from a table or a step of a query. Events that are ignored count, but begin and end nothing.
pub(in crate::postgres) fn summary_query(events: &Events<'_>, sessions: &str) -> SummaryQuery {
    let (key, time, event_id) = (events.key_list(), events.time_name(), events.event_id_name());
    let heard = match events.definition.rule().ignore_when() {
        Some(_) => " FILTER (WHERE NOT ignored)",
        None => "",
    };
    // Values of citext that differ in case are one key, and the first event's is shown.
    let shown = events.definition.key().iter().zip(&events.key).map(|(name, ty)| {
        let name = identifier(name);
        match ty {
            KeyComparison::Plain => name,
            KeyComparison::CaseInsensitive => {
                format!("(ARRAY_AGG({name} ORDER BY {time}, {event_id}))[1] AS {name}")
            }
        }
    });
    let shown: Vec<String> = shown.collect();
    let (first, last) = (format!("MIN({time})"), format!("MAX({time}){heard}"));
    let text = format!(
        "\
SELECT MIN(session_id) AS session_id, {},
       session_seq,
       {first} AS started_at, {last} AS ended_at, {} AS duration,
       COUNT(*) AS events,
       (ARRAY_AGG({event_id} ORDER BY {time}, {event_id}){heard})[1] AS first_event_id,
       (ARRAY_AGG({event_id} ORDER BY {time} DESC, {event_id} DESC){heard})[1] AS last_event_id,
       MIN(started_by) AS started_by
FROM {sessions}
WHERE session_seq IS NOT NULL
GROUP BY {key}, session_seq",
        shown.join(", "),
        events.difference(&last, &first),
    );
    SummaryQuery { text, named: Vec::new() }
}
