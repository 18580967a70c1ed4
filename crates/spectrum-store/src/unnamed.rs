//! One file that has no name any more, under every name.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Kind, Sink, Source, Store, local};

/// The file. It goes when nobody holds it open.
#[derive(Debug)]
pub struct Unnamed(pub File);

impl Store for Unnamed {
    fn kind(&self, _path: &Path) -> io::Result<Kind> {
        Ok(Kind::File)
    }

    fn real_name(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn length(&self, _path: &Path) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn is_settled(&self, _: &Path, _: std::time::Duration) -> bool {
        true
    }

    fn list(&self, _folder: &Path, _beginning: &str, _depth: usize) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    fn open(&self, _path: &Path) -> io::Result<Arc<dyn Source>> {
        local::opened(self.0.try_clone()?)
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn remove_folder(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn create(&self, _path: &Path, _replaces: bool) -> io::Result<Box<dyn Sink>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn left_behind(&self, _names: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    fn remove_left_behind(&self, _left: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_elsewhere(&self, _path: &Path) -> bool {
        false
    }
}
