//! `spectrum explain`: why an event started its session, or joined it.

mod in_state;

use std::path::PathBuf;

use anyhow::Result;
use arrow_schema::TimeUnit;
use clap::Args;
use serde_json::{Value, json};
use spectrum_core::{Pause, Reason, SessionDefinition};
use spectrum_engine::{
    ExplainOptions, ExplainedEvent, Explanation, InSession, Neighbour, NullKey, Standing, explain,
};

use super::print;
use crate::definition::DefinitionFlags;
use crate::exact_duration::{exactly, exactly_by, nanoseconds};
use crate::inputs::{ReadingFlags, ThreadFlags, TypeFlags, UselessTypeFlags};
use crate::interrupt::watched;
use crate::numbers::{count, counted, instant};
use crate::progress::Progress;
use crate::rule_words::{TooLong, why};
use crate::visible::visible_lines;
use crate::{found_unit, unusual_times};

/// Say why an event started or joined its session
///
/// Shows the events of the same key before and after it, how far away they are to the unit of the data, and how
/// that compares with the gap. Ids are compared as text: integers in decimal, uuids in lower case with hyphens.
/// Events without a time belong to no session; the others are explained as if they were not there.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files, folders or patterns (Parquet, CSV, NDJSON or JSON; text may be .gz or .zst), the folder of a Delta table, or -
    /// for standard input
    #[arg(value_name = "INPUT", required_unless_present = "session")]
    inputs: Vec<String>,
    #[command(flatten)]
    reading: ReadingFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    /// Id of the event to explain
    #[arg(short, long, value_name = "ID", allow_hyphen_values = true, required_unless_present = "session")]
    event: Option<String>,
    /// Explain it by the sessions of the state that `spectrum run --state` keeps: as they are if the event's file was taken, or
    /// else as the next run would find them; what a session is, the state says
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// With --state, explain the session that has this id, or that it leads to
    #[arg(long, value_name = "ID", requires = "state", conflicts_with_all = ["inputs", "event"])]
    session: Option<String>,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the explanation as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum explain events.parquet --event 7d9f3c52-5a0e-4d8f-9c39-0f1c6a6f2b11
  spectrum explain 'lake/date=2026-01-*/*.parquet' --event 184467 --gap 15m
  spectrum explain clicks.csv --event-id click --event c-17 --key visitor --time at
  spectrum explain today.csv --event 184467 --state state/
  spectrum explain --session 5f3a0c2e9d7b41866f0e2a9c8d1b7e54 --state state/

A state keeps sessions and no events: with --state the sessions before and after are told, and not the events.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.types.refuse("explain writes none")?;
    if let Some(folder) = &arguments.state {
        return in_state::run(arguments, folder);
    }
    let event = arguments.event.as_deref().unwrap_or_default();
    let (definition, unit) = arguments.definition.resolve_by_events()?;
    let input = arguments.reading.find(&arguments.inputs, unit, &TypeFlags::default())?;
    let mut options = ExplainOptions::default();
    options.threads = arguments.threads.count();
    let watch = watched();
    let progress = Progress::show(&watch, arguments.quiet);
    let done = explain(&input, &definition, event, &options, &watch);
    drop(progress);
    let explanation = done?;
    found_unit::tell(explanation.found_unit, definition.time(), arguments.quiet);
    unusual_times::warn(explanation.unusual_times.as_ref(), definition.time());
    let text = match arguments.json {
        true => as_json(&explanation, &definition, event).to_string(),
        false => visible_lines(&as_text(&explanation, &definition, event, arguments.reading.null_key())),
    };
    Ok(print(&text)?)
}

/// An explanation as JSON and in words.
pub(crate) fn both(
    explanation: &Explanation,
    definition: &SessionDefinition,
    event: &str,
    null_key: NullKey,
) -> (Value, String) {
    let text = visible_lines(&as_text(explanation, definition, event, null_key));
    (as_json(explanation, definition, event), text)
}

