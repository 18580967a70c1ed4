//! Local files, and how many bytes of them are read.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::store::{Kind, LocalFiles, Sink, Source, SourceReader, Store, Version};

#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) bytes: Arc<AtomicU64>,
}

#[derive(Debug)]
struct CountedFile(Arc<dyn Source>, Arc<AtomicU64>);

impl Source for CountedFile {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn version(&self) -> &Version {
        self.0.version()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read_at(offset, buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn stream(self: Arc<Self>) -> Box<dyn Read + Send> {
        Box::new(SourceReader::new(self, 0))
    }
}

impl Store for Counting {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        LocalFiles.kind(path)
    }

    fn real_name(&self, path: &Path) -> io::Result<PathBuf> {
        LocalFiles.real_name(path)
    }

    fn is_settled(&self, path: &Path, settle: Duration) -> bool {
        LocalFiles.is_settled(path, settle)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        LocalFiles.length(path)
    }

    fn list(&self, folder: &Path, beginning: &str, depth: usize) -> io::Result<Vec<PathBuf>> {
        LocalFiles.list(folder, beginning, depth)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        Ok(Arc::new(CountedFile(LocalFiles.open(path)?, Arc::clone(&self.bytes))))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        LocalFiles.create_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        LocalFiles.remove_folder(path)
    }

    fn create(&self, path: &Path, replaces: bool) -> io::Result<Box<dyn Sink>> {
        LocalFiles.create(path, replaces)
    }

    fn left_behind(&self, names: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        LocalFiles.left_behind(names)
    }

    fn remove_left_behind(&self, left: &Path) -> io::Result<()> {
        LocalFiles.remove_left_behind(left)
    }

    fn is_elsewhere(&self, _path: &Path) -> bool {
        false
    }
}
