//! What can go wrong on another engine. Every message names the value, the rule and the remedy.

use spectrum_core::Collision;
use spectrum_sql::dialect::Unsupported;

/// Why a run stopped. Nothing under a final name was changed when one of these is returned, unless it is
/// [`SubmitError::NotPutBack`].
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The engine's program is not there.
    #[error("{program} was not found{looked}; {remedy}")]
    NoProgram {
        /// The program.
        program: String,
        /// Where it was looked for, with a blank before it, or nothing.
        looked: String,
        /// What to do.
        remedy: &'static str,
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
    #[error(
        "{engine} was not ready after {seconds} s ({said}); look at the master, or wait longer with --master-timeout"
    )]
    NotReady {
        /// The engine.
        engine: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// The last that it said.
        said: String,
    },
    /// The cluster has nobody who works.
    #[error(
        "no worker of {master} took up the work in {seconds} s; see that workers are registered and have free cores \
         and memory, ask for less (--conf spark.executor.memory=1g, --conf spark.cores.max=2), or wait longer with \
         --master-timeout"
    )]
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
    #[error(
        "{0} exists and is not empty; name another folder, or say --force to replace it if it is the output of an earlier run"
    )]
    OutputExists(String),
    /// The output is there, and nobody knows what it is.
    #[error(
        "{0} exists and is not the output of an earlier run (it has no _SUCCESS), so --force does not replace it; remove it, or name another folder"
    )]
    OutputForeign(String),
    /// The output would replace an input.
    #[error("{0} is an input and cannot be the output as well")]
    OutputIsInput(String),
    /// Two outputs under one name.
    #[error("{0} is named for two outputs")]
    OutputTwice(String),
    /// A column is missing.
    #[error("column '{column}' is not in the events (they have: {}); name the {role} with {flag}", present.join(", "))]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The columns there are.
        present: Vec<String>,
        /// "key", "time" or "event id".
        role: &'static str,
        /// The flag that names it.
        flag: &'static str,
    },
    /// The column to add is there already.
    #[error("the events already have a column '{column}'; {remedy}")]
    ColumnExists {
        /// The column.
        column: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The time column is none.
    #[error("column '{column}' is of type {ty}, which is no time; {remedy}")]
    NoTime {
        /// The column.
        column: String,
        /// Its type, as the engine calls it.
        ty: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Texts that are no times.
    #[error(
        "in column '{column}' {count} of the texts tell no time, such as '{example}'; write RFC 3339 or YYYY-MM-DD \
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
    /// Bytes that are no uuid.
    #[error(
        "{count} of the values in column '{column}' of type {ty} are not of 16 bytes, so they are no uuids; use text, \
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
    #[error("{count} {} no time (column '{column}' is NULL){example}; mend them or take them out with --null-time drop",
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
    #[error("{0}; use --id encoded or --id start, or accept it with --allow-id-collisions")]
    Collisions(Collision),
    /// Event ids that have no settled text.
    #[error(
        "column '{column}' is of type {ty}, whose text is not settled, so it cannot be digested; use text, an integer, \
         a boolean or a uuid, or leave out --digest"
    )]
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
    #[error("{engine} failed while {step}: {cause}{more}")]
    Failed {
        /// The engine.
        engine: &'static str,
        /// What it was doing.
        step: String,
        /// The innermost cause that it told.
        cause: String,
        /// Where the rest is, or how to get it.
        more: String,
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

/// The results of this crate.
pub type Result<T> = std::result::Result<T, SubmitError>;

impl SubmitError {
    pub(crate) fn io(action: &'static str, name: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let name = name.into();
        move |source| Self::Io { action, name, source }
    }
}
