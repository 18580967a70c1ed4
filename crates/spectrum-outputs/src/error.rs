//! Why outputs did not get their names.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why none of the outputs has its name.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// A file of that name appeared while the outputs were written. Everything is as it was before.
    #[error("{} exists", name.display())]
    Taken {
        /// The output's name.
        name: PathBuf,
    },
    /// The system refused. Everything is as it was before.
    #[error("writing {}", name.display())]
    Refused {
        /// The output's name.
        name: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused, and then not everything could be put back.
    #[error(transparent)]
    NotPutBack(#[from] NotPutBack),
}

/// An output could not have its name, and then not everything could be put back as it was.
#[derive(Debug, thiserror::Error)]
#[error(
    "writing {} failed ({reason}), and not everything could be put back as it was: {}",
    name.display(),
    misplaced.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
)]
pub struct NotPutBack {
    /// The name of the output that could not have it.
    pub name: PathBuf,
    /// The system's reason for that.
    pub reason: io::Error,
    /// What is not where it was.
    pub misplaced: Vec<Misplaced>,
}

/// Something that could not be put back.
#[derive(Debug)]
pub struct Misplaced {
    /// The name at which something else stood before.
    pub name: PathBuf,
    /// Where that is now; `None` when nothing stood there, or it is lost.
    pub set_aside: Option<PathBuf>,
    /// Whether it is nowhere any more.
    pub is_lost: bool,
    /// The system's reason.
    pub reason: io::Error,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, reason) = (self.name.display(), &self.reason);
        match &self.set_aside {
            _ if self.is_lost => write!(f, "what was {name} has been replaced ({reason})"),
            Some(aside) => write!(f, "what was {name} is now {}, move it back ({reason})", aside.display()),
            None => write!(f, "{name} is new, remove it ({reason})"),
        }
    }
}
