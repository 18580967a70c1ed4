//! What files are that are called something else.

use std::fmt;

/// What a file turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FoundFormat {
    /// Apache Parquet.
    Parquet,
    /// Arrow's file format, also called Feather.
    Arrow,
    /// A zip archive, such as a workbook of Excel.
    Zip,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl fmt::Display for FoundFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "parquet",
            Self::Arrow => "an Arrow file",
            Self::Zip => "a zip archive",
            Self::Gzip => "compressed with gzip",
            Self::Zstd => "compressed with Zstandard",
        })
    }
}
