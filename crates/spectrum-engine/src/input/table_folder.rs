//! Folders whose files are only part of a table: Delta, Iceberg and Hudi keep the files that a table had before, and a log
//! that says which it has now.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{InputError, Result};
use crate::store::{Kind, Store};

/// Refuses files found in the folder of a table, or below it.
#[derive(Debug, Default)]
pub(super) struct TableFolders {
    /// What is known of folders seen before.
    seen: HashMap<PathBuf, Option<(PathBuf, &'static str)>>,
}

impl TableFolders {
    pub(super) fn check(&mut self, store: &dyn Store, file: &Path) -> Result<()> {
        let Some(folder) = file.parent() else { return Ok(()) };
        let found = match self.seen.get(folder) {
            Some(found) => found.clone(),
            None => {
                let real =
                    store.real_name(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
                let found = real.ok().and_then(|real| {
                    real.ancestors().find_map(|at| Some((at.to_path_buf(), kind_of(store, at)?)))
                });
                self.seen.insert(folder.to_path_buf(), found.clone());
                found
            }
        };
        match found {
            None => Ok(()),
            Some((folder, kind)) => Err(InputError::TableFolder { folder, kind }.into()),
        }
    }
}

/// Which kind of table has its log in this folder.
fn kind_of(store: &dyn Store, folder: &Path) -> Option<&'static str> {
    let has = |name: &str| store.kind(&folder.join(name)) == Kind::Folder;
    if has("_delta_log") {
        return Some("Delta");
    }
    if has(".hoodie") {
        return Some("Hudi");
    }
    let metadata = folder.join("metadata");
    let is_iceberg = store.kind(&metadata) == Kind::Folder
        && store.list(&metadata, 1).is_ok_and(|files| {
            files.iter().any(|file| file.to_str().is_some_and(|name| name.ends_with(".metadata.json")))
        });
    is_iceberg.then_some("Iceberg")
}
