//! Where files lie: the one way to what is read and to what is written.
//!
//! Whoever reads and writes events asks a [`Store`] and knows neither a file handle nor a rename. [`LocalFiles`] are the
//! files of this machine; a store of objects has the same parts: a listing, reads of ranges, a version that changes with
//! the object, and an upload that shows when it is complete.
//!
//! A place is named by a path. A name that begins with the scheme of a store, as in `s3://bucket/key`, means what lies
//! there, and every other means a file of this machine, whatever is in it: `./s3:/bucket` and `C:\events` are local.

mod elsewhere;
mod error;
mod local;
mod reader;
mod unnamed;

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use self::elsewhere::{Scheme, scheme, without_secrets};
pub use self::error::{Problem, StoreError, StoreRemedy, again};
pub use self::local::{LocalFiles, Passing};
pub use self::reader::SourceReader;
pub use self::unnamed::Unnamed;

/// A place with files in folders.
pub trait Store: Debug + Send + Sync {
    /// What has this name now.
    ///
    /// # Errors
    /// When that cannot be found out. What this machine does not let one see is nothing.
    fn kind(&self, path: &Path) -> io::Result<Kind>;

    /// The one name that a file has whatever it was called, so that it is known again.
    ///
    /// # Errors
    /// When there is none.
    fn real_name(&self, path: &Path) -> io::Result<PathBuf>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// When it is not there or the system refuses.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Whether a file has not changed for so long.
    fn is_settled(&self, path: &Path, settle: Duration) -> bool;

    /// The files below a folder, at most `depth` folders deep, by path. Names that begin with `.` or `_` are other
    /// programs' bookkeeping. The caller wants only what has a name that begins with `beginning` right below the folder,
    /// and may be given more.
    ///
    /// # Errors
    /// When the system refuses.
    fn list(&self, folder: &Path, beginning: &str, depth: usize) -> io::Result<Vec<PathBuf>>;

    /// Which kind of table has its log in this folder: Delta, Hudi or Iceberg.
    fn table_kind(&self, folder: &Path) -> Option<&'static str> {
        let is_folder = |path: &Path| matches!(self.kind(path), Ok(Kind::Folder));
        // One that is a file is damage, and no leave to read the files beside it.
        if matches!(self.kind(&folder.join("_delta_log")), Ok(Kind::Folder | Kind::File)) {
            return Some("Delta");
        }
        if is_folder(&folder.join(".hoodie")) {
            return Some("Hudi");
        }
        let metadata = folder.join("metadata");
        let is_iceberg = is_folder(&metadata)
            && self.list(&metadata, "", 1).is_ok_and(|files| {
                files.iter().any(|file| file.to_str().is_some_and(|name| name.ends_with(".metadata.json")))
            });
        is_iceberg.then_some("Iceberg")
    }

    /// Opens a file to read it.
    ///
    /// # Errors
    /// When it is not there or the system refuses.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>>;

    /// The version that a file has now. A store that reads nothing but the version it knows may name that one.
    ///
    /// # Errors
    /// As of [`Store::open`].
    fn version(&self, path: &Path) -> io::Result<Version> {
        Ok(self.open(path)?.version().clone())
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When the system refuses.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder that is empty.
    ///
    /// # Errors
    /// When the system refuses.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;

    /// Begins a file. It is called `path` when it is committed, and may replace one of that name if `replaces` says so.
    ///
    /// # Errors
    /// When the system refuses.
    fn create(&self, path: &Path, replaces: bool) -> io::Result<Box<dyn Sink>>;

    /// What killed runs left of these outputs, by names that say it to a reader and to [`Store::remove_left_behind`].
    ///
    /// # Errors
    /// When that cannot be found out.
    fn left_behind(&self, names: &[PathBuf]) -> io::Result<Vec<PathBuf>>;

    /// Removes what a killed run left.
    ///
    /// # Errors
    /// When the system refuses.
    fn remove_left_behind(&self, left: &Path) -> io::Result<()>;

    /// Whether this is the name of something that does not lie on this machine. Folders need not be made there, an answer
    /// takes a while, and names have no `.` or `..` in them.
    fn is_elsewhere(&self, path: &Path) -> bool;
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// There is nothing.
    Nothing,
    /// Something that has files in it.
    Folder,
    /// A file.
    File,
    /// A pipe or a device: it can be written to, and not be replaced or read twice.
    Other,
}

/// A file that is read.
pub trait Source: Debug + Send + Sync {
    /// How many bytes it had when it was opened.
    fn len(&self) -> u64;

    /// Whether it had none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether two openings saw the same bytes.
    fn version(&self) -> &Version;

    /// Reads some of the bytes from an offset on; none at the end.
    ///
    /// # Errors
    /// When the system refuses.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Says what is going to be read, before it is. Where an answer takes a while, it is asked for ahead of time.
    fn will_read(&self, ranges: &[Range<u64>], order: ReadOrder) {
        let _ = (ranges, order);
    }

    /// All bytes, one after another.
    fn stream(self: Arc<Self>) -> Box<dyn Read + Send>;
}

/// In which order announced ranges are read; each of them is read from its beginning to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadOrder {
    /// One after another.
    OneByOne,
    /// In turns, a little of each.
    InTurns,
}

/// Changes whenever a file's bytes do: of a local file its length and the time of its last change, of an object its tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version(String);

impl Version {
    /// A version by what tells it from others.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file that is written. Dropping it leaves nothing of it, unless it cannot be taken back.
pub trait Sink: Write + Debug + Send {
    /// All is written.
    ///
    /// # Errors
    /// When the system refuses.
    fn complete(self: Box<Self>) -> io::Result<Complete>;
}

/// A file that is complete.
#[derive(Debug)]
pub enum Complete {
    /// It gets its name together with the other outputs of a run. Dropping it takes it away.
    Hidden(spectrum_outputs::Output),
    /// The same where nothing can be renamed.
    Elsewhere(Box<dyn spectrum_outputs::Elsewhere>),
    /// It is where it belongs: in a pipe or a device.
    Passed,
}
