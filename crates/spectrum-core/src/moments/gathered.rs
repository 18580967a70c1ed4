//! The events that one labeller was given, in the order in which it was.

use super::facts::{Facts, FactsReader};
use crate::column_codes::ColumnCodes;

/// All events with a time that take part: 12 bytes each, one more for conditions and one for `gap_when` where there are any,
/// and 4 for every column of `split_on`.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(super) keys: Vec<u32>,
    pub(super) instants: Vec<i64>,
    pub(super) flags: Vec<u8>,
    pub(super) gaps: Vec<u8>,
    pub(super) values: Vec<Vec<u32>>,
    /// The values of each column of `split_on`.
    pub(super) codes: Vec<ColumnCodes>,
}

impl Gathered {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes in a row of a batch.
    pub(crate) fn push(&mut self, key: u32, instant: i64, facts: &Facts, row: usize) {
        self.keys.push(key);
        self.instants.push(instant);
        self.flags.extend(facts.flags.get(row));
        self.gaps.extend(facts.gaps.get(row));
        self.values.resize_with(facts.values.len(), Vec::new);
        for (values, of_batch) in self.values.iter_mut().zip(&facts.values) {
            values.extend(of_batch.get(row));
        }
    }

    /// Takes over what the values are.
    pub(crate) fn finish(&mut self, reader: FactsReader) {
        self.codes = reader.codes;
    }
}
