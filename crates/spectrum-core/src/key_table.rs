//! Composite keys as small numbers: columns become codes, codes become keys.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use crate::column_codes::{ColumnCodes, NULL_CODE};
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;
use crate::numbered::Numbered;
use crate::numbering::{self, MOST, number};
use crate::pair_codes::{PairCodes, Side};

/// All keys seen, numbered from zero in the order in which they were first seen.
#[derive(Debug)]
pub(crate) struct KeyTable {
    columns: Vec<ColumnCodes>,
    /// Stage n pairs what stands for columns 0..=n with column n + 1; a single column is paired with nothing.
    stages: Vec<PairCodes>,
    scratch: Vec<u32>,
}

impl KeyTable {
    /// A table for keys of so many columns, at least one.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| ColumnCodes::default()).collect(),
            stages: (1..columns.max(2)).map(|_| PairCodes::default()).collect(),
            scratch: Vec::new(),
        }
    }

    /// Replaces `keys` by the key of every row. All columns have the same length.
    pub(crate) fn keys_of(&mut self, columns: &[ArrayRef], keys: &mut Vec<u32>) -> Result<(), LabelError> {
        if columns.len() != self.columns.len() {
            return Err(LabelError::KeyWidth { expected: self.columns.len(), found: columns.len() });
        }
        keys.clear();
        self.columns[0].append_codes(&columns[0], keys)?;
        if columns.len() == 1 {
            self.stages[0].pair_up(keys, std::iter::repeat(NULL_CODE), Side::Left);
        }
        for (at, column) in columns.iter().enumerate().skip(1) {
            self.scratch.clear();
            self.columns[at].append_codes(column, &mut self.scratch)?;
            let side = self.side_with_more(at);
            self.stages[at - 1].pair_up(keys, self.scratch.iter().copied(), side);
        }
        self.check()
    }

    /// Takes in all of `other`'s keys; entry n of the result is this table's key for `other`'s key n.
    pub(crate) fn absorb(&mut self, other: &Self) -> Result<Vec<u32>, LabelError> {
        let mut translations = Vec::with_capacity(self.columns.len());
        for (own, others) in self.columns.iter_mut().zip(&other.columns) {
            translations.push(own.absorb(others)?);
        }
        let all = 0..number(other.len());
        let mut codes = vec![NULL_CODE; self.columns.len()];
        // Of each of the other's keys the code that it has here, column by column.
        let mut by_column: Vec<Vec<u32>> = vec![Vec::with_capacity(other.len()); self.columns.len()];
        for key in all {
            other.codes(key, &mut codes);
            for ((own, translation), code) in by_column.iter_mut().zip(&translations).zip(&codes) {
                own.push(translation[*code as usize]);
            }
        }
        let mut translation = std::mem::take(&mut by_column[0]);
        if by_column.len() == 1 {
            self.stages[0].pair_up(&mut translation, std::iter::repeat(NULL_CODE), Side::Left);
        }
        for (at, rights) in by_column.iter().enumerate().skip(1) {
            let side = self.side_with_more(at);
            self.stages[at - 1].pair_up(&mut translation, rights.iter().copied(), side);
        }
        self.check()?;
        Ok(translation)
    }

    /// Whether there are more values in a column than there are keys of all columns before it.
    fn side_with_more(&self, column: usize) -> Side {
        let lefts = match column {
            1 => self.columns[0].len(),
            _ => self.stages[column - 2].len(),
        };
        if self.columns[column].len() > lefts { Side::Right } else { Side::Left }
    }

    /// Refuses more keys than there are numbers. The stages before the last have no more pairs than it has.
    fn check(&self) -> Result<(), LabelError> {
        numbering::check(Numbered::Keys, self.len(), MOST)
    }

    /// Writes the code of each of the key's columns into `codes`, which has one entry per column.
    pub(crate) fn codes(&self, key: u32, codes: &mut [u32]) {
        let mut left = key;
        for at in (0..self.stages.len()).rev() {
            let (rest, code) = self.stages[at].pair(left);
            if let Some(slot) = codes.get_mut(at + 1) {
                *slot = code;
            }
            left = rest;
        }
        codes[0] = left;
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.stages.last().map_or(0, PairCodes::len)
    }

    pub(crate) fn columns(&self) -> &[ColumnCodes] {
        &self.columns
    }
}

impl KeyKind {
    /// The kind of an Arrow type; `None` for a column that is NULL throughout and has no other type.
    ///
    /// # Errors
    /// [`LabelError::KeyType`] for types without a defined text, such as floats and decimals.
    pub fn of(data_type: &DataType) -> Result<Option<Self>, LabelError> {
        Ok(Some(match data_type {
            DataType::Null => return Ok(None),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Integer,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Self::Integer,
            DataType::UInt64 => Self::Unsigned,
            DataType::Boolean => Self::Boolean,
            DataType::FixedSizeBinary(16) => Self::Uuid,
            DataType::Dictionary(_, values) if !matches!(**values, DataType::Dictionary(..)) => {
                return Self::of(values);
            }
            other => return Err(LabelError::KeyType(other.clone())),
        }))
    }
}
