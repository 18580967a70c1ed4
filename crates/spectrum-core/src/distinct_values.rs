//! Distinct values and their numbers, by which they are found again: byte strings and 64-bit numbers.

use std::hash::{BuildHasher, Hash};

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef};
use foldhash::fast::FixedState;

use crate::code_index::{CodeIndex, IN_A_ROW};
use crate::column_codes::NULL_CODE;
use crate::numbering::number;

/// Hashes are only used inside one process and never shown, so a fixed seed is as good as any; results do not
/// depend on it.
const HASHER: FixedState = FixedState::with_seed(0x5e55_1013);

/// Distinct byte strings, one after another in one buffer, each after its length.
#[derive(Debug, Default)]
pub(crate) struct ByteValues {
    buffer: Vec<u8>,
    /// Where each value begins, its length included.
    starts: Vec<usize>,
    index: CodeIndex,
}

impl ByteValues {
    pub(crate) fn append<'a, V: AsRef<[u8]> + ?Sized + 'a>(
        &mut self,
        values: impl Iterator<Item = Option<&'a V>>,
        codes: &mut Vec<u32>,
    ) {
        let mut values = values.map(|value| value.map(AsRef::as_ref));
        let mut row: Vec<Option<&[u8]>> = Vec::with_capacity(IN_A_ROW);
        // Of each value the hash, the code that it may have, and where that code's value begins.
        let mut guesses = [(0, NULL_CODE, 0); IN_A_ROW];
        loop {
            row.clear();
            row.extend(values.by_ref().take(IN_A_ROW));
            if row.is_empty() {
                return;
            }
            for (value, guess) in row.iter().zip(&mut guesses) {
                guess.0 = value.map_or(0, hash);
            }
            for (hash, code, start) in guesses.iter_mut().take(row.len()) {
                *code = self.index.guess(*hash);
                *start = (*code as usize).checked_sub(1).map_or(0, |at| self.starts[at]);
            }
            codes.extend(row.iter().zip(&guesses).map(|(value, (hash, code, start))| match value {
                None => NULL_CODE,
                Some(value) if *code > 0 && value_at(&self.buffer, *start) == *value => *code,
                Some(value) => self.code(value, *hash),
            }));
        }
    }

    #[cold]
    fn code(&mut self, value: &[u8], hash: u32) -> u32 {
        let Self { buffer, starts, index } = self;
        let is_same = |code: u32| value_at(buffer, starts[code as usize - 1]) == value;
        if let Some(code) = index.find(hash, is_same) {
            return code;
        }
        starts.push(buffer.len());
        buffer.extend_from_slice(&number(value.len()).to_le_bytes()); // as `check_lengths` has seen to
        buffer.extend_from_slice(value);
        let code = number(starts.len());
        index.insert(hash, code);
        code
    }

    pub(crate) fn get(&self, at: u32) -> &[u8] {
        value_at(&self.buffer, self.starts[at as usize])
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.starts.iter().map(|start| value_at(&self.buffer, *start))
    }
}

#[inline]
fn hash<V: Hash + ?Sized>(value: &V) -> u32 {
    let [a, b, c, d, ..] = HASHER.hash_one(value).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The value that begins at `start`.
#[inline]
fn value_at(buffer: &[u8], start: usize) -> &[u8] {
    let (length, rest) = buffer[start..].split_at(4);
    let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
    &rest[..length as usize]
}

/// Distinct 64-bit values.
#[derive(Debug, Default)]
pub(crate) struct NumberValues {
    values: Vec<u64>,
    index: CodeIndex,
}

impl NumberValues {
    pub(crate) fn append_column<T: ArrowPrimitiveType>(
        &mut self,
        column: &ArrayRef,
        codes: &mut Vec<u32>,
        bits: impl Fn(T::Native) -> u64,
    ) {
        let column = column.as_primitive::<T>();
        if column.null_count() == 0 {
            self.append(column.values().iter().map(|value| Some(bits(*value))), codes);
        } else {
            self.append(column.iter().map(|value| value.map(&bits)), codes);
        }
    }

    pub(crate) fn append(&mut self, values: impl Iterator<Item = Option<u64>>, codes: &mut Vec<u32>) {
        let mut values = values;
        let mut row: Vec<(Option<u64>, u32)> = Vec::with_capacity(IN_A_ROW);
        loop {
            row.clear();
            row.extend(values.by_ref().take(IN_A_ROW).map(|value| {
                let guess = value.map_or(NULL_CODE, |value| self.index.guess(hash(&value)));
                (value, guess)
            }));
            if row.is_empty() {
                return;
            }
            codes.extend(row.iter().map(|(value, guess)| match value {
                None => NULL_CODE,
                Some(value) if *guess > 0 && self.values[*guess as usize - 1] == *value => *guess,
                Some(value) => self.code(*value),
            }));
        }
    }

    pub(crate) fn code(&mut self, value: u64) -> u32 {
        let Self { values, index } = self;
        let hash = hash(&value);
        if let Some(code) = index.find(hash, |code| values[code as usize - 1] == value) {
            return code;
        }
        values.push(value);
        let code = number(values.len());
        index.insert(hash, code);
        code
    }

    pub(crate) fn get(&self, at: u32) -> u64 {
        self.values[at as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        self.values.iter().copied()
    }
}
