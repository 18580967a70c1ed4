//! A value or a type that a predicate cannot take.

use std::fmt;

use super::tree::{EventColumn, ValueKind};

/// That a column does not have what a condition takes it to have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column '{column}' is used as {} by {used_by}, and {} is not", .kind.words(), found(.value, .data_type))]
pub struct NotOfKind {
    /// The column.
    pub column: EventColumn,
    /// What it is taken to have.
    pub kind: ValueKind,
    /// The row of the batch whose value does not fit; `None` where the type does not.
    pub row: Option<u32>,
    /// The value of that row.
    pub value: Option<Box<str>>,
    /// The type of the column.
    pub data_type: Box<str>,
    /// Who takes it for that.
    pub used_by: UsedBy,
}

/// Whose condition or sum reads a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UsedBy {
    /// The session rule's.
    #[default]
    Rule,
    /// That of the summary's column of this name.
    SummaryColumn(Box<str>),
    /// The condition that was named already.
    Itself,
}

impl fmt::Display for UsedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule => f.write_str("the rule"),
            Self::SummaryColumn(name) => write!(f, "summary column '{name}'"),
            Self::Itself => f.write_str("its condition"),
        }
    }
}

impl NotOfKind {
    /// The same of somebody else's condition.
    #[must_use]
    pub fn by(self, used_by: UsedBy) -> Self {
        Self { used_by, ..self }
    }
}

fn found(value: &Option<Box<str>>, data_type: &str) -> String {
    value.as_ref().map_or_else(|| format!("type {data_type}"), |value| format!("'{value}'"))
}
