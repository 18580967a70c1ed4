//! Composite keys as small numbers: columns become codes, codes become keys.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use crate::column_codes::{ColumnCodes, PairCodes};
use crate::key_kind::KeyKind;
use crate::label_error::LabelError;
use crate::numbered::Numbered;
use crate::numbering::{self, MOST, number};

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
            for key in keys.iter_mut() {
                *key = self.stages[0].code(*key, 0);
            }
        }
        for (at, column) in columns.iter().enumerate().skip(1) {
            self.scratch.clear();
            self.columns[at].append_codes(column, &mut self.scratch)?;
            let stage = &mut self.stages[at - 1];
            for (key, code) in keys.iter_mut().zip(&self.scratch) {
                *key = stage.code(*key, *code);
            }
        }
        self.check()
    }

    /// Takes in all of `other`'s keys; entry n of the result is this table's key for `other`'s key n.
    pub(crate) fn absorb(&mut self, other: &Self) -> Result<Vec<u32>, LabelError> {
        let mut translations = Vec::with_capacity(self.columns.len());
        for (own, others) in self.columns.iter_mut().zip(&other.columns) {
            translations.push(own.absorb(others)?);
        }
        let mut codes = vec![0; self.columns.len()];
        let translation = (0..number(other.len()))
            .map(|key| {
                other.codes(key, &mut codes);
                let mut own = translations[0][codes[0] as usize];
                if codes.len() == 1 {
                    own = self.stages[0].code(own, 0);
                }
                for at in 1..codes.len() {
                    own = self.stages[at - 1].code(own, translations[at][codes[at] as usize]);
                }
                own
            })
            .collect();
        self.check()?;
        Ok(translation)
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
