//! `cargo xtask conformance`: one definition, and the same sessions on every engine.
//!
//! - Every case of `cases/`, as it is written and with its events reversed, and the per-session relation over it.
//! - Random sets of 20,000 events, made to be hard, against PostgreSQL running the testkit's reference SQL, and as many of 5,000
//!   with random rules beyond the gap, against its walk from moment to moment.
//! - Engines that only exist as services have their SQL read by sqlglot, and are said to be "parsed, not run".
//! - The dbt package of `integrations/dbt` is run by dbt on DuckDB and PostgreSQL, incrementally too (`dbt/`).
//! - Columns that are not Spectrum's come out of `spectrum run` as they went in, by every reader of files (`columns.rs`).
//! - What an engine does not do is declared beforehand (`engines/`, and the dialect's own refusals), never found out by
//!   failing; docs/support.md shows it.
//! - `--cluster` and `--programs` run `spectrum run --engine` instead, on engines that they start.

mod cluster;
mod columns;
mod compare;
mod dbt;
mod declared;
mod engines;
mod expected_summary;
mod features;
mod options;
mod parsed;
mod random;
mod sql;
mod standing;
mod subject;
mod support;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use spectrum_sql::dialect::Plan;
use spectrum_testkit::engines::{Python, python, python_with_dbt};
use spectrum_testkit::{Case, Labelled, PostgresEngine, PrivatePostgres, ServerOptions, all_cases};

use columns::Columns;
use compare::{compare, compare_summaries};
use engines::{ENGINES, How};
use expected_summary::expected_summary;
use options::{Instead, Options};
use parsed::Parser;
use standing::{Standing, table};
use subject::Subject;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    match options.instead {
        Some(Instead::CheckPage) => return support::check(),
        Some(Instead::WritePage) => return support::renew(),
        Some(Instead::Install) => {
            crate::test::install_postgresql_if_missing()?;
            python()?;
            return python_with_dbt().map(drop);
        }
        Some(Instead::Cluster) => {
            python()?;
            return cluster::run(&options, &[]);
        }
        Some(Instead::Programs) => {
            python()?;
            let names = ["duckdb::", "clickhouse::", "driver::", "rules_on_duckdb", "rules_that"];
            return cluster::run(&options, &names);
        }
        None => {}
    }
    let columns = options.chose_columns().then(|| columns::run(&options)).transpose()?;
    let mut all = match options.chose_engines() {
        true => engines(&options, &PrivatePostgres::start()?)?,
        false => Vec::new(),
    };
    if let Some(sets) = options.dbt_sets() {
        // A server of its own, because the other keeps the last table and view of the cases.
        all.extend(dbt::run(options.seed, &sets, &PrivatePostgres::start()?)?);
    }
    conclude(&options, &all, columns.as_ref())
}

/// How the engines stand, those first that give answers.
fn engines(options: &Options, server: &PrivatePostgres) -> Result<Vec<Standing>> {
    let python = python()?;
    let others = options.other_servers.iter().map(|folder| {
        PrivatePostgres::start_with(&ServerOptions::default().programs(folder))
            .with_context(|| format!("PostgreSQL of {}", folder.display()))
    });
    let others: Vec<PrivatePostgres> = others.collect::<Result<_>>()?;
    let cases: Vec<Case> = all_cases()?.into_iter().filter(declared::is_of_sql).collect();

    let mut standings = read_only(&python, options, &cases)?;
    let mut running = start(&python, options, server, &others)?;
    for (subject, standing) in &mut running {
        let begun = Instant::now();
        for case in &cases {
            ask_case(subject, case, standing);
        }
        standing.took += begun.elapsed();
        eprintln!("{}: {} cases in {:.1} s", standing.title, standing.cases, begun.elapsed().as_secs_f64());
    }
    let oracle = PostgresEngine::new(server);
    println!("seed {}, {} random sets of {} events", options.seed, options.sets, random::EVENTS);
    for number in 0..options.sets {
        let set = random::set(options.seed, number, random::EVENTS);
        eprintln!("{}: {}", set.name, set.shows);
        let expected = oracle.run_case(&set).with_context(|| set.name.clone())?;
        for (subject, standing) in &mut running {
            let begun = Instant::now();
            ask(subject, &set, &expected, standing);
            standing.sets += 1;
            standing.took += begun.elapsed();
        }
    }
    for number in 0..options.sets {
        let set = random::ruled::set(options.seed, number, random::ruled::EVENTS);
        eprintln!("{}: {}", set.name, set.definition.rules.names().join(", "));
        // Where the summary can tell more, it does.
        let telling = random::ruled::telling(&set, options.seed, number);
        let asked = |subject: &Subject<'_>| {
            [&telling, &set].into_iter().find(|case| declared::refusal(subject.engine, case).is_none())
        };
        let knows = |subject: &Subject<'_>| asked(subject).is_some();
        let mut able: Vec<_> = running.iter_mut().filter(|(subject, _)| knows(subject)).collect();
        if able.is_empty() {
            continue;
        }
        let judged = random::ruled::as_judged(&set);
        let expected = oracle.run_case(&judged).with_context(|| set.name.clone())?;
        for (subject, standing) in &mut able {
            let begun = Instant::now();
            ask(subject, asked(subject).unwrap_or(&set), &expected, standing);
            standing.sets += 1;
            standing.took += begun.elapsed();
        }
    }

    let mut all: Vec<Standing> = running.into_iter().map(|(_, standing)| standing).collect();
    all.append(&mut standings);
    Ok(all)
}

