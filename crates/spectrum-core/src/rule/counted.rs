//! A rule for instants that count in one unit.

use arrow_schema::TimeUnit;

use super::split_at::CountedSplit;
use super::{AtGap, Reason, Reasons, SessionRule};
use crate::gap::{Gap, nanoseconds_per};

/// What two neighbouring instants say by themselves: whether the pause between them is too long, or a time of day at which
/// sessions end lies between them. All that a rule of [`super::RuleKind::OrderFree`] asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CountedRule {
    longest_pause: u64,
    split_at: Option<CountedSplit>,
}

impl CountedRule {
    pub(super) fn of(rule: &SessionRule, unit: TimeUnit) -> Self {
        Self {
            longest_pause: longest_pause(rule.gap(), rule.at_gap(), unit),
            split_at: rule.split_at().map(|split_at| split_at.counted_in(unit)),
        }
    }

    /// Whether two instants belong to one session, provided that no event of the key lies between them. `earlier` must
    /// not be after `later`.
    #[inline]
    pub(crate) fn joins(&self, earlier: i64, later: i64) -> bool {
        pause(earlier, later) <= self.longest_pause && !self.is_split(earlier, later)
    }

    /// Why two neighbouring instants that do not join are apart.
    pub(crate) fn reason(&self, earlier: i64, later: i64) -> Reason {
        if pause(earlier, later) > self.longest_pause { Reason::Gap } else { Reason::SplitAt }
    }

    /// All reasons for which they are.
    pub(crate) fn reasons(&self, earlier: i64, later: i64) -> Reasons {
        let mut reasons = Reasons::default();
        reasons.add_if(pause(earlier, later) > self.longest_pause, Reason::Gap);
        reasons.add_if(self.is_split(earlier, later), Reason::SplitAt);
        reasons
    }

    /// Whether a time of day at which sessions end lies between.
    #[inline]
    pub(crate) fn is_split(&self, earlier: i64, later: i64) -> bool {
        self.split_at.as_ref().is_some_and(|split_at| split_at.lies_between(earlier, later))
    }
}

/// The pause between two instants. Exact over all of `i64`: the difference of any two fits in a `u64`, and wrapping
/// subtraction yields it.
#[inline]
pub(crate) fn pause(earlier: i64, later: i64) -> u64 {
    later.wrapping_sub(earlier) as u64
}

/// The longest pause, in whole units, that does not end a session.
pub(crate) fn longest_pause(gap: Gap, at_gap: AtGap, unit: TimeUnit) -> u64 {
    // Rounding down is exact: a pause is a whole number of units, so it is longer than the gap just when it is longer than
    // this. Where as long is apart already, one nanosecond less is the longest.
    let nanoseconds = match at_gap {
        AtGap::Same => gap.nanoseconds(),
        AtGap::New => gap.nanoseconds() - 1,
    };
    nanoseconds / nanoseconds_per(unit)
}

#[cfg(test)]
impl CountedRule {
    /// The rule of a gap of so many units.
    pub(crate) fn of_units(longest_pause: u64) -> Self {
        Self { longest_pause, split_at: None }
    }
}
