//! `cargo xtask bench rules`: rules beyond the gap, one of each kind, beside DuckDB and ClickHouse with the same rule in SQL.
//!
//! - Answers come before times: each engine's session ids are compared with Spectrum's, event by event, and a
//!   difference ends the bench.
//! - Rounds are interleaved over all rules and engines, so that a disturbance of the machine meets all alike and
//!   Spectrum's rules can be compared with its plain gap.

mod kinds;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::agreement::differing_events;
use super::datasets::{BY_TIME, Dataset};
use super::machine;
use super::measure::measure;
use super::report::{self, today};
use super::rounds::{Standing, remove};
use super::tools::Tools;
use kinds::{KINDS, Kind};

const USAGE: &str = "\
cargo xtask bench rules [--quick] [--events N] [--rounds N] [--only TEXT] [--spectrum FILE]
  --quick          1 million events, one round after the first; prints and writes no page
  --events N       so many events [10,000,000]
  --rounds N       so many rounds after the first, of which medians are taken [3]
  --only TEXT      only rules with TEXT in their names; prints and writes no page
  --spectrum FILE  this binary instead of building one";

const FULL_EVENTS: u64 = 10_000_000;
const FULL_ROUNDS: usize = 3;
const ANSWERS: &str = "bench/data/answers";

struct Options {
    events: u64,
    rounds: usize,
    only: Option<String>,
    spectrum: Option<PathBuf>,
}

impl Options {
    fn is_full(&self) -> bool {
        self.events >= FULL_EVENTS && self.rounds >= FULL_ROUNDS && self.only.is_none()
    }

    fn kinds(&self) -> Vec<&'static Kind> {
        let named = |kind: &&Kind| self.only.as_ref().is_none_or(|only| kind.name.contains(only.as_str()));
        KINDS.iter().filter(named).collect()
    }
}

/// How Spectrum and the others did under one rule; Spectrum comes first.
struct Ruled {
    kind: &'static Kind,
    standings: Vec<Standing>,
}

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let tools = Tools::prepare(options.spectrum.as_deref())?;
    let machine = machine::describe(&tools)?;
    println!("{machine}\n");
    BY_TIME.make(&tools, options.events)?;
    fs::create_dir_all(tools.root.join(ANSWERS))?;

    let mut ruled = Vec::new();
    for kind in options.kinds() {
        ruled.push(Ruled { kind, standings: checked(&tools, kind, &BY_TIME.path(options.events))? });
    }
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        one_round(&tools, &mut ruled, &BY_TIME.path(options.events))?;
    }

    let table = table::of(options.events, &ruled);
    println!("{table}");
    if !options.is_full() {
        println!("a partial run: nothing was written to bench/results");
        return Ok(());
    }
    let raw: Vec<_> = ruled.iter().map(|ruled| report::raw(ruled.kind.name, &ruled.standings)).collect();
    let place = format!("bench/results/{}-{}cores-rules.md", today()?, tools.threads);
    let page = table::page(&today()?, &machine, options.rounds, &table, &raw);
    fs::write(tools.root.join(&place), page).with_context(|| format!("writing {place}"))?;
    println!("wrote {place}");
    Ok(())
}

/// The round before those that count: it warms the page cache, and everybody's ids must be Spectrum's.
fn checked(tools: &Tools, kind: &'static Kind, input: &str) -> Result<Vec<Standing>> {
    let (of_spectrum, of_current) = answers(&BY_TIME);
    let mut standings = Vec::new();
    for contestant in kind.contestants {
        eprintln!("{}: checking {}", kind.name, contestant.name);
        let answer = if contestant.is_spectrum() { &of_spectrum } else { &of_current };
        remove(tools, answer)?;
        measure(tools, &kind.command_line(contestant, tools, input, answer))?;
        if !contestant.is_spectrum() {
            differing_events(tools, contestant, answer, &of_spectrum, input)
                .with_context(|| format!("under the rule '{}'", kind.name))?;
        }
        standings.push(Standing { contestant, runs: Vec::new(), differing: 0 });
    }
    remove(tools, &of_current)?;
    remove(tools, &of_spectrum)?;
    Ok(standings)
}

fn one_round(tools: &Tools, ruled: &mut [Ruled], input: &str) -> Result<()> {
    let (_, answer) = answers(&BY_TIME);
    for Ruled { kind, standings } in ruled {
        for standing in standings {
            let command_line = kind.command_line(standing.contestant, tools, input, &answer);
            let took = measure(tools, &command_line)?;
            eprintln!(
                "  {}, {}: {:.2} s, {:.2} CPU s",
                kind.name,
                standing.contestant.name,
                took.wall,
                took.cpu()
            );
            standing.runs.push(took);
            // Nobody pays for replacing another's answer.
            remove(tools, &answer)?;
        }
    }
    Ok(())
}

/// Where Spectrum's answer lies while others are compared with it, and where everybody else's does.
fn answers(dataset: &Dataset) -> (String, String) {
    (
        format!("{ANSWERS}/rules-spectrum-{}", dataset.name),
        format!("{ANSWERS}/rules-current-{}", dataset.name),
    )
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { events: FULL_EVENTS, rounds: FULL_ROUNDS, only: None, spectrum: None };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
        match flag.as_str() {
            "--quick" => (options.events, options.rounds) = (1_000_000, 1),
            "--events" => options.events = value()?.replace(['_', ','], "").parse().context("--events")?,
            "--rounds" => options.rounds = value()?.parse().context("--rounds")?,
            "--only" => options.only = Some(value()?.clone()),
            "--spectrum" => options.spectrum = Some(std::path::absolute(value()?)?),
            _ => bail!("unknown argument '{flag}'\n{USAGE}"),
        }
    }
    ensure!(options.rounds > 0 && options.events > 0, "--rounds and --events must be above zero");
    if let Some(only) = &options.only {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        ensure!(
            !options.kinds().is_empty(),
            "no rule is named like '{only}' (there are: {})",
            names.join("; ")
        );
    }
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
        for partial in
            [&["--quick"][..], &["--only", "sequential"], &["--events", "9_999_999"], &["--rounds", "1"]]
        {
            assert!(!parsed(partial).unwrap().is_full(), "{partial:?}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (arguments, complaint) in [
            (&["--fast"][..], "unknown argument '--fast'"),
            (&["--events"], "--events needs a value"),
            (&["--rounds", "0"], "--rounds and --events must be above zero"),
            (&["--only", "robots"], "no rule is named like 'robots' (there are: plain gap;"),
        ] {
            let error = parsed(arguments).map(|_| ()).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
