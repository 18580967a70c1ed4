//! Listing a log and reading its files, wherever they lie.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use delta_kernel::{
    FileMeta, FileSlice, KernelError, KernelResult, KernelResultIteratorStatic, StorageHandler,
};
use spectrum_engine::store::{Kind, ReadOrder, Store};
use url::Url;

use super::{only_writers_need, through};
use crate::error::LogError;
use crate::places::{named, path_of, url_of};

/// The files of a store.
#[derive(Clone)]
pub(super) struct Storage {
    pub(super) store: Arc<dyn Store>,
}

impl StorageHandler for Storage {
    /// Files of the same folder whose names come later, by name; all of them where a folder is named.
    fn list_from(&self, path: &Url) -> KernelResult<KernelResultIteratorStatic<FileMeta>> {
        let from = path_of(path)?;
        let is_folder = path.path().ends_with('/');
        let folder = if is_folder { Some(from.as_path()) } else { from.parent() };
        let folder = folder.ok_or_else(|| KernelError::InvalidTableLocation(path.to_string()))?;
        let listed = self.store.list(folder, "", 1).map_err(|error| failure(path, error))?;
        let name = if is_folder { None } else { from.file_name() };
        let later = listed.into_iter().filter(|file| file.file_name() > name);
        let mut files = later.map(|file| self.listed(&file)).collect::<KernelResult<Vec<_>>>()?;
        files.sort_by(|a, b| a.location.path().cmp(b.location.path()));
        Ok(Box::new(files.into_iter().map(Ok)))
    }

    fn read_files(&self, files: Vec<FileSlice>) -> KernelResult<KernelResultIteratorStatic<Bytes>> {
        let storage = self.clone();
        Ok(Box::new(files.into_iter().map(move |(file, range)| storage.read(&file, range))))
    }

    fn copy_atomic(&self, _: &Url, _: &Url) -> KernelResult<()> {
        Err(only_writers_need("a file is to be copied"))
    }

    fn put(&self, _: &Url, _: Bytes, _: bool) -> KernelResult<()> {
        Err(only_writers_need("a file is to be written"))
    }

    fn head(&self, path: &Url) -> KernelResult<FileMeta> {
        let file = path_of(path)?;
        match self.store.kind(&file).map_err(|error| failure(path, error))? {
            Kind::Nothing => Err(KernelError::FileNotFound(named(path))),
            _ => self.listed(&file),
        }
    }

    fn delete(&self, _: &Url) -> KernelResult<()> {
        Err(only_writers_need("a file is to be deleted"))
    }
}

impl Storage {
    /// A file of a listing. The kernel passes over checkpoints without bytes; when a file was written says which version is of
    /// when, which is known of files of this machine.
    fn listed(&self, file: &Path) -> KernelResult<FileMeta> {
        let is_here = !self.store.is_elsewhere(file);
        let metadata = is_here.then(|| file.metadata().ok()).flatten();
        let written = metadata.as_ref().and_then(|found| found.modified().ok());
        let since = written.and_then(|written| written.duration_since(SystemTime::UNIX_EPOCH).ok());
        let milliseconds = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        let url = url_of(&*self.store, file)?;
        let size = match metadata {
            Some(found) => found.len(),
            None if is_here => 0,
            None => self.store.length(file).map_err(|error| failure(&url, error))?,
        };
        Ok(FileMeta::new(url, milliseconds.unwrap_or_default(), size))
    }

    /// Reads a file, or a range of it.
    pub(super) fn read(&self, file: &Url, range: Option<Range<u64>>) -> KernelResult<Bytes> {
        let failed = |error: io::Error| failure(file, error);
        let source = self.store.open(&path_of(file)?).map_err(failed)?;
        let range = range.unwrap_or(0..source.len());
        if range.end > source.len() {
            let reason = format!("it ends before byte {}", range.end);
            return Err(through(LogError::Damaged { name: named(file), reason }));
        }
        source.will_read(std::slice::from_ref(&range), ReadOrder::OneByOne);
        let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
        let mut read = 0;
        while read < bytes.len() {
            match source.read_at(range.start + read as u64, &mut bytes[read..]).map_err(failed)? {
                0 => return Err(failed(io::ErrorKind::UnexpectedEof.into())),
                more => read += more,
            }
        }
        Ok(bytes.into())
    }
}

/// The kernel asks for files that may not be there.
fn failure(file: &Url, source: io::Error) -> KernelError {
    match source.kind() {
        io::ErrorKind::NotFound => KernelError::FileNotFound(named(file)),
        _ => through(LogError::Io { name: named(file), source }),
    }
}
