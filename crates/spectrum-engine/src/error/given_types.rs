//! Types that were given to columns and do not fit.

use super::header::meant;
use crate::remedy::Remedy;
use crate::table::ColumnType;

/// Why a column cannot have the type that it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GivenTypeError {
    /// A type was given to a column of the key that is not one.
    #[error("column '{column}', whose values were given a type as a key, is not in the key{} ({})", meant(column, key, None), key.join(", "))]
    KeyTypeOfNoKey {
        /// The column.
        column: String,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// A type was given to the time column.
    #[error("column '{0}' is the time and is written as a time; it can be given no other type")]
    TypeOfTime(String),
    /// Types were given to columns of Parquet, which has its own.
    #[error("column '{0}' was given a type, and columns of Parquet have their own; leave it out")]
    TypeInParquet(String),
    /// A type was given to a column that is not there.
    #[error("column '{column}', which was given a type, is not in {name}{} (it has: {})", meant(column, present, None), present.join(", "))]
    NothingToType {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
    },
    /// A value that is not of the type that its column was given.
    #[error(
        "{place}: '{value}' in column '{column}' is not of the type that the column was given, {column_type}; give it another"
    )]
    NotOfType {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The type.
        column_type: ColumnType,
    },
    /// A value of a key that would be another text in the type that its column was given.
    #[error(
        "{place}: '{value}' in key column '{column}' would come back as another text from the type that the column was given, \
         {column_type}, and session ids are made of its text"
    )]
    KeyNotKept {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The type.
        column_type: ColumnType,
    },
}

impl GivenTypeError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::KeyNotKept { column, column_type: ColumnType::Integer, .. } => {
                vec![Remedy::LeaveOutType, Remedy::GiveKeyType(column.clone(), ColumnType::Integer)]
            }
            Self::KeyNotKept { .. } => vec![Remedy::LeaveOutType],
            _ => Vec::new(),
        }
    }
}
