//! Outputs that wait for their names when the state has its new form, so that a run that is killed in between has either
//! not happened, or is brought to its end by whoever takes the state next.

use std::path::PathBuf;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::{Folder, sync_folders_of};
use super::homes::is_of_another;
use super::manifest::Manifest;

pub(super) const NAME: &str = "outputs.json";

/// What a run has written, before it has names.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    /// The state's folder.
    pub(super) state: PathBuf,
    pub(super) run: u64,
    pub(super) outputs: Vec<Waiting>,
}

/// One output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) hidden: PathBuf,
    pub(super) name: PathBuf,
    /// Whether it may replace a file.
    pub(super) replaces: bool,
}

impl Pending {
    /// Replaces the state, and notes what waits for that. `files` are those of the new state.
    pub(super) fn advance(
        &self,
        folder: &Folder,
        manifest: &Manifest,
        mut files: Vec<PathBuf>,
    ) -> Result<(), StateError> {
        let text = serde_json::to_string(self).map_err(|error| StateError::damaged(NAME, error))?;
        files.extend(self.outputs.iter().map(|waiting| waiting.hidden.clone()));
        folder.advance(manifest, (NAME, text.as_bytes()), files)
    }

    /// Nothing waits any more.
    pub(super) fn forget(folder: &Folder) {
        // What is noted of a run that the state has is gone through again, and finds nothing.
        let _ = fs::remove_file(folder.file(NAME));
    }

    /// Ends what a killed run had begun, unless this is a copy of the state of that run: gives outputs their names if `run`, the state's, is that run, and takes them away if
    /// the state never came to have it. Returns the names given.
    pub(super) fn settle(folder: &Folder, run: u64) -> Result<Vec<PathBuf>, StateError> {
        let path = folder.file(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StateError::io("reading", &path)(error)),
        };
        let pending: Self = serde_json::from_str(&text).map_err(|error| StateError::damaged(&path, error))?;
        if is_of_another(&pending.state, folder) {
            Self::forget(folder);
            return Ok(Vec::new());
        }
        let mut named = Vec::new();
        for Waiting { hidden, name, replaces } in pending.outputs {
            let is_of_this_run = pending.run == run;
            // A second name of the file that was there, which the run had made.
            let mut set_aside = hidden.clone().into_os_string();
            set_aside.push("-replaced");
            let set_aside = PathBuf::from(set_aside);
            match fs::symlink_metadata(&hidden) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if is_of_this_run && fs::symlink_metadata(&name).is_err() {
                        return Err(StateError::OutputGone { name, hidden, run, note: path });
                    }
                    // It has its name, or was taken away.
                    let _ = fs::remove_file(&set_aside);
                    continue;
                }
                Err(error) => return Err(StateError::io("looking for", &hidden)(error)),
            }
            if !is_of_this_run {
                fs::remove_file(&hidden).map_err(StateError::io("removing", &hidden))?;
                continue;
            }
            if !replaces && fs::symlink_metadata(&name).is_ok() {
                return Err(StateError::InTheWay { name, run });
            }
            fs::rename(&hidden, &name).map_err(StateError::io("naming", &name))?;
            let _ = fs::remove_file(&set_aside);
            named.push(name);
        }
        sync_folders_of(&named);
        Self::forget(folder);
        Ok(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::homes::real;

    /// A folder for outputs with one that is hidden, and a state's folder in which it is noted for run 3.
    fn killed(replaces: bool) -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let (folder, manifest) = Folder::take(&temporary.path().join("state")).unwrap();
        assert!(manifest.is_none());
        let place = |name: &str| temporary.path().join(name);
        fs::write(place(".a.csv.spectrum-x"), "new").unwrap();
        let waiting = Waiting { hidden: place(".a.csv.spectrum-x"), name: place("a.csv"), replaces };
        let pending = Pending { state: real(folder.path()), run: 3, outputs: vec![waiting] };
        fs::write(folder.file(NAME), serde_json::to_string(&pending).unwrap()).unwrap();
        (temporary, folder)
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let entries =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.filter(|name| name != "state").collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_that_the_state_has_is_brought_to_its_end() {
        let (temporary, folder) = killed(false);
        assert_eq!(Pending::settle(&folder, 3).unwrap(), [temporary.path().join("a.csv")]);
        assert_eq!(names(&temporary), ["a.csv"]);
        assert!(Pending::settle(&folder, 3).unwrap().is_empty());
    }

    #[test]
    fn an_output_that_is_nowhere_is_not_taken_for_one_that_has_its_name() {
        let (temporary, folder) = killed(false);
        fs::remove_file(temporary.path().join(".a.csv.spectrum-x")).unwrap();
        let refused = Pending::settle(&folder, 3).unwrap_err();
        assert!(matches!(&refused, StateError::OutputGone { run: 3, .. }), "{refused}");
        assert!(folder.file(NAME).exists());
        fs::write(temporary.path().join("a.csv"), "put back").unwrap();
        assert!(Pending::settle(&folder, 3).unwrap().is_empty());
    }

    /// Whoever copied the state while a run went on does not want the outputs of that run moved.
    #[test]
    fn a_copy_gives_no_names() {
        let (temporary, folder) = killed(false);
        let copy = Folder::take(&temporary.path().join("copy")).unwrap().0;
        fs::copy(folder.file(NAME), copy.file(NAME)).unwrap();
        assert!(Pending::settle(&copy, 3).unwrap().is_empty());
        assert!(!copy.file(NAME).exists());
        assert_eq!(names(&temporary), [".a.csv.spectrum-x", "copy"]);
        assert_eq!(Pending::settle(&folder, 3).unwrap(), [temporary.path().join("a.csv")]);
    }

    #[test]
    fn a_run_that_the_state_has_not_has_not_happened() {
        let (temporary, folder) = killed(false);
        fs::write(temporary.path().join("a.csv"), "old").unwrap();
        assert!(Pending::settle(&folder, 2).unwrap().is_empty());
        assert_eq!(names(&temporary), ["a.csv"]);
        assert_eq!(fs::read_to_string(temporary.path().join("a.csv")).unwrap(), "old");
        assert!(!folder.file(NAME).exists());
    }

    #[test]
    fn what_has_taken_its_name_meanwhile_is_left_there() {
        let (temporary, folder) = killed(false);
        let name = temporary.path().join("a.csv");
        fs::write(&name, "theirs").unwrap();
        let refused = Pending::settle(&folder, 3).unwrap_err();
        assert!(
            matches!(&refused, StateError::InTheWay { name: taken, run: 3 } if *taken == name),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&name).unwrap(), "theirs");
        assert_eq!(names(&temporary), [".a.csv.spectrum-x", "a.csv"]);
        fs::remove_file(&name).unwrap();
        assert_eq!(Pending::settle(&folder, 3).unwrap(), [name]);
    }

    #[test]
    fn what_may_be_replaced_is_with_its_second_name() {
        let (temporary, folder) = killed(true);
        for name in ["a.csv", ".a.csv.spectrum-x-replaced"] {
            fs::write(temporary.path().join(name), "old").unwrap();
        }
        assert_eq!(Pending::settle(&folder, 3).unwrap().len(), 1);
        assert_eq!(names(&temporary), ["a.csv"]);
        assert_eq!(fs::read_to_string(temporary.path().join("a.csv")).unwrap(), "new");
    }
}
