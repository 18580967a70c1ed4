//! The sessions of one key as they would have stood at every midnight, and what late events would have changed in them.

use std::ops::{AddAssign, Range};

/// An event as it arrived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Arrival {
    /// The day on which it was received: it is there at the midnight that ends it.
    pub(super) day: i64,
    /// Whether it happened on an earlier day.
    pub(super) is_late: bool,
    /// When it happened.
    pub(super) instant: i64,
}

/// What late events would have done to sessions that an earlier midnight had shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct LateChanges {
    /// Sessions that only late events make.
    pub begun: u64,
    /// Sessions that got late events and stayed one each.
    pub extended: u64,
    /// Sessions that became one with others.
    pub merged: u64,
    /// Those that they became.
    pub merged_into: u64,
    /// Sessions whose number among those of their key, and so its id under `sequence` and `encoded`, would be another one.
    pub other_numbers: u64,
    /// Sessions whose start, and so its id under `start`, would be another one.
    pub other_starts: u64,
}

impl AddAssign for LateChanges {
    fn add_assign(&mut self, other: Self) {
        self.begun += other.begun;
        self.extended += other.extended;
        self.merged += other.merged;
        self.merged_into += other.merged_into;
        self.other_numbers += other.other_numbers;
        self.other_starts += other.other_starts;
    }
}

#[derive(Clone, Copy, Debug)]
struct Session {
    start: i64,
    end: i64,
    /// Whether a midnight before has shown it, or a part of it.
    was_shown: bool,
}

/// A session that sessions and events make together.
struct United {
    session: Session,
    /// The sessions that it is made of.
    of: Range<usize>,
    /// How many events were added.
    added: usize,
}

/// Replays the arrivals of one key, in any order. `joins` says whether two instants belong together if none lies between.
pub(super) fn replay(arrivals: &mut [Arrival], joins: impl Fn(i64, i64) -> bool) -> LateChanges {
    arrivals.sort_unstable();
    let mut changes = LateChanges::default();
    let mut sessions: Vec<Session> = Vec::new();
    for of_day in arrivals.chunk_by(|one, other| one.day == other.day) {
        let (on_time, late) = of_day.split_at(of_day.partition_point(|arrival| !arrival.is_late));
        // What comes in time would have been there in any case.
        sessions = unite(&sessions, on_time, &joins).into_iter().map(|united| united.session).collect();
        if !late.is_empty() {
            let united = unite(&sessions, late, &joins);
            changes += changed(&sessions, &united);
            sessions = united.into_iter().map(|united| united.session).collect();
        }
        sessions.iter_mut().for_each(|session| session.was_shown = true);
    }
    changes
}

fn changed(before: &[Session], after: &[United]) -> LateChanges {
    let mut changes = LateChanges::default();
    for (number, now) in after.iter().enumerate() {
        let shown = || now.of.clone().filter(|place| before[*place].was_shown);
        match shown().count() as u64 {
            0 => changes.begun += u64::from(now.of.is_empty()),
            1 => changes.extended += u64::from(now.added > 0),
            several => {
                changes.merged += several;
                changes.merged_into += 1;
            }
        }
        changes.other_numbers += shown().filter(|place| *place != number).count() as u64;
        changes.other_starts +=
            shown().filter(|place| before[*place].start != now.session.start).count() as u64;
    }
    changes
}

