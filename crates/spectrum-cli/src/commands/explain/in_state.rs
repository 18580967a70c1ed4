//! The same by the sessions of a state, as far as it knows them.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use spectrum_core::{Pause, Reason, SessionDefinition};
use spectrum_engine::{EventInState, PlacedSession, SessionInPlace, State};

use super::Arguments;
use crate::commands::print;
use crate::exact_duration::{exactly, exactly_by, nanoseconds};
use crate::inputs::TypeFlags;
use crate::interrupt::watched;
use crate::numbers::{count, counted, instant};
use crate::progress::Progress;
use crate::rule_words::why;
use crate::visible::visible_lines;

pub(super) fn run(arguments: &Arguments, folder: &Path) -> Result<()> {
    let watch = watched();
    let progress = Progress::show(&watch, arguments.quiet);
    let told = State::look(folder, |state| match &arguments.session {
        Some(id) => of_session(arguments, state, folder, id.trim()),
        None => of_event(arguments, state),
    });
    drop(progress);
    Ok(print(&visible_lines(&told?))?)
}

fn of_session(arguments: &Arguments, state: &State, folder: &Path, id: &str) -> Result<String> {
    let (definition, _) = arguments.definition.resolve_over(state.definition())?;
    state.check_definition(&definition, state.null_key(arguments.reading.null_key()))?;
    let Some(place) = state.explain_id(id)? else {
        bail!("no session in {} has the id '{id}', and none is known to have had it", folder.display());
    };
    if arguments.json {
        return Ok(json!({ "id": id, "place": place_json(&place, &definition) }).to_string());
    }
    let now = place.session.id.as_deref().filter(|now| *now != id);
    let leads = now.map_or_else(String::new, |now| format!(", which leads to {now},"));
    let head = format!(
        "{id}{leads} is session {} of {} of its key, after run {}",
        count(place.session.number),
        count(place.of),
        count(place.run)
    );
    Ok([vec![head], lines(&place, &definition, None)].concat().join("\n"))
}

fn of_event(arguments: &Arguments, state: &State) -> Result<String> {
    let (definition, unit) = arguments.definition.resolve_over(state.definition())?;
    state.check_definition(&definition, state.null_key(arguments.reading.null_key()))?;
    let event = arguments.event.as_deref().unwrap_or_default();
    let input = arguments.reading.find(&arguments.inputs, unit, &TypeFlags::default())?;
    let threads = arguments.threads.count();
    let events = state.explain_event(&input, definition.event_id(), event, threads, &watched())?;
    if arguments.json {
        let events: Vec<Value> = events
            .iter()
            .map(|event| {
                let at =
                    |place: &SessionInPlace| event.instant.map(|at| instant(at, place.unit, place.zoned));
                json!({
                    "place_in_file": event.whereabouts,
                    "time": event.place.as_ref().and_then(at),
                    "is_taken": event.is_taken,
                    "place": event.place.as_ref().map(|place| place_json(place, &definition)),
                })
            })
            .collect();
        return Ok(json!({ "event_id": event, "events": events }).to_string());
    }
    let sections: Vec<String> = events.iter().map(|found| event_text(event, found, &definition)).collect();
    Ok(sections.join("\n\n"))
}

fn event_text(event: &str, found: &EventInState, definition: &SessionDefinition) -> String {
    let (Some(place), Some(at)) = (&found.place, found.instant) else {
        let whereabouts = &found.whereabouts;
        return format!(
            "event {event} has no time or takes no part, so it belongs to no session\n  place     {whereabouts}"
        );
    };
    let session = format!("session {} of {} of its key", count(place.session.number), count(place.of));
    let run = place.run;
    let head = match (found.is_taken, at == place.session.start) {
        (true, true) => format!("event {event} begins {session}, after run {}", count(run)),
        (true, false) => format!("event {event} is in {session}, after run {}", count(run)),
        (false, true) => {
            format!("event {event} would begin {session}, if run {} took its file", count(run + 1))
        }
        (false, false) => {
            format!("event {event} would be in {session}, if run {} took its file", count(run + 1))
        }
    };
    let time = format!("  time      {} ({})", instant(at, place.unit, place.zoned), found.whereabouts);
    [vec![head], lines(place, definition, Some(time))].concat().join("\n")
}

