//! Columns that are not there, or do not fit.

use arrow_schema::DataType;
use spectrum_core::{ColumnRole, LabelError};

use super::header::{doubt_in_words, meant};
use crate::remedy::Remedy;
use crate::scan::could_be;
use crate::table::ColumnType;
use crate::text::header_doubt::HeaderDoubt;

/// What is wrong with a column that was named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// A column is missing.
    #[error(
        "column '{column}' is not in {name}{} (it has: {}){}", meant(column, present, doubt.as_ref()), present.join(", "),
        doubt_in_words(doubt.as_ref())
    )]
    NoSuchColumn {
        /// The column asked for.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
        /// What it was to be.
        role: ColumnRole,
        /// Why the header that it is missing from may be none.
        doubt: Option<HeaderDoubt>,
    },
    /// A column that was named for something that definitions do not have is not there.
    #[error("column '{column}' is not in {name}{} (it has: {})", meant(column, present, None), present.join(", "))]
    NoOtherColumn {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The columns it has.
        present: Vec<String>,
        /// What to name instead.
        remedy: Remedy,
    },
    /// A name stands for two columns.
    #[error("{name} has two columns named '{column}'; rename one of them")]
    RepeatedColumn {
        /// The column.
        column: String,
        /// The file.
        name: String,
    },
    /// A column whose type does not fit.
    #[error("column '{column}' in {name} cannot be used")]
    DoesNotFit {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// What does not fit.
        source: LabelError,
    },
    /// A file of a table has values that the table's column cannot hold.
    #[error(
        "column '{column}' is of type {from} in {name}, whose values do not become {to}, which its table has"
    )]
    NotOfTable {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// The file's type.
        from: DataType,
        /// The table's type.
        to: DataType,
    },
    /// A file of a table that finds columns by ids has none.
    #[error(
        "the columns of {0} have no field ids, and its table maps columns by ids (delta.columnMapping.mode is 'id')"
    )]
    WithoutIds(String),
    /// Values that cannot be compared as text.
    #[error("column '{column}' cannot be compared as text")]
    NoText {
        /// The column.
        column: String,
        /// What it was to be.
        role: ColumnRole,
        /// Why not.
        source: arrow_schema::ArrowError,
    },
}

impl ColumnError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NoSuchColumn { doubt: Some(HeaderDoubt::Delimiter(delimiter)), .. } => {
                vec![Remedy::GiveDelimiter(*delimiter)]
            }
            Self::NoSuchColumn { doubt: Some(HeaderDoubt::Data(_)), role, .. } => {
                vec![Remedy::NameColumns, Remedy::NameColumn(*role)]
            }
            Self::NoSuchColumn { role, .. } => vec![Remedy::NameColumn(*role)],
            Self::NoOtherColumn { remedy, .. } => vec![remedy.clone()],
            Self::NoText { role, .. } => vec![Remedy::NameAnotherColumn(*role)],
            Self::DoesNotFit { source: LabelError::TimeType(data_type), .. } => {
                let mut ways = vec![Remedy::NameAnotherColumn(ColumnRole::Time)];
                if is_text(data_type) {
                    ways.extend([Remedy::GiveTimeFormat, Remedy::GiveTimeUnit]);
                }
                ways
            }
            Self::DoesNotFit { source: LabelError::KeyType(data_type), column, .. } => {
                let could_be = could_be(data_type).into_iter();
                // Doubles have a text as well, whatever they are.
                let as_text = data_type.is_floating().then_some(ColumnType::Text);
                could_be.chain(as_text).map(|ty| Remedy::GiveKeyType(column.clone(), ty)).collect()
            }
            Self::DoesNotFit { .. }
            | Self::RepeatedColumn { .. }
            | Self::NotOfTable { .. }
            | Self::WithoutIds(_) => Vec::new(),
        }
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}
