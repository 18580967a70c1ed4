//! Values of keys.

use crate::remedy::Remedy;
use crate::scan::WHOLE_DOUBLE;
use crate::table::ColumnType;
use crate::text::ndjson::FRACTION;

/// What is wrong with the values of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Events with a NULL in their key, where those are refused.
    #[error(
        "{count} {} a NULL in the key ({}), the first at {}", if *.count == 1 { "event has" } else { "events have" },
        key.join(", "), rows.join(", ")
    )]
    Nulls {
        /// How many.
        count: u64,
        /// The key columns.
        key: Vec<String>,
        /// Where the first of them are.
        rows: Vec<String>,
    },
    /// A value of NDJSON that has no settled text.
    #[error(
        "{place}: '{column}' is {what}, which has no settled text; use a string, an integer or a boolean"
    )]
    Json {
        /// Where it is, as in `events.ndjson line 7`.
        place: String,
        /// The member.
        column: String,
        /// What it is, in words.
        what: &'static str,
    },
    /// A value that its key column cannot be read as.
    #[error("{place}: '{value}' in key column '{column}' is not {expected}")]
    Value {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// What it had to be, in words.
        expected: &'static str,
    },
}

impl KeyError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::Json { column, what, .. } if *what == FRACTION => {
                vec![Remedy::GiveKeyType(column.clone(), ColumnType::Integer)]
            }
            Self::Value { column, expected, .. } if *expected == WHOLE_DOUBLE => {
                vec![Remedy::GiveKeyType(column.clone(), ColumnType::Text)]
            }
            Self::Nulls { .. } => vec![Remedy::DropNullKeys],
            Self::Json { .. } | Self::Value { .. } => Vec::new(),
        }
    }
}
