//! How many sessions each key has had, where numbers are in ids: in sorted parts, of which a run reads all and writes one with
//! what it changed. A part that is half as long as the one before it or longer is joined with it, as in a log-structured tree, so
//! there are few, and what a run writes goes by what it changes and not by how many keys there are.
//!
//! A key stands there as the MD5 of its text, whatever its columns are: 24 bytes each, and no text to read or to compare.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use md5::{Digest, Md5};
use spectrum_core::text::each_text;

use super::error::StateError;
use super::folder::Folder;
use super::leaves::counts;
use super::part::Part;
use crate::error::Result;

/// The bytes of a hash.
const WIDTH: i32 = 16;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct KeyTotals {
    /// The oldest and longest first; what a later one says counts.
    parts: Vec<(Part, Totals)>,
}

/// Keys by their hashes, in their order.
#[derive(Debug, Default)]
struct Totals {
    hashes: Vec<u128>,
    totals: Vec<u64>,
}

/// The hashes of keys, a row each: of every text with its length, so that different keys have different ones.
pub(super) fn hashes(columns: &[ArrayRef]) -> std::result::Result<Vec<u128>, ArrowError> {
    let rows = columns.first().map_or(0, |column| column.len());
    let mut hashes = vec![Md5::new(); rows];
    for column in columns {
        let mut next = hashes.iter_mut();
        let hash = |text: Option<&[u8]>| {
            let Some(hash) = next.next() else { return };
            match text {
                Some(text) => {
                    hash.update((text.len() as u64).to_le_bytes());
                    hash.update(text);
                }
                None => hash.update(u64::MAX.to_le_bytes()),
            }
        };
        each_text(column, hash).map_err(|error| ArrowError::InvalidArgumentError(error.to_string()))?;
    }
    Ok(hashes.into_iter().map(|hash| u128::from_be_bytes(hash.finalize().into())).collect())
}

impl KeyTotals {
    /// Reads all parts.
    pub(super) fn read(folder: &Folder, parts: &[Part]) -> std::result::Result<Self, StateError> {
        let read = |part: &Part| {
            let mut totals = Totals::default();
            for batch in part.read(folder)?.1 {
                totals.add(&batch).ok_or_else(|| {
                    StateError::damaged(
                        folder.file(&part.name),
                        "its columns have other values than keys have",
                    )
                })?;
            }
            Ok((part.clone(), totals))
        };
        Ok(Self { parts: parts.iter().map(read).collect::<std::result::Result<_, StateError>>()? })
    }

    /// How many sessions a key has had.
    pub(super) fn of(&self, hash: u128) -> u64 {
        let known = self.parts.iter().rev().find_map(|(_, totals)| totals.of(hash));
        known.unwrap_or_default()
    }

    /// Writes what has changed, and returns the parts that there are then.
    pub(super) fn write(
        &self,
        folder: &Folder,
        run: u64,
        mut changed: Vec<(u128, u64)>,
    ) -> Result<Vec<Part>> {
        let mut parts: Vec<Part> = self.parts.iter().map(|(part, _)| part.clone()).collect();
        changed.retain(|(hash, total)| self.of(*hash) != *total);
        if changed.is_empty() {
            return Ok(parts);
        }
        changed.sort_unstable();
        let (hashes, totals) = changed.into_iter().unzip();
        let mut last = Totals { hashes, totals };
        let before = self.parts.iter().rev().take_while(|(_, before)| {
            let joins = 2 * last.hashes.len() >= before.hashes.len();
            if joins {
                last = before.with(&last);
                parts.pop();
            }
            joins
        });
        before.for_each(drop);
        let name = format!("keys-{run}.parquet");
        let cannot = |error| StateError::damaged(folder.file(&name), error);
        parts.push(Part::write(folder, name.clone(), &last.table().map_err(cannot)?)?);
        Ok(parts)
    }
}

