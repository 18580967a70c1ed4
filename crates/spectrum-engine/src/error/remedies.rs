//! Which remedies an error has.

use super::{AddedColumn, EngineError};
use crate::remedy::Remedy;

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
