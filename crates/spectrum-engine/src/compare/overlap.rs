//! Which sessions of one labelling are which of another, from the two labels of every event and from nothing else.

/// Stands for no session, where one is meant by its place.
const NONE: u32 = u32::MAX;
/// Stands for more than one.
const SEVERAL: u32 = u32::MAX - 1;

/// What became of a session in the other labelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It has the events of one session there.
    Same,
    /// One session of A has the events of several of B; both the one and the several are called so.
    Split,
    /// One session of B has the events of several of A; both the one and the several are called so.
    Merged,
    /// Anything else: its events are spread otherwise, or some of them have no session there.
    Shifted,
}

/// The sessions of one side as the other sees them: five bytes each.
#[derive(Debug)]
struct Seen {
    /// The session of the other side that its events have, unless there are several.
    other: Vec<u32>,
    /// Whether one of its events has no session there, or shares one that is not whole within it.
    is_torn: Vec<bool>,
}

/// What became of all sessions of both sides.
#[derive(Debug)]
pub(super) struct Fates {
    pub(super) a: Vec<Fate>,
    pub(super) b: Vec<Fate>,
}

impl Seen {
    fn of(sessions: usize) -> Self {
        Self { other: vec![NONE; sessions], is_torn: vec![false; sessions] }
    }

    fn meet(&mut self, session: usize, other: usize) {
        let other = u32::try_from(other).unwrap_or(SEVERAL);
        let seen = &mut self.other[session];
        match *seen {
            NONE => *seen = other,
            before if before != other => *seen = SEVERAL,
            _ => {}
        }
    }

    /// Whether all its events are in one session of the other side.
    fn is_within_one(&self, session: usize) -> bool {
        self.other[session] < SEVERAL && !self.is_torn[session]
    }
}

/// Compares two labellings. `each_event` shows the sessions of every event by their places, less than `a` and `b`, and does so
/// twice: first it is seen which sessions meet, then whether those that meet several have them whole.
pub(super) fn fates(
    a: usize,
    b: usize,
    each_event: impl Fn(&mut dyn FnMut(Option<usize>, Option<usize>)),
) -> Fates {
    let (mut of_a, mut of_b) = (Seen::of(a), Seen::of(b));
    each_event(&mut |in_a, in_b| match (in_a, in_b) {
        (Some(in_a), Some(in_b)) => {
            of_a.meet(in_a, in_b);
            of_b.meet(in_b, in_a);
        }
        (Some(in_a), None) => of_a.is_torn[in_a] = true,
        (None, Some(in_b)) => of_b.is_torn[in_b] = true,
        (None, None) => {}
    });
    let (mut has_parts_a, mut has_parts_b) = (of_a.is_torn.clone(), of_b.is_torn.clone());
    each_event(&mut |in_a, in_b| {
        if let (Some(in_a), Some(in_b)) = (in_a, in_b) {
            has_parts_a[in_a] |= !of_b.is_within_one(in_b);
            has_parts_b[in_b] |= !of_a.is_within_one(in_a);
        }
    });
    Fates {
        a: one_side(&of_a, &has_parts_a, &of_b, &has_parts_b, Fate::Split, Fate::Merged),
        b: one_side(&of_b, &has_parts_b, &of_a, &has_parts_a, Fate::Merged, Fate::Split),
    }
}

