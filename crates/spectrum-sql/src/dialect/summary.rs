//! The shared shape: one row per session.

use super::Unsupported;
use super::columns::Columns;
use super::expressions::Expressions;
use super::sessions::{Numbered, identified, numbered};
use crate::query::SummaryQuery;

/// One row per session, from a relation of sessions; see [`super::summary_sql`].
///
/// Sessions are found by the rule again rather than by grouping ids, because NULL keys have no id and ids can be
/// shared. Everything has a name of the query's own until the last step: where a name stands for a column and for a
/// result, engines differ in what they read.
pub(super) fn of_sessions(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SummaryQuery, Unsupported> {
    Ok(summary(syntax, columns, avoided, numbered(syntax, columns, from, avoided, ", session_id")?))
}

/// The same from the events.
pub(super) fn of_events(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<String, Unsupported> {
    let (mut numbered, id) = identified(syntax, columns, from, avoided)?;
    let named = columns.step("named", avoided);
    let step = format!(",\n{named} AS (\n  SELECT *, {id} AS session_id\n  FROM {})", numbered.last);
    numbered.steps += &step;
    numbered.last = named;
    Ok(summary(syntax, columns, avoided, numbered).text)
}

/// The rest, from the step whose rows have a number and an id.
fn summary(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    avoided: &[&str],
    numbered: Numbered,
) -> SummaryQuery {
    let seq = numbered.as_session_seq();
    let Numbered { steps, last, instant, number, mut named } = numbered;
    let (key, time, event_id) = (columns.key(), columns.time(), columns.event_id());
    let partition = columns.partition(syntax);
    let [edges, grouped] = ["edges", "grouped"].map(|name| columns.step(name, avoided));
    let [first, end] = ["start_instant", "end_instant"].map(|name| columns.own(name));
    let [id, started, ended, events, first_id, last_id] =
        ["id_of_session", "first_time", "last_time", "event_count", "first_id", "last_id"]
            .map(|name| columns.own(name));
    let id_at = |function: &str, edge: &str| {
        let id = format!("CASE WHEN {instant} = {edge} THEN {event_id} END");
        syntax.extreme_id(function, &id, &columns.types.event_id)
    };
    let (first_event, last_event) = (id_at("MIN", &first), id_at("MAX", &end));
    let unit = columns.time_type(syntax).unit();
    let difference = format!("{end} - {first}");
    let (duration, kind) = match syntax.interval(&difference, unit) {
        Some(interval) => (interval, "an interval".to_owned()),
        None => (difference, format!("a number of {unit}")),
    };
    let text = format!(
        "\
{steps},
{edges} AS (
  SELECT *, MIN({instant}) OVER (PARTITION BY {partition}, {number}) AS {first},
            MAX({instant}) OVER (PARTITION BY {partition}, {number}) AS {end}
  FROM {last}),
{grouped} AS (
  -- Of several events at the first or the last instant, the one with the smallest or the greatest id.
  SELECT {key}, {number}, {first}, {end},
         MIN(session_id) AS {id}, MIN({time}) AS {started}, MAX({time}) AS {ended}, COUNT(*) AS {events},
         {first_event} AS {first_id},
         {last_event} AS {last_id}
  FROM {edges}
  GROUP BY {partition}, {number}, {first}, {end})
-- duration is {kind}.
SELECT {id} AS session_id, {key}, {seq},
       {started} AS started_at, {ended} AS ended_at, {duration} AS duration,
       {events} AS events, {first_id} AS first_event_id, {last_id} AS last_event_id
FROM {grouped}"
    );
    named.extend([first, end, id, started, ended, events, first_id, last_id, "session_id".to_owned()]);
    SummaryQuery { text, named }
}
