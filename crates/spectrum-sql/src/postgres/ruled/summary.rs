//! One row per session under rules beyond the gap, where the sessions relation has each event's number and reason.

use crate::postgres::SUMMARY_COLUMNS;
use crate::postgres::events::{Events, KeyComparison};
use crate::postgres::sessions::source_where;
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
    let Rows { step, from } = rows(events, sessions);
    let inner = format!(
        "\
SELECT MIN(session_id) AS session_id, {},
       session_seq,
       {first} AS started_at, {last} AS ended_at, {} AS duration,
       COUNT(*) AS events,
       (ARRAY_AGG({event_id} ORDER BY {time}, {event_id}){heard})[1] AS first_event_id,
       (ARRAY_AGG({event_id} ORDER BY {time} DESC, {event_id} DESC){heard})[1] AS last_event_id,
       MIN(started_by) AS started_by{}
FROM {from}
WHERE session_seq IS NOT NULL
GROUP BY {key}, session_seq",
        shown.join(", "),
        events.difference(&last, &first),
        events.aggregated("ignored"),
    );
    let columns = SUMMARY_COLUMNS.iter().map(|name| (*name).to_owned()).chain(["started_by".to_owned()]);
    let columns: Vec<String> = ["session_id".to_owned(), key].into_iter().chain(columns).collect();
    let text = format!("{step}{}", events.with_whens(inner, &columns));
    SummaryQuery { text, named: Vec::new() }
}

/// Where the summary reads its rows, and what stands before that.
struct Rows {
    step: String,
    from: String,
}

/// The rows of the sessions with all that the summary reads: those of the relation, and beside them the events where it does
/// not have it.
fn rows(events: &Events<'_>, sessions: &str) -> Rows {
    let missing: Vec<&str> = events.read_by_summary();
    let missing = missing.into_iter().filter(|name| !events.carried.iter().any(|carried| carried == name));
    let missing: String = missing.map(|name| format!(", e.{}", identifier(name))).collect();
    if missing.is_empty() {
        return Rows { step: String::new(), from: sessions.to_owned() };
    }
    let event_id = events.event_id_name();
    let (step, table) = source_where(events, None);
    let step = step.strip_suffix(",\n").map(|step| format!("WITH {step}\n")).unwrap_or_default();
    let from = format!(
        "(\n  SELECT s.*{missing}\n  FROM {sessions} s JOIN (SELECT * FROM {table}) e ON e.{event_id} = s.{event_id}) AS labelled"
    );
    Rows { step, from }
}
