//! What can go wrong between a file and its sessions. Every message names the value, the rule and the remedy.

use std::path::PathBuf;

use spectrum_core::{Collision, LabelError};

/// Why a run stopped. Nothing under a final name was changed when one of these is returned, unless it is
/// [`EngineError::NotPutBack`].
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// An input is not there.
    #[error("{} does not exist", .0.display())]
    NoSuchFile(PathBuf),
    /// A pattern or folder holds no file.
    #[error(
        "{0} matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl; .gz and .zst after the last four)"
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
    /// A pipe or a device.
    #[error("{} is not a regular file, and a run reads its input twice; name - in its place and redirect it: - < {}", .0.display(), .0.display())]
    NotAFile(PathBuf),
    /// The same file twice would count its events twice.
    #[error("{} is named twice; its events would be counted twice", .0.display())]
    NamedTwice(PathBuf),
    /// The format is not known from the name.
    #[error("the format of {name} is not known; say {flag} parquet, csv, tsv or ndjson")]
    UnknownFormat {
        /// The file.
        name: String,
        /// The flag that tells.
        flag: &'static str,
    },
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
    /// Reading or writing failed.
    #[error("{action} {name}")]
    Io {
        /// "reading", "writing" ...
        action: &'static str,
        /// The file.
        name: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Outputs could not get their names, and not everything could be put back.
    #[error(transparent)]
    NotPutBack(spectrum_outputs::NotPutBack),
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
    /// Parquet that cannot be read.
    #[error("{name} is not readable as Parquet (truncated or corrupt?): {reason}")]
    Parquet {
        /// The file.
        name: String,
        /// The reader's reason, in words.
        reason: String,
    },
    /// Something in a file's batches that Arrow refuses.
    #[error("{name}")]
    Arrow {
        /// The file.
        name: String,
        /// Arrow's reason.
        source: arrow_schema::ArrowError,
    },
    /// A column is missing.
    #[error("column '{column}' is not in {name} (it has: {}); name the {role} with {flag}", present.join(", "))]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
        /// "key", "time" or "event id".
        role: &'static str,
        /// The flag that names it.
        flag: &'static str,
    },
    /// A name stands for two columns.
    #[error("{name} has two columns named '{column}'; rename one of them")]
    RepeatedColumn {
        /// The column.
        column: String,
        /// The file.
        name: String,
    },
    /// A column whose type does not fit.
    #[error("column '{column}' in {name} cannot be used")]
    Column {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// What does not fit.
        source: LabelError,
    },
    /// The labels could not be made.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Events without a time.
    #[error(
        "{count} {} no time (column '{column}' is NULL), the first at {}; mend them or take them out with \
         --null-time drop", if *.count == 1 { "event has" } else { "events have" }, rows.join(", ")
    )]
    NullTimes {
        /// How many.
        count: u64,
        /// The time column.
        column: String,
        /// Where the first of them are.
        rows: Vec<String>,
    },
    /// A text that is no time.
    #[error("{name} line {line}: '{value}' in column '{column}' is not {wanted}")]
    Time {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// What it should be, and the remedy.
        wanted: &'static str,
    },
    /// A time outside what can be held.
    #[error("{name} line {line}: time '{value}' is out of the range of {unit}")]
    TimeRange {
        /// The file.
        name: String,
        /// The line, from 1.
        line: u64,
        /// The text.
        value: String,
        /// The unit, in words.
        unit: &'static str,
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
    /// Times with and without a zone in one column.
    #[error(
        "some times have a zone ({zoned}) and some have none ({naive}), so they cannot be compared; give all of \
         them a zone or none"
    )]
    MixedZones {
        /// An example with a zone, and where it is.
        zoned: String,
        /// An example without.
        naive: String,
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
    /// The output would replace an input.
    #[error("{} is an input and cannot be the output as well", .0.display())]
    OutputIsInput(PathBuf),
    /// Two outputs under one name.
    #[error("{} is named for two outputs", .0.display())]
    OutputTwice(PathBuf),
    /// The output is there already.
    #[error("{} exists; say --force to replace it", .0.display())]
    OutputExists(PathBuf),
    /// The column to add is there already.
    #[error("{name} already has a column '{column}'; name the new one with {flag}")]
    ColumnExists {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The flag that names it differently.
        flag: &'static str,
    },
    /// Ids stand for more than one session.
    #[error("{0}; use --id encoded or --id start, or accept it with --allow-id-collisions")]
    Collisions(Collision),
    /// A second reading gave something else.
    #[error("{0} changed while it was read; nothing was written")]
    Changed(String),
    /// No event has the id asked for.
    #[error("no event has {column} '{id}'; ids are compared as text, with letter case")]
    NoSuchEvent {
        /// The event id column.
        column: String,
        /// The id.
        id: String,
    },
    /// Values that cannot be compared as text.
    #[error("column '{column}' cannot be compared as text; name another with --event-id")]
    NoText {
        /// The column.
        column: String,
        /// Why not.
        source: arrow_schema::ArrowError,
    },
    /// Event ids that have no settled text.
    #[error(
        "column '{column}' in {name} is of type {data_type}, whose text is not settled, so it cannot be digested; use \
         text, an integer, a boolean or a uuid (FixedSizeBinary(16)), or leave out --digest"
    )]
    NoDigest {
        /// The event id column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: arrow_schema::DataType,
    },
    /// The reader of standard output went away.
    #[error("standard output was closed")]
    ClosedPipe,
    /// The user stopped it.
    #[error("interrupted; nothing was written")]
    Interrupted,
    /// Data of a kind that this path does not handle.
    #[error("{0}")]
    Unsupported(String),
}

/// The engine's results.
pub type Result<T> = std::result::Result<T, EngineError>;

impl EngineError {
    pub(crate) fn reading(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        |source| Self::Io { action: "reading", name, source }
    }

    pub(crate) fn writing(name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        |source| match source.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Io { action: "writing", name, source },
        }
    }
}
