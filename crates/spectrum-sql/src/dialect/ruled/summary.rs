//! One row per session, by the number that each event has. Events that are ignored count, but begin and end nothing.

use super::Ruled;
use super::steps::Steps;
use crate::dialect::Unsupported;
use crate::dialect::columns::Columns;
use crate::dialect::expressions::Expressions;
use crate::dialect::summary_columns::{self, read_by_summary};
use crate::query::SummaryQuery;

/// From a relation of sessions; see [`crate::dialect::summary_sql`].
pub(in crate::dialect) fn of_sessions(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SummaryQuery, Unsupported> {
    summary(&Ruled::new(syntax, columns, avoided), Steps::default(), from)
}

/// The same from the events.
pub(in crate::dialect) fn of_events(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<String, Unsupported> {
    let ruled = Ruled::new(syntax, columns, avoided);
    let mut steps = ruled.steps(from)?;
    let labelled = format!("{}\nFROM {}", ruled.selected(), steps.last);
    let labelled: Vec<String> = labelled.lines().map(|line| format!("  {line}")).collect();
    steps.push(columns.step("all_sessions", avoided), &labelled.join("\n"));
    let from = steps.last.clone();
    Ok(summary(&ruled, steps, &from)?.text)
}

fn summary(ruled: &Ruled<'_>, mut steps: Steps, from: &str) -> Result<SummaryQuery, Unsupported> {
    let (syntax, columns, instant) = (ruled.syntax, ruled.columns, &ruled.own.instant);
    let (key, time, event_id) = (columns.key(), columns.time(), columns.event_id());
    let ignores = ruled.rule.ignore_when().is_some();
    let ty = columns.time_type(syntax);
    let step = |name: &str| columns.step(name, ruled.avoided);
    let partition = format!("{}, session_seq", columns.partition(syntax));
    let ignored = ignores.then_some("ignored");
    let rows = summary_columns::Rows { instant, ignored, partition: &partition };
    let told = summary_columns::told(columns, &rows)?;
    let asked: String = told.asked.iter().map(|(sql, own)| format!(",\n         {sql} AS {own}")).collect();
    let read: String =
        read_by_summary(columns.definition).iter().map(|read| format!(", {}", columns.name(read))).collect();
    steps.push(
        step("times"),
        &format!(
            "  SELECT {key}, {time}, {event_id}, session_id, session_seq, started_by{}{read},\n         {} AS {instant}{}{asked}\n  FROM {from}\n  \
             WHERE session_seq IS NOT NULL",
            if ignores { ", ignored" } else { "" },
            syntax.number(&time, ty)?,
            columns.beside_key(syntax),
        ),
    );
    let heard = |value: &str| match ignores {
        true => format!("CASE WHEN NOT ignored THEN {value} END"),
        false => value.to_owned(),
    };
    let [first, end] = ["start_instant", "end_instant"].map(|name| columns.own(name));
    let edge = |function: &str| format!("{function}({}) OVER (PARTITION BY {partition})", heard(instant));
    let mut windows = vec![(edge("MIN"), first.clone()), (edge("MAX"), end.clone())];
    windows.extend(told.windows.iter().cloned());
    steps.add(step("edges"), "", &windows);
    let [id, started, ended, events, first_id, last_id, reason] = [
        "id_of_session",
        "first_time",
        "last_time",
        "event_count",
        "first_id",
        "last_id",
        "reason_of_session",
    ]
    .map(|name| columns.own(name));
    let id_at = |function: &str, edge: &str| {
        let heard = if ignores { "NOT ignored AND " } else { "" };
        let id = format!("CASE WHEN {heard}{instant} = {edge} THEN {event_id} END");
        syntax.extreme_id(function, &id, &columns.types.event_id)
    };
    let body = format!(
        "  -- Of several events at the first or the last instant, the one with the smallest or the greatest id.
  SELECT {key}, session_seq, {first}, {end},
         MIN(session_id) AS {id}, MIN({}) AS {started}, MAX({}) AS {ended}, COUNT(*) AS {events},
         {} AS {first_id},
         {} AS {last_id}, MIN(started_by) AS {reason}{}
  FROM {}
  GROUP BY {partition}, {first}, {end}",
        heard(&time),
        heard(&time),
        id_at("MIN", &first),
        id_at("MAX", &end),
        told.grouped(),
        steps.last,
    );
    steps.push(step("grouped"), &body);
    let difference = format!("{end} - {first}");
    let (duration, kind) = match syntax.interval(&difference, ty.unit()) {
        Some(interval) => (interval, "an interval".to_owned()),
        None => (difference, format!("a number of {}", ty.unit())),
    };
    let named_told = told.selected(columns);
    let selected = format!(
        "SELECT {id} AS session_id, {key}, session_seq,
       {started} AS started_at, {ended} AS ended_at, {duration} AS duration,
       {events} AS events, {first_id} AS first_event_id, {last_id} AS last_event_id, {reason} AS started_by{named_told}"
    );
    let selected = match told.seconds(columns, &format!("{end} - {first}")) {
        None => format!("{selected}\nFROM {}", steps.last),
        Some(seconds) => {
            let body = format!("{selected}{seconds}\nFROM {}", steps.last);
            let body: Vec<String> = body.lines().map(|line| format!("  {line}")).collect();
            steps.push(step("summarized"), &body.join("\n"));
            format!(
                "SELECT session_id, {key}, session_seq, started_at, ended_at, duration, events, first_event_id, last_event_id, \
                 started_by{}\nFROM {}",
                told.with_whens(columns)?,
                steps.last
            )
        }
    };
    let text = format!("{}\n-- duration is {kind}.\n{selected}", steps.with());
    let named = vec![first, end, id, started, ended, events, first_id, last_id, reason, instant.clone()];
    Ok(SummaryQuery { text, named })
}
