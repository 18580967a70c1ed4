//! Event ids that are not there, or have no settled text.

use arrow_schema::DataType;
use spectrum_core::ColumnRole;

use super::header::meant;
use crate::remedy::Remedy;

/// What is wrong with the ids of events.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventIdError {
    /// A digest was asked for, and there are no event ids to make it of.
    #[error("column '{column}' is not in {name}{} (it has: {}), and a digest is made of event ids", meant(column, present, None), present.join(", "))]
    NothingToDigest {
        /// The event id column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
    },
    /// Event ids that have no defined text.
    #[error(
        "column '{column}' in {name} is of type {data_type}, whose text is not settled, so it cannot be digested"
    )]
    NoDigest {
        /// The event id column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: DataType,
    },
    /// No event has the id asked for.
    #[error("no event has {column} '{id}'; ids are compared as text, with letter case")]
    NoSuchEvent {
        /// The event id column.
        column: String,
        /// The id.
        id: String,
    },
}

impl EventIdError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NothingToDigest { .. } => {
                vec![Remedy::NameColumn(ColumnRole::EventId), Remedy::LeaveOutDigest]
            }
            Self::NoDigest { .. } => vec![
                Remedy::Other("use text, an integer, a boolean or a uuid (FixedSizeBinary(16))"),
                Remedy::LeaveOutDigest,
            ],
            Self::NoSuchEvent { .. } => Vec::new(),
        }
    }
}
