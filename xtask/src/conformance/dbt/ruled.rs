//! Models that `spectrum sql` prints with rules spelled out, made by dbt and kept up with events that come late.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use spectrum_sql::dialect::{Content, Form, Statement, Types, statement};
use spectrum_testkit::{Case, Column, Event, Labelled, PostgresEngine, PrivatePostgres};

use super::project::{Project, SCHEMA, events};
use super::warehouse::Warehouse;
use crate::conformance::compare::{compare, compare_summaries};
use crate::conformance::expected_summary::expected_summary;
use crate::conformance::random;
use crate::conformance::sql::{self, EVENTS};
use crate::conformance::standing::Standing;

/// The models: one that every run makes anew, and one that takes in new events.
const MODELS: [(&str, Form); 2] =
    [("ruled_anew", Form::DbtModel), ("ruled_incremental", Form::DbtIncremental)];

/// The summary of the second, with what it tells besides; every run makes it anew.
const SUMMARY: &str = "ruled_summary";

/// Events in each set.
const EVENTS_OF_SET: usize = 1_500;

/// Runs one set with rules that the adapter's dialect knows.
pub(super) fn check(
    project: &Project,
    warehouse: &Warehouse<'_>,
    server: &PrivatePostgres,
    (seed, number): (u64, usize),
    standing: &mut Standing,
) -> Result<()> {
    let case = set(seed, number);
    let types = Types { numbered: true, ..sql::types_of(&case) };
    let definition = sql::definition(&case)?;
    let read = ["shop", EVENTS];
    let models = MODELS.map(|(model, form)| (model, form, Content::Sessions { events: &read }));
    let summary = (SUMMARY, Form::DbtModel, Content::SummaryOf { sessions: &[MODELS[1].0] });
    for (model, form, content) in models.into_iter().chain([summary]) {
        let wanted = Statement {
            dialect: project.adapter.dialect,
            definition: &definition,
            types: &types,
            content,
            form,
            name: &[],
        };
        project.write(&format!("models/{model}.sql"), &statement(&wanted)?)?;
    }
    let names = MODELS.map(|(model, _)| model);
    let oracle = PostgresEngine::new(server);
    // Late ones lie anywhere, because times are random, and every key has some.
    let parts = [50, 52, 80, 80, 100].map(|percent| &case.events[..case.events.len() * percent / 100]);
    for (round, part) in parts.into_iter().enumerate() {
        let now = Case { events: part.to_vec(), ..case.clone() };
        warehouse.load(&now)?;
        let mut arguments = vec!["run", "--select", names[0], names[1], SUMMARY];
        arguments.extend((round == 0).then_some("--full-refresh"));
        warehouse.run(&arguments).with_context(|| format!("{}, round {round}", case.name))?;
        let expected: Vec<Labelled> = oracle.run_case(&random::ruled::as_judged(&now))?;
        for model in names {
            standing.add(compare(&now, &expected, &warehouse.ruled_sessions(&now, model)?));
        }
        let told = expected_summary(&now, &expected)?;
        standing.add(compare_summaries(&now, told, warehouse.summary_in(&now, SUMMARY)?));
        let is_incremental = project.compiled_own(names[1])?.contains("touched");
        ensure!(is_incremental == (round > 0), "round {round} was made in another way than asked");
    }
    for model in names.into_iter().chain([SUMMARY]) {
        project.remove(&format!("models/{model}.sql"))?;
        warehouse.execute(&format!("DROP TABLE {SCHEMA}.{model}"))?;
    }
    standing.sets += 1;
    Ok(())
}

/// A project whose vars say rules must not get sessions by the gap alone.
pub(super) fn check_vars(project: &Project, warehouse: &Warehouse<'_>) -> Result<()> {
    project.write_vars(json!({ "spectrum_events": events(), "spectrum_split_at": "midnight" }))?;
    let complaint = match warehouse.run(&["compile", "--no-introspect"]) {
        Ok(()) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    project.write_vars(json!({ "spectrum_events": events() }))?;
    let expected = "the var spectrum_split_at is of a rule beyond the gap, which these macros do not know";
    ensure!(complaint.contains(expected), "a rule among the vars: {complaint}");
    Ok(())
}

/// A random set that PostgreSQL and dbt can have: its key has no quotation marks in its name.
fn set(seed: u64, number: usize) -> Case {
    let set = random::ruled::as_judged(&random::ruled::set(seed, number, EVENTS_OF_SET));
    let mut case = random::ruled::telling(&set, seed, number);
    for Column { name, .. } in &mut case.columns {
        *name = name.replace('"', "");
    }
    for name in &mut case.definition.key {
        *name = name.replace('"', "");
    }
    case.events.retain(|Event { values, .. }| values[0].is_some());
    case
}
