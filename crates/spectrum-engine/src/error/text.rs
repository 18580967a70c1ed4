//! CSV and NDJSON that cannot be taken apart.

use super::QuotingProblem;
use crate::remedy::Remedy;
use crate::text::dialect::Delimiter;

/// What is wrong with a file of text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Compressed text that cannot be read.
    #[error("{name} is not readable as {compression} (truncated or corrupt?)")]
    Compressed {
        /// The file.
        name: String,
        /// The compression, in words.
        compression: &'static str,
        /// The decoder's reason.
        source: std::io::Error,
    },
    /// A line of text that cannot be taken apart.
    #[error("{name} line {line}: {problem}")]
    Line {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Text that is not UTF-8.
    #[error("{name} line {line}: invalid UTF-8 (byte 0x{byte:02x})")]
    NotUtf8 {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// The byte.
        byte: u8,
        /// Whether the file begins as UTF-16 does.
        is_utf16: bool,
    },
    /// Quotes that the dialect of a CSV file does not have.
    #[error("{name} line {line}: {problem}")]
    Quoting {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        problem: QuotingProblem,
    },
    /// A carriage return that ends no line.
    #[error(
        "{name} line {line}: a field that is not quoted has a carriage return without a line feed in it, as lines of \
         old Macs end"
    )]
    LoneReturn {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
    },
    /// A line that tells Excel the delimiter, where a header is expected.
    #[error("{name} line {line} tells Excel that the delimiter is '{delimiter}' and is not a header")]
    DelimiterLine {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// What it tells.
        delimiter: Delimiter,
    },
    /// A file with fewer lines than are to be left out at its beginning.
    #[error("{name} has {}, fewer than the {skipped} that are left out at its beginning", if *.lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") })]
    TooFewLines {
        /// The file.
        name: String,
        /// How many it has.
        lines: u32,
        /// How many are to be left out.
        skipped: u32,
    },
}

impl TextError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NotUtf8 { is_utf16, .. } => {
                vec![Remedy::Other("convert the file to UTF-8"), Remedy::GiveEncoding { is_utf16: *is_utf16 }]
            }
            Self::Quoting { problem: QuotingProblem::Unclosed, .. } => vec![],
            Self::Quoting { problem: QuotingProblem::AfterQuote { .. }, .. } => {
                vec![Remedy::GiveEscape, Remedy::QuoteNothing, Remedy::DoubleQuotes]
            }
            Self::Quoting { problem: QuotingProblem::InPlain { other, .. }, .. } => {
                let mut ways: Vec<_> = other.map(Remedy::GiveDelimiter).into_iter().collect();
                ways.extend([Remedy::QuoteNothing, Remedy::DoubleQuotes]);
                ways
            }
            Self::LoneReturn { .. } => {
                vec![Remedy::Other("end lines with line feeds, as tr '\\r' '\\n' does, or quote the field")]
            }
            Self::DelimiterLine { delimiter, .. } => vec![Remedy::SkipDelimiterLine(*delimiter)],
            Self::TooFewLines { .. } => vec![Remedy::SkipFewerLines],
            Self::Compressed { .. } | Self::Line { .. } => Vec::new(),
        }
    }
}
