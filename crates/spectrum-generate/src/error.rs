//! What can be refused.

use thiserror::Error;

/// Why nothing was generated.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerateError {
    /// A batch has to hold something.
    #[error("batches of '0' rows cannot hold events; ask for at least one row per batch")]
    EmptyBatches,
    /// More events than can be numbered, or than this machine can hold.
    #[error("'{events}' events are too many: they are planned in memory at 16 bytes each; ask for fewer")]
    TooManyEvents {
        /// The number asked for.
        events: u64,
    },
    /// A text that names no [`Order`](crate::Order).
    #[error("order '{given}' is not known; it is one of: time, shuffled")]
    UnknownOrder {
        /// The text.
        given: String,
    },
    /// A text that names no [`Ids`](crate::Ids).
    #[error("id type '{given}' is not known; it is one of: uuid, int")]
    UnknownIds {
        /// The text.
        given: String,
    },
}
