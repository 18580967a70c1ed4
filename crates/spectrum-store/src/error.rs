//! Why a store that is not this machine's could not do what it was asked.

use std::fmt;
use std::io;

/// What a store says, within an [`io::Error`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreError {
    /// Which kind of problem it is.
    pub problem: Problem,
    /// The problem in words, in which nothing secret stands.
    pub words: String,
    /// What can be done about it, the best first.
    pub remedies: Vec<StoreRemedy>,
}

/// Kinds of problems, as far as somebody acts on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing to prove with who asks.
    NoCredentials,
    /// The server knows who asks, or does not believe it, and refuses.
    Refused,
    /// The bucket, container or object is not there.
    Missing,
    /// The object is another than it was.
    Changed,
    /// There is an object of that name already.
    Taken,
    /// The server could not be reached, went away, or has too much to do.
    Unavailable,
    /// Somebody asked to stop.
    Stopped,
    /// Something else.
    Other,
}

/// A way out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StoreRemedy {
    /// What is the same wherever it is said, in words.
    Say(String),
    /// Read without saying who asks, as public data can be read.
    AskAnonymously,
    /// Say where the server is.
    NameEndpoint,
}

impl fmt::Display for StoreRemedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Say(words) => words,
            Self::AskAnonymously => "ask anonymously if the data are public",
            Self::NameEndpoint => "name the server's endpoint",
        })
    }
}

impl StoreError {
    /// A problem in words.
    pub fn new(problem: Problem, words: impl Into<String>) -> Self {
        Self { problem, words: words.into(), remedies: Vec::new() }
    }

    /// The same with a way out.
    #[must_use]
    pub fn or(mut self, remedy: StoreRemedy) -> Self {
        self.remedies.push(remedy);
        self
    }

    /// What a store said, if it was a store.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for StoreError {}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        let kind = match error.problem {
            Problem::NoCredentials | Problem::Refused => io::ErrorKind::PermissionDenied,
            Problem::Missing => io::ErrorKind::NotFound,
            Problem::Taken => io::ErrorKind::AlreadyExists,
            // Not `Interrupted`, after which the standard library goes on reading.
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// The same error once more, for whoever has to keep one and pass it on as well.
pub fn again(error: &io::Error) -> io::Error {
    match StoreError::of(error) {
        Some(store) => store.clone().into(),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
