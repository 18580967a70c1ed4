//! Times that nobody expects. A wrong unit makes a session of every event, and nothing else would show it.

use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};
use arrow_schema::TimeUnit;
use spectrum_core::internals::instants;
use spectrum_core::time_unit_of;

use crate::error::Result;
use crate::text::time::NumberUnit;
use crate::timestamps::timestamps;

/// The instants that events may well have. Whoever asks knows what day it is; nothing here reads a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UsualTimes {
    first: i64,
    last: i64,
}

/// 1990-01-01 00:00:00, in seconds since 1970.
const FIRST_SECOND: i64 = 631_152_000;

impl UsualTimes {
    /// From 1990 to a second since 1970, both included.
    pub fn until(last: i64) -> Self {
        Self { first: FIRST_SECOND, last }
    }

    /// The first and the last of them, in seconds since 1970.
    pub fn bounds(self) -> (i64, i64) {
        (self.first, self.last)
    }

    /// What is to be said of so many events whose span lies outside altogether; nothing of others. Numbers were `said` to
    /// count this.
    pub fn miss_all(
        self,
        span: (i64, i64),
        unit: TimeUnit,
        events: u64,
        said: Option<NumberUnit>,
    ) -> Option<UnusualTimes> {
        let check = TimeCheck::new(self, said);
        check.note(&timestamps(vec![span.0, span.1], None, unit)).ok()?;
        let unusual = check.finish()?;
        let same_side = |side: fn(&i64, &i64) -> bool| {
            side(&unusual.span.0, &self.first) && side(&unusual.span.1, &self.first)
        };
        let all = unusual.events == 2 && (same_side(i64::lt) || same_side(i64::gt));
        all.then_some(UnusualTimes { events, of: events, ..unusual })
    }

    fn has(self, instant: i128, per_second: i128) -> bool {
        let second = instant.div_euclid(per_second);
        (i128::from(self.first)..=i128::from(self.last)).contains(&second)
    }
}

/// That more than one in a thousand events has a time outside of the usual ones.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct UnusualTimes {
    /// What is usual.
    pub usual: UsualTimes,
    /// How many events have such a time.
    pub events: u64,
    /// How many events have a time at all.
    pub of: u64,
    /// The earliest and the latest of these times, in seconds since 1970.
    pub span: (i64, i64),
    /// What would explain most of them.
    pub reason: Option<WrongUnit>,
}

/// A unit that was taken for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrongUnit {
    /// The numbers were said to count something else than this.
    Said(TimeUnit),
    /// The times were wrong by a factor when they were written: they are too small by it (1,000, a million or a billion),
    /// or too large.
    Written {
        /// By how much.
        factor: u32,
        /// In which direction.
        too_small: bool,
    },
}

/// Powers of a thousand by which one unit differs from another.
const FACTORS: [i128; 3] = [1_000, 1_000_000, 1_000_000_000];

/// Counts unusual times while all threads read.
#[derive(Debug)]
pub(crate) struct TimeCheck {
    usual: UsualTimes,
    /// What numbers were said to count.
    said: Option<NumberUnit>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    events: u64,
    outside: u64,
    span: Option<(i64, i64)>,
    /// Outside, and usual if multiplied by each of the factors.
    too_small: [u64; 3],
    /// The same, divided.
    too_large: [u64; 3],
}

impl TimeCheck {
    pub(crate) fn new(usual: UsualTimes, said: Option<NumberUnit>) -> Self {
        Self { usual, said, counts: Mutex::default() }
    }

    /// Forgets everything, because reading begins anew.
    pub(crate) fn begin(&self) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = Counts::default();
    }

    /// Takes in the times of a batch.
    pub(crate) fn note(&self, time: &ArrayRef) -> Result<()> {
        let Some(unit) = time_unit_of(time.data_type()) else { return Ok(()) };
        let per_second = per_second(unit);
        let first = self.usual.first.saturating_mul(per_second);
        let last = self.usual.last.saturating_add(1).saturating_mul(per_second);
        let clock = instants(time, unit)?;
        let is_outside = |instant: i64| (instant < first) | (instant >= last);
        let mut noted = Counts { events: (time.len() - time.null_count()) as u64, ..Counts::default() };
        // Without a branch, as almost all batches have none.
        if clock.instants.iter().map(|instant| u64::from(is_outside(*instant))).sum::<u64>() > 0 {
            for (row, instant) in clock.instants.iter().enumerate() {
                if is_outside(*instant) && time.is_valid(row) {
                    noted.see(*instant, i128::from(per_second), self.usual);
                }
            }
        }
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(&noted);
        Ok(())
    }

    /// What is to be said, if it is more than a sliver of the events.
    pub(crate) fn finish(&self) -> Option<UnusualTimes> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let span = counts.span.filter(|_| counts.outside * 1_000 > counts.events)?;
        let reason = counts.reason().map(|(power, too_small)| self.unit_meant(power, too_small));
        Some(UnusualTimes { usual: self.usual, events: counts.outside, of: counts.events, span, reason })
    }

    /// Which unit would have been right, where a unit was said.
    fn unit_meant(&self, power: usize, too_small: bool) -> WrongUnit {
        const UNITS: [TimeUnit; 4] =
            [TimeUnit::Nanosecond, TimeUnit::Microsecond, TimeUnit::Millisecond, TimeUnit::Second];
        let at = |unit| UNITS.iter().position(|other| *other == unit);
        let said = match self.said {
            Some(NumberUnit::Known(unit)) => at(unit),
            _ => None,
        };
        let meant = match too_small {
            true => said.map(|said| said + power),
            false => said.and_then(|said| said.checked_sub(power)),
        };
        match meant.and_then(|meant| UNITS.get(meant)) {
            Some(unit) => WrongUnit::Said(*unit),
            None => WrongUnit::Written { factor: FACTORS[power - 1] as u32, too_small },
        }
    }
}

