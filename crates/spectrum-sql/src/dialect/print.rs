//! A whole statement with a comment above it: a select, something that is created, or a dbt model.

use super::form::Form;
use super::header::header;
use super::statement::{Content, Statement};
use super::{Dialect, Unsupported, dbt_model, sessions_sql, summary_of_events_sql, summary_sql, table};

/// A statement with a comment above it that says what it is.
///
/// # Errors
/// When the dialect cannot express the definition, a type, a name or the form.
pub fn statement(statement: &Statement<'_>) -> Result<String, Unsupported> {
    let header = header(statement);
    match statement.form {
        Form::Select => Ok(format!("{header}{};\n", query(statement)?)),
        Form::DbtModel => dbt_model::rebuilt(statement, &header),
        Form::DbtIncremental => dbt_model::incremental(statement, &header),
        Form::View | Form::Table | Form::MaterializedView => {
            let create = create(statement.dialect, statement.form)?;
            let name = table::quoted(statement.dialect, statement.name)?;
            let (before, after) = create;
            Ok(format!("{header}{before} {name}{after} AS\n{};\n", query(statement)?))
        }
    }
}

pub(super) fn query(statement: &Statement<'_>) -> Result<String, Unsupported> {
    let Statement { dialect, definition, types, .. } = *statement;
    match statement.content {
        Content::Sessions { events } => sessions_sql(dialect, definition, events, types),
        Content::SummaryOf { sessions } => summary_sql(dialect, definition, sessions, types),
        Content::Summary { events } => summary_of_events_sql(dialect, definition, events, types),
    }
}

/// What comes before and after the name of what is created.
fn create(dialect: Dialect, form: Form) -> Result<(&'static str, &'static str), Unsupported> {
    match (form, dialect) {
        // The order of rows on disk is for the owner of the table to choose; this asks for none.
        (Form::Table, Dialect::Clickhouse) => Ok(("CREATE TABLE", " ENGINE = MergeTree ORDER BY tuple()")),
        (Form::Table, _) => Ok(("CREATE TABLE", "")),
        (Form::MaterializedView, _) => materialized_view(dialect),
        _ => Ok(("CREATE VIEW", "")),
    }
}

/// Only views that are computed as a whole can hold a window over all events of a key.
fn materialized_view(dialect: Dialect) -> Result<(&'static str, &'static str), Unsupported> {
    let view = "CREATE MATERIALIZED VIEW";
    let refused =
        |feature: &str, remedy: &str, forms| Err(Unsupported::form(dialect, feature, remedy, forms));
    let either = &[Form::Table, Form::View];
    let any = &[Form::Table, Form::View, Form::Select];
    let windows = "window functions in a materialized view";
    match dialect {
        Dialect::Postgres | Dialect::Trino => Ok((view, "")),
        // Window functions are computed anew by every refresh, so each is asked for.
        Dialect::Redshift => Ok((view, " AUTO REFRESH NO")),
        // Without REFRESH it would number each inserted block for itself.
        Dialect::Clickhouse => Ok((view, " REFRESH EVERY 1 HOUR ENGINE = MergeTree ORDER BY tuple()")),
        Dialect::Bigquery => refused(windows, "make a table with a scheduled query, or a view", either),
        Dialect::Snowflake => {
            refused(windows, "make a table with a task, a view, or put a select into a dynamic table", any)
        }
        Dialect::Spark => refused(
            "materialized views outside of pipelines",
            "make a table or a view; on Databricks put CREATE MATERIALIZED VIEW before a select",
            any,
        ),
        Dialect::Duckdb | Dialect::Datafusion => {
            refused("materialized views, which it has not", "make a table or a view", either)
        }
    }
}
