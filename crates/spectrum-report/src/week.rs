//! A map of the week: events by weekday and hour.

use std::fmt::Write;

use crate::chart::{Section, Short, figures};
use crate::escape::Text;
use crate::figures::{Report, Zone};
use crate::numbers::{count, counted, share, to_tenths};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WHOLE_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ROW: f64 = 22.0;
/// Shades from few events to most; cells without events have none.
const SHADES: u64 = 7;

pub(crate) fn week(report: &Report, beside: &str) -> String {
    let all: u64 = report.week.iter().flatten().sum();
    let Some((first, last)) = report.span.filter(|_| all > 0) else { return String::new() };
    let cells = || (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    // A span has one Monday more than Tuesdays, and sums would say that Mondays are busier.
    let times = occurrences(first.0, last.0);
    let an_hour = |day: usize, hour: usize| report.week[day][hour] as f64 / times[day][hour].max(1) as f64;
    let busier = |one: &(usize, usize), other: &(usize, usize)| {
        an_hour(one.0, one.1).total_cmp(&an_hour(other.0, other.1))
    };
    let Some((day, hour)) = cells().rev().max_by(busier) else { return String::new() };
    let most = an_hour(day, hour);
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
    let drawn = format!("Events by weekday and hour: how many an hour had on average. {zone}");
    let mut squares = String::new();
    for (day, hour) in cells() {
        let events = report.week[day][hour];
        let shade =
            if events == 0 { 0 } else { (an_hour(day, hour) / most * SHADES as f64).ceil().max(1.0) as u64 };
        let of = match times[day][hour] {
            0 | 1 => String::new(),
            times => format!(" on average, {} in {times} such hours", count(events)),
        };
        let says = format!(
            "{} {}: {}{of}, {}",
            DAYS[day],
            hours(hour),
            rate(an_hour(day, hour)),
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
        rate(most)
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

/// So many events, of an average to a tenth where it is small.
fn rate(events: f64) -> String {
    match events < 10.0 && events.fract() != 0.0 {
        true => format!("{} events", to_tenths(events)),
        false => counted(events.round() as u64, "event", "events"),
    }
}

/// How often each hour of the week occurs between two instants, in nanoseconds since 1970; by weekday, from Monday, and hour.
fn occurrences(first: i128, last: i128) -> [[u64; 24]; 7] {
    const HOUR: i128 = 3_600_000_000_000;
    const WEEK: i128 = 7 * 24;
    let (first, last) = (first.div_euclid(HOUR), last.div_euclid(HOUR));
    let hours = last - first + 1;
    let mut times = [[0; 24]; 7];
    for (day, of_day) in times.iter_mut().enumerate() {
        for (hour, times) in of_day.iter_mut().enumerate() {
            // 1970 began on a Thursday, three days after a Monday.
            let since_first = (day as i128 * 24 + hour as i128 - (first + 72)).rem_euclid(WEEK);
            *times = u64::try_from(hours / WEEK).unwrap_or(u64::MAX) + u64::from(since_first < hours % WEEK);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_the_week_occur_as_often_as_they_do() {
        const HOUR: i128 = 3_600_000_000_000;
        // From Wednesday 1969-12-31 22:30 to Sunday 1970-01-11 00:59.
        let (first, last) = (-3 * HOUR / 2, 10 * 24 * HOUR + HOUR - 1);
        let times = occurrences(first, last);
        let mut counted = [[0; 24]; 7];
        for hour in first.div_euclid(HOUR)..=last.div_euclid(HOUR) {
            counted[(hour.div_euclid(24) + 3).rem_euclid(7) as usize][hour.rem_euclid(24) as usize] += 1;
        }
        assert_eq!(times, counted);
        assert_eq!((times[2][21], times[2][22], times[3][0], times[6][0], times[6][1]), (1, 2, 2, 2, 1));
        assert_eq!(occurrences(0, 0)[3][0], 1);
        assert_eq!(occurrences(0, 0).iter().flatten().sum::<u64>(), 1);
    }
}
