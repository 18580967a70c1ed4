//! The figures that come first.

use std::fmt::Write;

use crate::escape::Text;
use crate::figures::{Instant, Report, Zone};
use crate::numbers::{count, counted, instant, machine_time, seconds, share, to_tenths};

/// What was looked at, in a sentence.
pub(crate) fn sentence(report: &Report) -> String {
    let Some((first, last)) = report.span else {
        let events = counted(report.events, "event", "events");
        return format!("<p class=\"lead\">{events} in no session: there is nothing to be drawn.</p>");
    };
    let time = |at: Instant| {
        let text = instant(at, Zone::AsWritten);
        match machine_time(at, report.zone) {
            Some(machine) => format!("<time datetime=\"{}\">{}</time>", Text(&machine), Text(&text)),
            None => Text(&text).to_string(),
        }
    };
    let zone = if report.zone == Zone::Utc { " UTC" } else { "" };
    format!(
        "<p class=\"lead\">{} of {}, from {} to {}{zone}</p>",
        counted(report.sessions, "session", "sessions"),
        counted(report.keys, "key", "keys"),
        time(first),
        time(last)
    )
}

pub(crate) fn totals(report: &Report) -> String {
    let mut html = String::from("<dl class=\"totals\">");
    let mut tile = |name: &str, id: &str, value: f64, text: String, below: String| {
        let _ = write!(
            html,
            "<div><dt>{name}</dt><dd><data id=\"{id}\" value=\"{value}\">{text}</data>{below}</dd></div>"
        );
    };
    let number = |number: u64| (number as f64, count(number));
    let (value, text) = number(report.events);
    tile("Events", "events", value, text, String::new());
    let (value, text) = number(report.keys);
    tile("Keys", "keys-count", value, text, String::new());
    let (value, text) = number(report.sessions);
    let per_key = match report.keys {
        0 => String::new(),
        keys => format!("<small>{} per key</small>", to_tenths(report.sessions as f64 / keys as f64)),
    };
    tile("Sessions", "sessions", value, text, per_key);
    if let Some(length) = report.length {
        let below = format!(
            "<small>95 % up to <data id=\"length-p95\" value=\"{}\">{}</data>, longest <data id=\"length-max\" value=\"{}\">{}</data>, \
             average <data id=\"length-average\" value=\"{}\">{}</data></small>",
            length.p95,
            seconds(length.p95),
            length.max,
            seconds(length.max),
            length.average,
            seconds(length.average)
        );
        tile("Length, median", "length-median", length.median, seconds(length.median), below);
    }
    if let Some(size) = report.size {
        let below = format!(
            "<small>95 % up to <data id=\"size-p95\" value=\"{}\">{}</data>, most <data id=\"size-max\" value=\"{}\">{}</data>, \
             average <data id=\"size-average\" value=\"{}\">{}</data></small>",
            size.p95,
            count(size.p95 as u64),
            size.max,
            count(size.max as u64),
            size.average,
            to_tenths(size.average)
        );
        tile("Events per session, median", "size-median", size.median, to_tenths(size.median), below);
    }
    if report.sessions > 0 {
        let below = format!("<small>{} of all</small>", share(report.single_event_sessions, report.sessions));
        let (value, text) = number(report.single_event_sessions);
        tile("Sessions of one event", "single", value, text, below);
    }
    html.push_str("</dl>\n");
    html
}
