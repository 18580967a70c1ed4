//! How many distinct values sessions have.

use std::hash::BuildHasher;

use arrow_array::{Array, Int32Array, StringArray};
use foldhash::fast::FixedState;
use hashbrown::{HashSet, HashTable};

use super::super::value::{Texts, Values};

/// Hashes are only used inside one process and decide nothing.
const HASHER: FixedState = FixedState::with_seed(0x70_1d);

/// Values that have a bit each in a session's mask.
const IN_MASK: u32 = u64::BITS;

/// Entries of a dictionary for which room is made with every few rows.
const FEW_ENTRIES: usize = 256;

/// Where the number of a dictionary's entry is not known yet.
const UNKNOWN: u32 = u32::MAX;

/// The values of a shelf, each once and with a number, and which session has which.
#[derive(Debug)]
pub(in super::super) struct Distinct {
    known: Known,
    /// Which of the first values sessions have. They are those that are met first, so most events have one of them.
    masks: Vec<u64>,
    /// How many others they have, and which: a session in the upper half, a value in the lower.
    others: Vec<u32>,
    pairs: HashSet<u64, FixedState>,
}

impl Distinct {
    pub(super) fn new(sessions: usize) -> Self {
        Self {
            known: Known::default(),
            masks: vec![0; sessions],
            others: vec![0; sessions],
            pairs: HashSet::with_hasher(HASHER),
        }
    }

    /// NULL is not among the values. Numbers that are equal are one value, and so are all NaN.
    pub(super) fn take(&mut self, rows: impl Iterator<Item = (usize, usize)>, values: &Values) {
        match values {
            Values::Texts(Texts::Entries(places, texts)) => self.take_entries(rows, places, texts),
            Values::Texts(texts) => rows.for_each(|(row, at)| {
                texts.at(row).into_iter().for_each(|text| self.note(at, text.as_bytes()));
            }),
            Values::Whole(numbers) => self.note_all(rows, numbers, |row| numbers.value(row).to_le_bytes()),
            Values::Decimal(numbers, _) => {
                self.note_all(rows, numbers, |row| numbers.value(row).to_le_bytes());
            }
            Values::Boolean(truths) => self.note_all(rows, truths, |row| [u8::from(truths.value(row))]),
            Values::Float(numbers) => self.note_all(rows, numbers, |row| match numbers.value(row) {
                0.0 => 0.0_f64.to_le_bytes(),
                number if number.is_nan() => f64::NAN.to_le_bytes(),
                number => number.to_le_bytes(),
            }),
        }
    }

    fn note_all<const N: usize>(
        &mut self,
        rows: impl Iterator<Item = (usize, usize)>,
        array: &impl Array,
        bytes: impl Fn(usize) -> [u8; N],
    ) {
        rows.filter(|(row, _)| array.is_valid(*row)).for_each(|(row, at)| self.note(at, &bytes(row)));
    }

    /// Looks each entry up once, where there are few.
    fn take_entries(
        &mut self,
        rows: impl Iterator<Item = (usize, usize)>,
        places: &Int32Array,
        texts: &StringArray,
    ) {
        let rows = rows.filter(|(row, _)| places.is_valid(*row));
        let mut numbers = vec![UNKNOWN; if texts.len() <= FEW_ENTRIES { texts.len() } else { 0 }];
        for (row, at) in rows {
            let place = places.value(row) as usize;
            match numbers.get(place) {
                Some(&number) if number != UNKNOWN => self.note_number(at, number),
                _ if texts.is_null(place) => {}
                _ => {
                    let number = self.known.number(texts.value(place).as_bytes());
                    numbers.get_mut(place).into_iter().for_each(|known| *known = number);
                    self.note_number(at, number);
                }
            }
        }
    }

    fn note(&mut self, at: usize, value: &[u8]) {
        let number = self.known.number(value);
        self.note_number(at, number);
    }

    fn note_number(&mut self, at: usize, number: u32) {
        if number < IN_MASK {
            self.masks[at] |= 1 << number;
        } else if self.pairs.insert((at as u64) << 32 | u64::from(number)) {
            self.others[at] += 1;
        }
    }

    pub(in super::super) fn into_counts(self) -> impl Iterator<Item = i64> {
        let of_session = |(mask, others): (u64, u32)| i64::from(mask.count_ones()) + i64::from(others);
        self.masks.into_iter().zip(self.others).map(of_session)
    }
}

/// Values with a number each.
#[derive(Debug, Default)]
struct Known {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    numbers: HashTable<u32>,
}

impl Known {
    fn number(&mut self, value: &[u8]) -> u32 {
        let Self { bytes, ends, numbers } = self;
        let of = |number: u32| {
            let begin = number.checked_sub(1).map_or(0, |before| ends[before as usize]);
            &bytes[begin..ends[number as usize]]
        };
        let hash = HASHER.hash_one(value);
        if let Some(number) = numbers.find(hash, |number| of(*number) == value) {
            return *number;
        }
        let number = ends.len() as u32;
        numbers.insert_unique(hash, number, |number| HASHER.hash_one(of(*number)));
        bytes.extend_from_slice(value);
        ends.push(bytes.len());
        number
    }
}
