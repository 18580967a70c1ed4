//! A map of the week: events by weekday and hour.

use std::fmt::Write;

use crate::chart::{Section, Short, figures};
use crate::escape::Text;
use crate::figures::{Report, Zone};
use crate::numbers::{count, counted, share};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WHOLE_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ROW: f64 = 22.0;
/// Shades from few events to most; cells without events have none.
const SHADES: u64 = 7;

pub(crate) fn week(report: &Report, beside: &str) -> String {
    let all: u64 = report.week.iter().flatten().sum();
    let cells = || (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let Some((day, hour)) = cells().rev().max_by_key(|(day, hour)| report.week[*day][*hour]) else {
        return String::new();
    };
    let most = report.week[day][hour];
    if most == 0 {
        return String::new();
    }
    // A single week does not say what Thursdays are like.
    let is_long = report.span.is_some_and(|(first, last)| last.0 - first.0 > 14 * 86_400_000_000_000);
    let plural = if is_long { "s" } else { "" };
    let heading = format!("The busiest hour is on {}{plural} from {}", WHOLE_DAYS[day], hours(hour));
    let zone = match report.zone {
        Zone::Utc => "Hours and weekdays are in UTC",
        Zone::AsWritten => {
            "Hours and weekdays are those of the times as they are written, which have no zone"
        }
    };
    let drawn = format!("Events by weekday and hour. {zone}");
    let mut squares = String::new();
    for (day, hour) in cells() {
        let events = report.week[day][hour];
        let shade = if events == 0 { 0 } else { (events * SHADES).div_ceil(most).max(1) };
        let says = format!(
            "{} {}: {}, {}",
            DAYS[day],
            hours(hour),
            counted(events, "event", "events"),
            share(events, all)
        );
        let _ = write!(
            squares,
            "<g class=\"m\"><title>{}</title><rect class=\"q{shade}\" x=\"{hour}\" y=\"{day}\" width=\"1\" height=\"1\"/></g>",
            Text(&says)
        );
    }
    let height = Short(7.0 * ROW);
    let mut svg = format!(
        "<div class=\"chart\"><svg class=\"plot map\" role=\"img\" aria-label=\"{}\" width=\"100%\" height=\"{}\">\
         <svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 24 7\" preserveAspectRatio=\"none\">{squares}</svg><g class=\"left\">",
        Text(&format!("Map of events by weekday and hour. {heading}.")),
        Short(7.0 * ROW + 20.0)
    );
    for (at, day) in DAYS.iter().enumerate() {
        let _ = write!(svg, "<text x=\"-8\" y=\"{}\" dy=\"4\">{day}</text>", Short((at as f64 + 0.5) * ROW));
    }
    svg.push_str("</g><g class=\"below\">");
    for hour in [0, 6, 12, 18, 24] {
        let x = Short(f64::from(hour) / 0.24);
        let _ = write!(svg, "<text x=\"{x}%\" y=\"{}\">{hour:02}:00</text>", Short(7.0 * ROW + 16.0));
    }
    svg.push_str("</g></svg></div>");
    let swatches: String = (0..=SHADES)
        .map(|shade| format!("<rect class=\"q{shade}\" x=\"{}\" width=\"18\" height=\"10\"/>", shade * 18))
        .collect();
    let legend = format!(
        "<p class=\"legend\">0 <svg class=\"map\" width=\"{}\" height=\"10\" aria-hidden=\"true\">{swatches}</svg> {} an hour</p>",
        (SHADES + 1) * 18,
        counted(most, "event", "events")
    );
    let table = figures(
        "Events by weekday and hour",
        &["Hour", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        (0..24).map(|hour| {
            std::iter::once(hours(hour)).chain((0..7).map(|day| count(report.week[day][hour]))).collect()
        }),
    );
    Section { anchor: "week", heading: &heading, drawn: &drawn, class: "whole" }
        .draw(&(svg + &legend + beside + &table))
}

fn hours(hour: usize) -> String {
    format!("{hour:02}:00 to {:02}:00", hour + 1)
}
