//! What a column of the events is for.

use std::fmt;

/// What a column that a definition names is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ColumnRole {
    /// A part of the key.
    Key,
    /// When an event happened.
    Time,
    /// What tells an event from all others.
    EventId,
    /// What a rule reads.
    Rule,
    /// What a column of the summary reads.
    Summary,
}

impl fmt::Display for ColumnRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Time => "time",
            Self::EventId => "event id",
            Self::Rule => "rule",
            Self::Summary => "summary",
        })
    }
}
