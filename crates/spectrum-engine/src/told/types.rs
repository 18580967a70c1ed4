//! What the columns that are told hold, which is the same in all files.

use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use spectrum_core::SummaryColumn;

use crate::error::{EngineError, Result, ToldError};

/// The types of values, per column of the summary; nothing where none were read.
#[derive(Debug)]
pub(super) struct Types(Mutex<Vec<Option<DataType>>>);

impl Types {
    pub(super) fn new(columns: usize) -> Self {
        Self(Mutex::new(vec![None; columns]))
    }

    /// Remembers the type of a column.
    pub(super) fn note(&self, at: usize, column: &ArrayRef, told: &SummaryColumn, name: &str) -> Result<()> {
        let data_type = plain(column.data_type());
        let known = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[at];
        match known {
            Some(known) if *known != data_type => Err(ToldError::ToldTwoTypes {
                told: told.name.clone(),
                name: name.to_owned(),
                data_type,
                other: known.clone(),
            }
            .into()),
            _ => {
                *known = Some(data_type);
                Ok(())
            }
        }
    }

    pub(super) fn into_inner(self) -> Vec<Option<DataType>> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The type that values of a type are told in.
pub(super) fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain(values),
        DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        other => other.clone(),
    }
}

/// That a measure takes no values of a type.
pub(super) fn not_measured(data_type: &DataType, told: &SummaryColumn, name: &str) -> EngineError {
    ToldError::NotMeasured {
        column: told.measure.column().map(ToString::to_string).unwrap_or_default(),
        told: told.name.clone(),
        measure: told.measure.word(),
        name: name.to_owned(),
        data_type: plain(data_type),
    }
    .into()
}

/// That values of a type are not told.
pub(super) fn not_told(data_type: &DataType, told: &SummaryColumn, name: &str) -> EngineError {
    let column = told.measure.column().map(ToString::to_string).unwrap_or_default();
    ToldError::NotTold { column, told: told.name.clone(), name: name.to_owned(), data_type: plain(data_type) }
        .into()
}
