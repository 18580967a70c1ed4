//! `cargo xtask bench incremental`: refreshing tables that follow the events, beside REFRESH MATERIALIZED VIEW
//! CONCURRENTLY of the view made by hand, after the same changes in the same run; and what writers pay for it.
//!
//! Answers come before times: in the end both must hold the same rows.

mod changes;
mod crowd;
mod history;
mod lasting;
mod refreshes;
mod rules;
mod writers;

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::ORIGINAL_SQL;

use super::machine;
use super::postgres::server::{self, Database};
use super::postgres::{events_file, median};
use super::report::{thousands, today};
use super::tools::Tools;

const USAGE: &str = "\
cargo xtask bench incremental [--quick] [--rules | --ids | --history | --writers N] [--events N]... [--rounds N] [--spectrum FILE]
  --quick          1,000,000 events only; prints and writes no page
  --events N       so many events; may be given several times (1,000,000 and 10,000,000)
  --ids            refreshes with ids that last beside those with ids by start instead; prints and writes no page
  --history        refreshes that keep what they change beside those that do not instead; prints and writes no page
  --writers N      what so many pay who write at once instead, which pgbench plays; prints and writes no page
  --rules          refreshes under rules beyond the gap instead; prints and writes no page
  --rounds N       so many rounds of which medians are taken (3)
  --spectrum FILE  this binary instead of building one";

struct Options {
    events: Vec<u64>,
    rounds: usize,
    rules: bool,
    ids: bool,
    history: bool,
    writers: Option<u32>,
    spectrum: Option<std::path::PathBuf>,
}

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let tools = Tools::built(options.spectrum.as_deref())?;
    let machine = machine::here(&tools)?;
    let mut page = String::new();
    for events in &options.events {
        let postgres = PrivatePostgres::start_with(&server::options().setting("max_connections = 300"))?;
        if page.is_empty() {
            let version = postgres.run_script("SHOW server_version;")?;
            page = format!(
                "# Mode incremental in PostgreSQL, {}\n\n{machine}, PostgreSQL {}. {}\n\nuuid keys; medians of {} rounds.\n\n",
                today()?,
                version.trim(),
                server::SETTINGS_IN_WORDS,
                options.rounds
            );
            println!("{page}");
        }
        let database = Database { tools: &tools, postgres: &postgres };
        let section = of_size(&database, *events, &options)?;
        println!("{section}");
        page += &section;
    }
    if options.rules
        || options.ids
        || options.history
        || options.writers.is_some()
        || options.events.iter().all(|events| *events < 10_000_000)
    {
        println!("nothing was written to bench/results");
        return Ok(());
    }
    let place = format!("bench/results/{}-{}cores-incremental.md", today()?, tools.threads);
    fs::write(tools.root.join(&place), page).with_context(|| format!("writing {place}"))?;
    println!("wrote {place}");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        events: Vec::new(),
        rounds: 3,
        rules: false,
        ids: false,
        history: false,
        writers: None,
        spectrum: None,
    };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
        match flag.as_str() {
            "--quick" => options.events.push(1_000_000),
            "--events" => options.events.push(value()?.replace(['_', ','], "").parse().context("--events")?),
            "--rules" => options.rules = true,
            "--ids" => options.ids = true,
            "--history" => options.history = true,
            "--writers" => options.writers = Some(value()?.parse().context("--writers")?),
            "--rounds" => options.rounds = value()?.parse().context("--rounds")?,
            "--spectrum" => options.spectrum = Some(std::path::absolute(value()?)?),
            _ => bail!("'{flag}' is not known\n{USAGE}"),
        }
    }
    if options.events.is_empty() {
        options.events = vec![1_000_000, 10_000_000];
    }
    ensure!(options.rounds > 0 && !options.events.contains(&0), "--rounds and --events must be above zero");
    Ok(options)
}

/// Everything that is measured on so many events.
fn of_size(database: &Database<'_>, events: u64, options: &Options) -> Result<String> {
    let rounds = options.rounds;
    let file = events_file(database.tools, events)?;
    println!("{} events: loading", thousands(events));
    let rules: &[&str] = if options.rules { &rules::RULES } else { &[] };
    database.timed(&[&["load", &file, "--create-table"], rules].concat())?;
    // The events are from January to March; what is appended, and what comes before them, needs a place.
    database.postgres.run_script(
        "CREATE TABLE warehouse.fact_events_2025_12 PARTITION OF warehouse.fact_events
           FOR VALUES FROM ('2025-12-01Z') TO ('2026-01-01Z');
         CREATE TABLE warehouse.fact_events_2026_04 PARTITION OF warehouse.fact_events
           FOR VALUES FROM ('2026-04-01Z') TO ('2026-05-01Z');
         VACUUM ANALYZE warehouse.fact_events;",
    )?;
    let mut text = format!("## {} events\n\n", thousands(events));
    if options.ids {
        return Ok(text + &lasting::compare(database, rounds)?);
    }
    if options.history {
        return Ok(text + &history::compare(database, rounds)?);
    }
    if let Some(writers) = options.writers {
        return Ok(text + &crowd::compare(database, writers, rounds)?);
    }
    if options.rules {
        return Ok(text + &rules::compare(database, rounds)?);
    }
    text += &first_build(database, events, rounds)?;
    text += &refreshes::compare(database, rounds)?;
    text += &writers::cost(database, rounds)?;
    Ok(text)
}

/// The first build, and the view and index made by hand, in turns. Both are there afterwards.
fn first_build(database: &Database<'_>, events: u64, rounds: usize) -> Result<String> {
    let by_hand = format!(
        "CREATE MATERIALIZED VIEW by_hand.mv_sessions AS {ORIGINAL_SQL};
         CREATE UNIQUE INDEX ON by_hand.mv_sessions (event_id);"
    );
    let (mut hand, mut ours) = (Vec::new(), Vec::new());
    // Builds of so many events are long enough to be compared once.
    let rounds = if events < 10_000_000 { rounds } else { 1 };
    for round in 0..rounds {
        println!("building: round {} of {rounds}", round + 1);
        hand.push(
            database.script("DROP SCHEMA IF EXISTS by_hand CASCADE; CREATE SCHEMA by_hand;", &by_hand)?,
        );
        if round > 0 {
            database.timed(&["drop", "--yes"])?;
        }
        ours.push(database.timed(&["deploy", "--mode", "incremental"])?);
    }
    let (hand, ours) = (median(&mut hand), median(&mut ours));
    Ok(format!(
        "First build: by hand, the materialized view and its unique index, {hand:.1} s; `spectrum deploy --mode incremental`, both \
         tables with their indexes and triggers, {ours:.1} s ({:.2} x).\n\n",
        ours / hand
    ))
}

/// Milliseconds of each statement of a script, run in one session of psql.
fn milliseconds(database: &Database<'_>, script: &str) -> Result<Vec<f64>> {
    let printed =
        database.postgres.run_script(&format!("SET client_min_messages = error;\n\\timing on\n{script}"))?;
    let times = printed.lines().filter_map(|line| line.strip_prefix("Time: "));
    times
        .map(|time| {
            let number = time.split_whitespace().next().unwrap_or_default();
            number.parse().with_context(|| format!("psql's time '{time}'"))
        })
        .collect()
}
