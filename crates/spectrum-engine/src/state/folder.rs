//! The folder of a state: who may use it, and which of its files count.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::StateError;
use super::fault::{Place, reached};
use super::manifest::Manifest;
use crate::store::scheme;

/// The file that names all others.
const MANIFEST: &str = "state.json";
/// Held while a run goes on; the system lets go of it when the process ends, however it ends.
const LOCK: &str = "lock";

/// How often a folder is taken that others take away meanwhile.
const MOST_TRIES: usize = 100;

/// Files that the system is asked to write to the disk at one time.
const MOST_AT_ONCE: usize = 16;

/// The folder of a state, which nobody else uses as long as this is there.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: Option<File>,
    /// Whether it was not there before.
    is_new: bool,
}

impl Folder {
    /// Takes the folder for a run; makes it if need be. A folder without a state must be empty.
    pub(super) fn take(path: &Path) -> Result<(Self, Option<Manifest>), StateError> {
        refuse_elsewhere(path)?;
        let is_new = !path.exists();
        for _ in 0..MOST_TRIES {
            if let Some(taken) = Self::try_take(path, is_new)? {
                return Ok(taken);
            }
        }
        Err(StateError::InUse(path.to_path_buf()))
    }

    /// The same; `None` when a run that failed took the folder or its lock away just then.
    fn try_take(path: &Path, is_new: bool) -> Result<Option<(Self, Option<Manifest>)>, StateError> {
        if path.is_file() {
            return Err(StateError::NotAState(path.to_path_buf()));
        }
        fs::create_dir_all(path).map_err(StateError::io("making", path))?;
        // Looked up before the lock is made, which would be a file that is no state.
        if read(path)?.is_none() && !is_free(path)? {
            return Err(StateError::NotAState(path.to_path_buf()));
        }
        let lock_path = path.join(LOCK);
        let lock = match File::create(&lock_path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            lock => lock.map_err(StateError::io("making", &lock_path))?,
        };
        reached(Place::LockOpened);
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(path.to_path_buf())),
            Err(TryLockError::Error(source)) => return Err(StateError::io("locking", &lock_path)(source)),
        }
        if !is_at(&lock, &lock_path) {
            return Ok(None);
        }
        let folder = Self { path: path.to_path_buf(), _lock: Some(lock), is_new };
        // Whoever had it may have ended a run meanwhile.
        let manifest = read(path)?;
        if manifest.is_none() {
            // So that a folder whose state.json got lost is never taken for a new one, and its parts for leftovers.
            folder.replace_manifest(None)?;
        }
        Ok(Some((folder, manifest.filter(|manifest| manifest.run > 0))))
    }

    /// Opens the folder of a state to look at it. A run may replace the state meanwhile, and parts can be missing then.
    pub(super) fn look(path: &Path) -> Result<(Self, Manifest), StateError> {
        let manifest = read(path)?.filter(|manifest| manifest.run > 0);
        let manifest = manifest.ok_or_else(|| StateError::None(path.to_path_buf()))?;
        Ok((Self { path: path.to_path_buf(), _lock: None, is_new: false }, manifest))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of this name lies.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Replaces `state.json`; without a state by that of none.
    pub(super) fn replace_manifest(&self, manifest: Option<&Manifest>) -> Result<(), StateError> {
        let none = Manifest::default();
        self.write_new(MANIFEST, manifest.unwrap_or(&none).to_json()?.as_bytes())?;
        self.put_in_place(MANIFEST)?;
        self.sync();
        Ok(())
    }

    /// Writes what will be the content of a file of the folder.
    fn write_new(&self, name: &str, content: &[u8]) -> Result<PathBuf, StateError> {
        let new = self.new_of(name);
        File::create(&new)
            .and_then(|mut file| file.write_all(content))
            .map_err(StateError::io("writing", &new))?;
        Ok(new)
    }

    fn new_of(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.new"))
    }

    /// Gives a file of the folder its new content in one step.
    fn put_in_place(&self, name: &str) -> Result<(), StateError> {
        let path = self.file(name);
        fs::rename(self.new_of(name), &path).map_err(StateError::io("writing", &path))
    }

    /// Puts a new state in the place of the old one, together with a note of what is to be done after that. Both and all
    /// `files`, which they are about, are on the disk then, whatever happens to the machine.
    pub(super) fn advance(
        &self,
        manifest: &Manifest,
        note: (&str, &[u8]),
        mut files: Vec<PathBuf>,
    ) -> Result<(), StateError> {
        let (note, content) = note;
        sync_folders_of(&files);
        files.push(self.write_new(note, content)?);
        files.push(self.write_new(MANIFEST, manifest.to_json()?.as_bytes())?);
        sync_all(&files)?;
        self.put_in_place(note)?;
        self.put_in_place(MANIFEST)?;
        self.sync();
        Ok(())
    }

    /// Has the system write down which files there are. Not every system can, and the state is whole without it unless the
    /// machine stops.
    fn sync(&self) {
        let _ = File::open(&self.path).and_then(|folder| folder.sync_all());
    }

    /// Removes what a run that failed has written, so that it does not take room; and a folder that it made for nothing.
    pub(super) fn tidy(self) {
        // What is on the disk decides: it could be neither the state before nor the new one.
        let Ok(manifest) = read(&self.path) else { return };
        self.sweep(manifest.as_ref());
        for name in [MANIFEST, super::pending::NAME] {
            let _ = fs::remove_file(self.new_of(name));
        }
        let is_none = manifest.is_none_or(|manifest| manifest.run == 0);
        if self.is_new && is_none && fs::read_dir(&self.path).is_ok_and(|entries| entries.count() == 2) {
            let _ = fs::remove_file(self.file(MANIFEST));
            let _ = fs::remove_file(self.file(LOCK));
            let _ = fs::remove_dir(&self.path);
        }
    }

    /// Removes parts that the manifest does not name: of the state before, and of runs that were killed.
    pub(super) fn sweep(&self, manifest: Option<&Manifest>) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let is_named = manifest.is_some_and(|manifest| manifest.parts().any(|part| part.name == name));
            let is_of_a_past_run = || {
                name.starts_with("changes-")
                    && manifest.is_some_and(|manifest| run_of(name).is_some_and(|run| run <= manifest.run))
            };
            if is_part(name) && !is_named && !is_of_a_past_run() {
                // It counts for nothing, and the next run tries again.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Has the system write down which files there are in the folders of these. Not every system can.
pub(super) fn sync_folders_of(files: &[PathBuf]) {
    let folders: std::collections::BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    for folder in folders {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Has the system write files to the disk. All at once, because a disk is asked for several things in the time of one.
fn sync_all(files: &[PathBuf]) -> Result<(), StateError> {
    let sync = |path: &PathBuf| {
        // Windows writes out only what is open for writing.
        let file = OpenOptions::new().read(true).write(cfg!(windows)).open(path);
        file.and_then(|file| file.sync_all()).map_err(StateError::io("writing", path))
    };
    std::thread::scope(|scope| {
        let shares = files.chunks(files.len().div_ceil(MOST_AT_ONCE).max(1));
        let threads: Vec<_> =
            shares.map(|share| scope.spawn(move || share.iter().try_for_each(sync))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(StateError::damaged("", "a thread that wrote files failed")))
        })
    })
}

/// Whether an open file is the one that has this name. One that was removed can be locked all the same, by whoever opened it
/// before, and beside it another of its name.
#[cfg(unix)]
fn is_at(open: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |file: std::io::Result<fs::Metadata>| file.map(|file| (file.dev(), file.ino())).ok();
    identity(open.metadata()).is_some_and(|open| identity(fs::symlink_metadata(path)) == Some(open))
}

/// A file that is open keeps its name until it is closed.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Whether a file is one of those that runs write, by its name: `sessions-RUN-NUMBER.parquet`, or another kind and the run.
fn is_part(name: &str) -> bool {
    run_of(name).is_some()
}

/// The run that wrote a part, by its name. Names that look alike are of other people's files, and are left alone.
fn run_of(name: &str) -> Option<u64> {
    let (kind, numbers) = name.strip_suffix(".parquet")?.split_once('-')?;
    let number = |text: &str| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse::<u64>().ok().filter(|_| is_plain)
    };
    match (kind, numbers.split_once('-')) {
        ("sessions", Some((run, leaf))) => number(leaf).and(number(run)),
        ("files" | "keys" | "aliases" | "changes", None) => number(numbers),
        _ => None,
    }
}

/// Refuses a folder that is none of this machine's.
fn refuse_elsewhere(path: &Path) -> Result<(), StateError> {
    match scheme(path) {
        None => Ok(()),
        Some(_) => Err(StateError::NotWithState {
            what: "a folder in an object store",
            why: "a state is kept by locks and renames, which only folders of this machine have; name one, and copy it away \
                  between runs",
        }),
    }
}

/// Whether a state lies there.
pub(super) fn holds_a_state(path: &Path) -> bool {
    path.join(MANIFEST).exists()
}

/// Whether nothing but what a first run can have left lies there.
fn is_free(path: &Path) -> Result<bool, StateError> {
    let reading = || StateError::io("reading", path);
    for entry in fs::read_dir(path).map_err(reading())? {
        let name = entry.map_err(reading())?.file_name();
        let is_ours = name.to_str().is_some_and(|name| [LOCK, "state.json.new"].contains(&name));
        if !is_ours {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read(path: &Path) -> Result<Option<Manifest>, StateError> {
    refuse_elsewhere(path)?;
    let name = path.join(MANIFEST);
    match fs::read_to_string(&name) {
        Ok(text) => Manifest::from_json(&text, path, &name).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateError::io("reading", &name)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_whose_state_json_got_lost_is_not_taken_for_a_new_one() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("state");
        let (folder, _) = Folder::take(&path).unwrap();
        fs::write(folder.file("sessions-1-1.parquet"), "all that there is").unwrap();
        drop(folder);
        // A first run that was killed has left a part, and the next one begins anew.
        assert!(Folder::take(&path).unwrap().1.is_none());
        fs::remove_file(path.join(MANIFEST)).unwrap();
        assert!(matches!(Folder::take(&path).unwrap_err(), StateError::NotAState(_)));
        assert!(path.join("sessions-1-1.parquet").exists());
    }

    /// The first run fails and takes away what it made for nothing, while another has opened its lock.
    #[test]
    fn a_lock_that_was_taken_away_is_not_the_folder_s() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("state");
        let mut first = Some(Folder::take(&path).unwrap().0);
        super::super::fault::on(move |place| {
            if place == Place::LockOpened
                && let Some(first) = first.take()
            {
                first.tidy();
            }
        });
        let second = Folder::take(&path).unwrap();
        super::super::fault::on(|_| {});
        let third = Folder::take(&path).map(|_| ());
        assert!(matches!(third, Err(StateError::InUse(_))), "two runs have the folder");
        assert!(path.join(MANIFEST).exists());
        drop(second);
        assert!(Folder::take(&path).is_ok());
    }

    #[test]
    fn parts_are_known_by_their_whole_names() {
        for name in [
            "sessions-1-1.parquet",
            "changes-12.parquet",
            "files-3.parquet",
            "keys-10.parquet",
            "aliases-9.parquet",
        ] {
            assert!(is_part(name), "{name}");
        }
        let others = [
            "sessions-2026-01.parquet",
            "sessions-1.parquet",
            "files-archive.parquet",
            "changes-jan.parquet",
            "keys-1.csv",
        ];
        for name in others.into_iter().chain([
            "sessions-all.parquet",
            "files-1-2.parquet",
            "sessions-1-2-3.parquet",
            "keys-.parquet",
        ]) {
            assert!(!is_part(name), "{name}");
        }
    }

    #[test]
    fn what_a_failed_run_has_written_goes_and_what_others_put_there_stays() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("state");
        let (folder, _) = Folder::take(&path).unwrap();
        for name in [
            "sessions-1-1.parquet",
            "changes-1.parquet",
            "state.json.new",
            "outputs.json.new",
            "mine-1.parquet",
        ] {
            fs::write(folder.file(name), "half").unwrap();
        }
        folder.tidy();
        let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            names.len() == 3 && names.contains(&"lock".into()) && names.contains(&"mine-1.parquet".into()),
            "{names:?}"
        );
        let new = temporary.path().join("new");
        Folder::take(&new).unwrap().0.tidy();
        assert!(!new.exists());
    }
}
