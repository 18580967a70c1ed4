//! From the summaries of several labellers to sessions: join the intervals key by key, number them, name them.

use crate::collisions::{Collision, find_collision};
use crate::gap::{Gap, nanoseconds_per};
use crate::id_scheme::IdScheme;
use crate::intervals::{Interval, KeyIntervals, merge_sorted};
use crate::key_table::KeyTable;
use crate::label_error::LabelError;
use crate::label_forest::Label;
use crate::labeller::Labeller;
use crate::numbered::Numbered;
use crate::numbering::{MOST, check, number};
use crate::rule::{CountedRule, SessionRule};
use crate::session_ids::name_sessions;
use crate::sessions::{SessionIndex, Sessions};

/// Where a label leads before its sessions are known; those of keys without any event with a time stay so.
const UNRESOLVED: u32 = u32::MAX;

/// All sessions, and where each labeller's labels lead.
#[derive(Debug)]
pub struct Resolution {
    /// The sessions of all events that any labeller took in.
    pub sessions: Sessions,
    /// Two different sessions that share an id, if there are any. Only [`IdScheme::Sequence`] can have them.
    pub collision: Option<Collision>,
    of_label: Vec<Vec<u32>>,
}

impl Resolution {
    /// The session of an event that `labeller`, counted from zero in the order given to [`resolve`], gave
    /// `label`; `None` when the event had no time, or the label is not one of this labeller's.
    #[inline]
    pub fn session(&self, labeller: usize, label: Label) -> Option<SessionIndex> {
        // Nothing stands at the place of an event without a time.
        self.of_label.get(labeller)?.get(label.index()).map(|session| SessionIndex::at(*session))
    }
}

/// Joins what the labellers found. Ids are computed on up to `threads` threads; their number changes nothing.
///
/// # Errors
/// [`LabelError::Mismatched`] when the labellers differ in rule, unit or key width, and
/// [`LabelError::MixedKeyKinds`] when a key column was of one kind here and of another there;
/// [`LabelError::TooMany`] when all keys or sessions together are more than 32 bits can number.
pub fn resolve(labellers: Vec<Labeller>, scheme: IdScheme, threads: usize) -> Result<Resolution, LabelError> {
    resolve_up_to(MOST, labellers, scheme, threads)
}

/// Resolves at most so many sessions.
fn resolve_up_to(
    most: usize,
    labellers: Vec<Labeller>,
    scheme: IdScheme,
    threads: usize,
) -> Result<Resolution, LabelError> {
    let mut labellers = labellers.into_iter();
    let first = labellers.next().unwrap_or_else(|| {
        Labeller::new(1, &SessionRule::of_gap(Gap::DEFAULT), arrow_schema::TimeUnit::Microsecond)
    });
    let (rule, unit) = (first.rule, first.unit);
    let (mut keys, intervals, forest) = first.into_parts();
    let mut forests = vec![forest];
    // One list of interval summaries a labeller, each by that labeller's own keys ...
    let mut summaries = vec![intervals];
    // ... and for each key of the common table its number in the labellers after the first.
    let mut own_keys: Vec<Vec<Option<u32>>> = Vec::new();
    for other in labellers {
        if other.rule != rule || other.unit != unit || other.keys.columns().len() != keys.columns().len() {
            return Err(LabelError::Mismatched);
        }
        let (other_keys, intervals, forest) = other.into_parts();
        let common = keys.absorb(&other_keys)?;
        let mut own = vec![None; keys.len()];
        for (theirs, ours) in common.iter().enumerate() {
            own[*ours as usize] = Some(number(theirs));
        }
        own_keys.push(own);
        summaries.push(intervals);
        forests.push(forest);
    }

    let mut of_label: Vec<Vec<u32>> = forests.iter().map(|forest| vec![UNRESOLVED; forest.len()]).collect();
    let mut sessions = join(most, keys, unit, &rule, &mut summaries, &own_keys, &mut of_label)?;
    drop(summaries);
    for (forest, of_label) in forests.iter_mut().zip(&mut of_label) {
        // Roots were given their session by `join`; the labels that were united into them follow.
        for label in 0..of_label.len() {
            of_label[label] = of_label[forest.root(Label::at(number(label))).index()];
        }
    }
    name_sessions(&mut sessions, scheme, nanoseconds_per(unit), threads.max(1));
    let collision = (scheme == IdScheme::Sequence).then(|| find_collision(&sessions)).flatten();
    Ok(Resolution { sessions, collision, of_label })
}

