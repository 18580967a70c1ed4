//! Sudden changes in a value that every day has.

use crate::expected::{days_like, median};

/// A value of a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) day: i64,
    pub(super) value: f64,
}

/// A change that lasts: the medians of the week before a day and of the week from it on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    pub(super) day: i64,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// A day that is unlike the days like it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Single {
    pub(super) day: i64,
    pub(super) value: f64,
    pub(super) expected: f64,
}

/// The days on which the level changes, by a measure of change that is at least 1 where there is one. Of days within a
/// week of one another the one with the greatest change counts. `days` are in order.
pub(super) fn levels(days: &[Point], change: impl Fn(f64, f64) -> f64) -> Vec<Level> {
    let mut all: Vec<((f64, f64), Level)> = Vec::new();
    for at in 7..days.len().saturating_sub(6) {
        let (before, after) = (&days[at - 7..at], &days[at..at + 7]);
        let (Some(level_before), Some(level_after)) = (middle(before), middle(after)) else { continue };
        if change(level_before, level_after) < 1.0 {
            continue;
        }
        // Medians are alike around the day; means differ most on it. A factor says nothing of what comes from zero or goes
        // there, but the difference does.
        let (before, after) = (average(before), average(after));
        let by = (change(before, after), (after - before).abs());
        let level = Level { day: days[at].day, before: level_before, after: level_after };
        match all.last_mut() {
            Some(last) if level.day - last.1.day < 7 => {
                if by > last.0 {
                    *last = (by, level);
                }
            }
            _ => all.push((by, level)),
        }
    }
    all.into_iter().map(|(_, level)| level).collect()
}

fn middle(days: &[Point]) -> Option<f64> {
    median(days.iter().map(|point| point.value).collect())
}

fn average(days: &[Point]) -> f64 {
    days.iter().map(|point| point.value).sum::<f64>() / days.len().max(1) as f64
}

/// The days that stick out from the days like them that have the same level.
pub(super) fn singles(
    days: &[Point],
    levels: &[Level],
    sticks_out: impl Fn(&Point, f64) -> bool,
) -> Vec<Single> {
    let level_of = |day: i64| levels.partition_point(|level| level.day <= day);
    let value_of = |day: i64| {
        let at = days.binary_search_by_key(&day, |point| point.day).ok()?;
        days.get(at).map(|point| point.value)
    };
    let mut found = Vec::new();
    for point in days {
        let level = level_of(point.day);
        let like = days_like(point.day, |day| level_of(day) == level && value_of(day).is_some());
        let expected = median(like.into_iter().filter_map(value_of).collect());
        if let Some(expected) = expected.filter(|expected| sticks_out(point, *expected)) {
            found.push(Single { day: point.day, value: point.value, expected });
        }
    }
    found
}

/// How strongly one value differs from another by a factor: 1 where it is just `factor` times it.
pub(super) fn by_factor(factor: f64) -> impl Fn(f64, f64) -> f64 {
    move |before, after| match (before > 0.0, after > 0.0) {
        (true, true) => (after / before).ln().abs() / factor.ln(),
        (false, false) => 0.0,
        _ => f64::from(u16::MAX),
    }
}

/// The same by a difference.
pub(super) fn by_difference(difference: f64) -> impl Fn(f64, f64) -> f64 {
    move |before, after| (after - before).abs() / difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: impl IntoIterator<Item = f64>) -> Vec<Point> {
        (20_000..).zip(values).map(|(day, value)| Point { day, value }).collect()
    }

    #[test]
    fn a_level_changes_once_and_on_its_day() {
        let wave = |day: i32| 100.0 + f64::from(day % 5);
        let days = points((0..60).map(|day| if day < 23 { wave(day) } else { 3.0 * wave(day) }));
        let levels = levels(&days, by_factor(2.0));
        assert_eq!(levels.iter().map(|level| level.day).collect::<Vec<_>>(), [20_023]);
        assert!(singles(&days, &levels, |point, expected| point.value > 1.5 * expected).is_empty());
    }

    #[test]
    fn weekends_are_no_change_and_a_day_is_no_level() {
        // 20,000 was a Thursday... and 20,002 a Saturday.
        let week = |day: i32| if matches!(day % 7, 2 | 3) { 10.0 } else { 100.0 };
        let mut days = points((0..70).map(week));
        assert!(levels(&days, by_factor(2.0)).is_empty());
        let quiet = |point: &Point, expected: f64| point.value < 0.5 * expected;
        assert!(singles(&days, &[], quiet).is_empty());
        days[33].value = 1.0;
        assert!(levels(&days, by_factor(2.0)).is_empty());
        let found = singles(&days, &[], quiet);
        assert_eq!(found, [Single { day: 20_033, value: 1.0, expected: 100.0 }]);
    }
}
