//! A disk on which chosen operations fail.

use std::fs::Permissions;
use std::io;
use std::path::Path;

use crate::commit::disk::{Disk, FileSystem};

pub(super) struct FailingDisk {
    /// Whether an operation has failed yet.
    pub(super) has_failed: bool,
    has_links: bool,
    fails: Box<dyn Fn(usize) -> bool>,
    operations: usize,
}

impl FailingDisk {
    /// `fails` says which operations fail, the first of which is 1.
    pub(super) fn new(fails: impl Fn(usize) -> bool + 'static) -> Self {
        Self { has_failed: false, has_links: true, fails: Box::new(fails), operations: 0 }
    }

    pub(super) fn at(failing: usize) -> Self {
        Self::new(move |operation| operation == failing)
    }

    /// One that stops leaves what a killed process leaves, since a commit does nothing but these operations.
    pub(super) fn stops_at(failing: usize) -> Self {
        Self::new(move |operation| operation >= failing)
    }

    /// The same with or without hard links; without them, asking for one is not an operation.
    pub(super) fn with_links(self, has_links: bool) -> Self {
        Self { has_links, ..self }
    }

    fn next(&mut self) -> io::Result<()> {
        self.operations += 1;
        match (self.fails)(self.operations) {
            true => {
                self.has_failed = true;
                Err(io::Error::other("the disk is tired"))
            }
            false => Ok(()),
        }
    }
}

impl FileSystem for FailingDisk {
    fn link(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        if !self.has_links {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.next()?;
        Disk.link(old, new)
    }

    fn rename(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        self.next()?;
        Disk.rename(old, new)
    }

    fn rename_to_free(&mut self, old: &Path, new: &Path) -> io::Result<()> {
        self.next()?;
        Disk.rename_to_free(old, new)
    }

    fn create_folder(&mut self, path: &Path, permissions: &Permissions) -> io::Result<()> {
        self.next()?;
        Disk.create_folder(path, permissions)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.next()?;
        Disk.remove(path)
    }
}
