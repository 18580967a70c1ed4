//! docs/support.md: what each engine does, worked out from the declarations, and the last full run.
//!
//! A line's cell is `no` when the engine is declared to refuse every case that has the feature, and `in part` when it
//! refuses one that no other line explains. All else is promised, and has to be right when conformance runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use spectrum_sql::dialect::Plan;
use spectrum_testkit::{Case, all_cases};

use super::declared::{is_of_sql, refusal};
use super::engines::{ENGINES, Engine, How};
use super::features::{Feature, sections};
use super::random;

const PAGE: &str = "docs/support.md";
const LAST_RUN: &str = "## The last full run\n\n";

const HEAD: &str = "\
# One definition, and what each engine does with it

`spectrum sql --dialect D` prints the SQL of a definition for an engine. This page says in what an engine then equals
PostgreSQL, to the byte of every session id, and in what it does not. `cargo xtask conformance` writes it: it runs every
case of `cases/` and random events on each engine that runs here. A test fails when the page is out of date.

BigQuery, Snowflake, Redshift and Trino exist only as services or clusters. Their SQL is **parsed, not run**: sqlglot
reads it in their dialect, which finds what is not valid SQL there, but not what means something else. Their types below
are those of their manuals. What this page says about Spark is true of both its plans, but that plan merge knows a gap alone.

The dbt package of [integrations/dbt](../integrations/dbt/README.md) has the same SQL. dbt runs it on DuckDB and PostgreSQL,
in full and then incrementally with late events, and every row is compared after each run; so it does with the models that
`spectrum sql` prints for random rules beyond the gap, which the package's macros do not know.

