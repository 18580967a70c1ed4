//! Outputs that cannot be written where or as they are to be.

use std::path::PathBuf;

use crate::remedy::Remedy;

/// What is wrong with an output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// An output's name does not tell its format.
    #[error("the format of {0} is not known")]
    UnknownOutputFormat(String),
    /// One output for several inputs whose name does not tell whether it is a file.
    #[error("the format of {} is not known", .0.display())]
    FileOrFolder(PathBuf),
    /// The output would replace an input.
    #[error("{} is an input and cannot be the output as well", .0.display())]
    OutputIsInput(PathBuf),
    /// Two outputs under one name.
    #[error("{} is named for two outputs", .0.display())]
    OutputTwice(PathBuf),
    /// A folder where a file should be written.
    #[error("{0} is a folder, not a file")]
    OutputIsFolder(String),
    /// More than one output to standard output.
    #[error("the events and the sessions cannot both go to standard output; name a file for one of them")]
    StandardOutputTwice,
    /// An output does not lie on this machine, and nothing else was given to be written to.
    #[error("{} does not lie on this machine", .0.display())]
    NotReached(PathBuf),
    /// The output would lie in the folder of a table that knows nothing of it.
    #[error(
        "{} lies in the folder of the {kind} table {}, whose cleanup, as by a vacuum, deletes files that its log does not name",
        output.display(), folder.display()
    )]
    WithinTable {
        /// The output.
        output: PathBuf,
        /// The folder of the table.
        folder: PathBuf,
        /// What kind of table it is, in a word.
        kind: &'static str,
    },
    /// The output is there already.
    #[error("{} exists", .0.display())]
    OutputExists(PathBuf),
    /// A value that an output without quotes cannot hold.
    #[error(
        "column '{column}' has the value '{}', and {name} cannot hold it: nothing is quoted there, and the value has a \
         delimiter or a line end in it", value.escape_default()
    )]
    Unwritable {
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The output.
        name: String,
    },
    /// A time that text cannot hold.
    #[error(
        "column '{column}' has the time {value}, and {name} cannot hold it: text has the years 0 to 9999; write Parquet"
    )]
    TimeWithoutText {
        /// The column.
        column: String,
        /// The value and its type.
        value: String,
        /// The output.
        name: String,
    },
    /// Objects without members, of which Parquet has no type.
    #[error(
        "column '{column}' has only empty objects, and {name} cannot hold it: Parquet has no type for them; write NDJSON or CSV"
    )]
    EmptyStruct {
        /// The column.
        column: String,
        /// The output.
        name: String,
    },
}

impl OutputError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::UnknownOutputFormat(name) if name.to_ascii_lowercase().ends_with(".json") => {
                vec![Remedy::WriteNdjson]
            }
            Self::UnknownOutputFormat(_) => vec![Remedy::NameOutputFormat],
            Self::FileOrFolder(path) => {
                vec![Remedy::WriteFolder(path.display().to_string()), Remedy::NameOutputFormat]
            }
            Self::WithinTable { .. } => vec![Remedy::Other("name an output outside of it")],
            Self::NotReached(_) => vec![Remedy::ReachStores],
            Self::OutputExists(_) => vec![Remedy::AllowOverwrite],
            Self::Unwritable { .. } => vec![Remedy::QuoteOutput, Remedy::EscapeOutput],
            _ => Vec::new(),
        }
    }
}
