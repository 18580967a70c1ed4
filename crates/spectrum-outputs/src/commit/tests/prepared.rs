//! Outputs of every kind, ready to be committed, and what stands in their places.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Output;

/// What stands at a name before a commit, and what is written for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    NewFile,
    File,
    NewFolder,
    EmptyFolder,
    Folder,
}
use Kind::{EmptyFolder, File, Folder, NewFile, NewFolder};

pub(super) type Contents = BTreeMap<String, Option<String>>;

/// Everything in a folder, hidden or not: texts of files, `None` for folders.
pub(super) fn contents(folder: &Path) -> Contents {
    let mut all = Contents::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inside = contents(&path);
            all.extend(inside.into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
            all.insert(name, None);
        } else {
            all.insert(name, Some(fs::read_to_string(path).unwrap()));
        }
    }
    all
}

pub(super) fn without_hidden(mut contents: Contents) -> Contents {
    contents.retain(|name, _| !name.starts_with('.'));
    contents
}

/// The outputs `0`, `1` ... of a set, ready to be committed, and what stands there before.
pub(super) struct Prepared {
    pub(super) folder: TempDir,
    pub(super) kinds: &'static [Kind],
    pub(super) outputs: Vec<Output>,
    pub(super) before: Contents,
}

impl Prepared {
    pub(super) fn new(kinds: &'static [Kind]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (at, kind) in kinds.iter().enumerate() {
            let name = folder.path().join(at.to_string());
            match kind {
                NewFile | NewFolder => {}
                File => fs::write(name, "old").unwrap(),
                EmptyFolder => fs::create_dir(name).unwrap(),
                Folder => {
                    fs::create_dir(&name).unwrap();
                    fs::write(name.join("part"), "old").unwrap();
                    fs::write(name.join("part-that-is-gone"), "old").unwrap();
                }
            }
        }
        let before = contents(folder.path());
        let outputs = written(&folder, kinds, |kind| matches!(kind, File | Folder));
        Self { folder, kinds, outputs, before }
    }

    pub(super) fn found(&self) -> Contents {
        contents(self.folder.path())
    }

    pub(super) fn names(&self) -> Vec<PathBuf> {
        (0..self.kinds.len()).map(|at| self.folder.path().join(at.to_string())).collect()
    }
}

pub(super) fn written(folder: &TempDir, kinds: &[Kind], replaces: impl Fn(Kind) -> bool) -> Vec<Output> {
    let write = |(at, kind): (usize, &Kind)| {
        let output = Output::of_a_program(&folder.path().join(at.to_string()), replaces(*kind)).unwrap();
        if matches!(kind, File | NewFile) {
            fs::write(output.path(), "new").unwrap();
        } else {
            fs::create_dir(output.path()).unwrap();
            fs::write(output.path().join("part"), "new").unwrap();
        }
        output
    };
    kinds.iter().enumerate().map(write).collect()
}

/// What stands there when all is well.
pub(super) fn after(kinds: &[Kind]) -> Contents {
    let mut all = Contents::new();
    for (at, kind) in kinds.iter().enumerate() {
        if matches!(kind, File | NewFile) {
            all.insert(at.to_string(), Some("new".into()));
        } else {
            all.insert(at.to_string(), None);
            all.insert(format!("{at}/part"), Some("new".into()));
        }
    }
    all
}
