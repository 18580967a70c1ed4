//! `cargo xtask bench postgres`: a deployment against the same view made by hand, and the dashboard's panels over the
//! summary against the same questions over the events' sessions.
//!
//! Everything runs on a private server of its own. Answers come before times: the deployed sessions must be those made
//! by hand, row for row, and each panel must answer the same in both forms.

mod panels;
pub(super) mod server;

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::ORIGINAL_SQL;

use super::machine;
use super::report::{row, thousands, today};
use super::tools::{Tools, succeed};
use server::Database;

const USAGE: &str = "\
cargo xtask bench postgres [--quick] [--events N] [--rounds N] [--spectrum FILE]
  --quick          1,000,000 events instead of 10,000,000; prints and writes no page
  --events N       so many events
  --rounds N       so many rounds of which medians are taken (3)
  --spectrum FILE  this binary instead of building one";

struct Options {
    events: u64,
    rounds: usize,
    spectrum: Option<std::path::PathBuf>,
}

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let tools = Tools::built(options.spectrum.as_deref())?;
    let events = events_file(&tools, options.events)?;
    let postgres = PrivatePostgres::start_with(&server::options())?;
    let database = Database { tools: &tools, postgres: &postgres };
    let version = postgres.run_script("SHOW server_version;")?;
    let machine = machine::here(&tools)?;
    println!("{machine}, PostgreSQL {}\n", version.trim());

    let mut page = format!(
        "# In PostgreSQL, {}\n\n{machine}, PostgreSQL {}. {}\n\n{}",
        today()?,
        version.trim(),
        server::SETTINGS_IN_WORDS,
        format_args!(
            "{} events, uuid keys; medians of {} rounds.\n\n",
            thousands(options.events),
            options.rounds
        ),
    );
    let load = database.timed(&["load", &events, "--create-table"])?;
    page += &format!("`spectrum load --create-table` took {load:.1} s.\n\n");
    let section = builds(&database, &options)?;
    println!("{section}");
    page += &section;
    let section = panels::compare(&database, options.rounds)?;
    println!("{section}");
    page += &section;
    if options.events < 10_000_000 {
        println!("a quick run: nothing was written to bench/results");
        return Ok(());
    }
    let place = format!("bench/results/{}-{}cores-postgres.md", today()?, tools.threads);
    fs::write(tools.root.join(&place), page).with_context(|| format!("writing {place}"))?;
    println!("wrote {place}");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { events: 10_000_000, rounds: 3, spectrum: None };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
        match flag.as_str() {
            "--quick" => options.events = 1_000_000,
            "--events" => options.events = value()?.replace(['_', ','], "").parse().context("--events")?,
            "--rounds" => options.rounds = value()?.parse().context("--rounds")?,
            "--spectrum" => options.spectrum = Some(value()?.into()),
            _ => bail!("'{flag}' is not known\n{USAGE}"),
        }
    }
    ensure!(options.rounds > 0 && options.events > 0, "--rounds and --events must be above zero");
    Ok(options)
}

/// The events, made once.
pub(super) fn events_file(tools: &Tools, events: u64) -> Result<String> {
    let path = format!("bench/data/{events}/uuid-time.parquet");
    if !tools.root.join(&path).exists() {
        fs::create_dir_all(tools.root.join(&path).parent().context("a folder")?)?;
        let events = events.to_string();
        succeed(tools.command(&tools.spectrum).args(["generate", "-o", &path, "--events", &events]))?;
    }
    Ok(path)
}

/// A deployment, and the view and index made by hand, in turns.
fn builds(database: &Database<'_>, options: &Options) -> Result<String> {
    let by_hand = format!(
        "CREATE MATERIALIZED VIEW by_hand.mv_sessions AS {ORIGINAL_SQL};
         CREATE UNIQUE INDEX ON by_hand.mv_sessions (event_id);"
    );
    let (mut hand, mut ours, mut refreshes) = (Vec::new(), Vec::new(), Vec::new());
    let mut verified = 0.0;
    for round in 0..options.rounds {
        println!("building: round {} of {}", round + 1, options.rounds);
        hand.push(
            database.script("DROP SCHEMA IF EXISTS by_hand CASCADE; CREATE SCHEMA by_hand;", &by_hand)?,
        );
        if round > 0 {
            database.timed(&["drop", "--yes"])?;
        }
        ours.push(database.timed(&["deploy"])?);
        if round == 0 {
            let differing = database.postgres.run_script(
                "SELECT COUNT(*) FROM by_hand.mv_sessions h FULL JOIN analytics.mv_sessions s USING (event_id) WHERE h.* IS DISTINCT FROM s.*;",
            )?;
            ensure!(
                differing.trim() == "0",
                "{} rows of the deployment differ from the view made by hand",
                differing.trim()
            );
            verified = database.timed(&["verify"])?;
        }
        refreshes.push(database.timed(&["refresh"])?);
    }
    let (hand, ours, refresh) = (median(&mut hand), median(&mut ours), median(&mut refreshes));
    let mut text = "## Building\n\n".to_owned();
    text += &row(["what", "seconds", "to by hand"]);
    text += "|---|---:|---:|\n";
    let mut line = |what: &str, seconds: f64| {
        text += &row([what, &format!("{seconds:.1}"), &format!("{:.2} x", seconds / hand)]);
    };
    line("by hand: the materialized view and its unique index", hand);
    line("spectrum deploy: these, the summary with four indexes, statistics, checks", ours);
    line("spectrum refresh: both views CONCURRENTLY, nothing new", refresh);
    line("spectrum verify", verified);
    text += "\nEvery row of the deployment was compared with the view made by hand: none differs.\n\n";
    Ok(text)
}

pub(super) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds that something takes.
fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().as_secs_f64())
}
