//! Keys as small numbers, for whoever counts by key and needs no sessions.

use arrow_array::ArrayRef;

use crate::key_table::KeyTable;
use crate::key_text::write_text;
use crate::label_error::LabelError;
use crate::numbering::number;

/// The distinct values of some columns together, numbered from zero in the order in which they were first seen.
#[derive(Debug)]
pub struct KeyNumbers(KeyTable);

impl KeyNumbers {
    /// Of so many columns, at least one.
    pub fn new(columns: usize) -> Self {
        Self(KeyTable::new(columns))
    }

    /// Replaces `numbers` by that of every row.
    ///
    /// # Errors
    /// As for the key columns of a labeller.
    pub fn numbers_of(&mut self, columns: &[ArrayRef], numbers: &mut Vec<u32>) -> Result<(), LabelError> {
        self.0.keys_of(columns, numbers)
    }

    /// Takes in all of `other`; entry n of the result is the number here of what is number n there.
    ///
    /// # Errors
    /// When both together are too many, or of different kinds.
    pub fn absorb(&mut self, other: &Self) -> Result<Vec<u32>, LabelError> {
        self.0.absorb(&other.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values each column may have: one more than its greatest code. Code 0 is NULL.
    pub fn codes(&self) -> impl Iterator<Item = usize> {
        self.0.columns().iter().map(|column| column.len())
    }

    /// Replaces `codes` by the code of each column's value in what has this number.
    pub fn codes_of(&self, of: u32, codes: &mut Vec<u32>) {
        codes.resize(self.0.columns().len(), 0);
        self.0.codes(of, codes);
    }

    /// The text of a column's value by its code; `None` for NULL.
    pub fn text(&self, column: usize, code: u32) -> Option<String> {
        let mut text = Vec::new();
        let column = self.0.columns().get(column)?;
        (number(column.len()) > code && write_text(column, code, &mut text))
            .then(|| String::from_utf8_lossy(&text).into_owned())
    }

    /// The texts of all columns' values in what has this number.
    pub fn texts(&self, of: u32) -> Vec<Option<String>> {
        let mut codes = Vec::new();
        self.codes_of(of, &mut codes);
        codes.iter().enumerate().map(|(column, code)| self.text(column, *code)).collect()
    }
}
