//! File formats and compressions, as names show them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::text::dialect::{Delimiter, Dialect};

/// How events lie in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Text with a header line and a delimiter.
    Csv(Dialect),
    /// A JSON object a line.
    Ndjson,
}

/// How a text file is compressed as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, by the ending .gz.
    Gzip,
    /// Zstandard, by the ending .zst.
    Zstd,
}

impl Format {
    /// Comma-separated, quoted as in RFC 4180.
    pub const CSV: Self = Self::Csv(Dialect::CSV);
    /// Tab-separated, and nothing is quoted.
    pub const TSV: Self = Self::Csv(Dialect::TSV);

    /// The format and compression of an input that its endings tell. JSON that is not one object a line is read as if it
    /// were, and is not written.
    pub(crate) fn of_input(path: &Path) -> Option<(Self, Compression)> {
        Self::of_path(path).or_else(|| {
            let name = path.file_name()?.to_str()?.to_ascii_lowercase();
            let (stem, compression) = Compression::of_name(&name);
            stem.ends_with(".json").then_some((Self::Ndjson, compression))
        })
    }

    /// The format and compression that a path's endings give; `None` when they give none.
    pub fn of_path(path: &Path) -> Option<(Self, Compression)> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let (stem, compression) = Compression::of_name(&name);
        let (_, ending) = stem.rsplit_once('.')?;
        let format = match ending {
            "parquet" | "pq" | "parq" => Self::Parquet,
            "csv" => Self::CSV,
            "tsv" => Self::TSV,
            "ndjson" | "jsonl" => Self::Ndjson,
            _ => return None,
        };
        (format != Self::Parquet || compression == Compression::None).then_some((format, compression))
    }
}

impl Compression {
    /// A name without the ending that gives its compression, and the compression.
    pub fn of_name(name: &str) -> (&str, Self) {
        if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Self::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Self::Zstd)
        } else {
            (name, Self::None)
        }
    }
}

/// A name that no format has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("format '{0}' is not one of parquet, csv, tsv, ndjson")]
pub struct UnknownFormatName(pub String);

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "parquet",
            Self::Csv(Dialect { delimiter: Delimiter::TAB, .. }) => "tsv",
            Self::Csv(_) => "csv",
            Self::Ndjson => "ndjson",
        })
    }
}

impl FromStr for Format {
    type Err = UnknownFormatName;

    fn from_str(text: &str) -> Result<Self, UnknownFormatName> {
        match text {
            "parquet" => Ok(Self::Parquet),
            "csv" => Ok(Self::CSV),
            "tsv" => Ok(Self::TSV),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            _ => Err(UnknownFormatName(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell() {
        let of = |name: &str| Format::of_path(Path::new(name));
        assert_eq!(of("a/e.parquet"), Some((Format::Parquet, Compression::None)));
        assert_eq!(of("e.CSV.gz"), Some((Format::CSV, Compression::Gzip)));
        assert_eq!(of("e.jsonl.zst"), Some((Format::Ndjson, Compression::Zstd)));
        assert_eq!(of("e.parquet.gz"), None);
        assert_eq!(of("events"), None);
    }
}
