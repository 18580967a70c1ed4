//! What to run: the arguments of `cargo xtask conformance`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::engines::{ENGINES, Engine};
use super::{columns, dbt};

const USAGE: &str = "\
cargo xtask conformance [--quick] [--sets N] [--seed N] [--only ENGINE]... [--without ENGINE]... [--postgres-bin DIR]... [--check | --page | --install | --cluster | --programs]
  --quick             5 random sets, and a tenth of the files of columns
  --sets N            random sets of 20,000 events [50]
  --seed N            what the random sets and files are made from [1]
  --only ENGINE       only this engine, or dbt, or columns: that those which are not ours come out as they went in; may
                      be given several times
  --without ENGINE    not this engine, or not dbt or columns; may be given several times
  --postgres-bin DIR  PostgreSQL from this folder too; may be given several times
  --check             run nothing, and fail when docs/support.md is not what the declarations say
  --page              run nothing, and write docs/support.md with the last full run that it has
  --install           run nothing, and install PostgreSQL, the engines and dbt where they are missing
  --cluster           instead of all this, spectrum run on a Spark cluster of two workers, with 5 million events (with
                      --quick 200,000), and on DuckDB and ClickHouse
  --programs          instead of all this, spectrum run on DuckDB and ClickHouse, and Spark's script without Spark";

const FULL_SETS: usize = 50;
const QUICK_SETS: usize = 5;

#[derive(Debug)]
pub(super) struct Options {
    pub(super) sets: usize,
    pub(super) seed: u64,
    pub(super) other_servers: Vec<PathBuf>,
    pub(super) instead: Option<Instead>,
    only: Vec<String>,
    without: Vec<String>,
}

/// What to do when nothing shall run.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instead {
    CheckPage,
    WritePage,
    Install,
    /// Whole runs of `spectrum run` on engines that it starts.
    Cluster,
    /// Those of them that need no cluster.
    Programs,
}

impl Options {
    /// Fails with the usage on anything it does not know, engines included.
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            sets: FULL_SETS,
            seed: 1,
            other_servers: Vec::new(),
            instead: None,
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
                "--check" => options.instead = Some(Instead::CheckPage),
                "--install" => options.instead = Some(Instead::Install),
                "--page" => options.instead = Some(Instead::WritePage),
                "--cluster" => options.instead = Some(Instead::Cluster),
                "--programs" => options.instead = Some(Instead::Programs),
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
        self.chose_name(engine.name)
    }

    /// Which sets the dbt package runs through, if it is to run: fewer than the engines, because each takes seven runs of
    /// dbt. Three of them have every id scheme and keys of one, two and three columns; nine have every combination.
    pub(super) fn dbt_sets(&self) -> Option<Vec<usize>> {
        let few = self.sets <= QUICK_SETS;
        let sets = if few { [0, 4, 8].into_iter().take(self.sets).collect() } else { (0..9).collect() };
        self.chose_name(dbt::NAME).then_some(sets)
    }

    /// Whether any engine is to run.
    pub(super) fn chose_engines(&self) -> bool {
        ENGINES.iter().any(|engine| self.chose(engine))
    }

    /// Whether columns that are not ours are to be compared.
    pub(super) fn chose_columns(&self) -> bool {
        self.chose_name(columns::NAME)
    }

    /// Whether Spark is to read them back, which it does unless it is left out.
    pub(super) fn spark_reads_columns(&self) -> bool {
        !self.without.iter().any(|name| name == columns::SPARK)
    }

    fn chose_name(&self, name: &str) -> bool {
        let among = |names: &[String]| names.iter().any(|other| other == name);
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
    let known: Vec<_> = ENGINES.iter().map(|engine| engine.name).chain([dbt::NAME, columns::NAME]).collect();
    if known.contains(&name) {
        return Ok(name.to_owned());
    }
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
    fn dbt_runs_through_fewer_sets_unless_it_is_left_out() {
        let only = parse(&["--only", "dbt", "--quick"]).unwrap();
        assert!(!only.chose_engines() && !only.chose_columns() && !only.is_full());
        assert_eq!(only.dbt_sets(), Some(vec![0, 4, 8]));
        assert_eq!(parse(&[]).unwrap().dbt_sets().map(|sets| sets.len()), Some(9));
        assert_eq!(parse(&["--without", "dbt"]).unwrap().dbt_sets(), None);
        assert_eq!(parse(&["--only", "duckdb"]).unwrap().dbt_sets(), None);
    }

    #[test]
    fn columns_are_compared_by_spark_too_unless_it_is_left_out() {
        let only = parse(&["--only", "columns"]).unwrap();
        assert!(only.chose_columns() && only.spark_reads_columns());
        assert!(!only.chose_engines() && only.dbt_sets().is_none());
        let without = parse(&["--without", "spark"]).unwrap();
        assert!(without.chose_columns() && !without.spark_reads_columns());
        assert!(!parse(&["--without", "columns"]).unwrap().chose_columns());
        assert!(ENGINES.iter().any(|engine| engine.name == columns::SPARK));
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
