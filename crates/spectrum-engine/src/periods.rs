//! Periods of the calendar: days, weeks, months and years, of which so many fit on a picture.

use jiff::Span;
use jiff::civil::{Date, date};

/// What time is cut into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// Days.
    Day,
    /// Weeks from Monday.
    Week,
    /// Months.
    Month,
    /// So many years, from a year that they divide.
    Years(i64),
}

impl Period {
    /// The shortest of which no more than `most` lie from one day to another, both counted from 1970; `None` outside the
    /// calendar.
    pub fn finest(first_day: i64, last_day: i64, most: i64) -> Option<Self> {
        let years = [1, 10, 100, 1000].map(Self::Years);
        let mut periods = [Self::Day, Self::Week, Self::Month].into_iter().chain(years);
        // Both days have a date, or no period has a number for them.
        periods.find(|period| {
            let between = period.of(last_day).zip(period.of(first_day)).map(|(last, first)| last - first);
            between.is_some_and(|between| between < most)
        })
    }

    /// The number of the period that a day falls into; `None` when the day has no date.
    pub fn of(self, day: i64) -> Option<i64> {
        let date = date_of(day)?;
        let year = i64::from(date.year());
        Some(match self {
            Self::Day => day,
            Self::Week => (day + 3).div_euclid(7), // 1970 began on a Thursday
            Self::Month => year * 12 + i64::from(date.month()) - 1,
            Self::Years(years) => year.div_euclid(years),
        })
    }

    /// The first day of the period with this number, counted from 1970; `None` outside the calendar.
    pub fn first_day(self, at: i64) -> Option<i64> {
        self.first_date(at).map(day_of)
    }

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

    /// What the period with this number is called.
    pub fn label(self, at: i64) -> String {
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

    /// How many of the period's days lie between two, both included, and how many it has; `None` if all of them do.
    pub fn covered(self, at: i64, first_day: i64, last_day: i64) -> Option<(i64, i64)> {
        let (from, to) = (self.first_day(at)?, self.first_day(at + 1)?);
        let covered = to.min(last_day + 1) - from.max(first_day);
        (covered != to - from).then_some((covered, to - from))
    }
}

fn weekday(day: i64) -> &'static str {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][(day + 3).rem_euclid(7) as usize]
}

fn date_of(day: i64) -> Option<Date> {
    date(1970, 1, 1).checked_add(Span::new().try_days(day).ok()?).ok()
}

fn day_of(of: Date) -> i64 {
    of.duration_since(date(1970, 1, 1)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_spans_have_longer_periods() {
        let day = |year, month, day| day_of(date(year, month, day));
        let of = |last| Period::finest(day(2025, 12, 31), last, 31);
        assert_eq!(of(day(2025, 12, 31)), Some(Period::Day));
        assert_eq!(of(day(2025, 12, 31) + 30), Some(Period::Day));
        assert_eq!(of(day(2025, 12, 31) + 31), Some(Period::Week));
        assert_eq!(of(day(2026, 12, 31)), Some(Period::Month));
        assert_eq!(of(day(2030, 1, 1)), Some(Period::Years(1)));
        assert_eq!(of(day(2100, 1, 1)), Some(Period::Years(10)));
        assert_eq!(Period::finest(day(-9999, 1, 1), day(9999, 12, 31), 31), Some(Period::Years(1000)));
        assert_eq!(Period::finest(0, i64::MAX / 86_400, 31), None);
    }

    #[test]
    fn every_period_holds_the_days_from_its_first_date_on() {
        for period in [Period::Day, Period::Week, Period::Month, Period::Years(1), Period::Years(10)] {
            for at in (-30_000..30_000).step_by(7) {
                let number = period.of(at).unwrap();
                let days = period.first_day(number).unwrap()..period.first_day(number + 1).unwrap();
                assert!(days.contains(&at), "{period:?} {at}");
            }
        }
    }
}
