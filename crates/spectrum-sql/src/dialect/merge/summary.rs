//! One row per session, made from the rows of its spans. No label goes back to an event, so nothing is sent
//! to all machines.

use super::super::Unsupported;
use super::super::columns::Columns;
use super::super::expressions::Expressions;
use super::super::merging::Merging;
use super::super::session_id::session_id;
use super::super::sessions::as_session_seq;
use super::spans::{Kept, Spans, spans};

/// From the events; see [`crate::dialect::summary_of_events_sql`].
pub(in crate::dialect) fn of_events(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<String, Unsupported> {
    summary(syntax, merging, columns, from, avoided, Ids::Computed)
}

/// From a relation of sessions, whose ids are taken; see [`crate::dialect::summary_sql`].
pub(in crate::dialect) fn of_sessions(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<String, Unsupported> {
    summary(syntax, merging, columns, from, avoided, Ids::There)
}

/// Where the sessions' ids come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    Computed,
    There,
}

fn summary(
    syntax: &dyn Expressions,
    merging: &dyn Merging,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
    ids: Ids,
) -> Result<String, Unsupported> {
    let (key, time, event_id) = (columns.key(), columns.time(), columns.event_id());
    let [of_span, from_time, to_time, count, first_event, last_event] = [
        "span_id",
        "span_first_time",
        "span_last_time",
        "span_events",
        "span_first_event",
        "span_last_event",
    ]
    .map(|name| columns.own(name));
    let aggregates = |instant: &str| {
        let id = match ids {
            Ids::Computed => String::new(),
            Ids::There => format!(",\n         MIN(session_id) AS {of_span}"),
        };
        let (first, last) = (merging.first_of(instant, &event_id), merging.last_of(instant, &event_id));
        format!(
            "{id},
         MIN({time}) AS {from_time}, MAX({time}) AS {to_time}, COUNT(*) AS {count},
         {first} AS {first_event},
         {last} AS {last_event}"
        )
    };
    let also = if ids == Ids::There { ", session_id" } else { "" };
    let kept = Kept { also, aggregates: &aggregates };
    let Spans { steps, last, start, end, number, .. } =
        spans(syntax, merging, columns, from, avoided, &kept)?;

    let partition = columns.partition(syntax);
    let grouped = columns.step("grouped", avoided);
    let [id, first, final_, started, ended, events, first_id, last_id] = [
        "id_of_session",
        "start_instant",
        "end_instant",
        "first_time",
        "last_time",
        "event_count",
        "first_id",
        "last_id",
    ]
    .map(|name| columns.own(name));
    let (taken_id, id) = match ids {
        Ids::Computed => (String::new(), session_id(syntax, columns, &number, &first)),
        Ids::There => (format!(", MIN({of_span}) AS {id}"), id),
    };
    let sum = syntax.bigint(&format!("SUM({count})"));
    let first_event = merging.id_in(&format!("MIN({first_event})"));
    let last_event = merging.id_in(&format!("MAX({last_event})"));
    let unit = columns.time_type(syntax).unit();
    let difference = format!("{final_} - {first}");
    let (duration, kind) = match syntax.interval(&difference, unit) {
        Some(interval) => (interval, "an interval".to_owned()),
        None => (difference, format!("a number of {unit}")),
    };
    let seq = as_session_seq(&number);
    Ok(format!(
        "\
{steps},
{grouped} AS (
  -- Of several events at the first or the last instant, the one with the smallest or the greatest id.
  SELECT {partition}, {number}, MIN({start}) AS {first}, MAX({end}) AS {final_}{taken_id},
         MIN({from_time}) AS {started}, MAX({to_time}) AS {ended}, {sum} AS {events},
         {first_event} AS {first_id},
         {last_event} AS {last_id}
  FROM {last}
  GROUP BY {partition}, {number})
-- duration is {kind}.
SELECT {id} AS session_id, {key}, {seq},
       {started} AS started_at, {ended} AS ended_at, {duration} AS duration,
       {events} AS events, {first_id} AS first_event_id, {last_id} AS last_event_id
FROM {grouped}"
    ))
}