fn lines(place: &SessionInPlace, definition: &SessionDefinition, time: Option<String>) -> Vec<String> {
    let at = |time| instant(time, place.unit, place.zoned);
    let mut lines = Vec::new();
    for (at, (name, value)) in definition.key().iter().zip(&place.key).enumerate() {
        let role = if at == 0 { "key" } else { "" };
        let value = value.as_ref().map_or("is NULL".to_owned(), |value| format!("= {value}"));
        lines.push(format!("  {role:8}  {name} {value}"));
    }
    lines.extend(time);
    let session = &place.session;
    match &place.previous {
        None => lines.push("  previous  none: the state knows no earlier session of its key".to_owned()),
        Some(previous) => {
            let pause = nanoseconds(session.start.abs_diff(previous.end), place.unit);
            lines.push(format!("  previous  session {}", brief(previous, &at)));
            lines.push(format!(
                "            ended {} before: {}",
                exactly(pause),
                parted(session, pause, definition)
            ));
        }
    }
    match &place.next {
        None => lines.push("  next      none: the state knows no later session of its key".to_owned()),
        Some(next) => {
            let pause = nanoseconds(next.start.abs_diff(session.end), place.unit);
            lines.push(format!("  next      session {}", brief(next, &at)));
            lines.push(format!(
                "            began {} after: {}",
                exactly(pause),
                parted(next, pause, definition)
            ));
        }
    }
    let id =
        session.id.as_deref().unwrap_or("NULL, because a key column is NULL (--id encoded gives it an id)");
    lines.push(format!("  session   {id}"));
    let events = counted(session.events, "event", "events");
    lines.push(match session.start == session.end {
        true => format!("            {events} at {}", at(session.start)),
        false => {
            let length = exactly(nanoseconds(session.end.abs_diff(session.start), place.unit));
            format!("            {events} in {length}, {} to {}", at(session.start), at(session.end))
        }
    });
    lines
}

fn brief(session: &PlacedSession, at: &impl Fn(i64) -> String) -> String {
    let events = counted(session.events, "event", "events");
    let span = match session.start == session.end {
        true => format!("at {}", at(session.start)),
        false => format!("{} to {}", at(session.start), at(session.end)),
    };
    format!("{}: {events}, {span}", count(session.number))
}

/// What parted a session from the one before it.
fn parted(later: &PlacedSession, pause: u128, definition: &SessionDefinition) -> String {
    let gap = definition.gap();
    match later.started_by {
        Reason::Gap => match definition.rule().pause(pause) {
            Pause::Longer { by } => format!("longer than the gap of {gap} by {}", exactly_by(by)),
            Pause::Equal | Pause::Shorter => format!("no shorter than the gap of {gap}"),
        },
        reason => why(reason, "it", &[], None, definition),
    }
}

fn place_json(place: &SessionInPlace, definition: &SessionDefinition) -> Value {
    let at = |time| instant(time, place.unit, place.zoned);
    let session = |session: &PlacedSession| {
        json!({
            "id": session.id,
            "number": session.number,
            "start": at(session.start),
            "end": at(session.end),
            "events": session.events,
            "started_by": session.started_by.name(),
        })
    };
    let key: serde_json::Map<String, Value> =
        definition.key().iter().cloned().zip(place.key.iter().map(|value| json!(value))).collect();
    json!({
        "run": place.run,
        "key": key,
        "of": place.of,
        "session": session(&place.session),
        "previous": place.previous.as_ref().map(session),
        "next": place.next.as_ref().map(session),
    })
}
