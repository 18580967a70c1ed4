//! What a comparison found, in words and as JSON.

use serde_json::{Value, json};
use spectrum_core::{Pause, Reason};
use spectrum_engine::{Compared, Comparison, Example, Place, SessionName, Side, Spread};

use super::sides::Sides;
use crate::commands::summary::figures_json;
use crate::exact_duration::{exactly, nanoseconds};
use crate::numbers::{count, counted, instant, seconds};
use crate::rule_words::{rules, why};
use crate::table::table;
use crate::unusual_times;

pub(super) fn as_text(comparison: &Comparison, sides: &Sides, names: [&str; 2]) -> String {
    let mut sections = vec![overview(comparison, sides, names), fates(comparison), figures(comparison)];
    if !comparison.examples.is_empty() {
        let lines = comparison.examples.iter().map(|example| in_words(example, comparison, sides));
        let which = if comparison.examples.len() == 1 {
            "For example"
        } else {
            "For example, the earliest of each kind"
        };
        sections.push(format!("{which}:\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    sections.join("\n\n")
}

fn overview(comparison: &Comparison, sides: &Sides, names: [&str; 2]) -> String {
    let (events, moved) = (comparison.events, comparison.moved);
    let mut lines = vec![format!("{} under two definitions", counted(events, "event", "events"))];
    for (letter, name, side) in [("A", names[0], &sides.a), ("B", names[1], &sides.b)] {
        let rule = written(side).join("; ");
        lines.push(if name == rule {
            format!("  {letter}        {name}")
        } else {
            format!("  {letter}        {name}: {rule}")
        });
    }
    let share = match events {
        0 => String::new(),
        events => format!(" ({})", percent(moved as f64 / events as f64)),
    };
    lines.push(format!(
        "  moved    {}{share}: in a session with other events, or in one on one side alone",
        counted(moved, "event", "events")
    ));
    if comparison.dropped > 0 {
        lines.push(format!("  left out {} without a time", counted(comparison.dropped, "event", "events")));
    }
    if comparison.dropped_null_keys > 0 {
        lines.push(format!(
            "  left out {} with a NULL in the key",
            counted(comparison.dropped_null_keys, "event", "events")
        ));
    }
    lines.join("\n")
}

/// The rule of a definition, setting by setting.
fn written(side: &Side) -> Vec<String> {
    if let Some(column) = &side.recorded {
        return vec![format!("sessions as recorded in {column}")];
    }
    let definition = &side.definition;
    let mut words = vec![format!("gap {}", definition.gap())];
    words.extend(rules(definition));
    words
}

/// A share to two digits after the point, and never none of what there is some of.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 0.005 => "less than 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    }
}

fn fates(comparison: &Comparison) -> String {
    let Comparison { a, b, .. } = comparison;
    let row = |name: &str, of: fn(&Compared) -> u64, means: &str| {
        [name.to_owned(), count(of(a)), count(of(b)), means.to_owned()]
    };
    let rows = [
        row("sessions", |side| side.figures.sessions, ""),
        row("same", |side| side.same, "the same events in both"),
        row("split", |side| side.split, "one of A is several of B"),
        row("merged", |side| side.merged, "several of A are one of B"),
        row("shifted", |side| side.shifted, "anything else"),
        row("no session", |side| side.not_taking_part + side.without_session, "events without one"),
    ];
    with_words(["", "A", "B", ""], &rows)
}

fn figures(comparison: &Comparison) -> String {
    let Comparison { a, b, .. } = comparison;
    let row = |name: &str, of: &dyn Fn(&Compared) -> Option<String>| {
        let word = |side: &Compared| of(side).unwrap_or_else(|| "-".to_owned());
        [name.to_owned(), word(a), word(b)]
    };
    let length =
        |of: fn(Spread) -> f64| move |side: &Compared| side.figures.seconds.map(|spread| seconds(of(spread)));
    let events = |of: fn(Spread) -> f64| {
        move |side: &Compared| side.figures.events.map(|spread| format!("{:.2}", of(spread)))
    };
    table(
        ["", "A", "B"],
        1,
        &[
            row("length, average", &length(|spread| spread.average)),
            row("length, median", &length(|spread| spread.median)),
            row("length, longest", &length(|spread| spread.max)),
            row("events per session, average", &events(|spread| spread.average)),
            row("events per session, median", &events(|spread| spread.median)),
            row("single-event sessions", &|side| Some(count(side.figures.single_event_sessions))),
        ],
    )
}

/// A table whose last column says what the row means.
fn with_words(header: [&str; 4], rows: &[[String; 4]]) -> String {
    let numbers: Vec<[String; 3]> =
        rows.iter().map(|[name, a, b, _]| [name.clone(), a.clone(), b.clone()]).collect();
    let text = table([header[0], header[1], header[2]], 1, &numbers);
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let mut words = rows.iter().map(|[.., means]| means.as_str());
    let lines = text.lines().enumerate().map(|(at, line)| match at {
        0 | 1 => line.to_owned(),
        _ => {
            let pad = width - line.chars().count();
            let line = format!("{line}{:pad$}  {}", "", words.next().unwrap_or_default());
            line.trim_end().to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An example on two lines: where it is, and what either side does.
fn in_words(example: &Example, comparison: &Comparison, sides: &Sides) -> String {
    let columns = sides.a.definition.key().iter().zip(&example.key);
    let key = columns.map(|(name, value)| format!("{name} {}", value.as_deref().unwrap_or("NULL")));
    format!(
        "  {}  {}  event {}\n    {}",
        instant(example.instant, comparison.unit, comparison.zoned),
        key.collect::<Vec<_>>().join(", "),
        example.event_id.as_deref().unwrap_or("NULL"),
        does(example, comparison, sides),
    )
}

fn does(example: &Example, comparison: &Comparison, sides: &Sides) -> String {
    let called = |place: &Place| match &place.name {
        SessionName::Number(number) => count(*number),
        SessionName::Recorded(text) => text.clone(),
    };
    let begins = |letter: &str, place: &Place, side: &Side| {
        format!("{letter} starts session {}: {}", called(place), because(place, side, comparison))
    };
    let goes_on = |letter: &str, place: &Place| format!("{letter} goes on with session {}", called(place));
    let alone = |letter: &str, place: &Place, other: &str, without: &Side| {
        format!("{letter} has it in session {}, {other} in none: {}", called(place), left_out_by(without))
    };
    match (&example.a, &example.b) {
        (Some(a), Some(b)) if a.begins => format!("{}, {}", goes_on("B", b), begins("A", a, &sides.a)),
        (Some(a), Some(b)) => format!("{}, {}", goes_on("A", a), begins("B", b, &sides.b)),
        (Some(a), None) => alone("A", a, "B", &sides.b),
        (None, Some(b)) => alone("B", b, "A", &sides.a),
        (None, None) => String::new(),
    }
}

/// Why a session began, with the pause before it where that is the reason.
fn because(place: &Place, side: &Side, comparison: &Comparison) -> String {
    if side.recorded.is_some() {
        return "so it was recorded".to_owned();
    }
    let definition = &side.definition;
    let rule = definition.rule();
    match (place.started_by, place.pause) {
        (Reason::First, _) => "it is the first of its key that has one".to_owned(),
        (Reason::Gap, Some(pause)) => {
            let pause = nanoseconds(pause, comparison.unit);
            let than = match rule.pause(pause) {
                _ if !rule.gap_when().is_empty() => "longer than the last events allow".to_owned(),
                Pause::Longer { .. } => format!("longer than the gap of {}", rule.gap()),
                Pause::Equal | Pause::Shorter => format!("as long as the gap of {}", rule.gap()),
            };
            format!("the pause of {} is {than}", exactly(pause))
        }
        (Reason::SplitOn, _) => match rule.split_on() {
            [column] => format!("{column} changed"),
            columns => format!("one of {} changed", columns.join(", ")),
        },
        (reason, _) => why(reason, "it", &[], None, definition),
    }
}

/// Why an event has no session under a definition, as far as the definition says.
fn left_out_by(side: &Side) -> String {
    if let Some(column) = &side.recorded {
        return format!("{column} is NULL");
    }
    let rule = side.definition.rule();
    let has_passive = rule.passive_when().is_some() || rule.ignore_when().is_some();
    let passive = "it is passive or ignored where no session holds";
    match (rule.takes_part(), has_passive) {
        (Some(condition), false) => format!("it takes no part (where {condition})"),
        (Some(condition), true) => format!("it takes no part (where {condition}), or {}", &passive[3..]),
        (None, _) => passive.to_owned(),
    }
}

pub(super) fn as_json(comparison: &Comparison, sides: &Sides, names: [&str; 2]) -> Value {
    let side = |name: &str, by: &Side, side: &Compared| {
        let ruled = by.recorded.is_none().then_some(&by.definition);
        let mut object = figures_json(&side.figures);
        let more = json!({
            "definition": name,
            "recorded": by.recorded,
            "gap": ruled.map(|definition| definition.gap().to_string()),
            "rules": ruled.map(rules),
            "same": side.same,
            "split": side.split,
            "merged": side.merged,
            "shifted": side.shifted,
            "not_taking_part": side.not_taking_part,
            "without_session": side.without_session,
        });
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    };
    let place = |place: &Place| {
        let (name, started_by) = match &place.name {
            SessionName::Number(number) => (json!(number), Some(place.started_by.name())),
            SessionName::Recorded(text) => (json!(text), None),
        };
        json!({
            "session": name,
            "starts": place.begins,
            "started_by": started_by,
            "pause_seconds": place.pause.map(|pause| nanoseconds(pause, comparison.unit) as f64 / 1e9),
        })
    };
    let example = |example: &Example| {
        let key: serde_json::Map<String, Value> = sides
            .a
            .definition
            .key()
            .iter()
            .cloned()
            .zip(example.key.iter().map(|value| json!(value)))
            .collect();
        json!({
            "event_id": example.event_id,
            "key": key,
            "time": instant(example.instant, comparison.unit, comparison.zoned),
            "a": example.a.as_ref().map(place),
            "b": example.b.as_ref().map(place),
            "in_words": does(example, comparison, sides),
        })
    };
    json!({
        "events": comparison.events,
        "moved": comparison.moved,
        "moved_share": (comparison.events > 0).then(|| comparison.moved as f64 / comparison.events as f64),
        "dropped_null_time": comparison.dropped,
        "dropped_null_key": comparison.dropped_null_keys,
        "unusual_times": unusual_times::as_json(comparison.unusual_times.as_ref()),
        "a": side(names[0], &sides.a, &comparison.a),
        "b": side(names[1], &sides.b, &comparison.b),
        "examples": comparison.examples.iter().map(example).collect::<Vec<_>>(),
    })
}
