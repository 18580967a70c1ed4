//! What to run: the arguments of `cargo xtask conformance`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::engines::{ENGINES, Engine};

const USAGE: &str = "\
cargo xtask conformance [--quick] [--sets N] [--seed N] [--only ENGINE]... [--without ENGINE]... [--postgres-bin DIR]... [--check | --page | --cluster]
  --quick             5 random sets
  --sets N            random sets of 20,000 events [50]
  --seed N            what the random sets are made from [1]
  --only ENGINE       only this engine; may be given several times
  --without ENGINE    not this engine; may be given several times
  --postgres-bin DIR  PostgreSQL from this folder too; may be given several times
  --check             run nothing, and fail when docs/support.md is not what the declarations say
  --page              run nothing, and write docs/support.md with the last full run that it has
  --cluster           instead of all this, spectrum run on a Spark cluster of two workers and on DuckDB, with 5 million
                      events; with --quick 200,000";

const FULL_SETS: usize = 50;
const QUICK_SETS: usize = 5;

#[derive(Debug)]
pub(super) struct Options {
    pub(super) sets: usize,
    pub(super) seed: u64,
    pub(super) other_servers: Vec<PathBuf>,
    pub(super) page_only: Option<PageOnly>,
    /// Whole runs on a cluster instead of cases.
    pub(super) cluster: bool,
    only: Vec<String>,
    without: Vec<String>,
}

/// What to do with docs/support.md when nothing shall run.
#[derive(Debug, Clone, Copy)]
pub(super) enum PageOnly {
    Check,
    Write,
}

impl Options {
    /// Fails with the usage on anything it does not know, engines included.
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            sets: FULL_SETS,
            seed: 1,
            other_servers: Vec::new(),
            page_only: None,
            cluster: false,
            only: Vec::new(),
            without: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
            match flag.as_str() {
                "--quick" => options.sets = QUICK_SETS,
                "--sets" => options.sets = number(value()?)?,
                "--seed" => options.seed = number(value()?)?,
                "--only" => options.only.push(engine(value()?)?),
                "--without" => options.without.push(engine(value()?)?),
                "--postgres-bin" => options.other_servers.push(std::path::absolute(value()?)?),
                "--check" => options.page_only = Some(PageOnly::Check),
                "--cluster" => options.cluster = true,
                "--page" => options.page_only = Some(PageOnly::Write),
                _ => bail!("unknown argument '{flag}'\n{USAGE}"),
            }
        }
        Ok(options)
    }

    /// Whether the run is one to be noted: every engine, and at least as many sets as usual.
    pub(super) fn is_full(&self) -> bool {
        self.sets >= FULL_SETS && self.only.is_empty() && self.without.is_empty()
    }

    /// Whether it shall be done soon.
    pub(super) fn is_quick(&self) -> bool {
        self.sets < FULL_SETS
    }

    pub(super) fn chose(&self, engine: &Engine) -> bool {
        let among = |names: &[String]| names.iter().any(|name| name == engine.name);
        (self.only.is_empty() || among(&self.only)) && !among(&self.without)
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N> {
    match text.replace(['_', ','], "").parse() {
        Ok(number) => Ok(number),
        Err(_) => bail!("'{text}' must be a whole number"),
    }
}

fn engine(name: &str) -> Result<String> {
    if ENGINES.iter().any(|engine| engine.name == name) {
        return Ok(name.to_owned());
    }
    let known: Vec<_> = ENGINES.iter().map(|engine| engine.name).collect();
    bail!("there is no engine '{name}' (there are: {})", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(&arguments.iter().map(|argument| argument.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_run_of_all_engines_and_sets_is_full() {
        assert!(parse(&[]).unwrap().is_full());
        assert!(parse(&["--seed", "7", "--sets", "60"]).unwrap().is_full());
        for partial in [&["--quick"][..], &["--only", "duckdb"], &["--without", "spark"]] {
            assert!(!parse(partial).unwrap().is_full(), "{partial:?}");
        }
    }

    #[test]
    fn engines_are_chosen_by_name() {
        let chosen = |arguments: &[&str]| {
            let options = parse(arguments).unwrap();
            let chosen = ENGINES.iter().filter(|engine| options.chose(engine));
            chosen.map(|engine| engine.name).collect::<Vec<_>>()
        };
        assert_eq!(chosen(&["--only", "duckdb", "--only", "trino"]), ["duckdb", "trino"]);
        assert_eq!(chosen(&["--without", "spark"]).len(), ENGINES.len() - 1);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (arguments, complaint) in [
            (&["--fast"][..], "unknown argument '--fast'"),
            (&["--seed"], "--seed needs a value"),
            (&["--sets", "many"], "'many' must be a whole number"),
            (&["--only", "sqlite"], "there is no engine 'sqlite'"),
        ] {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
