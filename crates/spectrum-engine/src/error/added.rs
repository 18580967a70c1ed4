//! Names of added columns that are taken.

use crate::remedy::Remedy;

/// Why a column cannot be added under its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddedColumnError {
    /// The column to add is there already.
    #[error("{name} already has a column '{column}'")]
    ColumnExists {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// What is to be added under this name.
        added: AddedColumn,
    },
    /// A column is there whose name differs from that of the one to add only in letter case.
    #[error("{name} already has a column '{column}', which many readers cannot tell from '{new}'")]
    ColumnAlmostExists {
        /// The column that is there.
        column: String,
        /// The file.
        name: String,
        /// The column to add.
        new: String,
        /// What is to be added under that name.
        added: AddedColumn,
    },
    /// The column of session ids has no name.
    #[error("the column of session ids needs a name")]
    UnnamedSessionColumn,
    /// The column of session ids has the name of another added column.
    #[error("session ids cannot be in a column '{0}', because another added column has that name")]
    SameNames(String),
    /// The column of session ids has the name of another column of the sessions table.
    #[error("the session id cannot be called '{0}': another column of the sessions table has that name")]
    SessionColumnTaken(String),
    /// A key column has the name of a column of the sessions table.
    #[error("key column '{0}' has the name of a column of the sessions table")]
    KeyTaken(String),
    /// A column of the summary has the name of another of the sessions.
    #[error("summary column '{0}' has the name of a column that the sessions have anyway; give it another")]
    SummaryNameTaken(String),
    /// A column of the events has the name of one that is added to those that moved.
    #[error("column '{0}' has the name of a column that is added to the events that moved")]
    AddedByCompare(String),
}

/// A column that a run adds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddedColumn {
    /// Session ids.
    SessionId,
    /// Session numbers.
    SessionSeq,
    /// Why sessions began.
    StartedBy,
}

impl AddedColumnError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::ColumnExists { added, .. } | Self::ColumnAlmostExists { added, .. } => vec![match added {
                AddedColumn::SessionId => Remedy::NameSessionColumn,
                AddedColumn::SessionSeq => Remedy::LeaveOutSequence,
                AddedColumn::StartedBy => Remedy::LeaveOutReason,
            }],
            Self::UnnamedSessionColumn | Self::SessionColumnTaken(_) | Self::SameNames(_) => {
                vec![Remedy::NameSessionColumn]
            }
            Self::KeyTaken(_) => vec![Remedy::Other("rename it"), Remedy::LeaveOutSessions],
            Self::AddedByCompare(_) => vec![Remedy::Other("rename it"), Remedy::LeaveOutMoved],
            Self::SummaryNameTaken(_) => Vec::new(),
        }
    }
}
