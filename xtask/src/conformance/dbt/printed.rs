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
    check_model(project, &definition, &Types::default())?;
    let events = relation(project, project.adapter.schema, EVENTS);
    let printed = printed(project, &definition, &Types::default(), Content::Sessions { events: &events })?;
    let without_header: Vec<_> = printed.lines().filter(|line| !line.starts_with("--")).collect();
    same(project, "the query", &without_header.join("\n"), &project.compiled_analysis("sessions")?, &events)
}

/// The models of a case, just made.
pub(super) fn check(project: &Project, case: &Case) -> Result<()> {
    check_model(project, &sql::definition(case)?, &sql::types(case))
}

fn check_model(project: &Project, definition: &SessionDefinition, types: &Types) -> Result<()> {
    let events = relation(project, project.adapter.schema, EVENTS);
    let numbered = Types { numbered: true, ..types.clone() };
    let sessions = printed(project, definition, &numbered, Content::Sessions { events: &events })?;
    same(project, "the model sessions", &sessions, &project.compiled("sessions")?, &events)?;
    let read = relation(project, SCHEMA, "sessions");
    let summary = printed(project, definition, types, Content::SummaryOf { sessions: &read })?;
    same(project, "the model session_summary", &summary, &project.compiled("session_summary")?, &read)
}

/// A relation's name for `spectrum sql`. PostgreSQL's have no database before them.
fn relation(project: &Project, schema: &'static str, name: &'static str) -> Vec<&'static str> {
    match project.adapter.dialect {
        Dialect::Postgres => vec![schema, name],
        _ => vec![project.adapter.database, schema, name],
    }
}

fn printed(
    project: &Project,
    definition: &SessionDefinition,
    types: &Types,
    content: Content<'_>,
) -> Result<String> {
    let dialect = project.adapter.dialect;
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
