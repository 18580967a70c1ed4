//! The interval algebra: under a rule that asks for nothing but two instants, the sessions of one key are the connected
//! components of its instants, so disjoint intervals with counts summarise any set of its events exactly.
//!
//! [`KeyIntervals`] takes one instant at a time, in any order. [`merge_sorted`] joins the summaries of several
//! sets of events, overlapping or not; it is associative and commutative, and the empty set changes nothing.

use std::collections::BTreeMap;

use crate::label_forest::{Label, LabelForest};
use crate::rule::CountedRule;

/// A run of instants of which each joins the next: its first and last instant, how many events it holds
/// and the label they carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interval<L = Label> {
    /// The first instant.
    pub(crate) start: i64,
    /// The last instant; never before `start`.
    pub(crate) end: i64,
    /// How many events lie in it. [`crate::Labeller`] takes fewer events than this can count.
    pub(crate) events: u32,
    /// The label of its events, or the one that theirs were united with.
    pub(crate) label: L,
}

/// The intervals of one key: disjoint, sorted, and no two of them joined by the rule.
///
/// The latest is kept apart because events mostly arrive in the order of time, and then nothing else is
/// touched.
#[derive(Debug)]
pub(crate) struct KeyIntervals {
    latest: Interval,
    earlier: Earlier,
}

/// The intervals before the latest. A sorted vector is smallest and quickest as long as insertions fall near
/// its end; once one would shift many, as in a shuffled key of very many sessions, a B-tree takes over, so
/// that no order of events costs more than n log n.
#[derive(Debug)]
enum Earlier {
    Sorted(Vec<Interval>),
    #[allow(clippy::box_collection, reason = "so that keys without a tree, nearly all, take 8 bytes less")]
    Tree(Box<BTreeMap<i64, Interval>>),
}

/// Shifting this many intervals (12 kB) costs about as much as a few steps in a B-tree.
const LONGEST_SHIFT: usize = 512;

impl<L> Interval<L> {
    pub(crate) fn with_label<M>(&self, label: M) -> Interval<M> {
        Interval { start: self.start, end: self.end, events: self.events, label }
    }
}

impl KeyIntervals {
    /// The summary of a single event.
    pub(crate) fn first(instant: i64, label: Label) -> Self {
        Self {
            latest: Interval { start: instant, end: instant, events: 1, label },
            earlier: Earlier::Sorted(Vec::new()),
        }
    }

    /// The summary of no event, with the label that the first one will get. It lies at the last instant, so
    /// that every other one takes the slow path, which knows about it.
    pub(crate) fn vacant(label: Label) -> Self {
        let nothing = Interval { start: i64::MAX, end: i64::MAX, events: 0, label };
        Self { latest: nothing, earlier: Earlier::Sorted(Vec::new()) }
    }

    /// Whether an instant lies before the latest interval.
    #[inline]
    pub(crate) fn is_late(&self, instant: i64) -> bool {
        instant < self.latest.start
    }

    /// Takes in one event and returns its label: that of the interval it extends or bridges, or a new one of
    /// `labels`.
    #[inline]
    pub(crate) fn insert(&mut self, instant: i64, rule: &CountedRule, labels: &mut LabelForest) -> Label {
        let latest = &mut self.latest;
        if instant >= latest.end {
            if rule.joins(latest.end, instant) {
                latest.end = instant;
                latest.events += 1;
                return latest.label;
            }
            let label = labels.plant();
            self.earlier.push(*latest);
            *latest = Interval { start: instant, end: instant, events: 1, label };
            return label;
        }
        if instant >= latest.start {
            latest.events += 1;
            return latest.label;
        }
        self.insert_before_latest(instant, rule, labels)
    }

    /// Takes in an interval that is later than all and that the rule does not join to them; returns whether it is.
    pub(crate) fn remember(&mut self, interval: Interval, rule: &CountedRule) -> bool {
        if self.latest.events == 0 {
            self.latest = interval;
            return true;
        }
        if interval.start <= self.latest.end || rule.joins(self.latest.end, interval.start) {
            return false;
        }
        self.earlier.push(self.latest);
        self.latest = interval;
        true
    }

    fn insert_before_latest(&mut self, instant: i64, rule: &CountedRule, labels: &mut LabelForest) -> Label {
        if self.latest.events == 0 {
            self.latest = Interval { start: instant, end: instant, events: 1, ..self.latest };
            return self.latest.label;
        }
        let joins_latest = rule.joins(instant, self.latest.start);
        match (self.earlier.last(), joins_latest) {
            // An instant that joins the latest is later than all the earlier ones, so only their last can be
            // bridged with it.
            (Some(last), true) if rule.joins(last.end, instant) => {
                labels.unite(self.latest.label, last.label);
                self.latest.start = last.start;
                self.latest.events += last.events + 1;
                self.earlier.pop();
                self.latest.label
            }
            (_, true) => {
                self.latest.start = instant;
                self.latest.events += 1;
                self.latest.label
            }
            (_, false) => self.earlier.insert(instant, rule, labels),
        }
    }

