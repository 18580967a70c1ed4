//! Signs that a first line is not the header that it was taken for.

use arrow_schema::TimeUnit;

use super::csv_file::header;
use super::dialect::{Delimiter, Dialect};
use super::time::{TimeProblem, TimeSpelling};
use crate::error::{ColumnError, EngineError};
use crate::input::{InputFile, TextOptions};

/// Why a header may be none.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HeaderDoubt {
    /// It is one column, with what usually stands between columns in it.
    Delimiter(Delimiter),
    /// A name looks like data: a number or a time.
    Data(String),
}

/// What is doubtful about the names of a file's columns.
pub(crate) fn doubt(names: &[String], dialect: Dialect) -> Option<HeaderDoubt> {
    if let [only] = names {
        let other = [";", "|", "\t", ",", " "].into_iter().find(|delimiter| only.contains(delimiter))?;
        return other.parse().ok().filter(|other| *other != dialect.delimiter).map(HeaderDoubt::Delimiter);
    }
    if !dialect.has_header {
        return None;
    }
    names.iter().find(|name| looks_like_data(name)).cloned().map(HeaderDoubt::Data)
}

fn looks_like_data(name: &str) -> bool {
    let is_number = name.bytes().any(|byte| byte.is_ascii_digit()) && name.parse::<f64>().is_ok();
    is_number
        || name.len() >= 10
            && TimeSpelling::Usual.read(name, TimeUnit::Microsecond) != Err(TimeProblem::NotATime)
}

/// A missing column, with what is doubtful about the header that it is missing from.
pub(crate) fn doubting_header(
    error: EngineError,
    file: &InputFile,
    dialect: Dialect,
    options: &TextOptions,
) -> EngineError {
    match error {
        EngineError::Column(ColumnError::NoSuchColumn { column, name, present, role, doubt: None }) => {
            let doubt = match (dialect.has_header, present.len()) {
                // Without a header the only column has a name that tells nothing.
                (false, 1) => header(file, Dialect { has_header: true, ..dialect }, options)
                    .ok()
                    .and_then(|first| doubt(&first, dialect)),
                _ => doubt(&present, dialect),
            };
            ColumnError::NoSuchColumn { column, name, present, role, doubt }.into()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_none_are_doubted() {
        let of = |names: &[&str], dialect| {
            doubt(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), dialect)
        };
        assert_eq!(of(&["user_id", "at"], Dialect::CSV), None);
        assert_eq!(of(&["user_id;at"], Dialect::CSV), Some(HeaderDoubt::Delimiter(";".parse().unwrap())));
        assert_eq!(of(&["1.1.1.1 - -"], Dialect::CSV), Some(HeaderDoubt::Delimiter(" ".parse().unwrap())));
        assert_eq!(of(&["a,b"], Dialect::TSV), Some(HeaderDoubt::Delimiter(Delimiter::COMMA)));
        assert_eq!(
            of(&["u1", "2026-01-01 10:00:00"], Dialect::CSV),
            Some(HeaderDoubt::Data("2026-01-01 10:00:00".into()))
        );
        assert_eq!(of(&["u1", "17"], Dialect::CSV), Some(HeaderDoubt::Data("17".into())));
        assert_eq!(of(&["u1", "inf", "NaN", "d2026"], Dialect::CSV), None);
        assert_eq!(of(&["u1", "17"], Dialect { has_header: false, ..Dialect::CSV }), None);
    }
}
