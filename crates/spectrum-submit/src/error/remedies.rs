//! Which remedies an error has.

use spectrum_core::ColumnRole;

use super::{AddedColumn, Log, SubmitError};
use crate::remedy::Remedy;

impl SubmitError {
    /// What can be done about it, the best first; nothing where the error itself says it, or nobody knows.
    pub fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NoProgram { remedies, .. } | Self::NoTime { remedies, .. } => remedies.clone(),
            Self::NotReady { .. } => vec![Remedy::Other("look at the master"), Remedy::WaitLonger],
            Self::NoWorkers { .. } => vec![
                Remedy::Other("see that workers are registered and have free cores and memory"),
                Remedy::AskForLess,
                Remedy::WaitLonger,
            ],
            Self::FileExists(_) => vec![Remedy::AllowOverwrite],
            Self::OutputExists(_) => vec![Remedy::Other("name another folder"), Remedy::ReplaceEarlierRun],
            Self::NoSuchColumn { role, .. } => vec![Remedy::NameColumn(*role)],
            Self::ColumnExists { added: AddedColumn::SessionId, .. }
            | Self::UnnamedSessionColumn
            | Self::SessionColumnTaken(_) => vec![Remedy::NameSessionColumn],
            Self::ColumnExists { added: AddedColumn::SessionSeq, .. } => vec![Remedy::LeaveOutSequence],
            Self::NoPartitionColumn { .. } => vec![Remedy::NamePartitionColumn],
            Self::CannotPartition { .. } => vec![Remedy::LeaveOutPartition],
            Self::NullTimes { .. } => vec![Remedy::DropNullTimes],
            Self::Collisions(_) => vec![Remedy::AvoidCollisions],
            Self::NoDigest { .. } => {
                vec![Remedy::Other("use text, an integer, a boolean or a uuid"), Remedy::LeaveOutDigest]
            }
            Self::RuleValues { .. } | Self::ReadTwice { .. } => {
                vec![Remedy::LeaveOutEngine, Remedy::Other("write Parquet first")]
            }
            Self::NotTold { .. } => {
                vec![Remedy::LeaveOutEngine, Remedy::Other("take it out of [summary.columns]")]
            }
            Self::UnorderedIds { .. } => {
                vec![Remedy::NameColumn(ColumnRole::EventId), Remedy::LeaveOutEngine]
            }
            Self::RuleType { .. } => vec![Remedy::LeaveOutEngine, Remedy::Other("correct the rule")],
            Self::FormatRefused(_) => vec![Remedy::LeaveOutEngine, Remedy::Other("write Parquet first")],
            Self::ColumnRefused { .. } => vec![
                Remedy::LeaveOutEngine,
                Remedy::Other("take another engine"),
                Remedy::Other("write the files without it"),
            ],
            Self::Failed { log: Log::Gone, .. } => vec![Remedy::KeepLog],
            _ => Vec::new(),
        }
    }
}