impl Totals {
    fn add(&mut self, batch: &RecordBatch) -> Option<()> {
        let [hashes, totals] = batch.columns() else { return None };
        let hashes = hashes.as_fixed_size_binary_opt().filter(|hashes| hashes.value_length() == WIDTH)?;
        let bytes = hashes.value_data().chunks_exact(WIDTH as usize).take(hashes.len());
        for hash in bytes {
            self.hashes.push(u128::from_be_bytes(hash.try_into().ok()?));
        }
        for total in totals.as_primitive_opt::<Int64Type>()?.values() {
            self.totals.push(u64::try_from(*total).ok()?);
        }
        (self.hashes.len() == self.totals.len() && self.hashes.is_sorted()).then_some(())
    }

    fn of(&self, hash: u128) -> Option<u64> {
        self.hashes.binary_search(&hash).ok().map(|at| self.totals[at])
    }

    /// Both, where the later one counts.
    fn with(&self, later: &Self) -> Self {
        let room = self.hashes.len() + later.hashes.len();
        let mut both = Self { hashes: Vec::with_capacity(room), totals: Vec::with_capacity(room) };
        let (mut a, mut b) = (0, 0);
        while a < self.hashes.len() || b < later.hashes.len() {
            let (own, other) = (self.hashes.get(a), later.hashes.get(b));
            let takes_later = other.is_some_and(|other| own.is_none_or(|own| other <= own));
            a += usize::from(own.is_some() && (!takes_later || own == other));
            let (from, at) = if takes_later { (later, b) } else { (self, a - 1) };
            b += usize::from(takes_later);
            both.hashes.push(from.hashes[at]);
            both.totals.push(from.totals[at]);
        }
        both
    }

    fn table(&self) -> std::result::Result<RecordBatch, ArrowError> {
        let hashes = self.hashes.iter().map(|hash| hash.to_be_bytes());
        let hashes: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter(hashes)?);
        let schema = Schema::new(vec![
            Field::new("key_md5", DataType::FixedSizeBinary(WIDTH), false),
            Field::new("sessions", DataType::Int64, false),
        ]);
        RecordBatch::try_new(Arc::new(schema), vec![hashes, counts(self.totals.iter().copied())])
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn hash(numbers: &[i64], texts: &[Option<&str>]) -> Vec<u128> {
        let columns: [ArrayRef; 2] =
            [Arc::new(Int64Array::from(numbers.to_vec())), Arc::new(StringArray::from(texts.to_vec()))];
        hashes(&columns).unwrap()
    }

    #[test]
    fn different_keys_have_different_hashes() {
        let mut all = hash(&[1, 11, 1, 1, 1], &[Some("1"), Some(""), Some(""), None, Some("11")]);
        assert_eq!(all, hash(&[1, 11, 1, 1, 1], &[Some("1"), Some(""), Some(""), None, Some("11")]));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5);
    }

    /// What many runs in any order say, a map says too; and there are few parts however many runs there were.
    #[test]
    fn parts_say_what_a_map_says() {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, _) = Folder::take(&temporary.path().join("state")).unwrap();
        let (mut known, mut parts) = (std::collections::BTreeMap::new(), Vec::new());
        let mut number = 1_u128;
        for run in 1..=60_u64 {
            let mut changed = Vec::new();
            for _ in 0..run % 7 {
                number = number.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(u128::from(run)) % 97;
                if !changed.iter().any(|(hash, _)| *hash == number) {
                    changed.push((number, known.get(&number).copied().unwrap_or(0) + run));
                }
            }
            known.extend(changed.iter().copied());
            parts = KeyTotals::read(&folder, &parts).unwrap().write(&folder, run, changed).unwrap();
            let read = KeyTotals::read(&folder, &parts).unwrap();
            assert!((0..97).all(|key| read.of(key) == known.get(&key).copied().unwrap_or(0)), "run {run}");
        }
        assert!(parts.len() < 8 && known.len() > 40, "{} parts of {} keys", parts.len(), known.len());
    }
}