/// Shows how all stand; fails when one of them differs, or when the page is not what was just shown to be so.
fn conclude(options: &Options, all: &[Standing], columns: Option<&Columns>) -> Result<()> {
    for standing in all {
        for failure in &standing.failures {
            println!("\n{}: {failure}", standing.title);
        }
    }
    let table = table(all);
    if !all.is_empty() {
        println!("\n{table}");
    }
    if let Some(columns) = columns {
        println!("\n{}", columns.table);
        ensure!(columns.are_kept, "columns that are not ours came out otherwise than they went in");
    }
    let wrong = all.iter().filter(|standing| !standing.is_right());
    let wrong: Vec<_> = wrong.map(|standing| format!("{} ({})", standing.title, standing.failed)).collect();
    ensure!(wrong.is_empty(), "not every engine gives PostgreSQL's sessions: {}", wrong.join(", "));
    if options.is_full() {
        let sets = format!(
            "Seed {}, {1} sets of {2} events, and {1} of {3} with rules beyond the gap.",
            options.seed,
            options.sets,
            random::EVENTS,
            random::ruled::EVENTS
        );
        let columns =
            columns.map_or_else(String::new, |columns| format!("\n{}\n{}", columns::HEAD, columns.table));
        support::note(&format!("{sets}\n\n{table}{columns}"))
    } else {
        support::check()
    }
}

/// The engines whose SQL is only read: all cases and the definitions of all sets.
fn read_only(python: &Python, options: &Options, cases: &[Case]) -> Result<Vec<Standing>> {
    let mut standings = Vec::new();
    for engine in ENGINES.iter().filter(|engine| options.chose(engine)) {
        let How::Parsed { sqlglot, .. } = engine.how else { continue };
        let parser = Parser::start(python, sqlglot)?;
        let mut standing = Standing::new(engine.title(), parser.version(), false);
        let begun = Instant::now();
        let sets = (0..options.sets).flat_map(|number| {
            [random::set(options.seed, number, 1), random::ruled::set(options.seed, number, 1)]
        });
        let asked = cases.iter().cloned().map(|case| (false, case)).chain(sets.map(|set| (true, set)));
        for (is_set, case) in asked {
            if declared::refusal(engine, &case).is_some() {
                standing.refused += usize::from(!is_set);
            } else if let Err(error) = parser.read(engine, &case) {
                standing.fail(format!("{}: {error:#}", case.name));
            } else if is_set {
                standing.sets += 1;
            } else {
                standing.cases += 1;
            }
        }
        standing.took = begun.elapsed();
        standings.push(standing);
    }
    Ok(standings)
}

/// The engines that run, other PostgreSQL servers behind the first.
fn start<'a>(
    python: &Python,
    options: &Options,
    server: &'a PrivatePostgres,
    others: &'a [PrivatePostgres],
) -> Result<Vec<(Subject<'a>, Standing)>> {
    let mut running = Vec::new();
    for engine in ENGINES.into_iter().filter(|engine| engine.runs() && options.chose(engine)) {
        let mut subjects = vec![Subject::start(engine, python, server)?];
        if matches!(engine.how, How::Server) {
            subjects.extend(others.iter().map(|server| Subject::other_server(engine, server)));
        }
        for subject in subjects {
            let standing = Standing::new(engine.title(), subject.version()?, true);
            running.push((subject, standing));
        }
    }
    Ok(running)
}

/// A case as it is written, its per-session relation, and the case with its events reversed.
fn ask_case(subject: &Subject<'_>, case: &Case, standing: &mut Standing) {
    if declared::refusal(subject.engine, case).is_some() {
        standing.refused += 1;
        return;
    }
    standing.cases += 1;
    let expected = case.expected();
    ask(subject, case, &expected, standing);
    if case.events.len() > 1 {
        let reversed = case.reversed();
        let sessions = subject.load(&reversed).and_then(|()| subject.sessions(&reversed));
        match sessions {
            Ok(sessions) => standing.add(compare(&reversed, &expected, &sessions)),
            Err(error) => standing.fail(format!("{}, reversed: {error:#}", case.place())),
        }
    }
}

/// Both relations of a case against what they must be.
fn ask(subject: &Subject<'_>, case: &Case, expected: &[Labelled], standing: &mut Standing) {
    let mut both = || -> Result<()> {
        subject.load(case)?;
        standing.add(compare(case, expected, &subject.sessions(case)?));
        standing.add(compare_summaries(case, expected_summary(case, expected)?, subject.summary(case)?));
        if subject.engine.plan == Plan::Merge {
            // Sessions' ids are computed in this text, and taken in the other.
            let of_events = subject.summary_of_events(case)?;
            standing.add(compare_summaries(case, expected_summary(case, expected)?, of_events));
        }
        Ok(())
    };
    if let Err(error) = both() {
        standing.fail(format!("{} ({}): {error:#}", case.name, case.shows));
    }
}
