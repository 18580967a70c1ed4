//! `cargo xtask bench attributes`: what five attributes of sessions cost, beside DuckDB and ClickHouse with the same in SQL.
//!
//! - Answers come before times: each engine's table of sessions is compared with Spectrum's, value by value, and a
//!   difference ends the bench.
//! - Spectrum writes the events with their session ids besides, with and without attributes; the others write the table alone.

mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::contestants::{Contestant, sessions, spectrum};
use super::datasets::BY_TIME;
use super::machine;
use super::measure::measure;
use super::report::{self, today};
use super::rounds::{Standing, remove};
use super::tools::{Tools, output};

const USAGE: &str = "\
cargo xtask bench attributes [--quick] [--events N] [--rounds N] [--spectrum FILE]
  --quick          1 million events, one round after the first; prints and writes no page
  --events N       so many events [10,000,000]
  --rounds N       so many rounds after the first, of which medians are taken [3]
  --spectrum FILE  this binary instead of building one";

const FULL_EVENTS: u64 = 10_000_000;
const FULL_ROUNDS: usize = 3;
const ANSWERS: &str = "bench/data/answers";
const DEFINITION: &str = "bench/peers/attributes/five.toml";

/// Spectrum first, for its answer is what the others are checked with; then without attributes, to tell what they cost.
const CONTESTANTS: [Contestant; 4] = [
    spectrum(),
    spectrum().named("spectrum without attributes"),
    sessions("duckdb aggregates", "attributes/duckdb_aggregates.py"),
    sessions("clickhouse arrays", "attributes/clickhouse_arrays.py"),
];

/// What is compared of a session, beside its id.
const COMPARED: [&str; 9] =
    ["user_id", "account_id", "session_seq", "events", "entry_page", "exit_page", "views", "pages", "bought"];

struct Options {
    events: u64,
    rounds: usize,
    spectrum: Option<PathBuf>,
}

impl Options {
    fn is_full(&self) -> bool {
        self.events >= FULL_EVENTS && self.rounds >= FULL_ROUNDS
    }
}

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let tools = Tools::prepare(options.spectrum.as_deref())?;
    let machine = machine::describe(&tools)?;
    println!("{machine}\n");
    BY_TIME.make(&tools, options.events)?;
    fs::create_dir_all(tools.root.join(ANSWERS))?;

    let input = BY_TIME.path(options.events);
    let mut standings = checked(&tools, &input)?;
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for standing in &mut standings {
            let sessions = answer("current");
            let took = measure(&tools, &command_line(standing.contestant, &tools, &input, &sessions))?;
            eprintln!("  {}: {:.2} s, {:.2} CPU s", standing.contestant.name, took.wall, took.cpu());
            standing.runs.push(took);
            // Nobody pays for replacing another's answer.
            remove(&tools, &sessions)?;
            remove(&tools, &answer("events"))?;
        }
    }

    let table = table::of(options.events, &standings);
    println!("{table}");
    if !options.is_full() {
        println!("a partial run: nothing was written to bench/results");
        return Ok(());
    }
    let raw = report::raw("All rounds", &standings);
    let place = format!("bench/results/{}-{}cores-attributes.md", today()?, tools.threads);
    let page = table::page(&today()?, &machine, options.rounds, &table, &raw);
    fs::write(tools.root.join(&place), page).with_context(|| format!("writing {place}"))?;
    println!("wrote {place}");
    Ok(())
}

/// The round before those that count: it warms the page cache, and everybody's sessions must be Spectrum's.
fn checked(tools: &Tools, input: &str) -> Result<Vec<Standing>> {
    let mut standings = Vec::new();
    for contestant in &CONTESTANTS {
        eprintln!("checking {}", contestant.name);
        let is_base = standings.is_empty();
        let sessions = answer(if is_base { "spectrum" } else { "current" });
        remove(tools, &sessions)?;
        measure(tools, &command_line(contestant, tools, input, &sessions))?;
        remove(tools, &answer("events"))?;
        if !is_base {
            // Without attributes there are the sessions alone to compare.
            let compared = if contestant.is_spectrum() { &COMPARED[..4] } else { &COMPARED };
            let mut compare = tools.command(&tools.python);
            compare.args(["bench/differing_rows.py", &answer("spectrum"), &sessions, "session_id"]);
            let differing = output(compare.args(compared))?;
            ensure!(differing == "0", "{} tells {differing} sessions otherwise", contestant.name);
        }
        standings.push(Standing { contestant, runs: Vec::new(), differing: 0 });
    }
    remove(tools, &answer("current"))?;
    remove(tools, &answer("spectrum"))?;
    Ok(standings)
}

/// The command that writes the sessions.
fn command_line(contestant: &Contestant, tools: &Tools, input: &str, sessions: &str) -> Vec<String> {
    if !contestant.is_spectrum() {
        return contestant.command_line(tools, input, &BY_TIME, sessions);
    }
    let mut words = contestant.command_line(tools, input, &BY_TIME, &answer("events"));
    words.extend(["--sessions", sessions].map(ToString::to_string));
    if contestant.name == CONTESTANTS[0].name {
        words.extend(["--definition", DEFINITION].map(ToString::to_string));
    }
    words
}

fn answer(name: &str) -> String {
    format!("{ANSWERS}/attributes-{name}.parquet")
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { events: FULL_EVENTS, rounds: FULL_ROUNDS, spectrum: None };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
        match flag.as_str() {
            "--quick" => (options.events, options.rounds) = (1_000_000, 1),
            "--events" => options.events = value()?.replace(['_', ','], "").parse().context("--events")?,
            "--rounds" => options.rounds = value()?.parse().context("--rounds")?,
            "--spectrum" => options.spectrum = Some(std::path::absolute(value()?)?),
            _ => bail!("unknown argument '{flag}'\n{USAGE}"),
        }
    }
    ensure!(options.rounds > 0 && options.events > 0, "--rounds and --events must be above zero");
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options> {
        parse(&arguments.iter().map(|argument| argument.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_whole_run_is_full() {
        assert!(parsed(&["--rounds", "5", "--spectrum", "x"]).unwrap().is_full());
        for partial in [&["--quick"][..], &["--events", "9_999_999"], &["--rounds", "1"]] {
            assert!(!parsed(partial).unwrap().is_full(), "{partial:?}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (arguments, complaint) in [
            (&["--only", "duckdb"][..], "unknown argument '--only'"),
            (&["--events"], "--events needs a value"),
            (&["--rounds", "0"], "--rounds and --events must be above zero"),
        ] {
            let error = parsed(arguments).map(|_| ()).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
