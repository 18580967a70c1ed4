//! On which days sessions start.

use std::collections::BTreeMap;

use arrow_schema::TimeUnit;
use spectrum_core::{SessionRule, Sessions, nanoseconds_per};

/// The sessions that started on one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DaySessions {
    /// The day, counted from 1970-01-01: a day in UTC where times have a zone, and a day of the times as they
    /// stand where they have none.
    pub day: i64,
    /// How many sessions have their first event on it.
    pub sessions: u64,
}

/// The days on which the sessions start that `rule` makes of `sessions`, in order.
pub(crate) fn days(sessions: &Sessions, rule: &SessionRule) -> Vec<DaySessions> {
    let mut days: BTreeMap<i64, u64> = BTreeMap::new();
    for session in sessions.regrouped(rule) {
        *days.entry(day_of(session.start, sessions.unit())).or_default() += 1;
    }
    days.into_iter().map(|(day, sessions)| DaySessions { day, sessions }).collect()
}

/// The day of an instant, counted from 1970-01-01.
pub(crate) fn day_of(instant: i64, unit: TimeUnit) -> i64 {
    let units_a_day = 86_400 * (1_000_000_000 / nanoseconds_per(unit)) as i64;
    instant.div_euclid(units_a_day)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, TimestampMillisecondArray};
    use spectrum_core::{IdScheme, Labeller, resolve};

    use super::*;

    #[test]
    fn a_session_counts_on_the_day_of_its_first_event() {
        let day = 86_400_000;
        // Just before midnight and on beyond it; at midnight; the day before 1970, just before its midnight.
        let times = vec![day - 1, day + 5, 3 * day, -1];
        let key: ArrayRef = Arc::new(Int64Array::from(vec![1; 4]));
        let time: ArrayRef = Arc::new(TimestampMillisecondArray::from(times));
        let rule = |gap: &str| SessionRule::of_gap(gap.parse().unwrap());
        let mut labeller = Labeller::new(1, &rule("10ms"), TimeUnit::Millisecond);
        labeller.count(&[key], &time).unwrap();
        let sessions = resolve(vec![labeller], IdScheme::Encoded, 1).unwrap().sessions;
        let counts =
            |gap| days(&sessions, &rule(gap)).iter().map(|d| (d.day, d.sessions)).collect::<Vec<_>>();
        assert_eq!(counts("10ms"), [(-1, 1), (0, 1), (3, 1)]);
        assert_eq!(counts("3d"), [(-1, 1)]);
    }
}