fn as_text(
    explanation: &Explanation,
    definition: &SessionDefinition,
    event_id: &str,
    null_key: NullKey,
) -> String {
    let shown = explanation.events.len() as u64;
    let mut sections = Vec::new();
    if explanation.found > 1 {
        let which = if shown < explanation.found {
            format!("; the first {shown} of them")
        } else {
            "; each of them".to_owned()
        };
        let found = count(explanation.found);
        sections.push(format!("{found} events have {} '{event_id}'{which}:", definition.event_id()));
    }
    let texts =
        explanation.events.iter().map(|event| event_text(event, explanation, definition, event_id, null_key));
    sections.extend(texts);
    sections.join("\n\n")
}

fn event_text(
    event: &ExplainedEvent,
    explanation: &Explanation,
    definition: &SessionDefinition,
    event_id: &str,
    null_key: NullKey,
) -> String {
    let Some(session) = &event.session else {
        return without_session(event, explanation, definition, event_id, null_key);
    };
    let at = |time| instant(time, explanation.unit, explanation.zoned);
    let unit = explanation.unit;
    let did = if session.started() { "started" } else { "joined" };
    let mut lines = vec![
        format!(
            "event {event_id} {did} session {} of {} of its key",
            count(session.number),
            count(session.of)
        ),
        key_lines(event, definition),
        format!("  time      {} ({})", at(session.instant), event.whereabouts),
    ];
    if session.others_at_instant > 0 {
        let others = counted(session.others_at_instant, "other event shares", "other events share");
        lines.push(format!("            {others} this instant; events of one instant are one moment"));
    }
    match &session.previous {
        None if session.passed_over => {
            lines.push(
                "  previous  none that counts: what came before is passive or ignored, and no session held"
                    .to_owned(),
            );
        }
        None => {
            lines.push("  previous  none: it is the first of its key, so it started a session".to_owned())
        }
        Some(previous) => {
            lines.push(format!("  previous  {}", who(previous)));
            lines.push(format!("            at {}, {} before", at(previous.instant), length(previous, unit)));
            lines.extend(allowing(previous, definition));
            if session.passed_over {
                lines
                    .push("            what came in between is passive or ignored and had no say".to_owned());
            }
            if definition.rule().is_plain_gap() {
                let so = if previous.joined { "it joined" } else { "it started a session" };
                lines.push(format!("            that is {}, so {so}", compared(previous, unit, definition)));
            }
        }
    }
    match &session.next {
        None => {
            lines.push("  next      none: it is the last of its key, so the session ends here".to_owned())
        }
        Some(next) => {
            lines.push(format!("  next      {}", who(next)));
            lines.push(format!("            at {}, {} after", at(next.instant), length(next, unit)));
            let so = if next.joined { "it joins the same session" } else { "the session ends here" };
            if definition.rule().is_plain_gap() {
                lines.push(format!("            that is {}, so {so}", compared(next, unit, definition)));
            } else {
                lines.push(format!(
                    "            {}",
                    if next.joined { so } else { "it is not in this session" }
                ));
            }
        }
    }
    if !definition.rule().is_plain_gap() {
        let (so, first) = match (session.started(), session.others_at_instant) {
            (true, 0) => ("it started the session", "it"),
            (true, _) => ("it started the session", "its moment"),
            (false, _) => ("the session started", "its first moment"),
        };
        let too_long = session
            .previous
            .as_ref()
            .filter(|_| session.started())
            .map(|previous| TooLong { pause: length(previous, unit), allowed: previous.allowed });
        let why = why(session.started_by, first, &session.changes, too_long, definition);
        lines.push(format!("  reason    {}: {so} because {why}", session.started_by));
        let others = session.reasons.iter().filter(|reason| *reason != session.started_by);
        let others: Vec<&str> = others.map(Reason::name).collect();
        if !others.is_empty() {
            lines.push(format!("            {} would have started one there too", others.join(", ")));
        }
    }
    lines.push(format!("  session   {}", session.id.map_or_else(null_id, |id| id.to_string())));
    let events = counted(session.events, "event", "events");
    if session.start == session.end {
        lines.push(format!("            {events} at {}", at(session.start)));
    } else {
        let lasting = exactly(nanoseconds(session.end.abs_diff(session.start), unit));
        lines.push(format!("            {events} in {lasting}"));
        lines.push(format!("            {} to {}", at(session.start), at(session.end)));
    }
    if !definition.rule().is_plain_gap() {
        lines.push(match session.ended_by {
            Some(reason) => {
                format!("            ended by {reason}, which began session {}", count(session.number + 1))
            }
            None => "            the latest of its key".to_owned(),
        });
    }
    if event.null_times > 0 {
        let ignored = counted(event.null_times, "event of this key has", "events of this key have");
        lines.push(format!("  ignored   {ignored} no time"));
    }
    lines.join("\n")
}

