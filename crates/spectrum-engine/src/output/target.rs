//! Where an output goes.

use std::path::PathBuf;

use crate::error::{OutputError, Result};
use crate::format::{Compression, Format};

/// Where one output goes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Target {
    /// A file.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

impl Target {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdout => "standard output".into(),
        }
    }

    /// The format and compression of an output, by its name unless `to` says it.
    ///
    /// # Errors
    /// When neither gives one.
    pub fn format(&self, to: Option<Format>) -> Result<(Format, Compression)> {
        let by_name = match self {
            Self::File(path) => Format::of_path(path),
            Self::Stdout => None,
        };
        match (to, by_name) {
            (Some(format), Some((_, compression))) if format != Format::Parquet => Ok((format, compression)),
            (Some(format), _) => Ok((format, Compression::None)),
            (None, Some(found)) => Ok(found),
            (None, None) => Err(OutputError::UnknownOutputFormat(self.name()).into()),
        }
    }
}
