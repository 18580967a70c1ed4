//! What dbt compiled must be what `spectrum sql` prints.

use anyhow::{Result, ensure};
use spectrum_core::SessionDefinition;
use spectrum_sql::dialect::{Content, Dialect, Form, Statement, Types, statement};
use spectrum_testkit::Case;

use super::project::{Project, SCHEMA};
use super::warehouse::Warehouse;
use crate::conformance::sql::{self, EVENTS};

/// The default definition, as nobody says anything but where the events are: with numbers in the model, and without
/// where a project asks for them as a query.
pub(super) fn check_default(project: &Project, warehouse: &Warehouse<'_>) -> Result<()> {
    // Without asking the database, where there are no events yet.
    warehouse.run(&["compile", "--no-introspect"])?;
    let definition = SessionDefinition::default();
    let dialect = project.adapter.dialect;
    check_models(project, dialect, &definition, &Types::default())?;
    let events = relation(project, dialect, project.adapter.schema, EVENTS);
    let printed = printed(dialect, &definition, &Types::default(), Content::Sessions { events: &events })?;
    let without_header: Vec<_> = printed.lines().filter(|line| !line.starts_with("--")).collect();
    same(project, "the query", &without_header.join("\n"), &project.compiled_analysis("sessions")?, &events)
}

/// The models of a case, just made.
pub(super) fn check(project: &Project, case: &Case) -> Result<()> {
    check_models(project, project.adapter.dialect, &sql::definition(case)?, &sql::types_of(case))
}

/// Both models as dbt compiled them last.
pub(super) fn check_models(
    project: &Project,
    dialect: Dialect,
    definition: &SessionDefinition,
    types: &Types,
) -> Result<()> {
    let events = relation(project, dialect, project.adapter.schema, EVENTS);
    let numbered = Types { numbered: true, ..types.clone() };
    let sessions = printed(dialect, definition, &numbered, Content::Sessions { events: &events })?;
    same(project, "the model sessions", &sessions, &project.compiled("sessions")?, &events)?;
    let read = relation(project, dialect, SCHEMA, "sessions");
    // What goes along with events has no place in a summary.
    let types = Types { carried: Vec::new(), ..types.clone() };
    let summary = printed(dialect, definition, &types, Content::SummaryOf { sessions: &read })?;
    same(project, "the model session_summary", &summary, &project.compiled("session_summary")?, &read)
}

/// A relation's name for `spectrum sql`. PostgreSQL's and ClickHouse's have no more than two parts.
fn relation(
    project: &Project,
    dialect: Dialect,
    schema: &'static str,
    name: &'static str,
) -> Vec<&'static str> {
    match dialect {
        Dialect::Postgres | Dialect::Clickhouse => vec![schema, name],
        _ => vec![project.adapter.database, schema, name],
    }
}

fn printed(
    dialect: Dialect,
    definition: &SessionDefinition,
    types: &Types,
    content: Content<'_>,
) -> Result<String> {
    Ok(statement(&Statement { dialect, definition, types, content, form: Form::Select, name: &[] })?)
}

/// Both texts but for blanks, the semicolon, and that dbt quotes every part of a relation's name, the database too.
fn same(project: &Project, what: &str, printed: &str, compiled: &str, read: &[&str]) -> Result<()> {
    let quoted = read.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
    let with_database = format!("\"{}\".{quoted}", project.adapter.database);
    let compiled = compiled.replace(&with_database, &read.join(".")).replace(&quoted, &read.join("."));
    let words = |text: &str| {
        text.trim_end_matches([';', '\n']).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    ensure!(
        words(printed) == words(&compiled),
        "{what} is not what spectrum sql prints.\nspectrum sql:\n{printed}\ndbt:\n{compiled}"
    );
    Ok(())
}