/// An event that belongs to no session, and why.
fn without_session(
    event: &ExplainedEvent,
    explanation: &Explanation,
    definition: &SessionDefinition,
    event_id: &str,
    null_key: NullKey,
) -> String {
    let unit = explanation.unit;
    let at = |time| instant(time, unit, explanation.zoned);
    let is_left_out_by_key = null_key != NullKey::Group && event.key.contains(&None);
    let mut place = format!("  place     {}", event.whereabouts);
    let mut more = Vec::new();
    let why = match event.standing {
        None if is_left_out_by_key => "has a NULL in its key, and those are left out".to_owned(),
        None => format!("has no time ({} is NULL)", definition.time()),
        Some(Standing::Outside) => {
            let condition = definition.rule().takes_part().map(ToString::to_string);
            format!("takes no part (where {})", condition.unwrap_or_default())
        }
        Some(standing) => {
            let what = if standing == Standing::Ignored { "ignored" } else { "passive" };
            let left_out = event.left_out.as_ref();
            if let Some(left_out) = left_out {
                place = format!("  time      {} ({})", at(left_out.instant), event.whereabouts);
            }
            match left_out.and_then(|left_out| left_out.after.as_ref().map(|ended| (left_out, ended))) {
                None => format!("is {what}, and no session of its key had begun"),
                Some((left_out, ended)) => {
                    let pause = exactly(nanoseconds(left_out.instant.abs_diff(ended.end), unit));
                    more.push(format!(
                        "  session   {} ended at {}, {pause} before",
                        ended.number,
                        at(ended.end)
                    ));
                    let too_long = ended.allowed.map(|allowed| TooLong { pause, allowed });
                    let why = why(ended.by, "it", &[], too_long, definition);
                    more.push(format!("  reason    {}: {why}", ended.by));
                    format!("is {what}, and session {} of its key had ended", count(ended.number))
                }
            }
        }
    };
    let mut lines = vec![
        format!("event {event_id} {why}, so it belongs to no session"),
        key_lines(event, definition),
        place,
    ];
    lines.append(&mut more);
    lines.join("\n")
}

/// Which gap counts after the moment before, where gaps differ.
fn allowing(previous: &Neighbour, definition: &SessionDefinition) -> Option<String> {
    let rule = definition.rule();
    let gap = previous.allowed.gap;
    (!rule.gap_when().is_empty()).then(|| match previous.allowed.when(rule) {
        Some(when) => format!("            gap_when allows {gap} after it ({when})"),
        None => format!("            the gap of {gap} counts after it"),
    })
}

fn null_id() -> String {
    "NULL, because a key column is NULL (--id encoded gives it an id)".to_owned()
}

