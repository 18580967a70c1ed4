//! Why a column of the summary was refused.

use crate::predicate::{PredicateError, ValueKind};

/// Why a column of the summary was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryColumnError {
    /// It says no measure, or several.
    #[error(
        "summary column '{name}' says {said}; give it one of first, last, count, count_distinct, sum, min, max, any and when, as in \
         {{ first = \"page\" }}"
    )]
    Measures {
        /// The column.
        name: String,
        /// Those that it says, in words.
        said: String,
    },
    /// Its name is empty.
    #[error("a summary column has an empty name")]
    Unnamed,
    /// The summary has a column of its name.
    #[error("summary column '{name}' has the name of {of}; give it another")]
    Taken {
        /// The column.
        name: String,
        /// What has that name.
        of: &'static str,
    },
    /// It says something that its measure cannot take.
    #[error("summary column '{name}' has {what}, which {measure} cannot take; {only} can")]
    NotFor {
        /// The column.
        name: String,
        /// The field.
        what: &'static str,
        /// Its measure.
        measure: &'static str,
        /// The measures that can.
        only: &'static str,
    },
    /// It names no column of the events.
    #[error("summary column '{name}': {measure} names no column; write one as in {measure} = \"page\"")]
    NoColumn {
        /// The column.
        name: String,
        /// Its measure.
        measure: &'static str,
    },
    /// A condition was refused.
    #[error("summary column '{name}': {source}")]
    Condition {
        /// The column.
        name: String,
        /// Why.
        source: PredicateError,
    },
    /// A `when` reads what the summary does not have.
    #[error(
        "summary column '{name}' reads '{column}', which is not a column of the summary; it can read {known}"
    )]
    Unknown {
        /// The column.
        name: String,
        /// What it reads.
        column: String,
        /// What there is.
        known: String,
    },
    /// A `when` reads itself or another `when`.
    #[error("summary column '{name}' reads '{column}', which is {whose}; write its condition out instead")]
    WhenOfWhen {
        /// The column.
        name: String,
        /// What it reads.
        column: String,
        /// In words.
        whose: &'static str,
    },
    /// A `when` takes a column for what it is not.
    #[error("summary column '{name}' takes '{column}' for {taken}, and it is {is}", taken = .taken.words(), is = .is.words())]
    Kind {
        /// The column.
        name: String,
        /// What it reads.
        column: String,
        /// What it takes that for.
        taken: ValueKind,
        /// What it is.
        is: ValueKind,
    },
}
