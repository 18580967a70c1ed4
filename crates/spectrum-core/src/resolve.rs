//! From what several labellers found to sessions: join the intervals key by key, or fold the events, number them, name them.

use arrow_schema::TimeUnit;

use crate::collisions::{Collision, find_collision};
use crate::gap::{Gap, nanoseconds_per};
use crate::id_scheme::IdScheme;
use crate::intervals::{Interval, KeyIntervals, merge_sorted};
use crate::key_table::KeyTable;
use crate::label_error::LabelError;
use crate::label_forest::Label;
use crate::labeller::Labeller;
use crate::moments::{Limits, NO_SESSION, fold};
use crate::numbered::Numbered;
use crate::numbering::{MOST, check, number};
use crate::open_sessions::Asked;
use crate::rule::{RuleKind, SessionRule};
use crate::session_ids::name_sessions;
use crate::sessions::{SessionIndex, SessionReasons, Sessions};

/// Where a label leads before its sessions are known. Those of keys without any event with a time stay so, and of events
/// that belong to no session.
const UNRESOLVED: u32 = NO_SESSION;

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
    /// `label`; `None` when the event had no time, takes no part or, by the rule, belongs to no session, or when the label is
    /// not one of this labeller's.
    #[inline]
    pub fn session(&self, labeller: usize, label: Label) -> Option<SessionIndex> {
        // Nothing stands at the place of an event without a time.
        let session = *self.of_label.get(labeller)?.get(label.index())?;
        (session != UNRESOLVED).then(|| SessionIndex::at(session))
    }
}

/// Joins what the labellers found. Ids are computed on up to `threads` threads; their number changes nothing.
///
/// # Errors
/// [`LabelError::Mismatched`] when the labellers differ in rule, unit or key width, and
/// [`LabelError::MixedKeyKinds`] when a key column was of one kind here and of another there;
/// [`LabelError::TooMany`] when all keys or sessions together are more than 32 bits can number.
pub fn resolve(labellers: Vec<Labeller>, scheme: IdScheme, threads: usize) -> Result<Resolution, LabelError> {
    resolve_up_to(MOST, labellers, scheme, threads, None)
}

/// The same, and which sessions could go on at a time, in units of the labellers. [`Sessions::is_open`] and
/// [`Sessions::latest`] answer then.
///
/// # Errors
/// As for [`resolve`].
pub fn resolve_as_of(
    labellers: Vec<Labeller>,
    scheme: IdScheme,
    threads: usize,
    as_of: i64,
) -> Result<Resolution, LabelError> {
    resolve_up_to(MOST, labellers, scheme, threads, Some(as_of))
}

/// Resolves at most so many sessions.
fn resolve_up_to(
    most: usize,
    labellers: Vec<Labeller>,
    scheme: IdScheme,
    threads: usize,
    as_of: Option<i64>,
) -> Result<Resolution, LabelError> {
    let mut labellers = labellers;
    if labellers.is_empty() {
        let rule = SessionRule::of_gap(Gap::DEFAULT);
        labellers.push(Labeller::new(1, &rule, arrow_schema::TimeUnit::Microsecond));
    }
    let (rule, unit) = (labellers[0].session_rule.clone(), labellers[0].unit);
    let width = labellers[0].keys.columns().len();
    let is_other = |other: &Labeller| {
        other.session_rule != rule || other.unit != unit || other.keys.columns().len() != width
    };
    if labellers.iter().any(is_other) {
        return Err(LabelError::Mismatched);
    }
    let (mut sessions, of_label) = match rule.kind() {
        RuleKind::OrderFree => of_intervals(most, labellers, &rule, unit)?,
        RuleKind::Windowed | RuleKind::Sequential => {
            of_gathered(most, labellers, &rule, unit, threads, as_of)?
        }
    };
    if let (Some(instant), None) = (as_of, &sessions.asked) {
        sessions.asked = Some(Asked::of_instants(instant, &sessions));
    }
    name_sessions(&mut sessions, scheme, nanoseconds_per(unit), threads.max(1));
    let collision = (scheme == IdScheme::Sequence).then(|| find_collision(&sessions)).flatten();
    Ok(Resolution { sessions, collision, of_label })
}

/// Sessions, and for each labeller where its labels lead.
type Resolved = (Sessions, Vec<Vec<u32>>);

