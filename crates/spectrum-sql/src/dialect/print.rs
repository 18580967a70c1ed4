//! A whole statement with a comment above it: a select, something that is created, or a dbt model.

use super::columns::Columns;
use super::form::Form;
use super::header::{header, one_line};
use super::relation::Relation;
use super::statement::{Content, Statement};
use super::steps::led_by;
use super::{Dialect, Unsupported, sessions_sql, summary_of_events_sql, summary_sql, table};

/// A statement with a comment above it that says what it is.
///
/// # Errors
/// When the dialect cannot express the definition, a type, a name or the form.
pub fn statement(statement: &Statement<'_>) -> Result<String, Unsupported> {
    let header = header(statement);
    match statement.form {
        Form::Select => Ok(format!("{header}{};\n", query(statement)?)),
        Form::DbtModel => dbt_model(statement, &header),
        Form::View | Form::Table | Form::MaterializedView => {
            let create = create(statement.dialect, statement.form)?;
            let name = table::quoted(statement.dialect, statement.name)?;
            let (before, after) = create;
            Ok(format!("{header}{before} {name}{after} AS\n{};\n", query(statement)?))
        }
    }
}

fn query(statement: &Statement<'_>) -> Result<String, Unsupported> {
    let Statement { dialect, definition, types, .. } = *statement;
    match statement.content {
        Content::Sessions { events } => sessions_sql(dialect, definition, events, types),
        Content::SummaryOf { sessions } => summary_sql(dialect, definition, sessions, types),
        Content::Summary { events } => summary_of_events_sql(dialect, definition, events, types),
    }
}

/// The model that selects from what dbt calls a source, or from another model.
fn dbt_model(statement: &Statement<'_>, header: &str) -> Result<String, Unsupported> {
    let (wanted, parts) = match statement.content {
        Content::Sessions { events } | Content::Summary { events } => ("source_events", events),
        Content::SummaryOf { sessions } => ("source_sessions", sessions),
    };
    table::quoted(statement.dialect, parts)?; // for its refusals
    let step = step(statement, wanted)?;
    let read: &[&str] = &[&step];
    let content = match statement.content {
        Content::Sessions { .. } => Content::Sessions { events: read },
        Content::Summary { .. } => Content::Summary { events: read },
        Content::SummaryOf { .. } => Content::SummaryOf { sessions: read },
    };
    let query = query(&Statement { content, ..*statement })?;
    let texts = [header, query.as_str()].into_iter().chain(parts.iter().copied());
    if texts.flat_map(|text| ["{{", "{%", "{#"].map(|sign| text.contains(sign))).any(|has| has) {
        let feature = "a name that holds {{, {% or {# in a dbt model, which dbt would take for its own";
        return Err(Unsupported::form(
            statement.dialect,
            feature,
            "rename it, or print a select",
            &[Form::Select],
        ));
    }
    let jinja = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let (relation, declared) = match parts {
        [model] => (format!("ref({})", jinja(model)), format!("It reads the model {model}.")),
        [.., schema, table] => (
            format!("source({}, {})", jinja(schema), jinja(table)),
            format!("It reads table {table} of the source {schema}, which a sources: entry must declare."),
        ),
        [] => (String::new(), String::new()), // refused above
    };
    let read = format!("  SELECT * FROM {{{{ {relation} }}}}");
    let query = led_by(&step, &read, &query);
    Ok(format!("{{{{ config(materialized='table') }}}}\n\n{header}-- {}\n{query}\n", one_line(&declared)))
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

/// A name for a step that stands before all others.
fn step(statement: &Statement<'_>, wanted: &str) -> Result<String, Unsupported> {
    let relation = match statement.content {
        Content::Sessions { .. } => Relation::Sessions,
        Content::Summary { .. } | Content::SummaryOf { .. } => Relation::Summary,
    };
    let columns = Columns::checked(statement.dialect, statement.definition, statement.types, relation)?;
    let (Content::Sessions { events: read }
    | Content::Summary { events: read }
    | Content::SummaryOf { sessions: read }) = statement.content;
    Ok(columns.step(wanted, read))
}
