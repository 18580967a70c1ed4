//! How many sessions start when, as bars of days, weeks, months or years, so many that they fit on a screen.

use jiff::Span;
use jiff::civil::{Date, date};
use spectrum_engine::DaySessions;

use crate::bars::bar;
use crate::numbers::count;

/// More bars than this do not fit on a screen together with the rest.
const MOST_BARS: i64 = 31;

/// The width of the chart in characters.
const WIDTH: usize = 80;

/// What a bar stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bucket {
    Day,
    Week,
    Month,
    /// So many years.
    Years(i64),
}

/// A chart with a heading and one line per bar. `last_day` is the day of the last event, counted from 1970 as
/// the days of the sessions are; `zoned` says whether they are days in UTC. `None` without sessions.
pub(crate) fn day_chart(days: &[DaySessions], last_day: i64, zoned: bool) -> Option<String> {
    let first_day = days.first()?.day;
    let Some(bucket) = bucket_for(first_day, last_day) else {
        return Some("Sessions by day: not charted, because some times are outside the calendar".to_owned());
    };
    let (first, last) = (bucket.of(first_day)?, bucket.of(last_day)?);
    let mut counts = vec![0_u64; (last - first + 1) as usize];
    for day in days {
        counts[(bucket.of(day.day)? - first) as usize] += day.sessions;
    }
    let rows: Vec<[String; 3]> = (first..)
        .zip(&counts)
        .map(|(at, sessions)| [bucket.label(at), count(*sessions), bucket.part(at, first_day, last_day)])
        .collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (labels, numbers, parts) = (widest(0), widest(1), widest(2));
    let width = WIDTH.saturating_sub(labels + numbers + parts + 7).max(8);
    let greatest = counts.iter().copied().max().unwrap_or(0);
    let mut lines = vec![bucket.heading(zoned)];
    for ([label, number, part], sessions) in rows.iter().zip(&counts) {
        let bar = bar(*sessions, greatest, width);
        let line = format!("  {label:labels$}  {bar:width$} {number:>numbers$}  {part}");
        lines.push(line.trim_end().to_owned());
    }
    Some(lines.join("\n"))
}

/// The finest bucket that needs few enough bars; `None` outside the calendar.
fn bucket_for(first_day: i64, last_day: i64) -> Option<Bucket> {
    let years = [1, 10, 100, 1000].map(Bucket::Years);
    let mut buckets = [Bucket::Day, Bucket::Week, Bucket::Month].into_iter().chain(years);
    // Both days have a date, or no bucket has a number for them.
    buckets.find(|bucket| {
        let bars = bucket.of(last_day).zip(bucket.of(first_day)).map(|(last, first)| last - first);
        bars.is_some_and(|bars| bars < MOST_BARS)
    })
}

impl Bucket {
    /// The number of the bucket that a day falls into; `None` when the day has no date.
    fn of(self, day: i64) -> Option<i64> {
        let date = date_of(day)?;
        let year = i64::from(date.year());
        Some(match self {
            Self::Day => day,
            Self::Week => (day + 3).div_euclid(7), // 1970 began on a Thursday
            Self::Month => year * 12 + i64::from(date.month()) - 1,
            Self::Years(years) => year.div_euclid(years),
        })
    }

    /// The date of a bucket's first day; `None` outside the calendar.
    fn first_date(self, at: i64) -> Option<Date> {
        let january = |year: i64| Date::new(i16::try_from(year).ok()?, 1, 1).ok();
        match self {
            Self::Day => date_of(at),
            Self::Week => date_of(at * 7 - 3),
            Self::Month => {
                let year = i16::try_from(at.div_euclid(12)).ok()?;
                Date::new(year, at.rem_euclid(12) as i8 + 1, 1).ok()
            }
            Self::Years(years) => january(at * years),
        }
    }

    fn label(self, at: i64) -> String {
        let Some(first) = self.first_date(at) else { return format!("before {}", date(-9999, 1, 1)) };
        match self {
            Self::Day => format!("{} {first}", weekday(at)),
            Self::Week => first.to_string(),
            Self::Month => format!("{:04}-{:02}", first.year(), first.month()),
            Self::Years(1) => first.year().to_string(),
            Self::Years(years) => {
                format!("{} to {}", first.year(), i64::from(first.year()) + years - 1)
            }
        }
    }

    /// Which part of the bucket the events cover, in words, unless it is all of it.
    fn part(self, at: i64, first_day: i64, last_day: i64) -> String {
        let (Some(from), Some(to)) = (self.first_date(at), self.first_date(at + 1)) else {
            return String::new();
        };
        let (from, to) = (day_of(from), day_of(to));
        let covered = to.min(last_day + 1) - from.max(first_day);
        if covered == to - from { String::new() } else { format!("{covered} of {} days", to - from) }
    }

    fn heading(self, zoned: bool) -> String {
        let what = match self {
            Self::Day => "day".to_owned(),
            Self::Week => "week".to_owned(),
            Self::Month => "month".to_owned(),
            Self::Years(1) => "year".to_owned(),
            Self::Years(years) => format!("{years} years"),
        };
        let remark = match (self, zoned) {
            (Self::Week, true) => " (from Monday, UTC)",
            (Self::Week, false) => " (from Monday)",
            (_, true) => " (UTC)",
            (_, false) => "",
        };
        format!("Sessions by {what}{remark}")
    }
}

fn weekday(day: i64) -> &'static str {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][(day + 3).rem_euclid(7) as usize]
}

/// The date of a day that counts from 1970.
pub(crate) fn date_of(day: i64) -> Option<Date> {
    date(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()
}

fn day_of(of: Date) -> i64 {
    of.duration_since(date(1970, 1, 1)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn longer_spans_have_longer_buckets() {
        let of = |last| bucket_for(day(2025, 12, 31), last);
        assert_eq!(of(day(2025, 12, 31)), Some(Bucket::Day));
        assert_eq!(of(day(2025, 12, 31) + 30), Some(Bucket::Day));
        assert_eq!(of(day(2025, 12, 31) + 31), Some(Bucket::Week));
        assert_eq!(of(day(2026, 12, 31)), Some(Bucket::Month));
        assert_eq!(of(day(2030, 1, 1)), Some(Bucket::Years(1)));
        assert_eq!(of(day(2100, 1, 1)), Some(Bucket::Years(10)));
        assert_eq!(bucket_for(day(-9999, 1, 1), day(9999, 12, 31)), Some(Bucket::Years(1000)));
        assert_eq!(bucket_for(0, i64::MAX / 86_400), None);
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

    #[test]
    fn every_bucket_holds_the_days_from_its_first_date_on() {
        for bucket in [Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Years(1), Bucket::Years(10)] {
            for at in (-30_000..30_000).step_by(7) {
                let number = bucket.of(at).unwrap();
                let days = day_of(bucket.first_date(number).unwrap())
                    ..day_of(bucket.first_date(number + 1).unwrap());
                assert!(days.contains(&at), "{bucket:?} {at}");
            }
        }
    }
}