impl Counts {
    fn see(&mut self, instant: i64, per_second: i128, usual: UsualTimes) {
        let second = i128::from(instant).div_euclid(per_second) as i64; // fewer seconds than units
        self.outside += 1;
        let (earliest, latest) = self.span.unwrap_or((second, second));
        self.span = Some((earliest.min(second), latest.max(second)));
        for (at, factor) in FACTORS.iter().enumerate() {
            let instant = i128::from(instant);
            self.too_small[at] += u64::from(usual.has(instant * factor, per_second));
            self.too_large[at] += u64::from(usual.has(instant / factor, per_second));
        }
    }

    fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.outside += other.outside;
        if let Some((earliest, latest)) = other.span {
            let own = self.span.unwrap_or((earliest, latest));
            self.span = Some((own.0.min(earliest), own.1.max(latest)));
        }
        for at in 0..FACTORS.len() {
            self.too_small[at] += other.too_small[at];
            self.too_large[at] += other.too_large[at];
        }
    }

    /// The power of a thousand that explains more than half of what was seen, and whether times are too small by it.
    fn reason(&self) -> Option<(usize, bool)> {
        let explains = |count: &u64| *count * 2 > self.outside;
        let small = self.too_small.iter().position(explains).map(|at| (at + 1, true));
        small.or_else(|| self.too_large.iter().position(explains).map(|at| (at + 1, false)))
    }
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// 2027-01-15, the last usual second.
    const LAST: i64 = 1_800_000_000;

    fn found(said: Option<TimeUnit>, unit: TimeUnit, instants: Vec<i64>) -> Option<UnusualTimes> {
        let check = TimeCheck::new(UsualTimes::until(LAST), said.map(NumberUnit::Known));
        check.note(&timestamps(instants, None, unit)).unwrap();
        check.finish()
    }

    #[test]
    fn the_unit_that_fits_is_named() {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
        for (right, number) in [
            (Second, 1_700_000_000),
            (Millisecond, 1_700_000_000_000),
            (Microsecond, 1_700_000_000_000_000),
            (Nanosecond, 1_700_000_000_000_000_000),
        ] {
            for said in [Second, Millisecond, Microsecond, Nanosecond] {
                let unusual = found(Some(said), said, vec![number, number + 1]);
                match said == right {
                    true => assert_eq!(unusual, None),
                    false => {
                        let unusual = unusual.unwrap();
                        assert_eq!((unusual.events, unusual.of), (2, 2));
                        assert_eq!(unusual.reason, Some(WrongUnit::Said(right)), "{right:?} as {said:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn times_that_were_written_wrong_are_told_from_a_wrong_word() {
        // Seconds that somebody took for milliseconds.
        let unusual = found(None, TimeUnit::Microsecond, vec![1_700_000_000_000; 3]).unwrap();
        assert_eq!(unusual.reason, Some(WrongUnit::Written { factor: 1_000, too_small: true }));
        let unusual = found(None, TimeUnit::Millisecond, vec![1_700_000_000_000_000; 3]).unwrap();
        assert_eq!(unusual.reason, Some(WrongUnit::Written { factor: 1_000, too_small: false }));
        // No unit explains the day before 1990 or the second after the last.
        let unusual = found(None, TimeUnit::Second, vec![FIRST_SECOND - 1, LAST + 1]).unwrap();
        assert_eq!((unusual.reason, unusual.span), (None, (FIRST_SECOND - 1, LAST + 1)));
    }

    #[test]
    fn a_sliver_is_not_worth_a_word() {
        let times = |usual: usize, outside: usize| {
            let mut times = vec![FIRST_SECOND; usual];
            times.resize(usual + outside, 0);
            found(None, TimeUnit::Second, times).map(|unusual| unusual.events)
        };
        assert_eq!(times(10, 1), Some(1));
        assert_eq!(times(998, 1), Some(1));
        assert_eq!(times(999, 1), None);
        assert_eq!(times(1_998, 2), None);
        assert_eq!(times(1_997, 2), Some(2));
        assert_eq!(found(None, TimeUnit::Second, vec![FIRST_SECOND, LAST]), None);
        assert_eq!(found(None, TimeUnit::Nanosecond, vec![LAST * 1_000_000_000 + 999_999_999]), None);
    }

    #[test]
    fn a_span_outside_speaks_for_all_events() {
        let all = |first, last| {
            let said = Some(TimeUnit::Second.into());
            let unusual = UsualTimes::until(LAST).miss_all((first, last), TimeUnit::Second, 7, said)?;
            assert_eq!((unusual.events, unusual.of), (7, 7));
            Some(unusual.reason)
        };
        assert_eq!(
            all(1_700_000_000_000, 1_700_000_000_001),
            Some(Some(WrongUnit::Said(TimeUnit::Millisecond)))
        );
        assert_eq!(all(0, 0), Some(None));
        assert_eq!(all(0, LAST + 1), None, "events between may be usual");
        assert_eq!(all(0, LAST), None);
    }

    #[test]
    fn what_stands_under_a_null_is_not_a_time() {
        let check = TimeCheck::new(UsualTimes::until(LAST), None);
        let nulls = vec![false, true].into();
        check.note(&timestamps(vec![0, FIRST_SECOND], Some(nulls), TimeUnit::Second)).unwrap();
        assert_eq!(check.finish(), None);
        check.begin();
        check.note(&timestamps(vec![0, FIRST_SECOND], None, TimeUnit::Second)).unwrap();
        assert_eq!(check.finish().map(|unusual| (unusual.events, unusual.of)), Some((1, 2)));
    }
}
