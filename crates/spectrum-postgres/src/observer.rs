//! What a command tells while it works.

use std::fmt;

use spectrum_sql::TableName;

use crate::refresh::{Method, Refreshed};

/// Something that happens in a command, for whoever follows it. It is displayed as a line of progress.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Somebody else is at work; the command waits.
    Waiting {
        /// Who.
        holder: &'a str,
        /// Since when, with a leading comma; can be empty.
        since: &'a str,
    },
    /// A step begins; the text says what it does, as in `building analytics.mv_sessions`.
    Step(&'a str),
    /// The refresh of a relation begins.
    RefreshBegun {
        /// The relation.
        relation: &'a TableName,
        /// How.
        method: Method,
        /// Why so.
        reason: &'a str,
    },
    /// The refresh of a relation has ended, or the relation was skipped.
    RefreshEnded(&'a Refreshed),
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { holder, since } => write!(f, "waiting for {holder}{since}"),
            Self::Step(does) => f.write_str(does),
            Self::RefreshBegun { relation, .. } => write!(f, "refreshing {relation}"),
            Self::RefreshEnded(view) => write!(f, "{} {}", view.relation, view.outcome.name()),
        }
    }
}
