//! The dbt package of `integrations/dbt`, run by dbt itself on DuckDB and on PostgreSQL.
//!
//! A project as a user would have it installs the package from its folder. For every set of random events it makes the
//! models, then takes in events that come late, tie, bridge sessions and precede them (`history.rs`), and compares every
//! row with PostgreSQL's reference SQL after each run; so it does with a model of its own that merges, and with models that
//! `spectrum sql` prints for random rules (`ruled.rs`). The SQL that dbt compiled must be what `spectrum sql` prints, and
//! the package's tests must pass, and must fail on a table that is wrong.

mod history;
mod loaded;
mod others;
mod printed;
mod project;
mod ruled;
mod warehouse;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use spectrum_sql::dialect::Dialect;
use spectrum_testkit::engines::{Python, python_with_dbt};
use spectrum_testkit::{Case, Labelled, PostgresEngine, PrivatePostgres};

use super::compare::{compare, compare_summaries};
use super::expected_summary::expected_summary;
use super::standing::Standing;
use history::{Round, history};
use project::{OWN_MODEL, Project};
use warehouse::{ADAPTERS, Adapter, Warehouse};

/// What `--only` and `--without` take.
pub(super) const NAME: &str = "dbt";

/// Events in each set.
const EVENTS: usize = 6_000;

/// Runs the package through these sets, on both adapters at once: dbt itself takes one core.
pub(super) fn run(seed: u64, sets: &[usize], server: &PrivatePostgres) -> Result<Vec<Standing>> {
    let python = python_with_dbt()?;
    std::thread::scope(|scope| {
        let both = ADAPTERS.each_ref().map(|adapter| {
            let python = &python;
            scope.spawn(move || stand(adapter, python, seed, sets, server))
        });
        let ended = both.into_iter().map(|thread| match thread.join() {
            Ok(standing) => standing,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect()
    })
}

fn stand(
    adapter: &'static Adapter,
    python: &Python,
    seed: u64,
    sets: &[usize],
    server: &PrivatePostgres,
) -> Result<Standing> {
    let begun = Instant::now();
    let project = Project::new(adapter, python.root(), server)?;
    let warehouse = Warehouse::start(adapter, python, &project, server)?;
    let mut standing = Standing::new(adapter.title.to_owned(), format!("dbt {}", warehouse.version()), true);
    let mut checks = vec![
        printed::check_default(&project, &warehouse),
        loaded::check(&project, &warehouse),
        ruled::check_vars(&project, &warehouse),
    ];
    if adapter.dialect == Dialect::Duckdb {
        checks.push(others::check(&project, &warehouse, python));
    }
    for error in checks.into_iter().filter_map(Result::err) {
        standing.fail(format!("{error:#}"));
    }
    for &number in sets {
        let (case, rounds) = history(seed, number, EVENTS)?;
        eprintln!("{}: {}: {}", adapter.title, case.name, case.shows);
        if let Err(error) = live(&project, &warehouse, server, &case, &rounds, &mut standing) {
            standing.fail(format!("{} ({}): {error:#}", case.name, case.shows));
        }
        standing.sets += 1;
    }
    // Two with rules for each without; every sixth of all has rules that not every dialect knows.
    for number in (0..2 * sets.len()).map(|number| number + number / 5) {
        eprintln!("{}: rules, set {number}", adapter.title);
        if let Err(error) = ruled::check(&project, &warehouse, server, (seed, number), &mut standing) {
            standing.fail(format!("rules, set {number} of seed {seed}: {error:#}"));
        }
    }
    standing.took = begun.elapsed();
    Ok(standing)
}

/// A table's life: made, then kept up round by round.
fn live(
    project: &Project,
    warehouse: &Warehouse<'_>,
    server: &PrivatePostgres,
    case: &Case,
    rounds: &[Round],
    standing: &mut Standing,
) -> Result<()> {
    project.define(case)?;
    let oracle = PostgresEngine::new(server);
    for (at, round) in rounds.iter().enumerate() {
        let now = Case { events: round.events.clone(), ..case.clone() };
        let mut took_in = || -> Result<()> {
            warehouse.load(&now)?;
            warehouse.run(&round.dbt)?;
            match at {
                0 => printed::check(project, case)?,
                _ => ensure!(project.compiled("sessions")?.contains("due_events"), "it was made anew"),
            }
            let expected: Vec<Labelled> = oracle.run_case(&now)?;
            for model in ["sessions", OWN_MODEL] {
                standing.add(compare(&now, &expected, &warehouse.sessions(&now, model)?));
            }
            let summary = expected_summary(&now, &expected)?;
            standing.add(compare_summaries(&now, summary, warehouse.summary(&now)?));
            Ok(())
        };
        took_in().with_context(|| format!("round {at}, {}", round.says))?;
    }
    let compared = ["test", "--vars", r#"{"spectrum_compare_with_full_run": true}"#];
    warehouse.run(&compared)?;
    let victim = rounds.last().and_then(|round| round.events.first()).context("no events")?;
    warehouse.falsify(victim.values[0].as_deref().unwrap_or_default())?;
    let complaint = match warehouse.run(&compared) {
        Ok(()) => String::new(),
        Err(error) => format!("{error:#}"),
    };
    for test in ["spectrum_sessions_are_divided_by_the_gap", "spectrum_sessions_equal_a_full_run"] {
        ensure!(complaint.contains(test), "{test} does not see a wrong number: {complaint}");
    }
    Ok(())
}