fn of_intervals(
    most: usize,
    labellers: Vec<Labeller>,
    rule: &SessionRule,
    unit: TimeUnit,
) -> Result<Resolved, LabelError> {
    // The keys of the first are the beginning of the common table.
    let mut keys = KeyTable::new(labellers.first().map_or(1, |labeller| labeller.keys.columns().len()));
    let (mut forests, mut summaries) = (Vec::new(), Vec::new());
    // For each key of the common table its number in the labellers after the first.
    let mut own_keys: Vec<Vec<Option<u32>>> = Vec::new();
    // How many sessions a key has had, by key.
    let mut before: Vec<(u32, u64)> = Vec::new();
    for (at, labeller) in labellers.into_iter().enumerate() {
        let of_labeller = labeller.into_intervals();
        if at == 0 {
            keys = of_labeller.keys;
            before.extend((0..).zip(of_labeller.before));
        } else {
            let common = keys.absorb(&of_labeller.keys)?;
            let mut own = vec![None; keys.len()];
            for (theirs, ours) in common.iter().enumerate() {
                own[*ours as usize] = Some(number(theirs));
            }
            own_keys.push(own);
            before.extend(common.into_iter().zip(of_labeller.before));
        }
        summaries.push(of_labeller.intervals);
        forests.push(of_labeller.labels);
    }
    let mut of_label: Vec<Vec<u32>> = forests.iter().map(|forest| vec![UNRESOLVED; forest.len()]).collect();
    let mut sessions = join(most, keys, unit, rule, &mut summaries, &own_keys, &mut of_label)?;
    drop(summaries);
    if !before.is_empty() {
        sessions.before = vec![0; sessions.keys.len()];
        for (key, count) in before {
            sessions.before[key as usize] += count;
        }
    }
    for (forest, of_label) in forests.iter_mut().zip(&mut of_label) {
        // Roots were given their session by `join`; the labels that were united into them follow.
        for label in 0..of_label.len() {
            of_label[label] = of_label[forest.root(Label::at(number(label))).index()];
        }
    }
    Ok((sessions, of_label))
}

fn of_gathered(
    most: usize,
    labellers: Vec<Labeller>,
    rule: &SessionRule,
    unit: TimeUnit,
    threads: usize,
    as_of: Option<i64>,
) -> Result<Resolved, LabelError> {
    let keeps_beginnings = labellers.iter().any(Labeller::keeps_beginnings);
    let limits = Limits { threads, most, keeps_beginnings, as_of };
    let mut keys = KeyTable::new(1);
    let mut gathered = Vec::with_capacity(labellers.len());
    for (at, labeller) in labellers.into_iter().enumerate() {
        let (labeller_keys, events) = labeller.into_gathered();
        if at == 0 {
            keys = labeller_keys;
            gathered.push((events, None));
        } else {
            gathered.push((events, Some(keys.absorb(&labeller_keys)?)));
        }
    }
    let folded = fold(rule, unit, keys.len(), gathered, &limits)?;
    let mut first_of_key = Vec::with_capacity(keys.len() + 1);
    for (session, key) in folded.key.iter().enumerate() {
        first_of_key.resize(first_of_key.len().max(*key as usize + 1), number(session));
    }
    first_of_key.resize(keys.len() + 1, number(folded.key.len()));
    let sessions = Sessions {
        unit,
        first_of_key,
        null_ids: vec![false; keys.len()],
        keys,
        key: folded.key,
        start: folded.start,
        end: folded.end,
        events: folded.events,
        id: Vec::new(),
        before: Vec::new(),
        reasons: SessionReasons::Kept {
            first: folded.started_by,
            all: folded.beginnings,
            left_out: folded.left_out,
        },
        asked: as_of.map(|_| Asked::Kept { open: folded.open, latest: folded.latest }),
    };
    // A label is the place of its event.
    Ok((sessions, folded.of_event))
}

/// Joins the intervals of every key and notes for the root labels where they went.
fn join(
    most: usize,
    keys: KeyTable,
    unit: TimeUnit,
    rule: &SessionRule,
    summaries: &mut [Vec<KeyIntervals>],
    own_keys: &[Vec<Option<u32>>],
    of_label: &mut [Vec<u32>],
) -> Result<Sessions, LabelError> {
    // Joining makes no more sessions than there are intervals. Room for all of them is taken once, because
    // growing would copy, and touch new memory, over and over.
    let counted = rule.counted_in(unit);
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
        before: Vec::new(),
        reasons: SessionReasons::OfInstants(counted.clone()),
        asked: None,
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
        merge_sorted(&of_key, &counted, |start, end, events, parts| {
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
        let up_to = |most| resolve_up_to(most, labellers().into(), IdScheme::Encoded, 1, None);
        assert_eq!(up_to(6).unwrap().sessions.len(), 6);
        assert_eq!(up_to(5).unwrap_err(), LabelError::TooMany { what: Numbered::Sessions, most: 5 });
    }
}
