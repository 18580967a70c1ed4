//! Folders whose files are only part of a table: Delta, Iceberg and Hudi keep the files that a table had before, and a log
//! that says which it has now.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::error::{InputError, Result};
use crate::store::Store;

/// Finds the table in whose folder, or below it, a file lies.
#[derive(Debug, Default)]
pub(crate) struct TableFolders {
    /// What is known of folders seen before.
    seen: HashMap<PathBuf, Option<(PathBuf, &'static str)>>,
}

impl TableFolders {
    /// Refuses an input found there.
    pub(super) fn check(&mut self, store: &dyn Store, file: &Path) -> Result<()> {
        match self.around(store, file) {
            None => Ok(()),
            Some((folder, kind)) => Err(InputError::TableFolder { folder, kind }.into()),
        }
    }

    /// The folder of the table and its kind. The file, and folders above it, may be yet to be made.
    pub(crate) fn around(&mut self, store: &dyn Store, file: &Path) -> Option<(PathBuf, &'static str)> {
        let folder = file.parent()?;
        match self.seen.get(folder) {
            Some(found) => found.clone(),
            None => {
                let named = |folder: &'_ Path| match folder {
                    // Links are what local names have to be followed for, and messages call a bucket as it was called.
                    _ if store.is_elsewhere(folder) => Ok(folder.to_path_buf()),
                    _ if folder.as_os_str().is_empty() => store.real_name(Path::new(".")),
                    _ => store.real_name(folder),
                };
                let real = folder.ancestors().find_map(|folder| named(folder).ok());
                let found = real.and_then(|real| {
                    let ancestors = real.ancestors();
                    // Above a bucket there is nothing.
                    let mut ancestors =
                        ancestors.take_while(|at| !store.is_elsewhere(&real) || store.is_elsewhere(at));
                    ancestors.find_map(|at| Some((at.to_path_buf(), store.table_kind(at)?)))
                });
                self.seen.insert(folder.to_path_buf(), found.clone());
                found
            }
        }
    }
}
