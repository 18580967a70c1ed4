//! Files that were looked at and have the bytes of files that were taken, under another name or since they were touched, so
//! that they are read for it once. Nothing depends on it: without it they are read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::part::md5;
use crate::input::InputFile;

const NAME: &str = "seen.json";

/// What a file has its MD5 by: its full path, and what the names of its folders tell, which are others by way of a link.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Name {
    path: PathBuf,
    partition: Vec<(String, Option<String>)>,
}

impl Name {
    /// That of a file whose full path this is.
    pub(super) fn of(file: &InputFile, path: &Path) -> Self {
        Self { path: path.to_path_buf(), partition: file.partition.clone() }
    }
}

/// What is known of files by their names.
#[derive(Debug, Default)]
pub(super) struct Seen {
    files: BTreeMap<Name, SeenFile>,
    has_changed: bool,
    /// Of files that were read in this run.
    now: BTreeMap<Name, SeenFile>,
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
            let files: Vec<(Name, SeenFile)> = serde_json::from_str(&sealed.files).ok()?;
            is_whole.then(|| files.into_iter().collect())
        };
        Self { files: read().unwrap_or_default(), ..Self::default() }
    }

    /// The MD5 that a file had, if it is the same still.
    pub(super) fn md5_of(&self, name: &Name, version: &str) -> Option<&str> {
        let known = [&self.now, &self.files].into_iter().find_map(|files| files.get(name));
        known.filter(|seen| seen.version == version).map(|seen| seen.md5.as_str())
    }

    /// Knows a file that was read for as long as this is there.
    pub(super) fn know(&mut self, name: Name, version: &str, md5: &str) {
        self.now.insert(name, SeenFile { version: version.to_owned(), md5: md5.to_owned() });
    }

    /// Remembers a file that was read.
    pub(super) fn add(&mut self, name: Name, version: &str, md5: &str) {
        let seen = SeenFile { version: version.to_owned(), md5: md5.to_owned() };
        self.has_changed |= self.files.get(&name) != Some(&seen);
        self.files.insert(name, seen);
    }

    /// Writes it down, if there is something new. Files that are gone are forgotten.
    pub(super) fn write(&mut self, folder: &Folder) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        self.files.retain(|name, _| name.path.exists());
        // A list, because the keys of a JSON object are texts.
        let Ok(files) = serde_json::to_string(&self.files.iter().collect::<Vec<_>>()) else { return };
        let sealed = Sealed { md5: md5(files.as_bytes()), files };
        if let Ok(text) = serde_json::to_string(&sealed) {
            // If it cannot be written, files are read once more.
            let _ = fs::write(folder.file(NAME), text);
        }
    }
}
