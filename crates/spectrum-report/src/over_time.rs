//! Sessions, keys and events over time: three pictures over one axis.

use crate::axis::{Tick, sparse, steps};
use crate::chart::{Chart, Section, figures};
use crate::figures::{PeriodFigures, Report, Zone};
use crate::numbers::{count, counted};

const HEIGHT: f64 = 92.0;

pub(crate) fn over_time(report: &Report, beside: &str) -> String {
    let Some(over_time) = &report.over_time else {
        let section = Section {
            anchor: "over-time",
            heading: "Sessions over time",
            drawn: "Not drawn, because some times are outside the calendar",
            class: "whole",
        };
        return if report.events == 0 { String::new() } else { section.draw(beside) };
    };
    let periods = &over_time.periods;
    let zone = if report.zone == Zone::Utc { ", in UTC" } else { "" };
    let heading = match periods.iter().max_by_key(|period| period.sessions) {
        Some(most) if periods.len() > 1 => format!(
            "{} in {} {}, most {} ({})",
            counted(report.sessions, "session", "sessions"),
            count(periods.len() as u64),
            several(&over_time.period),
            when(&over_time.period, &most.label),
            count(most.sessions)
        ),
        _ => counted(report.sessions, "session", "sessions"),
    };
    let drawn = format!(
        "Sessions and their keys by the {} in which the session began, and events by their own{zone}; paler where events cover a \
         part of it",
        over_time.period
    );
    // Few bars are not as wide as the page.
    let room = 1.0 / periods.len().max(10) as f64;
    let ticks: Vec<Tick> = sparse(periods.len(), 8, 3)
        .into_iter()
        .map(|(at, is_major)| Tick {
            at: (at as f64 + 0.5) * room,
            label: on_axis(&periods[at].label),
            is_major,
        })
        .collect();
    let picture = |name: &str, of: fn(&PeriodFigures) -> u64, words: (&str, &str), ticks: &[Tick]| {
        let steps = steps(periods.iter().map(of).max().unwrap_or_default() as f64);
        let label = format!("Bars of {} by {}.", words.1, over_time.period);
        let chart = Chart { label: &label, height: HEIGHT, steps: &steps, ticks, has_vertical_lines: false };
        let bars: String = periods
            .iter()
            .enumerate()
            .map(|(at, period)| {
                let from = at as f64 * room;
                let part = period.covered.map_or_else(String::new, |(covered, of)| {
                    let parts = if over_time.period == "day" { "hours" } else { "days" };
                    format!(" (events cover {covered} of {of} {parts})")
                });
                let says = format!("{}: {}{part}", period.label, counted(of(period), words.0, words.1));
                let class = if period.covered.is_some() { "pale" } else { "" };
                chart.bar(from + room * 0.08, from + room * 0.92, of(period) as f64, class, &says)
            })
            .collect();
        format!("<h3>{name}</h3>{}", chart.draw(&bars, ""))
    };
    let pictures = picture("Sessions", |period| period.sessions, ("session", "sessions"), &[])
        + &picture("Keys", |period| period.keys, ("key", "keys"), &[])
        + &picture("Events", |period| period.events, ("event", "events"), &ticks);
    let table = figures(
        &format!("Sessions, keys and events by {}", over_time.period),
        &[&over_time.period, "Sessions", "Keys", "Events"],
        periods.iter().map(|period| {
            vec![period.label.clone(), count(period.sessions), count(period.keys), count(period.events)]
        }),
    );
    let section = Section { anchor: "over-time", heading: &heading, drawn: &drawn, class: "whole" };
    section.draw(&format!("<div class=\"multiples\">{pictures}</div>{beside}{table}"))
}

/// More than one of them.
fn several(period: &str) -> String {
    match period {
        "century" => "centuries".to_owned(),
        "millennium" => "millennia".to_owned(),
        other => format!("{other}s"),
    }
}

fn when(period: &str, label: &str) -> String {
    match period {
        "day" => format!("on {label}"),
        "week" => format!("in the week of {label}"),
        _ => format!("in {label}"),
    }
}

/// The weekday stands in the title of a bar; there is no room for it on the axis.
fn on_axis(label: &str) -> String {
    let without = label.split_once(' ').filter(|(weekday, _)| weekday.len() == 3 && !label.contains(" to "));
    without.map_or(label, |(_, date)| date).to_owned()
}
