//! What the query becomes: a select, something that is created, or a dbt model.

use std::fmt;
use std::str::FromStr;

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Form {
    #[default]
    Select,
    View,
    Table,
    MaterializedView,
    DbtModel,
    DbtIncremental,
}

/// The text names no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("form '{0}' is not one of select, view, table, materialized-view, dbt-model, dbt-incremental")]
pub struct UnknownForm(String);

impl Form {
    const ALL: [Self; 6] =
        [Self::Select, Self::View, Self::Table, Self::MaterializedView, Self::DbtModel, Self::DbtIncremental];
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Select => "select",
            Self::View => "view",
            Self::Table => "table",
            Self::MaterializedView => "materialized-view",
            Self::DbtModel => "dbt-model",
            Self::DbtIncremental => "dbt-incremental",
        })
    }
}

impl FromStr for Form {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        Self::ALL
            .into_iter()
            .find(|form| form.to_string() == text)
            .ok_or_else(|| UnknownForm(text.to_owned()))
    }
}
