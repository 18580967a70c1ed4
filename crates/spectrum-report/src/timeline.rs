//! What happened to some keys on their last days: a row per day, a band per session, and a stroke per event.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::chart::{Section, Short, WIDTH, figures};
use crate::escape::{Text, Value, plain};
use crate::figures::{Instant, Report, Timeline, TimelineSession, Zone};
use crate::numbers::{count, counted, date_and_clock, instant};

const ROW: f64 = 22.0;
const DAY: i128 = 86_400_000_000_000;
/// Strokes that are closer than this, in units of the width, are one.
const NEAR: f64 = 1.5;
const COLORS: u64 = 3;

pub(crate) fn timelines(report: &Report) -> String {
    if report.timelines.is_empty() {
        return String::new();
    }
    let zone = match report.zone {
        Zone::Utc => "in UTC",
        Zone::AsWritten => "as they are written",
    };
    let drawn = format!(
        "Each row is a day from 0 to 24 o'clock, times {zone}. A band is a session, a stroke within is an event; neighbouring \
         sessions differ in colour, and each says why it began"
    );
    let all: String = report.timelines.iter().map(|timeline| one(timeline, &report.key_columns)).collect();
    Section { anchor: "timelines", heading: "What single keys did", drawn: &drawn, class: "whole" }
        .draw(&format!("<div class=\"timelines\">{all}</div>"))
}

/// What is drawn of one session on one day.
#[derive(Default)]
struct OfDay<'a> {
    sessions: Vec<(&'a TimelineSession, Vec<i128>)>,
}

fn one(timeline: &Timeline, columns: &[String]) -> String {
    let mut days: BTreeMap<i128, OfDay<'_>> = BTreeMap::new();
    for session in &timeline.sessions {
        for instant in &session.instants {
            let of_day = days.entry(instant.0.div_euclid(DAY)).or_default();
            match of_day.sessions.last_mut() {
                Some((last, instants)) if last.number == session.number => instants.push(instant.0),
                _ => of_day.sessions.push((session, vec![instant.0])),
            }
        }
    }
    let height = days.len() as f64 * ROW;
    let (mut bands, mut labels) = (String::new(), String::new());
    for (row, (day, of_day)) in days.iter().enumerate() {
        let top = row as f64 * ROW;
        let _ = write!(
            labels,
            "<text x=\"-8\" y=\"{}\" dy=\"4\">{}</text>",
            Short(top + ROW / 2.0),
            Text(&day_label(*day))
        );
        for (session, instants) in &of_day.sessions {
            bands += &band(session, instants, *day, top);
        }
    }
    let label = format!(
        "The last days of the key {}: {}.",
        plain(&timeline.key),
        counted(timeline.sessions.len() as u64, "session", "sessions")
    );
    let mut svg = format!(
        "<div class=\"chart\"><svg class=\"plot line\" role=\"img\" aria-label=\"{}\" width=\"100%\" height=\"{}\"><g class=\"grid\">",
        Text(&label),
        Short(height + 20.0)
    );
    for hour in [0, 6, 12, 18, 24] {
        let x = Short(f64::from(hour) / 0.24);
        let _ = write!(svg, "<line x1=\"{x}%\" x2=\"{x}%\" y2=\"{}\"/>", Short(height));
    }
    let _ = write!(
        svg,
        "</g><svg width=\"100%\" height=\"{0}\" viewBox=\"0 0 {WIDTH} {0}\" preserveAspectRatio=\"none\">{bands}</svg>\
         <g class=\"left\">{labels}</g><g class=\"below\">",
        Short(height.max(1.0))
    );
    for hour in [0, 6, 12, 18, 24] {
        let (x, y) = (Short(f64::from(hour) / 0.24), Short(height + 16.0));
        let _ = write!(svg, "<text x=\"{x}%\" y=\"{y}\">{hour:02}:00</text>");
    }
    svg.push_str("</g></svg></div>");
    let names = columns.iter().zip(&timeline.key);
    let key: Vec<String> = names
        .map(|(name, value)| {
            format!("<span class=\"name\"><bdi>{}</bdi></span> {}", Text(name), Value(value.as_deref()))
        })
        .collect();
    let (shown, all) = (timeline.sessions.len() as u64, timeline.all_sessions);
    let of = match shown < all {
        true => format!("the last {} of {}", counted(shown, "session", "sessions"), count(all)),
        false => counted(all, "session", "sessions"),
    };
    let table = figures(
        &format!("Sessions of {}", plain(&timeline.key)),
        &["Session", "From", "To", "Events", "Why it began"],
        timeline.sessions.iter().map(|session| {
            vec![
                count(session.number),
                instant(session.start, Zone::AsWritten),
                instant(session.end, Zone::AsWritten),
                count(session.events),
                session.why.clone(),
            ]
        }),
    );
    format!("<article><h3 class=\"key\">{} <small>{of}</small></h3>{svg}{table}</article>", key.join(" · "))
}

/// A session on a day.
fn band(session: &TimelineSession, instants: &[i128], day: i128, top: f64) -> String {
    let begins = day * DAY;
    let x = |instant: i128| (instant - begins) as f64 / DAY as f64 * WIDTH;
    let from = x(session.start.0.max(begins));
    let to = x(session.end.0.min(begins + DAY));
    let mut strokes = String::new();
    let mut last = f64::NEG_INFINITY;
    for one in instants {
        let at = x(*one);
        if at - last >= NEAR {
            let _ = write!(strokes, "M{} {}v{}", Short(at), Short(top + 4.0), Short(ROW - 8.0));
            last = at;
        }
    }
    let says = format!(
        "Session {}: {} to {}, {}. {}",
        count(session.number),
        instant(session.start, Zone::AsWritten),
        instant(session.end, Zone::AsWritten),
        counted(session.events, "event", "events"),
        session.why
    );
    let (x, y, width) = (Short(from), Short(top + 4.0), Short((to - from).max(0.0)));
    let height = Short(ROW - 8.0);
    format!(
        "<g class=\"m s{}\"><title>{}</title><rect class=\"hit\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\"/>\
         <rect class=\"band\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/><path d=\"{strokes}\"/></g>",
        session.number % COLORS,
        Text(&says),
        Short(top),
        Short(ROW)
    )
}

fn day_label(day: i128) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    // 1970 began on a Thursday.
    let weekday = DAYS[(day + 3).rem_euclid(7) as usize];
    match date_and_clock(Instant(day * DAY)) {
        Some((date, _)) => format!("{weekday} {date}"),
        None => format!("day {day}"),
    }
}
