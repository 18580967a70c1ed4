//! The session rule: which moments of a key belong to one session.
//!
//! A moment is all events of a key at one instant. Rules look at moments and never at the order of events inside one, so
//! neither the order of the input nor an engine's treatment of ties can matter. A condition holds at a moment when it is
//! true for one of its events. Everything in this crate that has to know where a session ends asks here, so a rule is
//! changed in one place. The exception is `oracle.rs`, which says it once more in its own words, to check this.

mod columns;
mod counted;
mod parts;
mod reason;
mod split_at;
mod written;
mod written_id;

use arrow_schema::TimeUnit;

pub use self::columns::RuleColumn;
pub(crate) use self::counted::{CountedRule, longest_pause, pause};
pub use self::parts::{RuleError, RuleParts};
pub use self::reason::{Reason, Reasons, ValueChange};
pub use self::split_at::{SplitAt, SplitAtError};
pub(crate) use self::written::SessionTable;
pub(crate) use self::written_id::WrittenId;
use crate::gap::Gap;
use crate::predicate::Predicate;

/// What decides which moments of a key belong to one session. [`RuleParts`] makes one.
///
/// For a moment m after the session S that is the latest of its key, S no longer holds if one of these is true, asked in
/// this order:
///
/// 1. *gap*: m is later after S's last moment than the largest gap that an event of that moment allows;
/// 2. *end_when* held at S's last moment;
/// 3. *split_at*: a time of day at which sessions end lies between S's last moment and m;
/// 4. *start_when* holds at m;
/// 5. *split_on*: m has a value that differs from the session's current one;
/// 6. *max_duration*: m is later than this after the first moment of S;
/// 7. *max_events*: S would have more than this with the events of m.
///
/// If S holds, m joins it; else m begins a session. Events that are passive join and extend a session but never begin one,
/// and have no say in 4 and 5, which are about beginning; events that are ignored join a session, neither begin nor extend
/// one, and have a say in nothing. A moment of such events alone belongs to no session where none holds, and what has ended
/// stays ended. A session's current value is the greatest of the latest of its moments that has one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRule {
    takes_part: Option<Predicate>,
    gap: Gap,
    at_gap: AtGap,
    gap_when: Vec<GapWhen>,
    split_at: Option<SplitAt>,
    start_when: Option<Predicate>,
    end_when: Option<Predicate>,
    split_on: Vec<String>,
    split_on_null: SplitOnNull,
    max_duration: Option<Gap>,
    max_events: Option<u64>,
    passive_when: Option<Predicate>,
    ignore_when: Option<Predicate>,
    columns: Vec<RuleColumn>,
}

/// What a pause of exactly the gap does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AtGap {
    /// It stays in the session.
    #[default]
    Same,
    /// It ends the session.
    New,
}

/// Whether NULL is a value that a column of `split_on` can change from or to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SplitOnNull {
    /// It is not: a moment without a value keeps the session's current one.
    #[default]
    Keep,
    /// It is.
    Split,
}

/// The longest pause that may follow certain events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GapWhen {
    /// Which events.
    pub when: Predicate,
    /// The pause.
    pub gap: Gap,
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

/// Whether two neighbouring instants of a key belong to one session.
#[derive(Clone, Debug)]
pub struct Neighbours(CountedRule);

impl Neighbours {
    /// Whether they do, provided that no event of the key lies between. `earlier` must not be after `later`.
    #[inline]
    pub fn joins(&self, earlier: i64, later: i64) -> bool {
        self.0.joins(earlier, later)
    }
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
    /// The rule that a session ends where a pause is longer than `gap`, and nowhere else.
    pub fn of_gap(gap: Gap) -> Self {
        Self {
            takes_part: None,
            gap,
            at_gap: AtGap::Same,
            gap_when: Vec::new(),
            split_at: None,
            start_when: None,
            end_when: None,
            split_on: Vec::new(),
            split_on_null: SplitOnNull::Keep,
            max_duration: None,
            max_events: None,
            passive_when: None,
            ignore_when: None,
            columns: Vec::new(),
        }
    }

    /// Which events take part; all if there is no condition. Others belong to no session.
    pub fn takes_part(&self) -> Option<&Predicate> {
        self.takes_part.as_ref()
    }

    /// The longest pause inside a session, after events that no [`Self::gap_when`] is about.
    pub fn gap(&self) -> Gap {
        self.gap
    }

    /// What a pause of exactly a gap does.
    pub fn at_gap(&self) -> AtGap {
        self.at_gap
    }

    /// The longest pauses after certain events; the first whose condition is true of an event counts.
    pub fn gap_when(&self) -> &[GapWhen] {
        &self.gap_when
    }

    /// The time of day at which sessions end.
    pub fn split_at(&self) -> Option<&SplitAt> {
        self.split_at.as_ref()
    }

