//! A value or a type that a predicate cannot take.

use super::tree::{EventColumn, ValueKind};

/// That a column does not have what a rule takes it to have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column '{column}' is used as {} by the rule, and {} is not", .kind.words(), found(.value, .data_type))]
pub struct NotOfKind {
    /// The column.
    pub column: EventColumn,
    /// What the rule takes it to have.
    pub kind: ValueKind,
    /// The row of the batch whose value does not fit; `None` where the type does not.
    pub row: Option<usize>,
    /// The value of that row.
    pub value: Option<String>,
    /// The type of the column.
    pub data_type: String,
}

fn found(value: &Option<String>, data_type: &str) -> String {
    value.as_ref().map_or_else(|| format!("type {data_type}"), |value| format!("'{value}'"))
}
