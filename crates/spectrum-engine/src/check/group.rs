//! Events by key, and what is counted of keys before their events are looked at.

use std::cmp::Reverse;

use spectrum_check::{StandIn, Thresholds};
use spectrum_core::internals::KeyNumbers;

use super::event::{Event, NO_KEY};
use crate::error::Result;

/// A thread takes about so many events at a time.
const CHUNK: usize = 1 << 16;

/// The events that take part, those of one key together.
pub(super) struct Grouped {
    events: Vec<Event>,
    /// Where those of each key begin, and where the last ones end.
    starts: Vec<usize>,
}

/// The events of some keys.
pub(super) struct Chunk<'a> {
    events: &'a mut [Event],
}

impl Chunk<'_> {
    pub(super) fn each_key(self, mut show: impl FnMut(u32, &mut [Event]) -> Result<()>) -> Result<()> {
        let mut keys = self.events.chunk_by_mut(|one, other| one.key == other.key);
        keys.try_for_each(|events| show(events[0].key, events))
    }
}

impl Grouped {
    /// Events that take no part are left out.
    pub(super) fn of(shares: Vec<Vec<Event>>, keys: usize) -> Self {
        let mut starts = vec![0_usize; keys + 1];
        for event in shares.iter().flatten() {
            if let Some(count) = starts.get_mut(event.key as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        let mut events = vec![Event::NONE; total];
        for share in shares {
            for event in share {
                if event.key == NO_KEY {
                    continue;
                }
                let at = &mut next[event.key as usize];
                events[*at] = event;
                *at += 1;
            }
        }
        Self { events, starts }
    }

    pub(super) fn events(&self) -> u64 {
        self.events.len() as u64
    }

    /// How many events each key has.
    fn counts(&self) -> impl Iterator<Item = u64> {
        self.starts.windows(2).map(|pair| (pair[1] - pair[0]) as u64)
    }

    pub(super) fn keys_with_events(&self) -> u64 {
        self.counts().filter(|count| *count > 0).count() as u64
    }

    /// All events in pieces that hold whole keys.
    pub(super) fn chunks(&mut self) -> impl Iterator<Item = Chunk<'_>> + Send {
        let (mut rest, mut from, starts) = (&mut self.events[..], 0, &self.starts);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let at = starts.partition_point(|start| *start < from + CHUNK);
            let until = starts.get(at).copied().unwrap_or(from + rest.len());
            let (events, left) = std::mem::take(&mut rest).split_at_mut(until - from);
            (rest, from) = (left, until);
            Some(Chunk { events })
        })
    }
}

/// How many events there are of each type.
pub(super) fn type_counts(shares: &[Vec<Event>], types: usize) -> Vec<u64> {
    let mut counts = vec![0; types];
    if types > 1 {
        for event in shares.iter().flatten().filter(|event| event.key != NO_KEY) {
            if let Some(count) = counts.get_mut(event.event_type() as usize) {
                *count += 1;
            }
        }
    }
    counts
}

/// The places among those that are counted by day, and which these are: the most frequent types. Of equally
/// frequent ones the first as text comes first: their numbers depend on which thread read what.
pub(super) fn counted_types(
    counts: &[u64],
    types: &[Option<String>],
    timed: u64,
    least: u64,
    most: usize,
) -> (Vec<Option<u8>>, Vec<usize>) {
    let mut counted: Vec<usize> =
        (0..counts.len()).filter(|at| counts[*at] * least >= timed.max(1)).collect();
    counted.sort_unstable_by_key(|at| (Reverse(counts[*at]), types.get(*at)));
    counted.truncate(most);
    let mut places = vec![None; counts.len()];
    for (place, at) in (0..).zip(&counted) {
        places[*at] = Some(place);
    }
    (places, counted)
}

/// The values that stand for nobody, by column and code.
pub(super) fn stand_ins(
    keys: &KeyNumbers,
    grouped: &Grouped,
    columns: &[String],
    thresholds: &Thresholds,
) -> Vec<(usize, u32, StandIn)> {
    let mut found = Vec::new();
    let mut codes = Vec::new();
    for (column, (name, count)) in columns.iter().zip(keys.codes()).enumerate() {
        let named: Vec<(u32, Option<String>)> = (0..u32::try_from(count).unwrap_or(u32::MAX))
            .map(|code| (code, keys.text(column, code)))
            .filter(|(_, text)| thresholds.is_stand_in(text.as_deref()))
            .collect();
        // NULL is always among them, whether it is there or not.
        let mut events = vec![0_u64; named.len()];
        let (mut is_there, mut values) = (vec![false; count], 0_u64);
        for (key, of_key) in (0..).zip(grouped.counts()).filter(|(_, of_key)| *of_key > 0) {
            keys.codes_of(key, &mut codes);
            let code = codes[column];
            if let Some(is_there) = is_there.get_mut(code as usize).filter(|is_there| !**is_there) {
                *is_there = true;
                values += 1;
            }
            if let Some(at) = named.iter().position(|(known, _)| *known == code) {
                events[at] += of_key;
            }
        }
        for ((code, value), events) in named.into_iter().zip(events).filter(|(_, events)| *events > 0) {
            found.push((column, code, StandIn { column: name.clone(), value, events, values }));
        }
    }
    found.sort_by(|(_, _, a), (_, _, b)| (&a.column, &a.value).cmp(&(&b.column, &b.value)));
    found
}

/// Which keys have one of these values, by column and code.
pub(super) fn keys_with(keys: &KeyNumbers, values: &[(usize, u32)]) -> Vec<bool> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut codes = Vec::new();
    (0..u32::try_from(keys.len()).unwrap_or(u32::MAX))
        .map(|key| {
            keys.codes_of(key, &mut codes);
            values.iter().any(|(column, code)| codes.get(*column) == Some(code))
        })
        .collect()
}
