//! What can go wrong with a state.

use std::io;
use std::path::PathBuf;

use spectrum_core::{IdScheme, KeyKind};

use crate::remedy::Remedy;
use crate::table::ColumnType;

/// Why a state could not be read or written. It is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// There is no state in the folder.
    #[error("{} holds no state; a run makes one", .0.display())]
    None(PathBuf),
    /// The folder holds something else.
    #[error("{} holds files and no state.json, so it is not a state; name a folder that is empty or not there yet", .0.display())]
    NotAState(PathBuf),
    /// Another run has it.
    #[error("{} is in use by another run; wait until it has ended", .0.display())]
    InUse(PathBuf),
    /// A newer version wrote it.
    #[error(
        "{} was written by Spectrum {version} in layout {layout}, and this version knows layout {known}; use the version that \
         wrote it, or a newer one",
        folder.display()
    )]
    OtherLayout {
        /// The state's folder.
        folder: PathBuf,
        /// The version that wrote it.
        version: String,
        /// Its layout.
        layout: u32,
        /// The layout that this version writes.
        known: u32,
    },
    /// A file of the state is not what was written.
    #[error(
        "{} is not as it was written: {why}; put the state's folder back from a copy, or take all files into a new one",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong, in words.
        why: String,
    },
    /// The state was made for another definition.
    #[error(
        "the state in {} is of another definition: {}; give it the definition that it was made with, or take all files into a \
         new state",
        folder.display(),
        differences.join(", ")
    )]
    OtherDefinition {
        /// The state's folder.
        folder: PathBuf,
        /// One by one, in words.
        differences: Vec<String>,
    },
    /// Events around a late one would be needed.
    #[error(
        "a state keeps sessions and no events, and the rule {setting} needs the events around a late one; take it out, or run \
         over all files at once without a state"
    )]
    RuleNeedsEvents {
        /// The setting.
        setting: &'static str,
    },
    /// What the summary tells that cannot be added up.
    #[error(
        "summary column '{column}' needs all events of a session at once ({measure}), and a state keeps sessions and no events; it \
         can tell count, any and sum, and when of these; take the column out, or run over all files at once without a state"
    )]
    SummaryColumn {
        /// The column.
        column: String,
        /// What it tells.
        measure: &'static str,
    },
    /// A sum that depends on the order of the events.
    #[error(
        "summary column '{column}' adds up numbers of floating point, whose sum depends on the order of all events, and a state \
         keeps none; write them as decimals, take the column out, or run over all files at once without a state"
    )]
    SumOfFloats {
        /// The column.
        column: String,
    },
    /// An option that needs more than a state has.
    #[error("{what} cannot be had with a state: {why}")]
    NotWithState {
        /// What was asked for.
        what: &'static str,
        /// Why it cannot be had, and what to do instead.
        why: &'static str,
    },
    /// A file has other bytes than when it was taken.
    #[error(
        "{} was taken in run {run} with other bytes, whose events are in the state already; put new events into files of names \
         of their own, or take all files into a new state",
        file.display()
    )]
    FileChanged {
        /// The file.
        file: PathBuf,
        /// The run that took it.
        run: u64,
    },
    /// Events came later than is allowed, and there is no place for them.
    #[error(
        "{} earlier than the latest by more than the lateness that is allowed, and nothing says where they are to go",
        if *.events == 1 { "1 event is".to_owned() } else { format!("{events} events are") }
    )]
    TooLate {
        /// How many.
        events: u64,
    },
    /// A key column has the name of a column of the state's own.
    #[error("key column '{0}' has the name of a column of the state's tables; rename it")]
    KeyTaken(String),
    /// A key column is of another kind.
    #[error("key column '{column}' is {now} here, and {before} in the state, whose texts differ")]
    OtherKeyKind {
        /// The column.
        column: String,
        /// What it is here.
        now: KeyKind,
        /// What it was.
        before: KeyKind,
    },
    /// Times with a zone and without do not mix.
    #[error(
        "the times in column '{column}' {now} here, and those in the state have {before}; make them the same"
    )]
    OtherTimes {
        /// The column.
        column: String,
        /// `have a zone` or `have no zone`.
        now: &'static str,
        /// `one` or `none`.
        before: &'static str,
    },
    /// Different sessions could get one id.
    #[error(
        "ids of the scheme sequence could be shared with sessions that this run does not look at, because the key's texts are \
         not of one width; take all files into a new state with ids of another scheme"
    )]
    CouldShareIds,
    /// An output whose name another file has taken since the run that wrote it was killed.
    #[error(
        "{} is in the way of an output of run {run}, which was killed before its outputs had their names; move it away and run \
         again",
        name.display()
    )]
    InTheWay {
        /// The name.
        name: PathBuf,
        /// The run.
        run: u64,
    },
    /// An output that has neither its name nor the one under which it was written.
    #[error(
        "{} is an output of run {run}, which was killed before its outputs had their names, and is not there under its hidden name \
         {} either; its events are in the state, so put it back, or remove {} to go on without it",
        name.display(),
        hidden.display(),
        note.display()
    )]
    OutputGone {
        /// The name that it should have had.
        name: PathBuf,
        /// Where it lay.
        hidden: PathBuf,
        /// The run.
        run: u64,
        /// The file that says so.
        note: PathBuf,
    },
    /// Times of the state do not fit into the unit of new ones.
    #[error(
        "there are times here that count {unit}, and those in the state do not fit into 64 bits of these; give the new times a coarser unit"
    )]
    TooFine {
        /// The unit.
        unit: &'static str,
    },
    /// A session has more events than can be counted.
    #[error(
        "a session has {events} events, and a state counts up to 4294967295 in each; take the events apart by key"
    )]
    LongSession {
        /// How many it has.
        events: u64,
    },
    /// Ids that cannot be others than they are.
    #[error(
        "ids of the scheme {0} follow from the events alone, so published ones cannot be kept; name sessions by the scheme persistent"
    )]
    IdsFollowFromEvents(IdScheme),
    /// Ids are kept by the run that begins a state.
    #[error(
        "published ids are kept by the run that begins a state, and this one has had {runs}{}; leave them out, or begin a new state with all files",
        if *.runs == 1 { " run" } else { " runs" }
    )]
    HasBegun {
        /// How many runs it has had.
        runs: u64,
    },
    /// A text in the table of published ids.
    #[error("'{text}' in column session_id of {} is not an id, which is 32 characters of 0-9 and a-f", table.display())]
    NotAnId {
        /// The table.
        table: PathBuf,
        /// The text.
        text: String,
    },
    /// Published ids whose sessions have no event here.
    #[error(
        "{} in {} {} of a session that has no event here, and would be lost, as {first}; name all files whose sessions were \
         published, or take out of the table what is to be forgotten",
        if *.ids == 1 { "1 id".to_owned() } else { format!("{ids} ids") },
        table.display(),
        if *.ids == 1 { "is" } else { "are each" }
    )]
    KeptOfNoEvent {
        /// The table.
        table: PathBuf,
        /// How many there are.
        ids: u64,
        /// The first of them and its key, in words.
        first: String,
    },
    /// Outputs would lie among the state's own files.
    #[error("{} would lie in the state's folder; name another place", .0.display())]
    OutputInState(PathBuf),
    /// The rejects of an earlier run are there.
    #[error("{} exists, and the rejects of an earlier run are in no other place; name another file, or a folder, which gets a file of each run", .0.display())]
    RejectsExist(PathBuf),
    /// The system refused.
    #[error("{action} {}", file.display())]
    Io {
        /// What was done.
        action: &'static str,
        /// To which file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl StateError {
    pub(crate) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::CouldShareIds => vec![Remedy::AvoidCollisions],
            Self::TooLate { .. } => vec![Remedy::NameRejects],
            Self::OtherKeyKind { column, before: KeyKind::Text, .. } => {
                vec![Remedy::GiveKeyType(column.clone(), ColumnType::Text)]
            }
            Self::OtherKeyKind { .. } => {
                vec![Remedy::Other("write it as the same type, or take all files into a new state")]
            }
            _ => Vec::new(),
        }
    }

    /// Whether it is about files that were to be taken, and not about the state.
    pub(crate) fn is_of_files(&self) -> bool {
        matches!(
            self,
            Self::FileChanged { .. }
                | Self::TooLate { .. }
                | Self::OtherKeyKind { .. }
                | Self::OtherTimes { .. }
                | Self::CouldShareIds
                | Self::TooFine { .. }
                | Self::LongSession { .. }
                | Self::RejectsExist(_)
        )
    }

    pub(super) fn damaged(file: impl Into<PathBuf>, why: impl ToString) -> Self {
        Self::Damaged { file: file.into(), why: why.to_string() }
    }

    pub(super) fn io(action: &'static str, file: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { action, file, source }
    }
}
