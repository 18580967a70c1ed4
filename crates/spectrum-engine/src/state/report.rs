//! What a run with a state did.

use std::path::PathBuf;

use super::merge::SessionChanges;
use super::rewrite::NotRewritten;
use crate::run::RunReport;

/// What a run with a state did.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct StateReport {
    /// The number of the run, from 1; of the last one if there was nothing new.
    pub run: u64,
    /// Of the files that were taken; none if there was nothing new. Keys, sessions and the span are those that were touched.
    pub taken: Option<RunReport>,
    /// How many files were taken.
    pub files: u64,
    /// Files that were left out, because they had been taken before.
    pub left_out: Vec<LeftOutFile>,
    /// What became of sessions.
    pub changes: SessionChanges,
    /// All sessions in the state.
    pub sessions: u64,
    /// All events in the state.
    pub events: u64,
    /// Published ids that were kept.
    pub kept_ids: u64,
    /// Events that came too late, which went to the rejects.
    pub rejected: u64,
    /// What was written, the rejects among it.
    pub outputs: Vec<PathBuf>,
    /// Outputs of earlier runs that were written anew.
    pub rewritten: Vec<PathBuf>,
    /// Those that should have been, and were not.
    pub not_rewritten: Vec<NotRewritten>,
    /// Outputs of a run that was killed, which have their names now.
    pub brought_to_an_end: Vec<PathBuf>,
}

/// A file that was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeftOutFile {
    /// What it is called.
    pub name: String,
    /// The file with the same bytes, if that is another one.
    pub same_as: Option<PathBuf>,
}
