//! Late data in words and as JSON.

use serde_json::{Value, json};
use spectrum_engine::{DELAY_BOUNDS, LateData};

use crate::numbers::{count, counted, seconds};
use crate::table::table;

/// The section of a summary: how late events are, a histogram, and what late ones would have changed.
pub(crate) fn as_text(late: &LateData, received: &str) -> String {
    let events = |number| counted(number, "event", "events");
    let mut lines = vec![format!(
        "Late data by {received}: {} of {} came after the midnight of their day{}",
        count(late.late),
        events(late.events),
        share(late),
    )];
    if let Some(delay) = late.delay {
        lines.push(format!(
            "  delay    {} on average, median {}, 95 % up to {}, longest {}",
            seconds(delay.average),
            seconds(delay.median),
            seconds(delay.p95),
            seconds(delay.max),
        ));
    }
    if late.early > 0 {
        lines
            .push(format!("  early    {} received before they happened (clocks differ)", events(late.early)));
    }
    if late.unknown > 0 {
        lines.push(format!("  unknown  {} without a {received}, taken as in time", events(late.unknown)));
    }
    let names =
        ["a minute", "an hour", "a day", "2 days", "a week", "30 days"].map(|name| format!("up to {name}"));
    let names = names.into_iter().chain(["longer".to_owned()]);
    let rows: Vec<[String; 2]> = names.zip(late.delays).map(|(name, events)| [name, count(events)]).collect();
    let sessions = |number| counted(number, "session", "sessions");
    let changes = &late.changes;
    format!(
        "{}\n\n{}\n\nHad sessions been computed at each of {}, late events would have\n  begun    {}\n  extended {}\n  \
         merged   {} into {}\n  split    none, which no late event can under this rule\n  changed  {} of id scheme sequence \
         or encoded, and {} of start",
        lines.join("\n"),
        table(["delay", "events"], 1, &rows),
        counted(late.midnights, "midnight", "midnights"),
        sessions(changes.begun),
        sessions(changes.extended),
        sessions(changes.merged),
        count(changes.merged_into),
        counted(changes.other_numbers, "id", "ids"),
        count(changes.other_starts),
    )
}

fn share(late: &LateData) -> String {
    match late.events {
        0 => String::new(),
        events => format!(" ({:.2} %)", 100.0 * late.late as f64 / events as f64),
    }
}

pub(crate) fn as_json(late: &LateData, received: &str) -> Value {
    let bounds = DELAY_BOUNDS.iter().map(Some).chain([None]);
    let delays =
        bounds.zip(late.delays).map(|(bound, events)| json!({ "up_to_seconds": bound, "events": events }));
    let changes = &late.changes;
    json!({
        "received": received,
        "events": late.events,
        "late": late.late,
        "received_before_time": late.early,
        "received_null": late.unknown,
        "delay_seconds": late.delay.map(|delay| json!({
            "average": delay.average, "median": delay.median, "p95": delay.p95, "max": delay.max,
        })),
        "delays": delays.collect::<Vec<_>>(),
        "midnights": late.midnights,
        "sessions_begun": changes.begun,
        "sessions_extended": changes.extended,
        "sessions_merged": changes.merged,
        "sessions_merged_into": changes.merged_into,
        "ids_changed": {
            "sequence": changes.other_numbers,
            "encoded": changes.other_numbers,
            "start": changes.other_starts,
        },
    })
}