    /// Takes the summary out and leaves that of no event.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::vacant(self.latest.label))
    }

    /// How many intervals there are.
    pub(crate) fn count(&self) -> usize {
        let earlier = match &self.earlier {
            Earlier::Sorted(sorted) => sorted.len(),
            Earlier::Tree(tree) => tree.len(),
        };
        earlier + usize::from(self.latest.events > 0)
    }

    /// Appends the intervals to `all`, sorted by time.
    pub(crate) fn append_to(&self, all: &mut Vec<Interval>) {
        match &self.earlier {
            Earlier::Sorted(sorted) => all.extend_from_slice(sorted),
            Earlier::Tree(tree) => all.extend(tree.values()),
        }
        if self.latest.events > 0 {
            all.push(self.latest);
        }
    }
}

impl Earlier {
    fn push(&mut self, interval: Interval) {
        match self {
            Self::Sorted(sorted) => sorted.push(interval),
            Self::Tree(tree) => {
                tree.insert(interval.start, interval);
            }
        }
    }

    fn last(&self) -> Option<Interval> {
        match self {
            Self::Sorted(sorted) => sorted.last().copied(),
            Self::Tree(tree) => tree.last_key_value().map(|(_, interval)| *interval),
        }
    }

    fn pop(&mut self) {
        match self {
            Self::Sorted(sorted) => {
                sorted.pop();
            }
            Self::Tree(tree) => {
                tree.pop_last();
            }
        }
    }

    /// Takes in an event that does not join the latest interval.
    fn insert(&mut self, instant: i64, rule: &CountedRule, labels: &mut LabelForest) -> Label {
        match self {
            Self::Sorted(sorted) => {
                let at = starting_by(sorted, instant);
                if sorted.len() - at <= LONGEST_SHIFT {
                    return insert_sorted(sorted, at, instant, rule, labels);
                }
                let mut tree: BTreeMap<_, _> =
                    std::mem::take(sorted).into_iter().map(|interval| (interval.start, interval)).collect();
                let label = insert_tree(&mut tree, instant, rule, labels);
                *self = Self::Tree(Box::new(tree));
                label
            }
            Self::Tree(tree) => insert_tree(tree, instant, rule, labels),
        }
    }
}

/// How many intervals start at or before `instant`.
///
/// The last stretch is walked, because the processor then asks for all of it ahead of time; in a binary search
/// each step waits for memory before the next is known. With many keys in shuffled order that wait is most of
/// the work.
fn starting_by(sorted: &[Interval], instant: i64) -> usize {
    const WALKED: usize = 32;
    let (mut low, mut high) = (0, sorted.len());
    while high - low > WALKED {
        let middle = low + (high - low) / 2;
        if sorted[middle].start <= instant { low = middle + 1 } else { high = middle }
    }
    low + sorted[low..high].iter().rposition(|interval| interval.start <= instant).map_or(0, |at| at + 1)
}

/// `at` is how many intervals start at or before `instant`.
fn insert_sorted(
    sorted: &mut Vec<Interval>,
    at: usize,
    instant: i64,
    rule: &CountedRule,
    labels: &mut LabelForest,
) -> Label {
    let joins_next = sorted.get(at).is_some_and(|next| rule.joins(instant, next.start));
    let joins_previous = at > 0 && reaches(&sorted[at - 1], instant, rule);
    match (joins_previous, joins_next) {
        (true, true) => {
            let next = sorted.remove(at);
            bridge(&mut sorted[at - 1], &next, labels)
        }
        (true, false) => extend_end(&mut sorted[at - 1], instant),
        (false, true) => {
            sorted[at].start = instant;
            sorted[at].events += 1;
            sorted[at].label
        }
        (false, false) => {
            let label = labels.plant();
            sorted.insert(at, Interval { start: instant, end: instant, events: 1, label });
            label
        }
    }
}

fn insert_tree(
    tree: &mut BTreeMap<i64, Interval>,
    instant: i64,
    rule: &CountedRule,
    labels: &mut LabelForest,
) -> Label {
    let next = tree
        .range((std::ops::Bound::Excluded(instant), std::ops::Bound::Unbounded))
        .next()
        .map(|(_, next)| *next)
        .filter(|next| rule.joins(instant, next.start));
    if let Some(next) = next {
        tree.remove(&next.start);
    }
    let previous = tree.range_mut(..=instant).next_back().map(|(_, previous)| previous);
    match (previous.filter(|previous| reaches(previous, instant, rule)), next) {
        (Some(previous), Some(next)) => bridge(previous, &next, labels),
        (Some(previous), None) => extend_end(previous, instant),
        (None, Some(next)) => {
            tree.insert(instant, Interval { start: instant, events: next.events + 1, ..next });
            next.label
        }
        (None, None) => {
            let label = labels.plant();
            tree.insert(instant, Interval { start: instant, end: instant, events: 1, label });
            label
        }
    }
}

