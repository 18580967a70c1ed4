//! The same sessions in other engines' SQL: one shape, and a small file for what each of them writes differently.
//!
//! PostgreSQL's text is the reference itself ([`crate::postgres`]). Every other text must give the same bytes: a gap
//! that is strictly longer starts a session, NULL key columns are a key of their own, and ids are the MD5 of the same
//! octets. Anything an engine cannot express is refused by name ([`Unsupported`]), never approximated.
//!
//! Events of one instant must not matter, in whatever order a window visits them, even when their ids are there twice.
//! Two rules see to it. `LAG` over the order of time may give any of them the instant before; the others get their own,
//! so exactly one is marked. And marks are counted up to and including the instant, not the row.
//!
//! Times become whole numbers of microseconds (or nanoseconds, where [`Types`] says so) before they are compared, so no
//! calendar, time zone or rounding of an engine comes in. The gap is taken from the later number, which stays within 64
//! bits for every time that PostgreSQL has: a sum could run over at the upper end, and a difference across both ends. A
//! time outside of what the engine itself counts in 64 bits is its own error.
//!
//! ```
//! use spectrum_core::SessionDefinition;
//! use spectrum_sql::dialect::{Dialect, Types, sessions_sql};
//!
//! let definition = SessionDefinition::default();
//! let sql = sessions_sql(Dialect::Duckdb, &definition, &["shop", "events"], &Types::default())?;
//! assert!(sql.contains("instant - 1800000000 > prev_instant"));
//! # Ok::<(), spectrum_sql::dialect::Unsupported>(())
//! ```

mod bigquery;
mod check;
mod clickhouse;
mod columns;
mod datafusion;
pub mod dbt;
mod dbt_model;
mod duckdb;
mod expressions;
mod file_run;
mod folding;
mod form;
mod header;
mod instants;
mod merge;
mod merging;
mod plan;
mod postgres;
mod print;
mod redshift;
mod relation;
mod reserved;
mod rule;
mod ruled;
pub mod run;
mod session_id;
mod sessions;
mod snowflake;
mod spark;
mod statement;
mod steps;
mod summary;
mod summary_columns;
mod table;
mod time_text;
mod trino;
mod types;
mod unsupported;
mod value_type;

use std::fmt;
use std::str::FromStr;

use spectrum_core::SessionDefinition;

pub use form::{Form, UnknownForm};
pub use plan::{Plan, UnknownPlan};
pub use print::statement;
pub use statement::{Content, Statement};
pub use table::{TableError, table_parts};
pub use types::{KeyType, TimeType, Types, Unit, UnknownType};
pub use unsupported::{Asks, Unsupported};
pub use value_type::{UnknownValueType, ValueType};

use columns::Columns;
use expressions::{Expressions, Shape};
use file_run::FileRun;
use relation::Relation;
use summary_columns::{Telling, check_carried};

use crate::query::{SessionsQuery, SummaryQuery};

/// An engine's SQL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dialect {
    Postgres,
    Duckdb,
    Clickhouse,
    /// Databricks too.
    Spark,
    Bigquery,
    Snowflake,
    Redshift,
    Trino,
    Datafusion,
}

/// The text names no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dialect '{text}' is not one of {}", Dialect::NAMES.map(|(name, _)| name).join(", "))]
pub struct UnknownDialect {
    text: String,
}

/// Every event with its session: the key columns, the time, the event id, what [`Types`] carries along and
/// `session_id`; one row per event, in no order. Under rules beyond the gap [`crate::postgres::ruled_columns`] follow, all
/// NULL but `ignored` where an event belongs to no session. `table` is the name of the events, one part per entry.
///
/// # Errors
/// When the dialect cannot express the definition, a type or a name.
pub fn sessions_sql(
    dialect: Dialect,
    definition: &SessionDefinition,
    table: &[&str],
    types: &Types,
) -> Result<String, Unsupported> {
    let columns = Columns::checked(dialect, definition, types, Relation::Sessions)?;
    let from = table::quoted(dialect, table)?;
    let syntax = dialect.expressions();
    match syntax.shape(types.plan) {
        Shape::Merge(merging) => merge::sessions(syntax, merging, &columns, &from, table),
        Shape::Windows | Shape::Reference => {
            Ok(sessions_by_windows(&columns, &from, table)?.text(types.numbered))
        }
    }
}

