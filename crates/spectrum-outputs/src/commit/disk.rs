//! What a commit asks of a file system. Tests let each of these fail.

use std::fs::{self, Permissions};
use std::io;
use std::path::Path;

use tempfile::TempPath;

pub(super) trait FileSystem {
    /// Gives a file a second name.
    fn link(&mut self, old: &Path, new: &Path) -> io::Result<()>;

    /// Renames a file or a folder; a file, or an empty folder, that has the new name is replaced.
    fn rename(&mut self, old: &Path, new: &Path) -> io::Result<()>;

    /// Renames a file, and fails when something has the new name.
    fn rename_to_free(&mut self, old: &Path, new: &Path) -> io::Result<()>;

    fn create_folder(&mut self, path: &Path, permissions: &Permissions) -> io::Result<()>;

    /// Removes a file, or a folder with all that is in it.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

/// The real one.
pub(super) struct Disk;

impl FileSystem for Disk {
    fn link(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        fs::hard_link(old, new)
    }

    fn rename(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        fs::rename(old, new)
    }

    fn rename_to_free(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        TempPath::try_from_path(old)?.persist_noclobber(new).map_err(|failed| {
            let error = failed.error;
            // The output is removed by its owner.
            let _ = failed.path.keep();
            error
        })
    }

    fn create_folder(&mut self, path: &Path, permissions: &Permissions) -> io::Result<()> {
        fs::create_dir(path)?;
        fs::set_permissions(path, permissions.clone())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }
}