    /// Which events begin a session.
    pub fn start_when(&self) -> Option<&Predicate> {
        self.start_when.as_ref()
    }

    /// Which events are the last of their session.
    pub fn end_when(&self) -> Option<&Predicate> {
        self.end_when.as_ref()
    }

    /// The columns whose values are the same throughout a session.
    pub fn split_on(&self) -> &[String] {
        &self.split_on
    }

    /// Whether NULL is such a value.
    pub fn split_on_null(&self) -> SplitOnNull {
        self.split_on_null
    }

    /// The longest time from a session's first moment to its last.
    pub fn max_duration(&self) -> Option<Gap> {
        self.max_duration
    }

    /// The most events that a session has, unless they are all of one moment. Ignored events are not counted.
    pub fn max_events(&self) -> Option<u64> {
        self.max_events
    }

    /// Which events join and extend a session, but begin none.
    pub fn passive_when(&self) -> Option<&Predicate> {
        self.passive_when.as_ref()
    }

    /// Which events join a session, but neither begin nor extend one.
    pub fn ignore_when(&self) -> Option<&Predicate> {
        self.ignore_when.as_ref()
    }

    /// What it has to know of a key.
    pub fn kind(&self) -> RuleKind {
        // Where one of several columns begins a session, another may have no value there, and then has none until it has one
        // again: whether it parts two moments depends on where the session began.
        let walks_columns = self.split_on.len() > 1 && self.split_on_null == SplitOnNull::Keep;
        if self.max_duration.is_some() || self.max_events.is_some() || walks_columns {
            return RuleKind::Sequential;
        }
        let windowed = !self.gap_when.is_empty()
            || !self.split_on.is_empty()
            || [&self.start_when, &self.end_when, &self.passive_when, &self.ignore_when]
                .iter()
                .any(|rule| rule.is_some());
        if windowed { RuleKind::Windowed } else { RuleKind::OrderFree }
    }

    /// Whether it is a gap and nothing else, a pause of exactly which stays in the session: the original's rule.
    pub fn is_plain_gap(&self) -> bool {
        self.beyond_the_gap().next().is_none()
    }

    /// The settings that make it more than a plain gap, by their names, in the order in which a definition has them.
    pub fn beyond_the_gap(&self) -> impl Iterator<Item = &'static str> {
        [
            ("where", self.takes_part.is_some()),
            ("at_gap", self.at_gap != AtGap::Same),
            ("gap_when", !self.gap_when.is_empty()),
            ("split_at", self.split_at.is_some()),
            ("start_when", self.start_when.is_some()),
            ("end_when", self.end_when.is_some()),
            ("split_on", !self.split_on.is_empty()),
            ("max_duration", self.max_duration.is_some()),
            ("max_events", self.max_events.is_some()),
            ("passive_when", self.passive_when.is_some()),
            ("ignore_when", self.ignore_when.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
    }

    /// Whether it asks anything of an event but its key and time.
    pub fn reads_events(&self) -> bool {
        !self.split_on.is_empty() || self.conditions().next().is_some()
    }

    /// Whether events can belong to no session although they have a time: those that take no part, and passive and ignored
    /// ones where no session holds.
    pub fn leaves_out(&self) -> bool {
        [&self.takes_part, &self.passive_when, &self.ignore_when].iter().any(|rule| rule.is_some())
    }

    /// The same rule with another gap.
    pub fn with_gap(&self, gap: Gap) -> Self {
        Self { gap, ..self.clone() }
    }

    /// How far from a changed event another can be whose session the change moves, provided that nothing lies between
    /// them: a pause that is longer than this ends a session whatever lies on either side of it.
    pub fn reach(&self) -> Gap {
        self.gap_when.iter().map(|rule| rule.gap).fold(self.gap, Gap::max)
    }

    /// The columns that its conditions and `split_on` read, each once. They may be columns of the key.
    pub fn columns(&self) -> &[RuleColumn] {
        &self.columns
    }

    /// How a pause of so many nanoseconds compares with the gap, for people who ask why a session ended.
    pub fn pause(&self, nanoseconds: u128) -> Pause {
        match nanoseconds.checked_sub(u128::from(self.gap.nanoseconds())) {
            None => Pause::Shorter,
            Some(0) => Pause::Equal,
            Some(by) => Pause::Longer { by },
        }
    }

    /// Which instants belong together by the gap and the time of day alone: all that a rule of [`RuleKind::OrderFree`] asks.
    pub fn neighbours(&self, unit: TimeUnit) -> Neighbours {
        Neighbours(self.counted_in(unit))
    }

    /// What two neighbouring instants say by themselves, for instants that count in `unit`.
    pub(crate) fn counted_in(&self, unit: TimeUnit) -> CountedRule {
        CountedRule::of(self, unit)
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