/// Joins the intervals of every key and notes for the root labels where they went.
fn join(
    most: usize,
    keys: KeyTable,
    unit: arrow_schema::TimeUnit,
    rule: &CountedRule,
    summaries: &mut [Vec<KeyIntervals>],
    own_keys: &[Vec<Option<u32>>],
    of_label: &mut [Vec<u32>],
) -> Result<Sessions, LabelError> {
    // Joining makes no more sessions than there are intervals. Room for all of them is taken once, because
    // growing would copy, and touch new memory, over and over.
    let room = summaries.iter().flatten().map(KeyIntervals::count).sum();
    let mut sessions = Sessions {
        unit,
        first_of_key: Vec::with_capacity(keys.len() + 1),
        null_ids: vec![false; keys.len()],
        keys,
        key: Vec::with_capacity(room),
        start: Vec::with_capacity(room),
        end: Vec::with_capacity(room),
        events: Vec::with_capacity(room),
        id: Vec::new(),
    };
    let mut of_key: Vec<Interval<(usize, Label)>> = Vec::new();
    let mut of_labeller = Vec::new();
    for key in 0..number(sessions.keys.len()) {
        sessions.first_of_key.push(number(sessions.key.len()));
        of_key.clear();
        for (labeller, summary) in summaries.iter_mut().enumerate() {
            let own = match labeller.checked_sub(1) {
                None => Some(key),
                Some(other) => own_keys[other].get(key as usize).copied().flatten(),
            };
            // Taken, so that a key's intervals are given back as soon as its sessions are there.
            let Some(intervals) = own.and_then(|own| summary.get_mut(own as usize)).map(KeyIntervals::take)
            else {
                continue;
            };
            of_labeller.clear();
            intervals.append_to(&mut of_labeller);
            of_key.extend(of_labeller.iter().map(|interval| interval.with_label((labeller, interval.label))));
        }
        of_key.sort_unstable_by_key(|interval| interval.start);
        merge_sorted(&of_key, rule, |start, end, events, parts| {
            let session = number(sessions.key.len());
            sessions.key.push(key);
            sessions.start.push(start);
            sessions.end.push(end);
            sessions.events.push(events);
            for (labeller, label) in parts.iter().map(|part| part.label) {
                of_label[labeller][label.index()] = session;
            }
        });
        check(Numbered::Sessions, sessions.key.len(), most)?;
    }
    sessions.first_of_key.push(number(sessions.key.len()));
    Ok(sessions)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, TimestampSecondArray};
    use arrow_schema::TimeUnit;

    use super::*;

    /// A labeller bounds what it takes in itself; together they can have more than any of them may.
    #[test]
    fn sessions_are_counted_over_all_labellers() {
        let labellers = || {
            [1, 2, 3].map(|key| {
                let mut labeller = Labeller::new(1, &SessionRule::of_gap(Gap::DEFAULT), TimeUnit::Second);
                let key: ArrayRef = Arc::new(Int32Array::from(vec![key, key]));
                let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 86_400]));
                labeller.count(&[key], &time).unwrap();
                labeller
            })
        };
        let up_to = |most| resolve_up_to(most, labellers().into(), IdScheme::Encoded, 1);
        assert_eq!(up_to(6).unwrap().sessions.len(), 6);
        assert_eq!(up_to(5).unwrap_err(), LabelError::TooMany { what: Numbered::Sessions, most: 5 });
    }
}
