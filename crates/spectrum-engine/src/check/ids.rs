//! Event ids that several events have: sixteen bytes per event, sorted. Twelve are a hash of the id, four are the print of
//! the event, which tells copies from other events that share their id.
//!
//! Two different ids have the same 96 bits about once in 10^11 inputs of a billion events.

use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use foldhash::quality::FixedState;

use crate::error::Result;
use crate::parallel::share;
use crate::watch::Watch;

/// Hashes are only compared with one another, so fixed seeds are as good as any.
const HASHERS: [FixedState; 2] = [FixedState::with_seed(0x5e55_1013), FixedState::with_seed(0x01d5_0fe7)];

/// So many bits of a hash say into which of the heaps it goes that are sorted one by one.
const HEAP_BITS: u32 = 6;

/// The bits of an entry that hold the print of the event.
const PRINT: u128 = u32::MAX as u128;
/// The print of events that are nobody's copies.
pub(super) const NO_PRINT: u32 = 0;

/// The ids of all events that have one.
pub(super) struct EventIds {
    heaps: Vec<Vec<u128>>,
}

impl Default for EventIds {
    fn default() -> Self {
        Self { heaps: vec![Vec::new(); 1 << HEAP_BITS] }
    }
}

/// Ids that several events have.
#[derive(Default)]
pub(super) struct Repeated {
    /// Events beyond one for each id.
    pub(super) events: u64,
    /// Of these, the events that share key, time and type with another one of their id as well, but for one of each.
    pub(super) copies: u64,
    /// Events that have an id.
    pub(super) of: u64,
    /// The ids that most events have, and how many have them.
    pub(super) worst: Vec<(u64, u128)>,
}

impl EventIds {
    /// Takes in the ids of a batch with the prints of its events, but for events that are left out.
    pub(super) fn take_in(
        &mut self,
        column: &ArrayRef,
        with_key: Option<&NullBuffer>,
        print: impl Fn(usize) -> u32,
    ) -> std::result::Result<(), ArrowError> {
        each_hash(column, |row, hash| {
            if with_key.is_none_or(|with_key| with_key.is_valid(row)) {
                self.heaps[(hash >> (128 - HEAP_BITS)) as usize].push(hash | u128::from(print(row)));
            }
        })
    }

    pub(super) fn joined(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (mut one, other) = match (one, other) {
            (Some(one), Some(other)) => (one, other),
            (one, other) => return one.or(other),
        };
        for (heap, more) in one.heaps.iter_mut().zip(other.heaps) {
            if heap.is_empty() {
                *heap = more;
            } else {
                heap.extend(more);
            }
        }
        Some(one)
    }

    /// Finds what stands there more than once.
    pub(super) fn repeated(self, threads: usize, watch: &Watch) -> Result<Repeated> {
        let workers = vec![Repeated::default(); threads.max(1)];
        let found = share(self.heaps.into_iter().map(Ok), workers, |found, mut heap| {
            watch.advance(0)?;
            heap.sort_unstable();
            found.of += heap.len() as u64;
            let same_id = heap.chunk_by(|one, other| one & !PRINT == other & !PRINT);
            for same in same_id.filter(|same| same.len() > 1) {
                let count = same.len() as u64;
                found.events += count - 1;
                found.note(count, same[0] & !PRINT);
                let prints = same.chunk_by(|one, other| one == other);
                let copies = prints.filter(|same| same[0] & PRINT != u128::from(NO_PRINT));
                found.copies += copies.map(|same| same.len() as u64 - 1).sum::<u64>();
            }
            Ok(())
        })?;
        let mut all = Repeated::default();
        for found in found {
            all.events += found.events;
            all.copies += found.copies;
            all.of += found.of;
            found.worst.into_iter().for_each(|(count, hash)| all.note(count, hash));
        }
        Ok(all)
    }
}

impl Clone for Repeated {
    fn clone(&self) -> Self {
        Self { events: self.events, copies: self.copies, of: self.of, worst: self.worst.clone() }
    }
}

impl Repeated {
    fn note(&mut self, count: u64, hash: u128) {
        let at = self.worst.partition_point(|(other, known)| (*other, *known) > (count, hash));
        if at < spectrum_check::Finding::EXAMPLES {
            self.worst.insert(at, (count, hash));
            self.worst.truncate(spectrum_check::Finding::EXAMPLES);
        }
    }
}

/// Shows the hash of every id that is there; it leaves the bits of the print free.
pub(super) fn each_hash(
    column: &ArrayRef,
    mut show: impl FnMut(usize, u128),
) -> std::result::Result<(), ArrowError> {
    fn all<'a>(ids: impl Iterator<Item = Option<&'a [u8]>>, show: &mut impl FnMut(usize, u128)) {
        for (row, id) in ids.enumerate() {
            if let Some(id) = id {
                let [high, low] = [&HASHERS[0], &HASHERS[1]].map(|hasher| u128::from(hasher.hash_one(id)));
                show(row, (high << 64 | low) & !PRINT);
            }
        }
    }
    match column.data_type() {
        DataType::Utf8 => all(column.as_string::<i32>().iter().map(|id| id.map(str::as_bytes)), &mut show),
        DataType::Utf8View => all(column.as_string_view().iter().map(|id| id.map(str::as_bytes)), &mut show),
        DataType::FixedSizeBinary(_) => all(column.as_fixed_size_binary().iter(), &mut show),
        // Other types are rarer, and their texts are as different as their values.
        _ => {
            let texts = cast(column, &DataType::Utf8)?;
            all(texts.as_string::<i32>().iter().map(|id| id.map(str::as_bytes)), &mut show);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn what_stands_there_more_than_once_is_counted() {
        let mut ids = EventIds::default();
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b"), None, Some("a"), None]));
        ids.take_in(&texts, None, |row| [5, 6, 0, 5, 0][row]).unwrap();
        let mut others = EventIds::default();
        let left_out: NullBuffer = vec![true, false, true].into();
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7, 7, 8]));
        others.take_in(&numbers, Some(&left_out), |_| NO_PRINT).unwrap();
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "c"]));
        others.take_in(&texts, None, |row| [8, 6, NO_PRINT, NO_PRINT][row]).unwrap();
        let found =
            EventIds::joined(Some(ids), Some(others)).unwrap().repeated(2, &Watch::default()).unwrap();
        assert_eq!((found.events, found.of), (4, 9));
        // Of a the third event is another one, and of c nothing is known.
        assert_eq!(found.copies, 2);
        assert_eq!(found.worst.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [3, 2, 2]);
    }
}
