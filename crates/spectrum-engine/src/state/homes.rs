//! Where a state has lain. Outputs are known by their full paths, so a copy of a state knows those of the first one; whoever
//! copies a state to try something does not want them touched.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{Folder, holds_a_state};

/// A folder in which runs were made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Home {
    folder: PathBuf,
    /// The first of these runs.
    since: u64,
}

/// The same with the folder in which `run` is made.
pub(super) fn with(homes: &[Home], folder: &Folder, run: u64) -> Vec<Home> {
    let mut homes = homes.to_vec();
    let here = real(folder.path());
    if homes.last().is_none_or(|last| last.folder != here) {
        homes.push(Home { folder: here, since: run });
    }
    homes
}

/// The other folder in which a run was made, if a state lies there still. A state that was moved takes its outputs along.
pub(super) fn other_of<'h>(homes: &'h [Home], folder: &Folder, run: u64) -> Option<&'h Path> {
    let home = homes.iter().rev().find(|home| home.since <= run)?;
    is_of_another(&home.folder, folder).then_some(&home.folder)
}

/// The folder of the state that this one is a copy of, if it lies there still.
pub(super) fn copied_from<'h>(homes: &'h [Home], folder: &Folder) -> Option<&'h Path> {
    let home = homes.iter().rev().find(|home| is_of_another(&home.folder, folder))?;
    Some(&home.folder)
}

/// Whether what was noted in a folder is the affair of the state that lies there.
pub(super) fn is_of_another(noted_in: &Path, folder: &Folder) -> bool {
    noted_in != real(folder.path()) && holds_a_state(noted_in)
}

/// A folder by the one name that it has however it was called.
pub(super) fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().or_else(|_| std::path::absolute(folder)).unwrap_or_else(|_| folder.to_path_buf())
}
