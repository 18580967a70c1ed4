//! Definitions that cannot be compared.

use spectrum_core::DefinitionError;

use crate::remedy::Remedy;

/// Why two definitions cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// Two definitions that are to be compared are of different columns.
    #[error("the two definitions are about different events: the {what} of one is {a}, and of the other {b}")]
    OtherColumns {
        /// What differs.
        what: &'static str,
        /// That of the one.
        a: String,
        /// That of the other.
        b: String,
    },
    /// A column that has recorded sessions cannot be one.
    #[error("the column of recorded sessions cannot be used")]
    RecordedBy(#[source] Box<DefinitionError>),
}

impl CompareError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::OtherColumns { .. } => vec![Remedy::NameForBoth],
            Self::RecordedBy(_) => Vec::new(),
        }
    }
}
