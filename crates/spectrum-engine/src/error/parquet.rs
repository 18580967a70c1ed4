//! Parquet that cannot be read.

use crate::remedy::Remedy;

/// What is wrong with a file of Parquet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetFault {
    /// Parquet that cannot be read.
    #[error("{name} is not readable as Parquet (truncated or corrupt?): {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// The reader's reason, in words.
        reason: String,
    },
    /// Parquet that is sound as far as can be told, and beyond what can be read.
    #[error("{name} has Parquet that Spectrum does not read: {reason}")]
    Unknown {
        /// The file.
        name: String,
        /// The reader's reason, in words.
        reason: String,
    },
    /// Parquet whose columns are encrypted, and no keys to read them.
    #[error(
        "{}{name} is encrypted, and Spectrum has no keys", column.as_ref().map_or_else(String::new, |column| format!("column '{column}' in "))
    )]
    Encrypted {
        /// The file.
        name: String,
        /// The column; the footer where there is none.
        column: Option<String>,
    },
    /// A time in Parquet's old type that cannot be counted in microseconds.
    #[error(
        "{name} row {row}: the INT96 time {value} in column '{column}' is not a whole number of microseconds of 64 bits"
    )]
    Int96 {
        /// The file.
        name: String,
        /// The row, from 1.
        row: u64,
        /// The column.
        column: String,
        /// The time.
        value: String,
    },
}

impl ParquetFault {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Encrypted { .. } => {
                vec![Remedy::Other("decrypt it first, or leave the encrypted columns out")]
            }
            Self::Int96 { .. } => {
                vec![Remedy::Other(
                    "write the column as TIMESTAMP_MICROS or, where it is finer, as TIMESTAMP(NANOS)",
                )]
            }
            Self::Unreadable { .. } | Self::Unknown { .. } => Vec::new(),
        }
    }
}