Files have columns that are not Spectrum's, and `spectrum run` must leave them as they are. `cargo xtask conformance --only
columns` writes random files, Parquet with all that pyarrow has, CSV and NDJSON that are hard to take apart, and compares to
the bit what pyarrow, DuckDB, Polars, Spark and Python's own csv and json read before and after. What a reader cannot read
of an input is counted with its reason, and not compared by that reader.
";

/// Fails when the page is not what the declarations say.
pub(super) fn check() -> Result<()> {
    let path = path()?;
    let there = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let last_run = there.split_once(LAST_RUN).map(|(_, last_run)| last_run).unwrap_or_default();
    ensure!(
        there == page(last_run)?,
        "{PAGE} is not what the engines are declared to do; cargo xtask conformance --page writes it"
    );
    println!("{PAGE} says what the engines are declared to do");
    Ok(())
}

/// Writes the page with this as the last full run.
pub(super) fn note(last_run: &str) -> Result<()> {
    fs::write(path()?, page(last_run)?).with_context(|| format!("writing {PAGE}"))?;
    println!("wrote {PAGE}");
    Ok(())
}

/// Writes the page and keeps the last full run that it has.
pub(super) fn renew() -> Result<()> {
    let there = fs::read_to_string(path()?).unwrap_or_default();
    note(there.split_once(LAST_RUN).map_or("There was none yet.\n", |(_, last_run)| last_run))
}

fn path() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?.join(PAGE))
}

fn page(last_run: &str) -> Result<String> {
    let sections = sections();
    let known = Known::new(&sections)?;
    let engines: Vec<_> = columns().map(|engine| Declared::of(engine, &known)).collect();
    let mut page = format!("{HEAD}\n{}", how_they_are_asked()?);
    let mut reasons: Vec<String> = Vec::new();
    let mut line = 0;
    for (heading, features) in &sections {
        let _ = writeln!(page, "\n## {heading}\n\n{}", row("", columns().map(title)));
        let _ = writeln!(page, "|{}", "---|".repeat(engines.len() + 1));
        for feature in features {
            let cells = engines.iter().map(|engine| engine.cell(line, feature, &known, &mut reasons));
            let _ = writeln!(page, "{}", row(feature.name, cells));
            line += 1;
        }
    }
    let _ = writeln!(page, "\n\\* parsed, not run\n\n## Reasons\n");
    for (number, reason) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{}. {reason}", number + 1);
    }
    let _ = write!(page, "\n{LAST_RUN}{last_run}");
    Ok(page)
}

/// All cases and the usual random sets with fewer events, and which lines of the page each is about.
struct Known {
    cases: Vec<Case>,
    /// By line, then by case.
    is_in: Vec<Vec<bool>>,
}

impl Known {
    fn new(sections: &[(&str, Vec<Feature>)]) -> Result<Self> {
        let sets = (0..50).map(|number| random::set(1, number, 100));
        let cases: Vec<Case> = all_cases()?.into_iter().filter(is_of_sql).chain(sets).collect();
        let lines = sections.iter().flat_map(|(_, features)| features);
        let is_in = lines.map(|feature| cases.iter().map(|case| feature.is_in(case)).collect()).collect();
        Ok(Self { cases, is_in })
    }
}

/// What an engine refuses.
struct Declared {
    engine: &'static Engine,
    /// An entry a case.
    refusals: Vec<Option<String>>,
    /// The lines of which it refuses every case, an entry a line.
    refused: Vec<bool>,
}

impl Declared {
    fn of(engine: &'static Engine, known: &Known) -> Self {
        let refusals: Vec<_> = known.cases.iter().map(|case| refusal(engine, case)).collect();
        let all = |is_in: &Vec<bool>| {
            is_in.iter().zip(&refusals).all(|(is_in, refusal)| !is_in || refusal.is_some())
        };
        let refused = known.is_in.iter().map(all).collect();
        Self { engine, refusals, refused }
    }

    fn cell(&self, line: usize, feature: &Feature, known: &Known, reasons: &mut Vec<String>) -> String {
        let is_told = |case: &usize| known.is_in[line][*case] && feature.is_told_by(&known.cases[*case]);
        let cases = (0..known.cases.len()).filter(is_told);
        let refused = cases.filter_map(|case| self.refusals[case].as_ref().map(|reason| (case, reason)));
        if self.refused[line] {
            return format!("no {}", numbers(refused.map(|(_, reason)| reason), reasons));
        }
        let explained =
            |case: usize| (0..self.refused.len()).any(|line| self.refused[line] && known.is_in[line][case]);
        let partly: Vec<_> =
            refused.filter(|(case, _)| !explained(*case)).map(|(_, reason)| reason).collect();
        if !partly.is_empty() {
            return format!("in part {}", numbers(partly.into_iter(), reasons));
        }
        match feature.column.as_ref().map(|ty| (self.engine.native)(ty)) {
            Some(Ok(native)) => format!("`{}`", native.name),
            _ if self.engine.runs() => "yes".to_owned(),
            _ => "parsed".to_owned(),
        }
    }
}

/// The places of these reasons among all, as `(1, 4)`.
fn numbers<'a>(of: impl Iterator<Item = &'a String>, reasons: &mut Vec<String>) -> String {
    let mut numbers = BTreeSet::new();
    for reason in of {
        let place = reasons.iter().position(|known| known == reason).unwrap_or_else(|| {
            reasons.push(reason.clone());
            reasons.len() - 1
        });
        numbers.insert(place + 1);
    }
    format!("({})", numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}

fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    format!("| {first} | {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// The engines that have a column. Another plan does what the engine does by the first, which a test sees to.
fn columns() -> impl Iterator<Item = &'static Engine> {
    ENGINES.into_iter().filter(|engine| engine.plan == Plan::Window)
}

fn title(engine: &Engine) -> String {
    let mark = if engine.runs() { "" } else { "\\*" };
    format!("{}{mark}", engine.title())
}

/// A line an engine: the package that it runs from, in its version.
fn how_they_are_asked() -> Result<String> {
    let requirements = include_str!("../../../conformance/requirements.txt");
    let version = |package: &str| {
        let line = requirements.lines().find_map(|line| line.strip_prefix(&format!("{package}==")));
        line.with_context(|| format!("conformance/requirements.txt has no {package}"))
    };
    let mut table = "| engine | run with |\n|---|---|\n".to_owned();
    for engine in ENGINES {
        let how = match engine.how {
            How::Server => {
                "a server of its own, of the installed version; its answers are the reference".to_owned()
            }
            How::Worker { package, .. } => format!("{package} {}", version(package)?),
            How::Parsed { .. } => format!("parsed, not run: sqlglot {}", version("sqlglot")?),
        };
        let _ = writeln!(table, "| {} | {how} |", engine.title());
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::subject::is_ruled;

    #[test]
    fn the_page_is_up_to_date() {
        check().unwrap();
    }

    #[test]
    fn every_line_is_about_some_case_and_some_engine_does_it() {
        let sections = sections();
        let known = Known::new(&sections).unwrap();
        let engines = ENGINES.map(|engine| Declared::of(engine, &known));
        for (line, feature) in sections.iter().flat_map(|(_, features)| features).enumerate() {
            assert!(known.is_in[line].contains(&true), "{} is in no case", feature.name);
            let does = |engine: &Declared| engine.engine.runs() && !engine.refused[line];
            assert!(engines.iter().any(does), "nobody does {}", feature.name);
        }
    }

    #[test]
    fn another_plan_does_what_its_engine_does() {
        let known = Known::new(&sections()).unwrap();
        for engine in ENGINES.iter().filter(|engine| engine.plan != Plan::Window) {
            let first = columns().find(|first| first.dialect == engine.dialect).unwrap();
            let declared = |engine| {
                let refusals = Declared::of(engine, &known).refusals.into_iter().zip(&known.cases);
                let is_plain = |case: &Case| !is_ruled(case) && case.definition.summary.is_empty();
                let of_gap = refusals.filter(|(_, case)| is_plain(case)).map(|(refusal, _)| refusal);
                of_gap.collect::<Vec<_>>()
            };
            assert_eq!(declared(engine), declared(first));
        }
    }

    #[test]
    fn the_random_sets_are_done_by_every_engine_that_runs() {
        for number in 0..50 {
            let set = random::set(1, number, 100);
            for engine in ENGINES.iter().filter(|engine| engine.runs()) {
                assert_eq!(refusal(engine, &set), None, "{} of {}", engine.name, set.name);
            }
        }
    }
}
