//! What is asked, and what each engine is declared to do: the types it has for the cases' columns, and the values it
//! cannot hold. The rest of what it cannot do is said by the dialect when it is asked for the SQL.

mod clickhouse;
mod datafusion;
mod duckdb;
mod parsed;
mod postgres;
mod spark;

use anyhow::{Context, Result};
use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{Case, ColumnType};

/// An engine and its declarations.
pub(super) struct Engine {
    /// What `--only` takes.
    pub(super) name: &'static str,
    pub(super) dialect: Dialect,
    pub(super) plan: Plan,
    pub(super) how: How,
    /// The engine's type for a column, or why it has none.
    pub(super) native: fn(&ColumnType) -> Result<Native, &'static str>,
    /// Why the engine cannot hold a value of this case.
    pub(super) cannot_hold: fn(&Case) -> Option<&'static str>,
}

/// How an engine is asked.
pub(super) enum How {
    /// The testkit's private server.
    Server,
    /// A script of `conformance/`, and the package that it needs.
    Worker { script: &'static str, package: &'static str },
    /// Not at all: sqlglot reads the SQL in its dialect of this name. `known` are functions that the engine's manual has
    /// and sqlglot has not.
    Parsed { sqlglot: &'static str, known: &'static [&'static str] },
}

/// A type of an engine's own.
pub(super) struct Native {
    pub(super) name: String,
    /// An expression that makes it of `{}`, the column as Arrow brings it (uuids come as text).
    pub(super) cast: String,
}

/// All engines, in the order of the tables.
pub(super) const ENGINES: [&Engine; 10] = [
    &postgres::POSTGRES,
    &duckdb::DUCKDB,
    &clickhouse::CLICKHOUSE,
    &datafusion::DATAFUSION,
    &spark::SPARK,
    &spark::SPARK_MERGE,
    &parsed::BIGQUERY,
    &parsed::SNOWFLAKE,
    &parsed::REDSHIFT,
    &parsed::TRINO,
];

impl Engine {
    /// Its name in tables.
    pub(super) fn title(&self) -> String {
        match self.plan {
            Plan::Window => self.dialect.title().to_owned(),
            plan => format!("{}, plan {plan}", self.dialect.title()),
        }
    }

    /// Whether it gives answers.
    pub(super) fn runs(&self) -> bool {
        !matches!(self.how, How::Parsed { .. })
    }
}

/// The expression that makes a dialect's own type of a column.
pub(super) fn native(dialect: Dialect, ty: &ColumnType) -> Result<String> {
    let engine = ENGINES.into_iter().find(|engine| engine.dialect == dialect).context("no such engine")?;
    (engine.native)(ty).map(|native| native.cast).map_err(anyhow::Error::msg)
}

/// A type that a plain cast makes.
fn cast(name: &str) -> Native {
    Native { name: name.to_owned(), cast: format!("CAST({{}} AS {name})") }
}

/// Times are compared in 64 bits of microseconds, or of nanoseconds where they have them.
fn beyond_64_bits(case: &Case) -> Option<&'static str> {
    let microseconds = i128::from(i64::MIN) * 1_000..=i128::from(i64::MAX) * 1_000;
    let mut instants = case.instants().into_iter().flatten();
    instants
        .any(|nanos| !microseconds.contains(&nanos))
        .then_some("times end at 64 bits of microseconds, about the years -290308 and 294247")
}
