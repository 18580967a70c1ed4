//! The rule itself, moment by moment, in the order of time.

use crate::rule::{CountedRule, Reason, Reasons, SessionRule, SplitOnNull, longest_pause, pause};
use arrow_schema::TimeUnit;

use super::facts::{ENDS, IGNORED, PASSIVE, STARTS};

/// A rule in whole units of time, as the machine needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct MomentRule {
    of_instants: CountedRule,
    /// The longest pause after an event, by the entry of `gap_when` that counts; the rule's own gap comes last.
    longest_pauses: Vec<u64>,
    split_on_null: SplitOnNull,
    longest: u64,
    most_events: u64,
}

impl MomentRule {
    pub(super) fn of(rule: &SessionRule, unit: TimeUnit) -> Self {
        let gaps = rule.gap_when().iter().map(|rule| rule.gap).chain([rule.gap()]);
        let same = crate::rule::AtGap::Same;
        Self {
            of_instants: rule.counted_in(unit),
            longest_pauses: gaps.map(|gap| longest_pause(gap, rule.at_gap(), unit)).collect(),
            split_on_null: rule.split_on_null(),
            longest: rule.max_duration().map_or(u64::MAX, |longest| longest_pause(longest, same, unit)),
            most_events: rule.max_events().unwrap_or(u64::MAX),
        }
    }
}

impl MomentRule {
    /// Whether a moment, whose least and greatest value of a column are given, has another one than the session.
    pub(super) fn differ(&self, current: u32, (low, high): (u32, u32)) -> bool {
        match self.split_on_null {
            SplitOnNull::Keep if current == 0 || high == 0 => false,
            _ => low != current || high != current,
        }
    }
}

/// What a moment is to the rule. Values are ranks in the order of their texts; 0 is NULL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment<const N: usize> {
    pub(super) instant: i64,
    /// Events that are neither passive nor ignored, then all that are not ignored.
    active: u64,
    heard: u64,
    starts: bool,
    ends: bool,
    longest_pause: u64,
    pub(super) low: [u32; N],
    pub(super) high: [u32; N],
}

impl<const N: usize> Moment<N> {
    pub(super) fn at(instant: i64) -> Self {
        Self {
            instant,
            active: 0,
            heard: 0,
            starts: false,
            ends: false,
            longest_pause: 0,
            low: [0; N],
            high: [0; N],
        }
    }

    /// Adds an event at this instant.
    #[inline]
    pub(super) fn add(&mut self, rule: &MomentRule, flags: u8, gap: u8, values: [u32; N]) {
        if flags & IGNORED != 0 {
            return;
        }
        self.heard += 1;
        self.ends |= flags & ENDS != 0;
        let pause = rule.longest_pauses.get(usize::from(gap)).copied().unwrap_or_default();
        self.longest_pause = self.longest_pause.max(pause);
        if flags & PASSIVE != 0 {
            return;
        }
        self.active += 1;
        self.starts |= flags & STARTS != 0;
        for ((low, high), value) in self.low.iter_mut().zip(&mut self.high).zip(values) {
            if value != 0 {
                *low = if *low == 0 { value } else { value.min(*low) };
                *high = value.max(*high);
            }
        }
    }
}

/// Where a moment belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// To the latest session, which it extends or, if all its events are ignored, does not.
    Joins { extends: bool },
    /// To a new one, for this reason and all that are true.
    Begins { reason: Reason, reasons: Reasons },
    /// To none, because what ended the session was this; no session had begun yet where it is not there.
    Nowhere { ended_by: Option<Reason> },
}

/// The latest session of a key, as far as the rule has to know it.
#[derive(Clone, Debug)]
struct Latest<const N: usize> {
    start: i64,
    last: i64,
    longest_pause: u64,
    ends: bool,
    events: u64,
    values: [u32; N],
    /// What ended it, before a moment that could begin another.
    ended_by: Option<Reason>,
}

/// Says where the moments of one key belong.
#[derive(Debug)]
pub(super) struct Machine<'r, const N: usize> {
    rule: &'r MomentRule,
    latest: Option<Latest<N>>,
    /// The values that the session before the latest had at its end.
    pub(super) values_before: [u32; N],
}

