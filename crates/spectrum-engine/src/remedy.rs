//! What to do about an error, as data: whoever shows it knows what its own switches are called.

use std::fmt;
use std::path::PathBuf;

use spectrum_core::ColumnRole;

use crate::error::{AddedColumn, EngineError};

/// A way out of an error. It is shown in words that fit any caller; one with names of its own for what can be asked
/// for, such as flags, says it in those.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Remedy {
    /// Name another column of the events for this.
    NameColumn(ColumnRole),
    /// Name another column instead of this one, which is there and cannot be used.
    NameAnotherColumn(ColumnRole),
    /// Give the column of session ids another name.
    NameSessionColumn,
    /// Do without session numbers.
    LeaveOutSequence,
    /// Do without the sessions table.
    LeaveOutSessions,
    /// Do without the digest.
    LeaveOutDigest,
    /// Name the inputs' format.
    NameInputFormat,
    /// Name the outputs' format.
    NameOutputFormat,
    /// Say what numbers in the time column count since 1970.
    GiveTimeUnit,
    /// Do not say what numbers in the time column count, and have times read as texts.
    LeaveOutTimeUnit,
    /// Correct events without a time, or leave them out.
    DropNullTimes,
    /// Let outputs replace files.
    AllowOverwrite,
    /// Use an id scheme that does not collide, or accept that ids are shared.
    AvoidCollisions,
    /// Pass this in as standard input, which is copied first.
    UseStandardInput(PathBuf),
    /// What is the same wherever it is said, in words.
    Other(&'static str),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameColumn(role) => return write!(f, "name the column that is the {role}"),
            Self::NameAnotherColumn(role) => return write!(f, "name another column for the {role}"),
            Self::UseStandardInput(path) => {
                return write!(f, "pass {} in as standard input", path.display());
            }
            Self::NameSessionColumn => "give the column of session ids another name",
            Self::LeaveOutSequence => "leave out the session numbers",
            Self::LeaveOutSessions => "leave out the sessions table",
            Self::LeaveOutDigest => "leave out the digest",
            Self::NameInputFormat => "name the format of the inputs",
            Self::NameOutputFormat => "name the format of the outputs",
            Self::GiveTimeUnit => "say what unit numbers in the time column count",
            Self::LeaveOutTimeUnit => "leave out the unit of times for times as text",
            Self::DropNullTimes => "mend them or drop events without a time",
            Self::AllowOverwrite => "allow outputs to replace files",
            Self::AvoidCollisions => "use the id scheme encoded or start, or allow ids to be shared",
            Self::Other(words) => words,
        })
    }
}

impl EngineError {
    /// What can be done about it, the best first; nothing where the error itself says it, or nobody knows.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NoSuchColumn { role, .. } => vec![Remedy::NameColumn(*role)],
            Self::NoText { role, .. } => vec![Remedy::NameAnotherColumn(*role)],
            Self::ColumnExists { added: AddedColumn::SessionId, .. }
            | Self::UnnamedSessionColumn
            | Self::SessionColumnTaken(_)
            | Self::SameNames(_) => vec![Remedy::NameSessionColumn],
            Self::ColumnExists { added: AddedColumn::SessionSeq, .. } => vec![Remedy::LeaveOutSequence],
            Self::KeyTaken(_) => vec![Remedy::Other("rename it"), Remedy::LeaveOutSessions],
            Self::NoDigest { .. } => vec![
                Remedy::Other("use text, an integer, a boolean or a uuid (FixedSizeBinary(16))"),
                Remedy::LeaveOutDigest,
            ],
            Self::UnknownInputFormat(_) => vec![Remedy::NameInputFormat],
            Self::UnknownOutputFormat(_) => vec![Remedy::NameOutputFormat],
            Self::Time { is_counted: true, .. } => vec![Remedy::LeaveOutTimeUnit],
            Self::Time { is_counted: false, .. } => vec![
                Remedy::Other("write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone]"),
                Remedy::GiveTimeUnit,
            ],
            Self::JsonTime { is_counted: true, .. } => {
                vec![Remedy::Other("use a whole number"), Remedy::LeaveOutTimeUnit]
            }
            Self::JsonTime { is_counted: false, .. } => {
                vec![Remedy::Other("use a string"), Remedy::GiveTimeUnit]
            }
            Self::NullTimes { .. } => vec![Remedy::DropNullTimes],
            Self::OutputExists(_) => vec![Remedy::AllowOverwrite],
            Self::Collisions(_) => vec![Remedy::AvoidCollisions],
            Self::NotAFile(path) => vec![Remedy::UseStandardInput(path.clone())],
            _ => Vec::new(),
        }
    }
}
