//! Where files lie: the one way to what is read and to what is written.
//!
//! Everything else in this crate asks a [`Store`] and knows neither a file handle nor a rename. [`LocalFiles`] is the
//! only one so far; a store of objects has the same parts: a listing, reads of ranges, a version that changes with the
//! object, and an upload that shows when it is complete.

#[cfg(test)]
pub(crate) mod counting;
mod local;
mod reader;
mod unnamed;

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::local::{LocalFiles, Passing};
pub(crate) use self::reader::SourceReader;
pub(crate) use self::unnamed::Unnamed;

/// A place with files in folders.
pub(crate) trait Store: Debug + Send + Sync {
    /// What has this name.
    fn kind(&self, path: &Path) -> Kind;

    /// The one name that a file has whatever it was called, so that it is known again.
    fn real_name(&self, path: &Path) -> io::Result<PathBuf>;

    /// How many bytes a file has.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Whether a file has not changed for so long.
    fn is_settled(&self, path: &Path, settle: Duration) -> bool;

    /// The files below a folder, at most `depth` folders deep, by path. Names that begin with `.` or `_` are other
    /// programs' bookkeeping.
    fn list(&self, folder: &Path, depth: usize) -> io::Result<Vec<PathBuf>>;

    /// Opens a file to read it.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>>;

    /// Makes a folder.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder that is empty.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Begins a file. It is called `path` when it is committed, and may replace one of that name if `replaces` says so.
    fn create(&self, path: &Path, replaces: bool) -> io::Result<Box<dyn Sink>>;
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Nothing,
    Folder,
    File,
    /// A pipe or a device: it can be written to, and not be replaced or read twice.
    Other,
}

/// A file that is read.
pub(crate) trait Source: Debug + Send + Sync {
    /// How many bytes it had when it was opened.
    fn len(&self) -> u64;

    /// Tells whether two openings saw the same bytes.
    fn version(&self) -> &Version;

    /// Reads some of the bytes from an offset on; none at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// All bytes, one after another.
    fn stream(self: Arc<Self>) -> Box<dyn Read + Send>;
}

/// Changes whenever a file's bytes do: of a local file its length and the time of its last change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Version(String);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file that is written. Dropping it leaves nothing of it, unless it cannot be taken back.
pub(crate) trait Sink: Write + Debug + Send {
    /// All is written.
    fn complete(self: Box<Self>) -> io::Result<Complete>;
}

/// A file that is complete.
#[derive(Debug)]
pub(crate) enum Complete {
    /// It gets its name together with the other outputs of a run. Dropping it takes it away.
    Hidden(spectrum_outputs::Output),
    /// It is where it belongs: in a pipe or a device.
    Passed,
}