impl<'r, const N: usize> Machine<'r, N> {
    pub(super) fn new(rule: &'r MomentRule) -> Self {
        Self { rule, latest: None, values_before: [0; N] }
    }

    /// Where the next moment in the order of time belongs.
    pub(super) fn place(&mut self, moment: &Moment<N>) -> Place {
        let rule = self.rule;
        let Some(latest) = &mut self.latest else {
            let mut first = Reasons::default();
            first.add_if(true, Reason::First);
            return match moment.active {
                0 => Place::Nowhere { ended_by: None },
                _ => self.begin(moment, Reason::First, first),
            };
        };
        let reasons = latest.reasons(rule, moment);
        let ended_by = reasons.first().or(latest.ended_by);
        match ended_by {
            None => {
                latest.take_in(moment);
                Place::Joins { extends: moment.heard > 0 }
            }
            Some(reason) if moment.active > 0 => {
                self.values_before = latest.values;
                self.begin(moment, reason, reasons)
            }
            // Ignored events have no say, so they end nothing either: what comes next is asked anew.
            Some(_) if moment.heard == 0 => Place::Nowhere { ended_by },
            Some(reason) => {
                latest.ended_by.get_or_insert(reason);
                Place::Nowhere { ended_by }
            }
        }
    }

    /// Whether an event at an instant that is not before any moment would join the latest session, as far as no rule asks what
    /// that event is: within the pause that may follow, and nothing has ended the session.
    pub(super) fn is_open_at(&self, instant: i64) -> bool {
        let rule = self.rule;
        self.latest.as_ref().is_some_and(|latest| {
            !latest.ends
                && latest.ended_by.is_none()
                && pause(latest.last, instant) <= latest.longest_pause
                && !rule.of_instants.is_split(latest.last, instant)
                && pause(latest.start, instant) <= rule.longest
                && latest.events < rule.most_events
        })
    }

    fn begin(&mut self, moment: &Moment<N>, reason: Reason, reasons: Reasons) -> Place {
        self.latest = Some(Latest {
            start: moment.instant,
            last: moment.instant,
            longest_pause: moment.longest_pause,
            ends: moment.ends,
            events: moment.heard,
            values: moment.high,
            ended_by: None,
        });
        Place::Begins { reason, reasons }
    }
}

impl<const N: usize> Latest<N> {
    /// Everything that is true of the rule's list.
    fn reasons(&self, rule: &MomentRule, moment: &Moment<N>) -> Reasons {
        let mut reasons = Reasons::default();
        reasons.add_if(pause(self.last, moment.instant) > self.longest_pause, Reason::Gap);
        reasons.add_if(self.ends, Reason::EndWhen);
        reasons.add_if(rule.of_instants.is_split(self.last, moment.instant), Reason::SplitAt);
        if moment.heard == 0 {
            return reasons;
        }
        reasons.add_if(moment.starts, Reason::StartWhen);
        reasons.add_if(moment.active > 0 && self.has_other_values(rule, moment), Reason::SplitOn);
        reasons.add_if(pause(self.start, moment.instant) > rule.longest, Reason::MaxDuration);
        reasons.add_if(self.events + moment.heard > rule.most_events, Reason::MaxEvents);
        reasons
    }

    fn has_other_values(&self, rule: &MomentRule, moment: &Moment<N>) -> bool {
        let of_column = self.values.iter().zip(moment.low.iter().zip(&moment.high));
        of_column.into_iter().any(|(current, (low, high))| rule.differ(*current, (*low, *high)))
    }

    fn take_in(&mut self, moment: &Moment<N>) {
        if moment.heard == 0 {
            return;
        }
        self.last = moment.instant;
        self.longest_pause = moment.longest_pause;
        self.ends = moment.ends;
        self.events += moment.heard;
        if moment.active > 0 {
            for (current, high) in self.values.iter_mut().zip(moment.high) {
                // Under `split` a value that joins is the current one already.
                *current = if high == 0 { *current } else { high };
            }
        }
    }
}
