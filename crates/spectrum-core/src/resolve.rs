//! From the summaries of several labellers to sessions: join the intervals key by key, number them, name them.

use crate::collisions::{Collision, find_collision};
use crate::gap::{Gap, nanoseconds_per};
use crate::id_scheme::IdScheme;
use crate::intervals::{Interval, KeyIntervals, merge_sorted};
use crate::key_table::KeyTable;
use crate::label_forest::Label;
use crate::labeller::{LabelError, Labeller};
use crate::session_ids::name_sessions;
use crate::sessions::{SessionIndex, Sessions};

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
    /// `label`; `None` when the event had no time.
    #[inline]
    pub fn session(&self, labeller: usize, label: Label) -> Option<SessionIndex> {
        (label != Label::NONE).then(|| SessionIndex(self.of_label[labeller][label.index()]))
    }
}

/// Joins what the labellers found. Ids are computed on up to `threads` threads; their number changes nothing.
///
/// # Errors
/// [`LabelError::Mismatched`] when the labellers differ in gap, unit or key width, and
/// [`LabelError::MixedKeyKinds`] when a key column was of one kind here and of another there.
pub fn resolve(labellers: Vec<Labeller>, scheme: IdScheme, threads: usize) -> Result<Resolution, LabelError> {
    let mut labellers = labellers.into_iter();
    let Some(first) = labellers.next() else {
        return resolve(
            vec![Labeller::new(1, Gap::DEFAULT, arrow_schema::TimeUnit::Microsecond)],
            scheme,
            threads,
        );
    };
    let (gap, unit) = (first.gap, first.unit);
    let (mut keys, intervals, forest) = first.into_parts();
    let mut forests = vec![forest];
    // One list of interval summaries a labeller, each by that labeller's own keys ...
    let mut summaries = vec![intervals];
    // ... and for each key of the common table its number in the labellers after the first.
    let mut own_keys: Vec<Vec<Option<u32>>> = Vec::new();
    for other in labellers {
        if other.gap != gap || other.unit != unit || other.keys.columns().len() != keys.columns().len() {
            return Err(LabelError::Mismatched);
        }
        let (other_keys, intervals, forest) = other.into_parts();
        let common = keys.absorb(&other_keys)?;
        let mut own = vec![None; keys.len()];
        for (theirs, ours) in common.iter().enumerate() {
            own[*ours as usize] = Some(theirs as u32);
        }
        own_keys.push(own);
        summaries.push(intervals);
        forests.push(forest);
    }

    let mut of_label: Vec<Vec<u32>> =
        forests.iter().map(|forest| vec![SessionIndex::NONE.0; forest.len()]).collect();
    let mut sessions = join(keys, unit, gap, &mut summaries, &own_keys, &mut of_label);
    drop(summaries);
    for (forest, of_label) in forests.iter_mut().zip(&mut of_label) {
        // Roots were given their session by `join`; the labels that were united into them follow.
        for label in 0..of_label.len() {
            of_label[label] = of_label[forest.root(Label(label as u32)).index()];
        }
    }
    name_sessions(&mut sessions, scheme, nanoseconds_per(unit), threads.max(1));
    let collision = (scheme == IdScheme::Sequence).then(|| find_collision(&sessions)).flatten();
    Ok(Resolution { sessions, collision, of_label })
}

/// Joins the intervals of every key and tells the root labels where they went.
fn join(
    keys: KeyTable,
    unit: arrow_schema::TimeUnit,
    gap: u64,
    summaries: &mut [Vec<KeyIntervals>],
    own_keys: &[Vec<Option<u32>>],
    of_label: &mut [Vec<u32>],
) -> Sessions {
    // Joining makes no more sessions than there are intervals. Room for all of them is taken once, because
    // growing would copy, and touch new memory, over and over.
    let most = summaries.iter().flatten().map(KeyIntervals::count).sum();
    let mut sessions = Sessions {
        unit,
        first_of_key: Vec::with_capacity(keys.len() + 1),
        null_ids: vec![false; keys.len()],
        keys,
        key: Vec::with_capacity(most),
        start: Vec::with_capacity(most),
        end: Vec::with_capacity(most),
        events: Vec::with_capacity(most),
        id: Vec::new(),
    };
    let mut of_key: Vec<Interval<(usize, Label)>> = Vec::new();
    let mut of_labeller = Vec::new();
    for key in 0..sessions.keys.len() as u32 {
        sessions.first_of_key.push(sessions.key.len() as u32);
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
        merge_sorted(&of_key, gap, |start, end, events, parts| {
            let session = sessions.key.len() as u32;
            sessions.key.push(key);
            sessions.start.push(start);
            sessions.end.push(end);
            sessions.events.push(events);
            for (labeller, label) in parts.iter().map(|part| part.label) {
                of_label[labeller][label.index()] = session;
            }
        });
    }
    sessions.first_of_key.push(sessions.key.len() as u32);
    sessions
}
