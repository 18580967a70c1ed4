//! What can go wrong on another engine. Every message names the value and the rule; what to do about it is
//! [`SubmitError::remedies`] where it depends on who asks, and stands in the message where it does not.

mod remedies;

use std::fmt;
use std::path::PathBuf;

use spectrum_core::internals::or_near;
use spectrum_core::{Collision, ColumnRole};
use spectrum_sql::dialect::Unsupported;

use crate::remedy::Remedy;

/// Why a run stopped. Nothing under a final name was changed when one of these is returned, unless it is
/// [`SubmitError::NotPutBack`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The engine's program is not there.
    #[error("{program} was not found{looked}")]
    NoProgram {
        /// The program.
        program: String,
        /// Where it was looked for, with a blank before it, or nothing.
        looked: String,
        /// What to do.
        remedies: Vec<Remedy>,
    },
    /// The engine needs another program.
    #[error("{engine} needs {what}, which was not found ({said}); {remedy}")]
    Needs {
        /// The engine.
        engine: &'static str,
        /// What it needs.
        what: &'static str,
        /// What it said.
        said: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Nobody answers at the master's address.
    #[error(
        "master {master} does not answer: {reason}; see that it runs, and that its address is the one that it shows on its page"
    )]
    NoMaster {
        /// Its address.
        master: String,
        /// The system's reason.
        reason: String,
    },
    /// The engine did not get ready in time.
    #[error("{engine} was not ready after {seconds} s ({said})")]
    NotReady {
        /// The engine.
        engine: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// The last that it said.
        said: String,
    },
    /// The cluster has no workers.
    #[error("no worker of {master} took up the work in {seconds} s")]
    NoWorkers {
        /// The cluster.
        master: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// An input is not there.
    #[error("{0} does not exist")]
    NoSuchInput(String),
    /// An input holds nothing to read.
    #[error(
        "{0} matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl; .gz and .zst after the last four)"
    )]
    NoMatch(String),
    /// The same file twice would count its events twice.
    #[error("{0} is named twice; its events would be counted twice")]
    NamedTwice(String),
    /// Inputs of several formats at once.
    #[error("{0} are of different formats; sessionize files of one format at a time")]
    MixedFormats(String),
    /// The engine would pass over files.
    #[error(
        "{engine} reads {read} of the {all} files below the inputs, because folders with and without a column in their \
         name lie beside each other; name the folders one by one"
    )]
    PassedOver {
        /// The engine.
        engine: &'static str,
        /// Files that it reads.
        read: u64,
        /// Files that are there.
        all: u64,
    },
    /// The driver sees a file and the workers do not.
    #[error(
        "the workers cannot read {0}, which is here; put it where all of them see it under the same name: a shared \
         folder, HDFS or an object store"
    )]
    NotVisible(String),
    /// The output is there already.
    #[error("{0} exists and is not empty")]
    OutputExists(String),
    /// The output is a file that is there already.
    #[error("{0} exists")]
    FileExists(String),
    /// The output is there, and nobody knows what it is.
    #[error(
        "{0} exists and is not the output of an earlier run (it has no _SUCCESS), so it is not replaced; remove it, or name another folder"
    )]
    OutputForeign(String),
    /// The output would replace an input.
    #[error("{0} is an input and cannot be the output as well")]
    OutputIsInput(String),
    /// Two outputs under one name.
    #[error("{0} is named for two outputs")]
    OutputTwice(String),
    /// A column is missing.
    #[error("column '{column}' is not in the events{} (they have: {})", meant(column, present), present.join(", "))]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The columns there are.
        present: Vec<String>,
        /// What it was to be.
        role: ColumnRole,
    },
    /// The column to partition by is missing.
    #[error("column '{column}' is not in the events{} (they have: {})", meant(column, present), present.join(", "))]
    NoPartitionColumn {
        /// The column asked for.
        column: String,
        /// The columns there are.
        present: Vec<String>,
    },
    /// The engine writes one file.
    #[error("{engine} cannot partition its output; Spark and DuckDB can")]
    CannotPartition {
        /// The engine.
        engine: &'static str,
    },
    /// The column to add is there already.
    #[error("the events already have a column '{column}'")]
    ColumnExists {
        /// The column.
        column: String,
        /// What is to be added under this name.
        added: AddedColumn,
    },
    /// The column of session ids has no name.
    #[error("the column of session ids needs a name")]
    UnnamedSessionColumn,
    /// The column of session ids has the name of another column of the sessions table.
    #[error("the session id cannot be called '{0}': another column of the sessions table has that name")]
    SessionColumnTaken(String),
    /// The files are of a format that the engine is not given.
    #[error("{0}")]
    FormatRefused(&'static str),
    /// A column that would not go out as it came in.
    #[error("column '{column}' ({ty}) {why}")]
    ColumnRefused {
        /// The column.
        column: String,
        /// Its type in the file.
        ty: String,
        /// What would become of it, in words.
        why: &'static str,
    },
    /// The time column is none.
    #[error("column '{column}' is of type {ty}, which is not a time")]
    NoTime {
        /// The column.
        column: String,
        /// Its type, as the engine calls it.
        ty: String,
        /// What to do.
        remedies: Vec<Remedy>,
    },
    /// A column whose type is not what the rule takes it to have.
    #[error("column '{column}' is used as {used_as} by the rule, and its type is {ty}")]
    RuleType {
        /// The column.
        column: String,
        /// What the rule takes it to have, in words.
        used_as: &'static str,
        /// Its type, as the engine calls it.
        ty: String,
    },
    /// A column whose type the summary cannot tell of.
    #[error("summary column '{told}' reads column '{column}', and its type is {ty}, {why}")]
    NotTold {
        /// The column of the summary.
        told: String,
        /// The column that it reads.
        column: String,
        /// Its type, as the engine calls it.
        ty: String,
        /// What is wrong with that, in words.
        why: &'static str,
    },
    /// Event ids that settle no order.
    #[error(
        "column '{column}' settles the order of events at one time, which the summary tells of, and its type is {ty}, whose order is not \
         the same everywhere"
    )]
    UnorderedIds {
        /// The column.
        column: String,
        /// Its type, as the engine calls it.
        ty: String,
    },
    /// Texts that are not what the rule takes them for.
    #[error(
        "in column '{column}', which the rule uses as {used_as}, {count} of the texts cannot be read as one, such as '{example}'"
    )]
    RuleValues {
        /// How many.
        count: u64,
        /// The column.
        column: String,
        /// One of them.
        example: String,
        /// What the rule takes it to have, in words.
        used_as: &'static str,
    },
    /// Texts that would have to be read in two ways.
    #[error(
        "column '{column}' is {also} and used as {used_as} by the rule, which other engines cannot read of a text file"
    )]
    ReadTwice {
        /// The column.
        column: String,
        /// What else it is, in words.
        also: &'static str,
        /// What the rule takes it to have, in words.
        used_as: &'static str,
    },
    /// Texts that are not times.
    #[error(
        "in column '{column}' {count} of the texts cannot be read as times, such as '{example}'; write RFC 3339 or YYYY-MM-DD \
         HH:MM:SS[.ffffff][zone]"
    )]
    OddTimes {
        /// How many.
        count: String,
        /// The column.
        column: String,
        /// One of them.
        example: String,
    },
    /// Times with and without a zone in one column.
    #[error(
        "some times have a zone ({zoned}) and some have none ({naive}), so they cannot be compared; give all of \
         them a zone or none"
    )]
    MixedZones {
        /// An example with a zone.
        zoned: String,
        /// An example without.
        naive: String,
    },
    /// Bytes that are not a uuid.
    #[error(
        "{count} of the values in column '{column}' of type {ty} are not of 16 bytes, so they are not uuids; use text, \
         an integer, a boolean or a uuid"
    )]
    NoUuid {
        /// How many.
        count: String,
        /// The column.
        column: String,
        /// Its type.
        ty: String,
    },
    /// Events without a time.
    #[error("{count} {} no time (column '{column}' is NULL){example}",
        if *.count == 1 { "event has" } else { "events have" })]
    NullTimes {
        /// How many.
        count: u64,
        /// The time column.
        column: String,
        /// Event ids, in words, or nothing.
        example: String,
    },
    /// Ids stand for more than one session.
    #[error("{0}")]
    Collisions(Collision),
    /// Event ids that have no defined text.
    #[error("column '{column}' is of type {ty}, whose text is not settled, so it cannot be digested")]
    NoDigest {
        /// The event id column.
        column: String,
        /// Its type.
        ty: String,
    },
    /// Rows in are not rows out.
    #[error(
        "{engine} read {read} events and wrote {written}, so nothing was kept; if the output is a local folder, see that it \
         is the same folder for all workers, and that no input changes meanwhile"
    )]
    RowsDiffer {
        /// The engine.
        engine: &'static str,
        /// Events read, without those that were dropped.
        read: u64,
        /// Events found in what was written.
        written: u64,
    },
    /// The dialect cannot express it.
    #[error(transparent)]
    Sql(#[from] Unsupported),
    /// The engine failed.
    #[error("{engine} failed while {step}: {cause}{log}")]
    Failed {
        /// The engine.
        engine: &'static str,
        /// What it was doing.
        step: String,
        /// The innermost cause that it gave.
        cause: String,
        /// Where the rest is.
        log: Log,
    },
    /// It answered something else than it was asked.
    #[error("{engine} answered '{answer}', which was not asked for")]
    Answer {
        /// The engine.
        engine: &'static str,
        /// What it said.
        answer: String,
    },
    /// Something that does not go together.
    #[error("{0}")]
    Refused(String),
    /// Reading or writing failed on this machine.
    #[error("{action} {name}")]
    Io {
        /// "reading", "writing", "starting" ...
        action: &'static str,
        /// The file or program.
        name: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Outputs could not get their names, and not everything could be put back.
    #[error(transparent)]
    NotPutBack(spectrum_outputs::NotPutBack),
    /// The user stopped it.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// A column that a run adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddedColumn {
    /// Session ids.
    SessionId,
    /// Session numbers.
    SessionSeq,
}

/// Where all that an engine said is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Log {
    /// In the error itself.
    Told,
    /// In this file.
    Kept(PathBuf),
    /// Nowhere, because nobody asked to keep it.
    Gone,
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told | Self::Gone => Ok(()),
            Self::Kept(file) => write!(f, " (all that it said is in {})", file.display()),
        }
    }
}

/// The results of this crate.
pub type Result<T> = std::result::Result<T, SubmitError>;

/// What may have been meant.
fn meant(column: &str, present: &[String]) -> String {
    or_near(column, present.iter().map(String::as_str))
}

impl SubmitError {
    pub(crate) fn io(action: &'static str, name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        move |source| Self::Io { action, name, source }
    }
}
