//! Events by the hour in which they happened, from which days and weekdays follow.

use std::collections::BTreeMap;

use arrow_schema::TimeUnit;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use spectrum_core::nanoseconds_per;

/// How many events there are by hour, counted from 1970.
#[derive(Debug)]
pub(super) struct Hours {
    units: i64,
    counts: HashMap<i64, u64, FixedState>,
    /// The hour that is counted just now: events mostly come in the order of their times.
    from: i64,
    count: u64,
}

impl Hours {
    pub(super) fn of(unit: TimeUnit) -> Self {
        let units = 3600 * (1_000_000_000 / nanoseconds_per(unit)) as i64;
        Self { units, counts: HashMap::default(), from: 0, count: 0 }
    }

    #[inline]
    pub(super) fn note(&mut self, instant: i64) {
        // What is not before its beginning is so far from it, however far apart the two are.
        if instant < self.from || instant.wrapping_sub(self.from) as u64 >= self.units as u64 {
            self.settle();
            self.from = instant.saturating_sub(instant.rem_euclid(self.units));
        }
        self.count += 1;
    }

    fn settle(&mut self) {
        let count = std::mem::take(&mut self.count);
        if count > 0 {
            *self.counts.entry(self.from.div_euclid(self.units)).or_default() += count;
        }
    }

    pub(super) fn merge(mut self, mut other: Self) -> Self {
        self.settle();
        other.settle();
        for (hour, count) in other.counts {
            *self.counts.entry(hour).or_default() += count;
        }
        self
    }

    /// By day, counted from 1970.
    pub(super) fn days(&self) -> BTreeMap<i64, u64> {
        let mut days = BTreeMap::new();
        for (hour, count) in self.all() {
            *days.entry(hour.div_euclid(24)).or_default() += count;
        }
        days
    }

    /// How many hours of a day lie between the first event and the last of all, and how many it has, if they are less than three
    /// quarters: nights without events do not make a part of a day.
    pub(super) fn covered(&self, day: i64) -> Option<(i64, i64)> {
        let hours = || self.all().map(|(hour, _)| hour);
        let (first, last) = hours().min().zip(hours().max())?;
        let begins = day.saturating_mul(24);
        let covered = last.min(begins.saturating_add(23)) - first.max(begins) + 1;
        (covered < 18).then_some((covered, 24))
    }

    /// By weekday, from Monday, and hour of the day.
    pub(super) fn week(&self) -> [[u64; 24]; 7] {
        let mut week = [[0; 24]; 7];
        for (hour, count) in self.all() {
            // 1970 began on a Thursday.
            let weekday = (hour.div_euclid(24) + 3).rem_euclid(7) as usize;
            week[weekday][hour.rem_euclid(24) as usize] += count;
        }
        week
    }

    fn all(&self) -> impl Iterator<Item = (i64, u64)> {
        let current = (self.count > 0).then(|| (self.from.div_euclid(self.units), self.count));
        self.counts.iter().map(|(hour, count)| (*hour, *count)).chain(current)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_count_in_their_hour_whatever_order_they_come_in() {
        let mut hours = Hours::of(TimeUnit::Second);
        // Thursday 1970-01-01 from 00:00:00 to 00:59:59, its 01:00, and the second before, which is a Wednesday's.
        for instant in [0, 3599, 3600, -1, 1, -3600, -3601] {
            hours.note(instant);
        }
        let week = hours.week();
        assert_eq!((week[3][0], week[3][1], week[2][23], week[2][22]), (3, 1, 2, 1));
        assert_eq!(week.iter().flatten().sum::<u64>(), 7);
        assert_eq!(hours.days(), BTreeMap::from([(-1, 3), (0, 4)]));
        // From 22:00 of the day before to 01:59.
        assert_eq!((hours.covered(-1), hours.covered(0)), (Some((2, 24)), Some((2, 24))));
        hours.note(18 * 3600 - 1);
        assert_eq!(hours.covered(0), None);
    }

    #[test]
    fn the_ends_of_time_have_their_hours() {
        let mut hours = Hours::of(TimeUnit::Nanosecond);
        let all = [i64::MIN, i64::MAX, i64::MIN, 0];
        all.into_iter().for_each(|instant| hours.note(instant));
        let days = hours.merge(Hours::of(TimeUnit::Nanosecond)).days();
        assert_eq!(days.into_iter().collect::<Vec<_>>(), [(-106_752, 2), (0, 1), (106_751, 1)]);
    }
}
