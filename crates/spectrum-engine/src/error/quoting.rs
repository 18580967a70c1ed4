//! What is wrong with quotes in CSV.

use crate::text::dialect::Delimiter;

/// What quotes in a CSV file can be that its dialect does not have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuotingProblem {
    /// A quote is never closed.
    #[error(
        "the quote that opens a field here is never closed; close it, or double a quote that is text (\"\")"
    )]
    Unclosed,
    /// A field goes on after its closing quote.
    #[error("'{text}' follows the quote that closes the field that begins in line {first_line}")]
    AfterQuote {
        /// Where the field begins.
        first_line: u64,
        /// What follows the quote.
        text: String,
    },
    /// A field has a quote in it and is not quoted.
    #[error("the field '{text}' has a quote in it and is not quoted itself")]
    InPlain {
        /// The field.
        text: String,
        /// What may stand between fields, where the record is a single one.
        other: Option<Delimiter>,
    },
}
