//! The session rule: which neighbouring moments of a key belong to one session.
//!
//! A moment is all events of a key at one instant. Everything in this crate that has to know where a session ends asks
//! here, so a rule is changed in one place. The exception is `oracle.rs`, which says it once more in its own words, to
//! check this.

use arrow_schema::TimeUnit;

use crate::gap::{Gap, nanoseconds_per};

/// What decides whether two neighbouring moments of a key belong to one session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRule {
    gap: Gap,
}

/// What a rule has to know of a key before it can say where a session ends. Everything that finds sessions follows from
/// it: how the events are summarised, whether summaries can be joined, how much is computed again after a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RuleKind {
    /// Two neighbouring instants, and nothing else. Sessions are then intervals that unite, so events can come in any
    /// order and summaries of any part of them can be joined.
    OrderFree,
    /// The events of neighbouring moments, or of those since the session's start. Every key's events have to be seen in
    /// order, and each engine's windows can do it.
    Windowed,
    /// Where the session began, and with it every decision before. Only a fold over the ordered events can do it.
    Sequential,
}

/// How long a pause between two neighbouring moments is, next to the gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pause {
    /// Shorter than the gap.
    Shorter,
    /// As long as the gap, which stays in the session.
    Equal,
    /// Longer than the gap.
    Longer {
        /// By so many nanoseconds.
        by: u128,
    },
}

impl SessionRule {
    /// The rule that a session ends where a pause is longer than `gap`.
    pub fn of_gap(gap: Gap) -> Self {
        Self { gap }
    }

    /// The longest pause inside a session.
    pub fn gap(&self) -> Gap {
        self.gap
    }

    /// What it has to know of a key.
    pub fn kind(&self) -> RuleKind {
        RuleKind::OrderFree
    }

    /// How far from a changed event another can be whose session the change moves, provided that nothing lies between
    /// them: a pause that is longer than this ends a session whatever lies on either side of it.
    pub fn reach(&self) -> Gap {
        self.gap
    }

    /// The columns it reads, other than the key and the time.
    pub fn columns(&self) -> &[String] {
        &[]
    }

    /// How a pause of so many nanoseconds compares with the gap, for people who ask why a session ended.
    pub fn pause(&self, nanoseconds: u128) -> Pause {
        match nanoseconds.checked_sub(u128::from(self.gap.nanoseconds())) {
            None => Pause::Shorter,
            Some(0) => Pause::Equal,
            Some(by) => Pause::Longer { by },
        }
    }

    /// The same rule for instants that count in `unit`.
    pub(crate) fn counted_in(&self, unit: TimeUnit) -> CountedRule {
        // Rounding down is exact: a pause is a whole number of units, so it is longer than the gap just when it is
        // longer than this.
        CountedRule { longest_pause: self.gap.nanoseconds() / nanoseconds_per(unit) }
    }
}

/// A rule of [`RuleKind::OrderFree`] for instants that count in one unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CountedRule {
    longest_pause: u64,
}

impl CountedRule {
    /// Whether two instants belong to one session, provided that no event of the key lies between them. `earlier` must
    /// not be after `later`.
    #[inline]
    pub(crate) fn joins(&self, earlier: i64, later: i64) -> bool {
        // Exact over all of `i64`: the difference of any two fits in a `u64`, and wrapping subtraction yields it.
        later.wrapping_sub(earlier) as u64 <= self.longest_pause
    }
}

#[cfg(test)]
impl CountedRule {
    /// The rule of a gap of so many units.
    pub(crate) fn of_units(longest_pause: u64) -> Self {
        Self { longest_pause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(gap: &str) -> SessionRule {
        SessionRule::of_gap(gap.parse().unwrap())
    }

    #[test]
    fn exactly_the_gap_joins_and_one_more_does_not() {
        let counted = rule("30s").counted_in(TimeUnit::Second);
        assert!(counted.joins(0, 30) && counted.joins(-30, 0) && counted.joins(5, 5));
        assert!(!counted.joins(0, 31));
    }

    #[test]
    fn a_gap_in_coarser_units_joins_only_what_is_not_longer() {
        let rule = rule("1500ms");
        assert_eq!(rule.counted_in(TimeUnit::Second), CountedRule::of_units(1)); // 2 s is longer than 1.5 s, 1 s is not
        assert_eq!(rule.counted_in(TimeUnit::Nanosecond), CountedRule::of_units(1_500_000_000));
    }

    #[test]
    fn the_ends_of_i64_do_not_overflow() {
        assert!(!CountedRule::of_units(u64::MAX - 1).joins(i64::MIN, i64::MAX));
        assert!(CountedRule::of_units(u64::MAX).joins(i64::MIN, i64::MAX));
    }

    /// What people are told of a pause is what happens to it.
    #[test]
    fn a_pause_in_words_agrees_with_what_joins() {
        let rule = rule("3ns");
        let counted = rule.counted_in(TimeUnit::Nanosecond);
        for length in 0..7_i64 {
            let pause = rule.pause(length.unsigned_abs().into());
            assert_eq!(counted.joins(0, length), !matches!(pause, Pause::Longer { .. }), "{length}");
        }
        assert_eq!(rule.pause(2), Pause::Shorter);
        assert_eq!(rule.pause(3), Pause::Equal);
        assert_eq!(rule.pause(u128::from(u64::MAX)), Pause::Longer { by: u128::from(u64::MAX) - 3 });
    }
}