/// Whether an instant that is not before the interval's start belongs to it.
fn reaches(interval: &Interval, instant: i64, rule: &CountedRule) -> bool {
    instant <= interval.end || rule.joins(interval.end, instant)
}

fn extend_end(interval: &mut Interval, instant: i64) -> Label {
    interval.end = interval.end.max(instant);
    interval.events += 1;
    interval.label
}

/// One event joins two intervals into one.
fn bridge(previous: &mut Interval, next: &Interval, labels: &mut LabelForest) -> Label {
    labels.unite(previous.label, next.label);
    previous.end = next.end;
    previous.events += next.events + 1;
    previous.label
}

/// Joins intervals of one key, sorted by start and possibly overlapping, into disjoint ones. For each of them
/// `joined` gets its start, its end, its number of events and the intervals that went into it.
pub(crate) fn merge_sorted<L>(
    intervals: &[Interval<L>],
    rule: &CountedRule,
    mut joined: impl FnMut(i64, i64, u64, &[Interval<L>]),
) {
    let mut from = 0;
    while let Some(first) = intervals.get(from) {
        let mut end = first.end;
        let mut events = u64::from(first.events);
        let mut to = from + 1;
        while let Some(next) = intervals.get(to) {
            if next.start > end && !rule.joins(end, next.start) {
                break;
            }
            end = end.max(next.end);
            events += u64::from(next.events);
            to += 1;
        }
        joined(first.start, end, events, &intervals[from..to]);
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(key: &KeyIntervals) -> Vec<(i64, i64, u32)> {
        let mut all = Vec::new();
        key.append_to(&mut all);
        all.iter().map(|i| (i.start, i.end, i.events)).collect()
    }

    fn key_of(instants: &[i64], gap: u64) -> (KeyIntervals, LabelForest) {
        let rule = CountedRule::of_units(gap);
        let mut labels = LabelForest::default();
        let mut key = KeyIntervals::first(instants[0], labels.plant());
        for &instant in &instants[1..] {
            key.insert(instant, &rule, &mut labels);
        }
        (key, labels)
    }

    #[test]
    fn exactly_the_gap_joins_and_one_more_does_not() {
        assert_eq!(spans(&key_of(&[0, 30, 61], 30).0), [(0, 30, 2), (61, 61, 1)]);
    }

    #[test]
    fn overlapping_and_near_intervals_are_joined() {
        let interval = |start, end, events, label| Interval { start, end, events, label };
        let (monday, late) = (interval(0, 40, 3, "monday"), interval(20, 90, 2, "late"));
        let mut all = Vec::new();
        let intervals = [monday, late, interval(200, 200, 1, "tuesday")];
        merge_sorted(&intervals, &CountedRule::of_units(30), |start, end, events, parts| {
            all.push((start, end, events, parts.len()));
        });
        assert_eq!(all, [(0, 90, 5, 2), (200, 200, 1, 1)]);
    }

    #[test]
    fn a_late_event_bridges_two_intervals_into_one_label() {
        let (key, mut labels) = key_of(&[0, 100, 200, 50], 50);
        assert_eq!(spans(&key), [(0, 100, 3), (200, 200, 1)]);
        let mut all = Vec::new();
        key.append_to(&mut all);
        assert_eq!(labels.root(Label::at(0)), labels.root(Label::at(1)));
        assert_ne!(labels.root(Label::at(0)), labels.root(Label::at(2)));
    }

    #[test]
    fn the_ends_of_i64_do_not_overflow() {
        let (key, _) = key_of(&[i64::MAX, i64::MIN, 0, i64::MAX - 1, i64::MIN + 1], 1);
        assert_eq!(spans(&key), [(i64::MIN, i64::MIN + 1, 2), (0, 0, 1), (i64::MAX - 1, i64::MAX, 2)]);
        assert_eq!(spans(&key_of(&[i64::MAX, i64::MIN], u64::MAX).0), [(i64::MIN, i64::MAX, 2)]);
    }

    /// The tree takes over in a long shuffled key, and agrees with sorting.
    #[test]
    fn a_long_shuffled_key_agrees_with_sorting() {
        let n = 200_003_u64; // a prime, so that the stride visits every multiple once
        let mut instants: Vec<i64> = (0..n).map(|i| ((i * 74_699) % n * 10) as i64).collect();
        instants.extend((0..n / 3).map(|i| (i * 30 + 5) as i64)); // bridges every third pair
        let (key, _) = key_of(&instants, 5);
        assert!(matches!(key.earlier, Earlier::Tree(_)));
        instants.sort_unstable();
        let mut expected: Vec<(i64, i64, u32)> = Vec::new();
        for &instant in &instants {
            match expected.last_mut() {
                Some(last) if instant - last.1 <= 5 => (last.1, last.2) = (instant, last.2 + 1),
                _ => expected.push((instant, instant, 1)),
            }
        }
        assert_eq!(spans(&key), expected);
    }
}