/// The fates of one side's sessions: `if_several` where one has several of the other side whole, `if_part` where it is one of
/// several that one of the other side has whole. `has_parts` says of a session that it has a part of one that is not whole in
/// it, or an event without one.
fn one_side(
    own: &Seen,
    has_parts: &[bool],
    others: &Seen,
    others_have_parts: &[bool],
    if_several: Fate,
    if_part: Fate,
) -> Vec<Fate> {
    let fate = |session: usize| {
        if own.is_torn[session] {
            return Fate::Shifted;
        }
        match own.other[session] {
            NONE => Fate::Shifted,
            SEVERAL if has_parts[session] => Fate::Shifted,
            SEVERAL => if_several,
            other => match (others.other[other as usize], others_have_parts[other as usize]) {
                (SEVERAL, false) => if_part,
                (SEVERAL, true) => Fate::Shifted,
                _ if others.is_torn[other as usize] => Fate::Shifted,
                _ => Fate::Same,
            },
        }
    };
    (0..own.other.len()).map(fate).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    type Pair = (Option<usize>, Option<usize>);

    fn compared(events: &[Pair]) -> Fates {
        let count =
            |of: fn(&Pair) -> Option<usize>| events.iter().filter_map(of).max().map_or(0, |most| most + 1);
        fates(count(|event| event.0), count(|event| event.1), |visit| {
            events.iter().for_each(|(a, b)| visit(*a, *b));
        })
    }

    /// The same from the definition of the words, with sets of events.
    fn naive(
        events: &[Pair],
        of: fn(&Pair) -> Option<usize>,
        other: fn(&Pair) -> Option<usize>,
    ) -> BTreeMap<usize, &'static str> {
        let sets = |of: fn(&Pair) -> Option<usize>| {
            let mut sets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            for (number, event) in events.iter().enumerate() {
                if let Some(session) = of(event) {
                    sets.entry(session).or_default().insert(number);
                }
            }
            sets
        };
        let (own, others) = (sets(of), sets(other));
        let union_of_whole = |set: &BTreeSet<usize>, among: &BTreeMap<usize, BTreeSet<usize>>| {
            let whole: Vec<_> = among.values().filter(|part| part.is_subset(set)).collect();
            let union: BTreeSet<usize> = whole.iter().flat_map(|part| part.iter().copied()).collect();
            (union == *set).then_some(whole.len())
        };
        let fate = |set: &BTreeSet<usize>| {
            if others.values().any(|other| other == set) {
                return "same";
            }
            if union_of_whole(set, &others).is_some() {
                return "several";
            }
            let holder = others.values().find(|other| set.is_subset(other));
            if holder.is_some_and(|holder| union_of_whole(holder, &own).is_some()) {
                "part"
            } else {
                "shifted"
            }
        };
        own.iter().map(|(session, set)| (*session, fate(set))).collect()
    }

    fn word(fate: Fate, several: Fate) -> &'static str {
        match fate {
            Fate::Same => "same",
            Fate::Shifted => "shifted",
            fate if fate == several => "several",
            _ => "part",
        }
    }

    #[test]
    fn each_fate_by_hand() {
        let of = |pairs: &[(i32, i32)]| {
            let place = |number: i32| usize::try_from(number).ok();
            let pairs: Vec<Pair> = pairs.iter().map(|(a, b)| (place(*a), place(*b))).collect();
            let Fates { a, b } = compared(&pairs);
            (a, b)
        };
        use Fate::{Merged, Same, Shifted, Split};
        assert_eq!(of(&[(0, 0), (0, 0), (1, 1)]), (vec![Same, Same], vec![Same, Same]));
        assert_eq!(of(&[(0, 0), (0, 1), (0, 1)]), (vec![Split], vec![Split, Split]));
        assert_eq!(of(&[(0, 0), (1, 0)]), (vec![Merged, Merged], vec![Merged]));
        assert_eq!(of(&[(0, 0), (0, 1), (1, 1)]), (vec![Shifted, Shifted], vec![Shifted, Shifted]));
        // An event that has a session on one side only tears it.
        assert_eq!(of(&[(0, 0), (0, -1)]), (vec![Shifted], vec![Shifted]));
        assert_eq!(of(&[(0, 0), (-1, 0), (0, 1)]), (vec![Shifted], vec![Shifted, Shifted]));
        assert_eq!(of(&[(0, -1), (-1, 0)]), (vec![Shifted], vec![Shifted]));
        assert_eq!(of(&[(-1, -1), (0, 0)]), (vec![Same], vec![Same]));
        assert_eq!(of(&[]), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn fates_are_those_of_sets(events in prop::collection::vec(
            (prop::option::weighted(0.9, 0..6_usize), prop::option::weighted(0.9, 0..6_usize)), 0..24,
        )) {
            // Every place below the greatest needs an event, as it has in sessions.
            let named = |of: fn(&Pair) -> Option<usize>| {
                let seen: BTreeSet<usize> = events.iter().filter_map(of).collect();
                seen.into_iter().enumerate().map(|(new, old)| (old, new)).collect::<BTreeMap<_, _>>()
            };
            let (a, b) = (named(|event| event.0), named(|event| event.1));
            let events: Vec<Pair> = events.iter().map(|(x, y)| (x.map(|x| a[&x]), y.map(|y| b[&y]))).collect();
            let fates = compared(&events);
            for (session, expected) in naive(&events, |event| event.0, |event| event.1) {
                prop_assert_eq!(word(fates.a[session], Fate::Split), expected, "a {} of {:?}", session, &events);
            }
            for (session, expected) in naive(&events, |event| event.1, |event| event.0) {
                prop_assert_eq!(word(fates.b[session], Fate::Merged), expected, "b {} of {:?}", session, &events);
            }
        }
    }
}
