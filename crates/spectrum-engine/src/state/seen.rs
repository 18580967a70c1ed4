//! Files that were looked at and have the bytes of files that were taken, under another name or since they were touched, so
//! that they are read for it once. Nothing depends on it: without it they are read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::part::md5;

const NAME: &str = "seen.json";

/// What is known of files by their names.
#[derive(Debug, Default)]
pub(super) struct Seen {
    files: BTreeMap<PathBuf, SeenFile>,
    has_changed: bool,
    /// Of files that were read in this run.
    now: BTreeMap<PathBuf, SeenFile>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SeenFile {
    /// As of [`super::taken::Taken`].
    version: String,
    md5: String,
}

/// The file, and what shows that it is whole.
#[derive(Serialize, Deserialize)]
struct Sealed {
    md5: String,
    files: String,
}

impl Seen {
    /// What the folder has of it; nothing if that is not as it was written.
    pub(super) fn read(folder: &Folder) -> Self {
        let read = || {
            let sealed: Sealed = serde_json::from_str(&fs::read_to_string(folder.file(NAME)).ok()?).ok()?;
            let is_whole = md5(sealed.files.as_bytes()) == sealed.md5;
            serde_json::from_str(&sealed.files).ok().filter(|_| is_whole)
        };
        Self { files: read().unwrap_or_default(), ..Self::default() }
    }

    /// The MD5 that a file had, if it is the same still.
    pub(super) fn md5_of(&self, path: &Path, version: &str) -> Option<&str> {
        let known = [&self.now, &self.files].into_iter().find_map(|files| files.get(path));
        known.filter(|seen| seen.version == version).map(|seen| seen.md5.as_str())
    }

    /// Knows a file that was read for as long as this is there.
    pub(super) fn know(&mut self, path: &Path, version: &str, md5: &str) {
        self.now.insert(path.to_path_buf(), SeenFile { version: version.to_owned(), md5: md5.to_owned() });
    }

    /// Remembers a file that was read.
    pub(super) fn add(&mut self, path: &Path, version: &str, md5: &str) {
        let seen = SeenFile { version: version.to_owned(), md5: md5.to_owned() };
        self.has_changed |= self.files.get(path) != Some(&seen);
        self.files.insert(path.to_path_buf(), seen);
    }

    /// Writes it down, if there is something new. Files that are gone are forgotten.
    pub(super) fn write(&mut self, folder: &Folder) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        self.files.retain(|path, _| path.exists());
        let Ok(files) = serde_json::to_string(&self.files) else { return };
        let sealed = Sealed { md5: md5(files.as_bytes()), files };
        if let Ok(text) = serde_json::to_string(&sealed) {
            // If it cannot be written, files are read once more.
            let _ = fs::write(folder.file(NAME), text);
        }
    }
}
