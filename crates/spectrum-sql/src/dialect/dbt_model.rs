//! A file for the models folder of a dbt project, which needs no package. The rules of the definition are spelled out in it.
//!
//! Made anew by every run, it is the query over a source. In an incremental run it is the same query over all events of the
//! keys that have an event that the table does not have. What a rule does to a moment can depend on all that came before, and
//! a key's numbers always do, so a key is computed as a whole: that is right whatever the rule is, however late the event.

use super::columns::{Columns, name};
use super::dbt::adapter;
use super::form::Form;
use super::header::one_line;
use super::print::query;
use super::relation::Relation;
use super::session_id::with_length;
use super::statement::{Content, Statement};
use super::steps::led_by;
use super::{Dialect, Unsupported, table};

/// The model that every run makes anew.
pub(super) fn rebuilt(statement: &Statement<'_>, header: &str) -> Result<String, Unsupported> {
    let Model { step, query, relation, declared } = Model::of(statement, header)?;
    let query = led_by(&step, &format!("  SELECT * FROM {{{{ {relation} }}}}"), &query);
    Ok(format!("{{{{ config(materialized='table') }}}}\n\n{header}-- {}\n{query}\n", one_line(&declared)))
}

/// The model that takes in new events.
pub(super) fn incremental(statement: &Statement<'_>, header: &str) -> Result<String, Unsupported> {
    let Statement { dialect, definition, types, content, .. } = *statement;
    let refused =
        |feature: &str, remedy: &str| Err(Unsupported::form(dialect, feature, remedy, &[Form::DbtModel]));
    let Content::Sessions { .. } = content else {
        return refused("one row per session incrementally", "print a dbt model, which every run makes anew");
    };
    match dialect {
        // A join gives zeros there where others give NULL.
        Dialect::Clickhouse => {
            return refused("an incremental dbt model", "print a dbt model, which every run makes anew");
        }
        _ if adapter(dialect).is_none() => {
            return refused("an incremental dbt model, for which it has no adapter", "print a dbt model");
        }
        _ => {}
    }
    let named = [definition.time(), definition.event_id()].into_iter();
    let all = definition.key().iter().chain(&types.carried).map(String::as_str).chain(named);
    if all.into_iter().any(|name| name.contains(['"', '`'])) {
        return refused(
            "a name with a quotation mark in an incremental dbt model, for dbt does not escape it",
            "rename it where the events are read, or print a dbt model, which every run makes anew",
        );
    }
    let event_id = name(dialect, definition.event_id());
    let Model { step, query, relation, declared } = Model::of(statement, header)?;
    let syntax = dialect.expressions();
    let columns = Columns::checked(dialect, definition, types, Relation::Sessions)?;
    let (touched, key_id) = (columns.step("touched", &[&step]), columns.own("id_of_key"));
    let parts = definition.key().iter().enumerate().map(|(at, column)| {
        with_length(syntax, &syntax.text(&format!("e.{}", name(dialect, column)), types.of_key(at)))
    });
    let id_of_key = parts.collect::<Vec<_>>().join(" || ");
    let with_time = match types.without_null_times {
        true => format!(" AND e.{} IS NOT NULL", columns.time()),
        false => String::new(),
    };
    let strategy = match dialect {
        Dialect::Bigquery | Dialect::Spark => "merge",
        _ => "delete+insert",
    };
    let Some(rest) = query.strip_prefix("WITH ") else {
        return refused("this definition in an incremental dbt model", "print a dbt model");
    };
    Ok(format!(
        "\
{{{{ config(materialized='incremental', unique_key={unique_key}, incremental_strategy='{strategy}', on_schema_change='fail') }}}}

{header}-- {declared}
-- A run computes the keys that have an event that the table does not have, from all their events. What it does not see is an
-- event that was removed or changed, or another definition: after these, run it with --full-refresh. Every event has to have
-- an id of its own.
{{%- if is_incremental() %}}
WITH {touched} AS (
  SELECT DISTINCT {id_of_key} AS {key_id}
  FROM {{{{ {relation} }}}} AS e
  LEFT JOIN {{{{ this }}}} AS s ON s.{event_id} = e.{event_id}
  WHERE s.{event_id} IS NULL{with_time}),
{step} AS (
  SELECT e.*
  FROM {{{{ {relation} }}}} AS e
  JOIN {touched} AS t ON t.{key_id} = {id_of_key}),
{{%- else %}}
WITH {step} AS (
  SELECT * FROM {{{{ {relation} }}}}),
{{%- endif %}}
{rest}
",
        unique_key = jinja(&event_id),
        declared = one_line(&declared),
    ))
}

/// What both have.
struct Model {
    /// The step that has what is read.
    step: String,
    /// The query over it.
    query: String,
    /// What is read, as dbt names it.
    relation: String,
    /// What must be declared for it, in words.
    declared: String,
}

impl Model {
    /// Selects from what dbt calls a source, or from another model.
    fn of(statement: &Statement<'_>, header: &str) -> Result<Self, Unsupported> {
        let dialect = statement.dialect;
        let (wanted, parts) = match statement.content {
            Content::Sessions { events } | Content::Summary { events } => ("source_events", events),
            Content::SummaryOf { sessions } => ("source_sessions", sessions),
        };
        table::quoted(dialect, parts)?; // for its refusals
        let step = step(statement, wanted)?;
        let read: &[&str] = &[&step];
        let content = match statement.content {
            Content::Sessions { .. } => Content::Sessions { events: read },
            Content::Summary { .. } => Content::Summary { events: read },
            Content::SummaryOf { .. } => Content::SummaryOf { sessions: read },
        };
        let query = query(&Statement { content, ..*statement })?;
        let event_id = statement.definition.event_id();
        let texts = [header, query.as_str(), event_id].into_iter().chain(parts.iter().copied());
        if texts.flat_map(|text| ["{{", "{%", "{#"].map(|sign| text.contains(sign))).any(|has| has) {
            let feature = "a name that holds {{, {% or {# in a dbt model, which dbt would take for its own";
            return Err(Unsupported::form(dialect, feature, "rename it, or print a select", &[Form::Select]));
        }
        let (relation, declared) = match parts {
            [model] => (format!("ref({})", jinja(model)), format!("It reads the model {model}.")),
            [.., schema, table] => (
                format!("source({}, {})", jinja(schema), jinja(table)),
                format!(
                    "It reads table {table} of the source {schema}, which a sources: entry must declare."
                ),
            ),
            [] => (String::new(), String::new()), // refused above
        };
        Ok(Self { step, query, relation, declared })
    }
}

/// A text as a literal of Jinja's.
fn jinja(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
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
