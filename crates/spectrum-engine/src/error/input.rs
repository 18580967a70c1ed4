//! Inputs that cannot be found, or are not what they are called.

use std::path::PathBuf;

use super::FoundFormat;
use crate::remedy::Remedy;
use crate::store::scheme;

/// What is wrong with the files that were named as inputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// An input is not there.
    #[error("{} does not exist", .0.display())]
    NoSuchFile(PathBuf),
    /// An input does not lie on this machine, and nothing else was given to be read.
    #[error("{} does not lie on this machine", .0.display())]
    NotReached(PathBuf),
    /// A pattern or folder holds no file.
    #[error(
        "{0} matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; .gz and .zst after all but the first)"
    )]
    NoMatch(String),
    /// No input at all.
    #[error("no input was named; name files, folders or patterns, or - for standard input")]
    NoInput,
    /// A pattern is malformed.
    #[error("pattern '{pattern}' is malformed: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// A folder that also holds files which a table no longer has.
    #[error("{} is {} {kind} table, whose folder also holds files that were removed from it", folder.display(), if *.kind == "Iceberg" { "an" } else { "a" })]
    TableFolder {
        /// The folder.
        folder: PathBuf,
        /// The kind of table.
        kind: &'static str,
    },
    /// A state keeps what files gave it, and a table takes files and rows back.
    #[error(
        "{table} is a {kind} table, and a state cannot go on from one version of it to the next: a later version may have written its events anew in other files, or have deleted some"
    )]
    TableInState {
        /// The table.
        table: String,
        /// The kind of table.
        kind: &'static str,
    },
    /// A file that a version of a table needs and that is not there.
    #[error("{} belongs to version {version} of the {kind} table {table} and is gone, as after a vacuum", file.display())]
    FileOfTableGone {
        /// The file.
        file: PathBuf,
        /// The table.
        table: String,
        /// The kind of table.
        kind: &'static str,
        /// Its version.
        version: u64,
    },
    /// A pipe or a device.
    #[error("{} is not a regular file, and a run reads its input twice", .0.display())]
    NotAFile(PathBuf),
    /// The same file twice would count its events twice.
    #[error("{} is named twice; its events would be counted twice", .0.display())]
    NamedTwice(PathBuf),
    /// Standard input and something else.
    #[error("- (standard input) cannot be read together with other inputs; name only one of them")]
    StandardInputAmongOthers,
    /// An input's name does not tell its format.
    #[error("the format of {0} is not known")]
    UnknownInputFormat(String),
    /// Inputs of several formats at once.
    #[error("{} is {a_format} and {} is {b_format}; sessionize files of one format at a time", a.display(), b.display())]
    MixedFormats {
        /// One file.
        a: PathBuf,
        /// Its format.
        a_format: String,
        /// Another.
        b: PathBuf,
        /// Its format.
        b_format: String,
    },
    /// A file that is not what it is called.
    #[error("{name} is not {format} but {found}, by its first bytes")]
    OtherFormat {
        /// The file.
        name: String,
        /// What it is.
        found: FoundFormat,
        /// What it was taken for.
        format: String,
    },
    /// Files that do not fit together.
    #[error("{} and {} have different columns: {difference}; sessionize them apart, or write to a folder", a.display(), b.display())]
    MixedSchemas {
        /// One file.
        a: PathBuf,
        /// Another.
        b: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A column that has to be of one type and is of several.
    #[error("column '{column}' is {a_type} in {} and {b_type} in {}; give it one type throughout", a.display(), b.display())]
    MixedTypes {
        /// The column.
        column: String,
        /// One file.
        a: PathBuf,
        /// Its type, in words.
        a_type: String,
        /// Another.
        b: PathBuf,
        /// Its type, in words.
        b_type: String,
    },
}

impl InputError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::UnknownInputFormat(_) => vec![Remedy::NameInputFormat],
            Self::NoSuchFile(path)
                if scheme(path).is_none() && path.display().to_string().contains("://") =>
            {
                vec![Remedy::Other(
                    "its scheme is not one of s3, gs, az, abfss, http and https: download it, or pass it in as standard input",
                )]
            }
            Self::NotReached(_) => vec![Remedy::ReachStores],
            Self::NotAFile(path) => vec![Remedy::UseStandardInput(path.clone())],
            Self::FileOfTableGone { .. } => vec![Remedy::ReadAnotherVersion],
            Self::TableInState { .. } => vec![Remedy::LeaveOutState],
            Self::TableFolder { folder, kind } => {
                let as_table = (*kind == "Delta").then(|| Remedy::NameTable(folder.clone()));
                let others = [
                    "write what the table holds now to Parquet with an engine that reads such tables",
                    "name the files that it has now one by one",
                ];
                as_table.into_iter().chain(others.map(Remedy::Other)).collect()
            }
            Self::OtherFormat { found, .. } => vec![match found {
                FoundFormat::Parquet => Remedy::NameInputFormat,
                FoundFormat::Arrow => Remedy::Other("write it as Parquet"),
                FoundFormat::Zip => Remedy::Other("unpack it first; of a workbook, save the sheet as CSV"),
                FoundFormat::Gzip | FoundFormat::Zstd => Remedy::Other(
                    "decompress it, since Parquet is compressed within, or name the format of the text",
                ),
            }],
            _ => Vec::new(),
        }
    }
}