/// The sessions by plan window, which every dialect has.
fn sessions_by_windows(
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SessionsQuery, Unsupported> {
    let syntax = columns.dialect.expressions();
    match syntax.shape(Plan::Window) {
        Shape::Reference => postgres::sessions(columns, from),
        _ if columns.is_plain() => sessions::sessions(syntax, columns, from, avoided),
        _ => ruled::sessions(syntax, columns, from, avoided),
    }
}

/// One row per session, with the columns of [`crate::postgres::summary_query`], in no order. `sessions` is
/// the name of a relation that holds what [`sessions_sql`] gives, so that both always show the same moment.
///
/// Events of the first and of the last instant stand in the order of their ids, as the engine compares them; ids that
/// are NULL are passed over.
///
/// The columns of `[summary.columns]` follow. What they read of the events has to go along with the sessions
/// ([`Types::carried`]).
///
/// # Errors
/// When the dialect cannot express the definition, a type or a name.
pub fn summary_sql(
    dialect: Dialect,
    definition: &SessionDefinition,
    sessions: &[&str],
    types: &Types,
) -> Result<String, Unsupported> {
    let columns = Columns::checked(dialect, definition, types, Relation::Summary)?;
    check_carried(dialect, definition, types)?;
    let from = table::quoted(dialect, sessions)?;
    let syntax = dialect.expressions();
    match syntax.shape(types.plan) {
        Shape::Merge(merging) => merge::summary_of_sessions(syntax, merging, &columns, &from, sessions),
        Shape::Windows | Shape::Reference => Ok(summary_by_windows(&columns, &from, sessions)?.text),
    }
}

/// The summary by plan window, which every dialect has.
fn summary_by_windows(
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<SummaryQuery, Unsupported> {
    let syntax = columns.dialect.expressions();
    match syntax.shape(Plan::Window) {
        Shape::Reference => postgres::summary(columns, from),
        _ if columns.is_plain() => summary::of_sessions(syntax, columns, from, avoided),
        _ => ruled::of_sessions(syntax, columns, from, avoided),
    }
}

/// The same rows as [`summary_sql`], from the events themselves.
///
/// # Errors
/// When the dialect cannot express the definition, a type or a name.
pub fn summary_of_events_sql(
    dialect: Dialect,
    definition: &SessionDefinition,
    events: &[&str],
    types: &Types,
) -> Result<String, Unsupported> {
    let types = &types.with_what_is_told(definition);
    let columns = Columns::checked(dialect, definition, types, Relation::Summary)?;
    let from = table::quoted(dialect, events)?;
    let syntax = dialect.expressions();
    match syntax.shape(types.plan) {
        Shape::Reference => postgres::summary_of_events(&columns, &from),
        Shape::Merge(merging) => merge::summary_of_events(syntax, merging, &columns, &from, events),
        Shape::Windows if columns.is_plain() => summary::of_events(syntax, &columns, &from, events),
        Shape::Windows => ruled::of_events(syntax, &columns, &from, events),
    }
}

impl Dialect {
    /// All dialects.
    pub const ALL: [Self; 9] = [
        Self::Postgres,
        Self::Duckdb,
        Self::Clickhouse,
        Self::Spark,
        Self::Bigquery,
        Self::Snowflake,
        Self::Redshift,
        Self::Trino,
        Self::Datafusion,
    ];

    /// The names by which dialects are asked for.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("postgres", Self::Postgres),
        ("duckdb", Self::Duckdb),
        ("clickhouse", Self::Clickhouse),
        ("spark", Self::Spark),
        ("databricks", Self::Spark),
        ("bigquery", Self::Bigquery),
        ("snowflake", Self::Snowflake),
        ("redshift", Self::Redshift),
        ("trino", Self::Trino),
        ("datafusion", Self::Datafusion),
    ];

    /// The engine's name as it writes it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Duckdb => "DuckDB",
            Self::Clickhouse => "ClickHouse",
            Self::Spark => "Spark",
            Self::Bigquery => "BigQuery",
            Self::Snowflake => "Snowflake",
            Self::Redshift => "Redshift",
            Self::Trino => "Trino",
            Self::Datafusion => "DataFusion",
        }
    }

    /// What the engine calls TIMESTAMP: an instant in Spark and BigQuery, a time without a zone elsewhere.
    pub fn usual_time(self) -> TimeType {
        self.expressions().usual_time()
    }

    /// How the engine writes a run over files, where it can do one.
    fn file_run(self) -> Option<&'static dyn FileRun> {
        match self {
            Self::Duckdb => Some(&duckdb::Duckdb),
            Self::Clickhouse => Some(&clickhouse::Clickhouse),
            Self::Spark => Some(&spark::Spark),
            _ => None,
        }
    }

    /// How the engine tells what a summary has besides, where that is written.
    fn telling(self) -> Option<&'static dyn Telling> {
        match self {
            Self::Duckdb => Some(&duckdb::Duckdb),
            Self::Clickhouse => Some(&clickhouse::Clickhouse),
            Self::Spark => Some(&spark::Spark),
            Self::Datafusion => Some(&datafusion::Datafusion),
            _ => None,
        }
    }

    /// How the engine writes what queries are made of.
    fn expressions(self) -> &'static dyn Expressions {
        match self {
            Self::Postgres => &postgres::Postgres,
            Self::Duckdb => &duckdb::Duckdb,
            Self::Clickhouse => &clickhouse::Clickhouse,
            Self::Spark => &spark::Spark,
            Self::Bigquery => &bigquery::Bigquery,
            Self::Snowflake => &snowflake::Snowflake,
            Self::Redshift => &redshift::Redshift,
            Self::Trino => &trino::Trino,
            Self::Datafusion => &datafusion::Datafusion,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, dialect)| dialect == self);
        f.write_str(name.map_or(self.title(), |(name, _)| name))
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        // It is what the engine is called, too.
        let name = if text == "postgresql" { "postgres" } else { text };
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, dialect)| *dialect).ok_or_else(|| UnknownDialect { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests;
