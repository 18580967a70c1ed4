//! What is known of one key, and which check it falls to.

use crate::check::Check;
use crate::tallies::StandIn;
use crate::thresholds::Thresholds;

/// From so many events on shares say something.
pub(crate) const FEW: u64 = 100;

/// What is known of one key when all its events were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeyFacts {
    /// Its events with a time.
    pub events: u64,
    /// The most events within [`Thresholds::burst_time`], both ends included.
    pub at_once: u64,
    /// Its pauses that are longer than nothing.
    pub pauses: u64,
    /// Those within 1 % of their median; none where that is longer than twelve hours, because people have habits.
    pub same_pauses: u64,
    /// Its sessions that are longer than [`Thresholds::long_session`].
    pub long_sessions: u64,
    /// In how many clock hours in a row it has an event, at the most.
    pub hours_in_a_row: u64,
}

impl KeyFacts {
    /// Which check finds the key, the first that does; nothing for ordinary keys. A stand-in is one by a value of its
    /// columns for which [`StandIn::is_found`] holds.
    pub fn found(&self, is_stand_in: bool, timed: u64, keys: u64, thresholds: &Thresholds) -> Option<Check> {
        let is_steady = self.pauses >= thresholds.steady_events
            && self.same_pauses as f64 >= thresholds.steady_share * self.pauses as f64;
        let all = [
            (Check::StandInKeys, is_stand_in),
            (Check::OutsizedKeys, is_outsized(self.events, timed, keys, thresholds)),
            (Check::FastKeys, self.at_once > thresholds.burst_events),
            (Check::SteadyKeys, is_steady),
            (Check::LongSessions, self.long_sessions > 0),
            (Check::SleeplessKeys, self.hours_in_a_row >= thresholds.sleepless_hours),
        ];
        all.into_iter().find(|(_, holds)| *holds).map(|(check, _)| check)
    }
}

/// Whether a key of so many events has an outsized share.
pub fn is_outsized(events: u64, timed: u64, keys: u64, thresholds: &Thresholds) -> bool {
    keys >= FEW && events as f64 >= thresholds.key_share * timed as f64
}

impl StandIn {
    /// Whether so many events are too many for the value: a share of them, and for a whole number, which may be somebody's,
    /// three times what a value has on average; or ten times that.
    pub fn is_found(&self, timed: u64, thresholds: &Thresholds) -> bool {
        let has_share = self.events as f64 >= thresholds.stand_in_share * timed as f64;
        let is_number = self.value.as_ref().is_some_and(|value| value.trim().parse::<i64>().is_ok());
        let times_average = |times| self.events as f64 * self.values as f64 >= times * timed as f64;
        timed >= FEW
            && (has_share && (!is_number || times_average(3.0)) || times_average(10.0) && self.events >= FEW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_falls_to_the_first_check_that_finds_it() {
        let thresholds = Thresholds::default();
        let facts = KeyFacts {
            events: 1_000,
            at_once: 101,
            pauses: 100,
            same_pauses: 90,
            long_sessions: 1,
            hours_in_a_row: 24,
        };
        let found = |facts: KeyFacts, is_stand_in, timed| facts.found(is_stand_in, timed, 100, &thresholds);
        assert_eq!(found(facts, true, 10_000), Some(Check::StandInKeys));
        assert_eq!(found(facts, false, 10_000), Some(Check::OutsizedKeys));
        assert_eq!(facts.found(false, 10_000, 99, &thresholds), Some(Check::FastKeys));
        assert_eq!(found(facts, false, 10_001), Some(Check::FastKeys));
        let facts = KeyFacts { at_once: 100, ..facts };
        assert_eq!(found(facts, false, 10_001), Some(Check::SteadyKeys));
        let facts = KeyFacts { same_pauses: 89, ..facts };
        assert_eq!(found(facts, false, 10_001), Some(Check::LongSessions));
        let facts = KeyFacts { long_sessions: 0, ..facts };
        assert_eq!(found(facts, false, 10_001), Some(Check::SleeplessKeys));
        let facts = KeyFacts { hours_in_a_row: 23, ..facts };
        assert_eq!(found(facts, false, 10_001), None);
    }

    #[test]
    fn a_value_that_may_be_somebody_needs_more_than_a_share() {
        let thresholds = Thresholds::default();
        let found = |value: Option<&str>, events, values| {
            let stand_in = StandIn { column: "who".into(), value: value.map(str::to_owned), events, values };
            stand_in.is_found(10_000, &thresholds)
        };
        assert!(found(None, 100, 2) && found(Some(""), 100, 2) && !found(None, 99, 2));
        assert!(!found(Some("0"), 1_000, 10), "as many as any other");
        assert!(found(Some("0"), 3_000, 10) && !found(Some("0"), 2_999, 10));
        assert!(found(Some("0"), 100, 1_000), "ten times the average");
        assert!(!found(Some("0"), 99, 1_000));
    }
}
