//! The questions that a verification answers.

use std::fmt;
use std::str::FromStr;

use crate::message::Message;

/// One question and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Check {
    /// Which it is.
    pub name: CheckName,
    /// How many rows, events or ids it found; none is good.
    pub found: u64,
    /// Whether that was allowed.
    pub allowed: bool,
    /// What was found with examples, and what to do; or that nothing was.
    pub words: Message,
}

impl Check {
    /// What was found, which nobody has allowed yet.
    pub(super) fn new(name: CheckName, found: u64, words: impl Into<Message>) -> Self {
        Self { name, found, allowed: false, words: words.into() }
    }

    /// Whether it found nothing, or what is allowed.
    pub fn holds(&self) -> bool {
        self.found == 0 || self.allowed
    }
}

/// A check, by the short name that people allow it by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CheckName {
    /// Events that the sessions lack.
    Missing,
    /// Rows of events that are not there, or that are there more than once.
    Extra,
    /// Events with another session, or with other values.
    Different,
    /// Sessions of the summary.
    Sessions,
    /// Event ids of more than one event.
    Duplicates,
    /// Events without a finite time.
    Times,
    /// Events that have no session id for a NULL in their key.
    NullKeys,
    /// Ids of more than one session.
    Collisions,
    /// Events later than now.
    Future,
    /// Functions and operators that are not PostgreSQL's own.
    Bound,
    /// Ids that last and do not resolve as they promise.
    Ids,
    /// What the summary was, where that is kept, against what it is.
    History,
    /// In [`Mode::Incremental`](crate::Mode::Incremental) alone: writes to the events that nothing notes.
    Watched,
}

impl CheckName {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Missing,
        Self::Extra,
        Self::Different,
        Self::Sessions,
        Self::Ids,
        Self::History,
        Self::Duplicates,
        Self::Times,
        Self::NullKeys,
        Self::Collisions,
        Self::Future,
        Self::Bound,
        Self::Watched,
    ];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Different => "different",
            Self::Sessions => "sessions",
            Self::Ids => "ids",
            Self::History => "history",
            Self::Duplicates => "duplicates",
            Self::Times => "times",
            Self::NullKeys => "null-keys",
            Self::Collisions => "collisions",
            Self::Future => "future",
            Self::Bound => "bound",
            Self::Watched => "watched",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no check of this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no check '{0}' to allow; the checks are {all}", all = CheckName::ALL.map(CheckName::name).join(", "))]
pub struct UnknownCheck(String);

impl FromStr for CheckName {
    type Err = UnknownCheck;

    fn from_str(name: &str) -> Result<Self, UnknownCheck> {
        let found = Self::ALL.into_iter().find(|check| check.name() == name);
        found.ok_or_else(|| UnknownCheck(name.to_owned()))
    }
}
