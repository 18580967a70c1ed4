//! How many sessions start when, as bars of days, weeks, months or years, so many that they fit on a screen.

use jiff::Span;
use jiff::civil::{Date, date};
use spectrum_engine::{DaySessions, Period};

use crate::bars::bar;
use crate::numbers::count;

/// More bars than this do not fit on a screen together with the rest.
const MOST_BARS: i64 = 31;

/// The width of the chart in characters.
const WIDTH: usize = 80;

/// A chart with a heading and one line per bar. `last_day` is the day of the last event, counted from 1970 as
/// the days of the sessions are; `zoned` says whether they are days in UTC. `None` without sessions.
pub(crate) fn day_chart(days: &[DaySessions], last_day: i64, zoned: bool) -> Option<String> {
    let first_day = days.first()?.day;
    let Some(period) = Period::finest(first_day, last_day, MOST_BARS) else {
        return Some("Sessions by day: not charted, because some times are outside the calendar".to_owned());
    };
    let (first, last) = (period.of(first_day)?, period.of(last_day)?);
    let mut counts = vec![0_u64; (last - first + 1) as usize];
    for day in days {
        counts[(period.of(day.day)? - first) as usize] += day.sessions;
    }
    let rows: Vec<[String; 3]> = (first..)
        .zip(&counts)
        .map(|(at, sessions)| {
            [period.label(at), count(*sessions), part(period.covered(at, first_day, last_day))]
        })
        .collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (labels, numbers, parts) = (widest(0), widest(1), widest(2));
    let width = WIDTH.saturating_sub(labels + numbers + parts + 7).max(8);
    let greatest = counts.iter().copied().max().unwrap_or(0);
    let mut lines = vec![heading(period, zoned)];
    for ([label, number, part], sessions) in rows.iter().zip(&counts) {
        let bar = bar(*sessions, greatest, width);
        let line = format!("  {label:labels$}  {bar:width$} {number:>numbers$}  {part}");
        lines.push(line.trim_end().to_owned());
    }
    Some(lines.join("\n"))
}

fn heading(period: Period, zoned: bool) -> String {
    let what = match period {
        Period::Day => "day".to_owned(),
        Period::Week => "week".to_owned(),
        Period::Month => "month".to_owned(),
        Period::Years(1) => "year".to_owned(),
        Period::Years(years) => format!("{years} years"),
    };
    let remark = match (period, zoned) {
        (Period::Week, true) => " (from Monday, UTC)",
        (Period::Week, false) => " (from Monday)",
        (_, true) => " (UTC)",
        (_, false) => "",
    };
    format!("Sessions by {what}{remark}")
}

/// Which part of a period the events cover, in words, unless it is all of it.
fn part(covered: Option<(i64, i64)>) -> String {
    covered.map_or_else(String::new, |(covered, days)| format!("{covered} of {days} days"))
}

/// The date of a day that counts from 1970.
pub(crate) fn date_of(day: i64) -> Option<Date> {
    date(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(of: Date) -> i64 {
        of.duration_since(date(1970, 1, 1)).as_hours() / 24
    }

    fn day(year: i16, month: i8, day: i8) -> i64 {
        day_of(date(year, month, day))
    }

    fn lines(days: &[(i64, u64)], last_day: i64) -> Vec<String> {
        let days: Vec<_> =
            days.iter().map(|(day, sessions)| DaySessions { day: *day, sessions: *sessions }).collect();
        let chart = day_chart(&days, last_day, false).unwrap();
        assert!(chart.lines().all(|line| line.chars().count() <= 80), "{chart}");
        chart.lines().map(str::to_owned).collect()
    }

    #[test]
    fn days_without_sessions_have_a_line_too() {
        let first = day(2026, 1, 30);
        let lines = lines(&[(first, 1500), (first + 3, 750)], first + 4);
        let full = "█".repeat(80 - 7 - 14 - 5);
        let half = "█".repeat((80 - 7 - 14 - 5) / 2);
        let none = " ".repeat(80 - 7 - 14 - 5);
        assert_eq!(
            lines,
            [
                "Sessions by day".to_owned(),
                format!("  Fri 2026-01-30  {full} 1,500"),
                format!("  Sat 2026-01-31  {none}     0"),
                format!("  Sun 2026-02-01  {none}     0"),
                format!(
                    "  Mon 2026-02-02  {half}{half_left}   750",
                    half_left = " ".repeat(full.chars().count() / 2)
                ),
                format!("  Tue 2026-02-03  {none}     0"),
            ]
        );
    }

    #[test]
    fn weeks_and_months_say_how_much_of_them_the_events_cover() {
        let (first, last) = (day(2025, 12, 31), day(2026, 3, 1));
        let weeks = lines(&[(first, 10), (last, 10)], last);
        assert_eq!(weeks.len(), 1 + 9);
        assert!(
            weeks[1].starts_with("  2025-12-29  █") && weeks[1].ends_with("  5 of 7 days"),
            "{}",
            weeks[1]
        );
        assert!(weeks[9].starts_with("  2026-02-23  █") && weeks[9].ends_with(" 10"), "{}", weeks[9]); // ends on a Sunday

        let last = day(2027, 2, 10);
        let months = lines(&[(first, 3), (day(2026, 1, 1), 4), (last, 2)], last);
        assert_eq!(months.len(), 1 + 15);
        assert!(
            months[1].starts_with("  2025-12  █") && months[1].ends_with("3  1 of 31 days"),
            "{}",
            months[1]
        );
        assert!(
            months[15].starts_with("  2027-02  █") && months[15].ends_with("2  10 of 28 days"),
            "{}",
            months[15]
        );
    }
}
