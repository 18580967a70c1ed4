//! Which state a run goes on with, and how.

use std::path::PathBuf;

use spectrum_core::{Gap, nanoseconds_per};

use super::manifest::Manifest;
use crate::format::Format;
use crate::output::target::Target;

/// Which state a run goes on with, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StateOptions {
    /// Its folder, which is made if it is not there.
    pub folder: PathBuf,
    /// Whether outputs of earlier runs are written anew where ids of their events have become others.
    pub rewrite: bool,
    /// Refuse events that are earlier than the latest event of all runs before by more than this.
    pub lateness: Option<Gap>,
    /// A table of sessions whose ids were published before the state began, and stay.
    pub keep_ids: Option<PathBuf>,
    /// Where these go, as they came: a file that is not there yet, or a folder, which gets one of every run that has such.
    pub rejects: Option<Target>,
}

impl StateOptions {
    /// Where the events go that came too late in a run: a file, or one of the run in a folder.
    pub(super) fn rejects_of(&self, run: u64, format: Format) -> Option<Target> {
        let target = self.rejects.as_ref()?;
        let Target::File(path) = target else { return Some(target.clone()) };
        let is_folder = path.is_dir() || path.as_os_str().to_string_lossy().ends_with('/');
        Some(match is_folder {
            true => Target::File(path.join(format!("late-{run}.{format}"))),
            false => target.clone(),
        })
    }

    /// Events before this instant, in nanoseconds since 1970, come too late.
    pub(super) fn late_before(&self, state: Option<&Manifest>) -> Option<i128> {
        let state = state?;
        let latest = i128::from(state.latest?) * i128::from(nanoseconds_per(state.times.unit()));
        Some(latest - i128::from(self.lateness?.nanoseconds()))
    }

    /// The state in this folder; outputs of earlier runs stay as they are.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), rewrite: false, lateness: None, rejects: None, keep_ids: None }
    }
}