/// The sessions that these and the events make. Both are in the order of time.
fn unite(sessions: &[Session], events: &[Arrival], joins: impl Fn(i64, i64) -> bool) -> Vec<United> {
    let mut all: Vec<United> = Vec::with_capacity(sessions.len() + events.len());
    let (mut next_session, mut next_event) = (0, 0);
    loop {
        let takes_session = match (sessions.get(next_session), events.get(next_event)) {
            (None, None) => return all,
            (Some(session), Some(event)) => session.start <= event.instant,
            (session, _) => session.is_some(),
        };
        let next = if takes_session {
            next_session += 1;
            United { session: sessions[next_session - 1], of: next_session - 1..next_session, added: 0 }
        } else {
            next_event += 1;
            let instant = events[next_event - 1].instant;
            let session = Session { start: instant, end: instant, was_shown: false };
            United { session, of: next_session..next_session, added: 1 }
        };
        match all.last_mut() {
            Some(open)
                if next.session.start <= open.session.end || joins(open.session.end, next.session.start) =>
            {
                open.session.end = open.session.end.max(next.session.end);
                open.session.was_shown |= next.session.was_shown;
                open.of.end = open.of.end.max(next.of.end);
                open.added += next.added;
            }
            _ => all.push(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const GAP: i64 = 3;

    fn joins(earlier: i64, later: i64) -> bool {
        later - earlier <= GAP
    }

    /// Sessions of a set of instants, each as its first and last, from nothing but the rule.
    fn sessions(instants: &BTreeSet<i64>) -> Vec<(i64, i64)> {
        let mut sessions: Vec<(i64, i64)> = Vec::new();
        for instant in instants {
            match sessions.last_mut() {
                Some(last) if joins(last.1, *instant) => last.1 = *instant,
                _ => sessions.push((*instant, *instant)),
            }
        }
        sessions
    }

    /// The same from whole sets at every midnight.
    fn naive(arrivals: &[Arrival]) -> LateChanges {
        let days: BTreeSet<i64> = arrivals.iter().map(|arrival| arrival.day).collect();
        let mut changes = LateChanges::default();
        for day in days {
            let instants = |of: &dyn Fn(&Arrival) -> bool| -> BTreeSet<i64> {
                arrivals.iter().filter(|arrival| of(arrival)).map(|arrival| arrival.instant).collect()
            };
            let shown = instants(&|arrival| arrival.day < day);
            let before =
                sessions(&instants(&|arrival| arrival.day < day || arrival.day == day && !arrival.is_late));
            let late = arrivals.iter().filter(|arrival| arrival.day == day && arrival.is_late);
            let late: Vec<i64> = late.map(|arrival| arrival.instant).collect();
            if late.is_empty() {
                continue;
            }
            let after = sessions(&instants(&|arrival| arrival.day <= day));
            let within = |outer: (i64, i64), instant: i64| (outer.0..=outer.1).contains(&instant);
            for (number, now) in after.iter().enumerate() {
                let parts = before.iter().enumerate().filter(|(_, part)| within(*now, part.0));
                let all = parts.clone().count();
                let old: Vec<_> =
                    parts.filter(|(_, part)| shown.iter().any(|instant| within(**part, *instant))).collect();
                let is_late = late.iter().any(|instant| within(*now, *instant));
                changes.begun += u64::from(all == 0);
                changes.extended += u64::from(old.len() == 1 && is_late);
                if old.len() > 1 {
                    changes.merged += old.len() as u64;
                    changes.merged_into += 1;
                }
                changes.other_numbers += old.iter().filter(|(place, _)| *place != number).count() as u64;
                changes.other_starts += old.iter().filter(|(_, part)| part.0 != now.0).count() as u64;
            }
        }
        changes
    }

    fn arrivals(of: &[(i64, bool, i64)]) -> Vec<Arrival> {
        of.iter()
            .map(|(day, is_late, instant)| Arrival { day: *day, is_late: *is_late, instant: *instant })
            .collect()
    }

    #[test]
    fn each_change_by_hand() {
        let replayed = |of: &[(i64, bool, i64)]| replay(&mut arrivals(of), joins);
        let none = LateChanges::default();
        assert_eq!(replayed(&[(0, false, 10), (0, false, 20), (1, false, 22)]), none);
        // Between two sessions that were shown, and near enough to both.
        let merged = LateChanges { merged: 2, merged_into: 1, other_numbers: 1, other_starts: 1, ..none };
        assert_eq!(replayed(&[(0, false, 10), (0, false, 16), (1, true, 13)]), merged);
        assert_eq!(replayed(&[(0, false, 10), (1, true, 12)]), LateChanges { extended: 1, ..none });
        assert_eq!(
            replayed(&[(0, false, 10), (1, true, 8)]),
            LateChanges { extended: 1, other_starts: 1, ..none }
        );
        // A session before the others gives them all other numbers.
        let begun = LateChanges { begun: 1, other_numbers: 2, ..none };
        assert_eq!(replayed(&[(0, false, 10), (0, false, 20), (1, true, 1)]), begun);
        // What nobody has seen is not changed.
        assert_eq!(replayed(&[(1, false, 10), (1, true, 9)]), none);
        assert_eq!(replayed(&[]), none);
    }

    proptest! {
        #[test]
        fn changes_are_those_of_whole_sets(
            of in prop::collection::vec((0..5_i64, any::<bool>(), 0..60_i64), 0..40),
        ) {
            let arrivals = arrivals(&of);
            prop_assert_eq!(replay(&mut arrivals.clone(), joins), naive(&arrivals));
        }
    }
}
