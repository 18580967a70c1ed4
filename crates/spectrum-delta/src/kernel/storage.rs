//! Listing a log and reading its files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use delta_kernel::{
    FileMeta, FileSlice, KernelError, KernelResult, KernelResultIteratorStatic, StorageHandler,
};
use url::Url;

use super::{only_writers_need, through};
use crate::error::LogError;

pub(super) struct Storage;

impl StorageHandler for Storage {
    /// Files of the same folder whose names come later, by name; all of them where a folder is named.
    fn list_from(&self, path: &Url) -> KernelResult<KernelResultIteratorStatic<FileMeta>> {
        let from = local(path)?;
        let is_folder = path.path().ends_with('/');
        let folder = if is_folder { Some(from.as_path()) } else { from.parent() };
        let folder = folder.ok_or_else(|| KernelError::InvalidTableLocation(path.to_string()))?;
        let failed = |error: io::Error| failure(path, error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let metadata = entry.metadata().map_err(failed)?;
            let is_later =
                is_folder || from.file_name().is_none_or(|from| entry.file_name().as_os_str() > from);
            if !is_later || metadata.is_dir() {
                continue;
            }
            let changed = metadata.modified().ok();
            let since = changed.and_then(|changed| changed.duration_since(SystemTime::UNIX_EPOCH).ok());
            let milliseconds = since.and_then(|since| i64::try_from(since.as_millis()).ok());
            let location = Url::from_file_path(entry.path())
                .map_err(|()| KernelError::InvalidTableLocation(entry.path().display().to_string()))?;
            files.push(FileMeta::new(location, milliseconds.unwrap_or_default(), metadata.len()));
        }
        files.sort_by(|a, b| a.location.path().cmp(b.location.path()));
        Ok(Box::new(files.into_iter().map(Ok)))
    }

    fn read_files(&self, files: Vec<FileSlice>) -> KernelResult<KernelResultIteratorStatic<Bytes>> {
        Ok(Box::new(files.into_iter().map(|(file, range)| read(&file, range))))
    }

    fn copy_atomic(&self, _: &Url, _: &Url) -> KernelResult<()> {
        Err(only_writers_need("a file is to be copied"))
    }

    fn put(&self, _: &Url, _: Bytes, _: bool) -> KernelResult<()> {
        Err(only_writers_need("a file is to be written"))
    }

    fn head(&self, path: &Url) -> KernelResult<FileMeta> {
        let metadata = local(path)?.metadata().map_err(|error| failure(path, error))?;
        Ok(FileMeta::new(path.clone(), 0, metadata.len()))
    }

    fn delete(&self, _: &Url) -> KernelResult<()> {
        Err(only_writers_need("a file is to be deleted"))
    }
}

/// Reads a file, or a range of it.
pub(super) fn read(file: &Url, range: Option<Range<u64>>) -> KernelResult<Bytes> {
    let failed = |error: io::Error| failure(file, error);
    let mut opened = File::open(local(file)?).map_err(failed)?;
    let mut bytes = Vec::new();
    match range {
        None => {
            opened.read_to_end(&mut bytes).map_err(failed)?;
        }
        Some(range) => {
            opened.seek(SeekFrom::Start(range.start)).map_err(failed)?;
            let wanted = range.end.saturating_sub(range.start);
            opened.take(wanted).read_to_end(&mut bytes).map_err(failed)?;
            if (bytes.len() as u64) < wanted {
                let reason = format!("it ends before byte {}", range.end);
                return Err(through(LogError::Damaged { name: named(file), reason }));
            }
        }
    }
    Ok(bytes.into())
}

/// What messages call a file.
pub(crate) fn named(file: &Url) -> String {
    local(file).map_or_else(|_| file.to_string(), |path| path.display().to_string())
}

/// A path on this machine.
pub(crate) fn local(url: &Url) -> KernelResult<PathBuf> {
    let path = if url.scheme() == "file" { url.to_file_path().ok() } else { None };
    path.ok_or_else(|| through(LogError::Elsewhere(url.to_string())))
}

/// The kernel asks for files that may not be there.
fn failure(file: &Url, source: io::Error) -> KernelError {
    match source.kind() {
        io::ErrorKind::NotFound => KernelError::FileNotFound(named(file)),
        _ => through(LogError::Io { name: named(file), source }),
    }
}