/// The columns of the key, a line each, with their names.
fn key_lines(event: &ExplainedEvent, definition: &SessionDefinition) -> String {
    let columns = definition.key().iter().zip(&event.key).enumerate();
    let lines = columns.map(|(at, (name, value))| {
        let role = if at == 0 { "key" } else { "" };
        let value = value.as_ref().map_or("is NULL".to_owned(), |value| format!("= {value}"));
        format!("  {role:8}  {name} {value}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The events of a neighbouring moment, in words.
fn who(moment: &Neighbour) -> String {
    let first = moment.event_id.as_deref().unwrap_or("NULL");
    match moment.events {
        1 => format!("event {first}"),
        more => format!("event {first} and {} at that instant", counted(more - 1, "other", "others")),
    }
}

fn length(neighbour: &Neighbour, unit: TimeUnit) -> String {
    exactly(nanoseconds(neighbour.distance, unit))
}

/// How a pause compares with the gap.
fn compared(neighbour: &Neighbour, unit: TimeUnit, definition: &SessionDefinition) -> String {
    let gap = definition.gap();
    match definition.rule().pause(nanoseconds(neighbour.distance, unit)) {
        Pause::Shorter => format!("not longer than the gap of {gap}"),
        Pause::Equal => format!("exactly the gap of {gap}, which is not longer"),
        Pause::Longer { by } => format!("longer than the gap of {gap} by {}", exactly_by(by)),
    }
}

fn as_json(explanation: &Explanation, definition: &SessionDefinition, event_id: &str) -> Value {
    let events: Vec<Value> =
        explanation.events.iter().map(|event| event_json(event, explanation, definition)).collect();
    json!({
        "event_id": event_id,
        "found": explanation.found,
        "gap": definition.gap().to_string(),
        "gap_seconds": definition.gap().nanoseconds() as f64 / 1e9,
        "unusual_times": unusual_times::as_json(explanation.unusual_times.as_ref()),
        "events": events,
    })
}

fn event_json(event: &ExplainedEvent, explanation: &Explanation, definition: &SessionDefinition) -> Value {
    let key: serde_json::Map<String, Value> =
        definition.key().iter().cloned().zip(event.key.iter().map(|value| json!(value))).collect();
    let at = |time| instant(time, explanation.unit, explanation.zoned);
    let mut object = json!({
        "place": event.whereabouts,
        "key": key,
        "null_times_of_key": event.null_times,
        "standing": event.standing.map(standing_name),
    });
    let Some(session) = &event.session else {
        object["time"] = json!(event.left_out.as_ref().map(|left_out| at(left_out.instant)));
        object["session"] = Value::Null;
        let ended = event.left_out.as_ref().and_then(|left_out| left_out.after.as_ref());
        object["after_session"] = json!(ended.map(|ended| {
            json!({ "number": ended.number, "end": at(ended.end), "ended_by": ended.by.name() })
        }));
        return object;
    };
    let moment = |moment: &Neighbour| {
        let pause = nanoseconds(moment.distance, explanation.unit);
        json!({
            "event_id": moment.event_id,
            "time": at(moment.instant),
            "events": moment.events,
            "pause": exactly(pause),
            "pause_seconds": pause as f64 / 1e9,
            "gap": moment.allowed.gap.to_string(),
            "longer_than_gap": pause > u128::from(moment.allowed.gap.nanoseconds()),
            "same_session": moment.joined,
        })
    };
    object["time"] = json!(at(session.instant));
    object["others_at_instant"] = json!(session.others_at_instant);
    object["started"] = json!(session.started());
    object["previous"] = json!(session.previous.as_ref().map(moment));
    object["next"] = json!(session.next.as_ref().map(moment));
    object["session"] = session_json(session, explanation);
    object
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Passive => "passive",
        Standing::Ignored => "ignored",
        Standing::Outside => "takes_no_part",
    }
}

fn session_json(session: &InSession, explanation: &Explanation) -> Value {
    let at = |time| instant(time, explanation.unit, explanation.zoned);
    let length = nanoseconds(session.end.abs_diff(session.start), explanation.unit);
    json!({
        "id": session.id.map(|id| id.to_string()),
        "number": session.number,
        "of": session.of,
        "events": session.events,
        "start": at(session.start),
        "end": at(session.end),
        "length_seconds": length as f64 / 1e9,
        "started_by": session.started_by.name(),
        "ended_by": session.ended_by.map(Reason::name),
        "reasons": session.reasons.iter().map(Reason::name).collect::<Vec<_>>(),
    })
}
