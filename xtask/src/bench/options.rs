//! What to run: the arguments of `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::contestants::{CONTESTANTS, Contestant};
use super::datasets::{DATASETS, Dataset};

const USAGE: &str = "\
cargo xtask bench [--quick] [--events N] [--rounds N] [--only NAME]... [--memory] [--spectrum FILE]
  --quick          1 million events, one round after the first
  --events N       events in each file [10,000,000]
  --rounds N       rounds after the first [3]
  --only NAME      only the files or the contestants with NAME in their names; may be given several times
  --memory         also Spectrum's peak memory on 10 and 50 million events
  --spectrum FILE  time this binary instead of building one
cargo xtask bench --check ...  against an earlier release: see cargo xtask bench --check --help
cargo xtask bench rules | attributes | incremental | postgres | scale";

const FULL_EVENTS: u64 = 10_000_000;
const FULL_ROUNDS: usize = 3;

#[derive(Debug)]
pub(super) struct Options {
    pub(super) events: u64,
    pub(super) rounds: usize,
    pub(super) memory: bool,
    /// A binary to time; by default it is built.
    pub(super) spectrum: Option<PathBuf>,
    only: Vec<String>,
}

impl Options {
    /// Fails with the usage on anything it does not know, names that match nothing included.
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            events: FULL_EVENTS,
            rounds: FULL_ROUNDS,
            memory: false,
            spectrum: None,
            only: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
            match flag.as_str() {
                "--quick" => (options.events, options.rounds) = (1_000_000, 1),
                "--events" => options.events = number(value()?)?,
                "--rounds" => options.rounds = number(value()?)?.try_into()?,
                "--only" => options.only.push(value()?.clone()),
                "--memory" => options.memory = true,
                "--spectrum" => options.spectrum = Some(std::path::absolute(value()?)?),
                _ => bail!("unknown argument '{flag}'\n{USAGE}"),
            }
        }
        for name in &options.only {
            if !names_dataset(name) && !names_contestant(name) {
                let datasets = DATASETS.iter().map(|dataset| dataset.name);
                let contestants = CONTESTANTS.iter().map(|contestant| contestant.name);
                let known: Vec<_> = datasets.chain(contestants).collect();
                bail!("nothing is named like '{name}' (there are: {})", known.join(", "));
            }
        }
        Ok(options)
    }

    /// Whether the results are those of the whole bench, and worth keeping.
    pub(super) fn is_full(&self) -> bool {
        self.events >= FULL_EVENTS && self.rounds >= FULL_ROUNDS && self.only.is_empty()
    }

    pub(super) fn chose_dataset(&self, dataset: &Dataset) -> bool {
        let mut names = self.only.iter().filter(|name| names_dataset(name)).peekable();
        names.peek().is_none() || names.any(|name| dataset.name.contains(name.as_str()))
    }

    /// Spectrum always runs, for the others are measured against it.
    pub(super) fn chose_contestant(&self, contestant: &Contestant) -> bool {
        let mut names = self.only.iter().filter(|name| names_contestant(name)).peekable();
        names.peek().is_none()
            || contestant.is_spectrum()
            || names.any(|name| contestant.name.contains(name.as_str()))
    }
}

pub(super) fn number(text: &str) -> Result<u64> {
    match text.replace(['_', ','], "").parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("'{text}' must be a whole number above zero"),
    }
}

fn names_dataset(name: &str) -> bool {
    DATASETS.iter().any(|dataset| dataset.name.contains(name))
}

fn names_contestant(name: &str) -> bool {
    CONTESTANTS.iter().any(|contestant| contestant.name.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(&arguments.iter().map(|argument| argument.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_whole_run_is_full() {
        assert!(parse(&[]).unwrap().is_full());
        assert!(parse(&["--memory", "--rounds", "5"]).unwrap().is_full());
        for partial in
            [&["--quick"][..], &["--only", "duckdb"], &["--events", "9_999_999"], &["--rounds", "1"]]
        {
            assert!(!parse(partial).unwrap().is_full(), "{partial:?}");
        }
    }

    #[test]
    fn names_choose_files_or_contestants_but_never_drop_spectrum() {
        let options = parse(&["--only", "csv", "--only", "duckdb copy"]).unwrap();
        let datasets = DATASETS.iter().filter(|dataset| options.chose_dataset(dataset));
        assert_eq!(datasets.map(|dataset| dataset.name).collect::<Vec<_>>(), ["uuid-time.csv"]);
        let contestants = CONTESTANTS.iter().filter(|contestant| options.chose_contestant(contestant));
        let names: Vec<_> = contestants.map(|contestant| contestant.name).collect();
        assert_eq!(names, ["spectrum", "duckdb copy"]);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (arguments, complaint) in [
            (&["--fast"][..], "unknown argument '--fast'"),
            (&["--events"], "--events needs a value"),
            (&["--events", "0"], "'0' must be a whole number above zero"),
            (&["--only", "sqlite"], "nothing is named like 'sqlite'"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
