//! The files of this machine.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spectrum_outputs::{Output, left_behind, remove_left_behind};
use walkdir::WalkDir;

use super::{Complete, Kind, Sink, Source, Store, Version};

/// Local paths.
#[derive(Debug)]
pub struct LocalFiles;

impl Store for LocalFiles {
    fn kind(&self, path: &Path) -> io::Result<Kind> {
        Ok(kind(path))
    }

    fn real_name(&self, path: &Path) -> io::Result<PathBuf> {
        match (path.canonicalize(), path.read_link()) {
            // A link to what is not there yet: what it points to may be written.
            (Err(missing), Ok(target)) if missing.kind() == io::ErrorKind::NotFound => {
                let target = path.parent().unwrap_or(Path::new("")).join(target);
                if target.is_symlink() {
                    return self.real_name(&target);
                }
                let folder = match target.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
                Ok(folder.join(target.file_name().ok_or(missing)?))
            }
            (real, _) => real,
        }
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(path.metadata()?.len())
    }

    fn is_settled(&self, path: &Path, settle: Duration) -> bool {
        let changed = path.metadata().and_then(|found| found.modified());
        // A time in the future is as good as none.
        changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|ago| ago >= settle))
    }

    fn list(&self, folder: &Path, _beginning: &str, depth: usize) -> io::Result<Vec<PathBuf>> {
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !entry.file_name().to_str().is_some_and(|name| name.starts_with(['.', '_']))
        };
        let walk = WalkDir::new(folder).max_depth(depth).follow_links(true).sort_by_file_name();
        let mut files = Vec::new();
        for entry in walk.into_iter().filter_entry(visible) {
            let entry = entry.map_err(of_entry)?;
            if entry.file_type().is_file() {
                files.push(entry.into_path());
            }
        }
        Ok(files)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        opened(File::open(path)?)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn create(&self, path: &Path, replaces: bool) -> io::Result<Box<dyn Sink>> {
        if kind(path) == Kind::Other {
            let device = OpenOptions::new().write(true).open(path)?;
            return Ok(Box::new(Passing(device)));
        }
        let (output, file) = Output::file(path, replaces)?;
        Ok(Box::new(HiddenFile { file, output }))
    }

    fn left_behind(&self, names: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        Ok(left_behind(names.iter().map(PathBuf::as_path)))
    }

    fn remove_left_behind(&self, left: &Path) -> io::Result<()> {
        remove_left_behind(left)
    }

    fn is_elsewhere(&self, _path: &Path) -> bool {
        false
    }
}

fn kind(path: &Path) -> Kind {
    match path.metadata() {
        Err(_) => Kind::Nothing,
        Ok(found) if found.is_dir() => Kind::Folder,
        Ok(found) if found.is_file() => Kind::File,
        Ok(_) => Kind::Other,
    }
}

/// An open file as it is now.
pub(super) fn opened(file: File) -> io::Result<Arc<dyn Source>> {
    let metadata = file.metadata()?;
    Ok(Arc::new(LocalFile { file, length: metadata.len(), version: version(&metadata) }))
}

/// walkdir names the entry and says the system's reason twice.
fn of_entry(error: walkdir::Error) -> io::Error {
    let path = error.path().map(Path::to_path_buf);
    match (path, error.into_io_error()) {
        (Some(path), Some(reason)) => io::Error::new(reason.kind(), format!("{}: {reason}", path.display())),
        (_, Some(reason)) => reason,
        (_, None) => io::Error::other("a link leads back to a folder above it"),
    }
}

fn version(metadata: &Metadata) -> Version {
    Version::new(format!("{} {:?}", metadata.len(), metadata.modified().ok()))
}

#[derive(Debug)]
struct LocalFile {
    file: File,
    length: u64,
    version: Version,
}

impl Source for LocalFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn version(&self) -> &Version {
        &self.version
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)
    }

    fn stream(self: Arc<Self>) -> Box<dyn Read + Send> {
        Box::new(super::SourceReader::new(self, 0))
    }
}

/// Lies under a hidden name beside its own until it is committed.
#[derive(Debug)]
struct HiddenFile {
    file: File,
    output: Output,
}

impl Write for HiddenFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for HiddenFile {
    fn complete(self: Box<Self>) -> io::Result<Complete> {
        Ok(Complete::Hidden(self.output))
    }
}

/// What goes on at once and cannot be taken back: a device, a pipe, standard output.
#[derive(Debug)]
pub struct Passing<W>(pub W);

impl<W: Write> Write for Passing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write + std::fmt::Debug + Send> Sink for Passing<W> {
    fn complete(mut self: Box<Self>) -> io::Result<Complete> {
        self.0.flush()?;
        Ok(Complete::Passed)
    }
}
