//! The keys with most sessions, and a box to search those that are in the page.

use crate::chart::Section;
use crate::escape::Value;
use crate::figures::{Instant, KeyFigures, Report};
use crate::numbers::{count, counted, date_and_clock, seconds};
use crate::table::{Cell, table};

pub(crate) fn keys(report: &Report, beside: &str) -> String {
    let Some(most) = report.top_keys.first() else { return String::new() };
    let (shown, all) = (report.top_keys.len() as u64, report.keys);
    let heading = match all {
        1 => format!("One key has {}", counted(most.sessions, "session", "sessions")),
        _ => format!("The busiest key has {}", counted(most.sessions, "session", "sessions")),
    };
    let drawn = match shown < all {
        true => format!("The {} of {} with most sessions", counted(shown, "key", "keys"), count(all)),
        false if all == 1 => "What its sessions come to".to_owned(),
        false => format!("All {} keys, those with most sessions first", count(all)),
    };
    let names = report.key_columns.iter().map(|name| (name.clone(), false));
    let figures = ["Sessions", "Events", "First", "Last", "Average length", "Longest"];
    let columns: Vec<_> = names.chain(figures.map(|name| (name.to_owned(), true))).collect();
    let row = |key: &KeyFigures| {
        let values = key.key.iter().map(|value| Cell::text(Value(value.as_deref()).to_string()));
        let at = |time| Cell::number(minute(time), time.0 as f64);
        let length = |length: f64| Cell::number(seconds(length), length);
        let number = |number: u64| Cell::number(count(number), number as f64);
        values
            .chain([
                number(key.sessions),
                number(key.events),
                at(key.first),
                at(key.last),
                length(key.average),
                length(key.longest),
            ])
            .collect()
    };
    let search = "<p class=\"search\" hidden><label for=\"search\">Search the keys in this page</label> <input id=\"search\" \
                  type=\"search\" autocomplete=\"off\"> <output id=\"found\" for=\"search\"></output></p>";
    let table = table("Keys with most sessions", &columns, report.top_keys.iter().map(row));
    Section { anchor: "keys", heading: &heading, drawn: &drawn, class: "whole" }
        .draw(&format!("{search}{beside}{table}"))
}

/// To the minute; there is no room for more.
fn minute(instant: Instant) -> String {
    date_and_clock(instant).map_or_else(
        || format!("{} nanoseconds since 1970", instant.0),
        |(date, clock)| format!("{date} {}", clock.rsplit_once(':').map_or(&*clock, |(minute, _)| minute)),
    )
}
