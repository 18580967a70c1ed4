//! `cargo xtask bench scale`: plan window and plan merge on a Spark cluster of one worker and of two, beside Spectrum.
//!
//! - Answers come before times: what each job wrote is counted and digested by DuckDB, and must be what `spectrum run`
//!   gives for the same files, or, for the per-session relation, what both plans give.
//! - Times, CPU, bytes moved and the largest task come from Spark's own event log of the job.
//! - Master, workers and driver share this machine, so figures of two workers tell how work is cut, not how it scales.

mod event_log;
mod events;
mod jobs;
mod page;
mod question;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use spectrum_sql::dialect::Plan;
use spectrum_testkit::engines::{ClusterOptions, Python, SparkCluster, python};

use super::machine;
use super::measure::{Measurement, read};
use super::report::{thousands, today};
use super::tools::{Tools, output};
use jobs::{Done, Memory};
use question::{Answer, QUESTIONS, Question, Way};

const USAGE: &str = "\
cargo xtask bench scale [--quick] [--events N]... [--workers N]... [--only TEXT] [--plan NAME] [--spectrum FILE]
  --quick          5,000,000 events only; prints and writes no page
  --events N       so many events; may be given several times (5,000,000 and 50,000,000)
  --workers N      so many workers of one core; may be given several times (1 and 2)
  --only TEXT      only questions with TEXT in their titles; prints and writes no page
  --plan NAME      only this plan, window or merge; prints and writes no page
  --spectrum FILE  this binary instead of building one";

/// Of more events than these only the first question is asked.
const FEW: u64 = 5_000_000;

struct Options {
    events: Vec<u64>,
    workers: Vec<usize>,
    only: Option<String>,
    plan: Option<Plan>,
    spectrum: Option<PathBuf>,
    full: bool,
}

pub(super) fn run(arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let tools = Tools::built(options.spectrum.as_deref())?;
    ensure!(
        std::env::var_os("SPECTRUM_SPARK_HOME").is_none(),
        "the page names pyspark's version; unset SPECTRUM_SPARK_HOME"
    );
    let python = python()?;
    let machine = machine::here(&tools)?;
    let spark = output(python.command().args(["-c", "import pyspark; print(pyspark.__version__)"]))?;
    let mut text = page::head(&today()?, &machine, &spark);
    println!("{text}");
    for events in &options.events {
        let section = of_size(&tools, &python, &options, *events)?;
        println!("{section}");
        text += &section;
    }
    if !options.full {
        println!("a partial run: nothing was written to bench/results");
        return Ok(());
    }
    let place = format!("bench/results/{}-{}cores-scale.md", today()?, tools.threads);
    fs::write(tools.root.join(&place), text).with_context(|| format!("writing {place}"))?;
    println!("wrote {place}");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        events: Vec::new(),
        workers: Vec::new(),
        only: None,
        plan: None,
        spectrum: None,
        full: true,
    };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{flag} needs a value\n{USAGE}"));
        match flag.as_str() {
            "--quick" => options.events.push(FEW),
            "--events" => options.events.push(value()?.replace(['_', ','], "").parse().context("--events")?),
            "--workers" => options.workers.push(value()?.parse().context("--workers")?),
            "--only" => options.only = Some(value()?.clone()),
            "--plan" => options.plan = Some(value()?.parse()?),
            "--spectrum" => options.spectrum = Some(std::path::absolute(value()?)?),
            _ => bail!("unknown argument '{flag}'\n{USAGE}"),
        }
    }
    options.full = options.events.is_empty()
        && options.workers.is_empty()
        && options.only.is_none()
        && options.plan.is_none();
    if options.events.is_empty() {
        options.events = vec![FEW, 50_000_000];
    }
    if options.workers.is_empty() {
        options.workers = vec![1, 2];
    }
    ensure!(
        !options.workers.contains(&0) && !options.events.contains(&0),
        "--workers and --events must be above zero"
    );
    if let Some(only) = &options.only {
        let titles: Vec<_> = QUESTIONS.iter().map(|question| question.title).collect();
        let known = titles.iter().any(|title| title.contains(only.as_str()));
        ensure!(known, "no question has '{only}' in its title (there are: {})", titles.join("; "));
    }
    Ok(options)
}

/// A labelled answer, to be compared and shown.
struct Row {
    question: &'static Question,
    way: Way,
    workers: usize,
    done: Done,
}

/// What Spectrum gave and took on one machine, for a question.
struct Embedded {
    took: Measurement,
    digest: String,
}

fn of_size(tools: &Tools, python: &Python, options: &Options, events: u64) -> Result<String> {
    let chosen = |question: &&Question| {
        let named = options.only.as_ref().is_none_or(|only| question.title.contains(only.as_str()));
        named && (events <= FEW || !question.small)
    };
    let questions: Vec<&'static Question> = QUESTIONS.iter().filter(chosen).collect();
    let mut right = BTreeMap::new();
    for question in &questions {
        let folder = events::folder(tools, python, events, question.order)?;
        if question.answer == Answer::Sessions {
            println!("spectrum run, {} events: {}", thousands(events), question.title);
            right.insert(question.title, embedded(tools, question, &folder)?);
        }
    }
    let memory = memory(events);
    // Of its own, so that another run does not meet it.
    let scratch = tools.root.join(format!("target/scale/run-{}", std::process::id()));
    let mut rows: Vec<Row> = Vec::new();
    for workers in &options.workers {
        let cluster = cluster(python, *workers, memory, &scratch)?;
        let last = options.workers.last() == Some(workers);
        for question in questions.iter().filter(|question| last || !question.small) {
            let folder = events::folder(tools, python, events, question.order)?;
            let chosen = |way: &&Way| options.plan.is_none_or(|plan| plan == way.plan());
            for way in question.ways.iter().filter(chosen) {
                println!("{workers} x 1 core, {}: {}", way.title(), question.title);
                let done =
                    jobs::run(python, &cluster, memory, (question, *way), &folder, &scratch.join("job"))?;
                println!("  {:.1} s, {:.1} CPU s", done.job.seconds, done.job.cpu_seconds);
                let expected = match right.get(question.title) {
                    Some(embedded) => {
                        ensure!(done.rows == events, "{} rows of {events} events", done.rows);
                        Some(embedded.digest.as_str())
                    }
                    None => rows
                        .iter()
                        .find(|row| row.question.title == question.title)
                        .map(|row| row.done.digest.as_str()),
                };
                ensure!(
                    expected.is_none_or(|expected| expected == done.digest),
                    "plan {} gives other rows than was expected: digest {} and not {}",
                    way.title(),
                    done.digest,
                    expected.unwrap_or_default()
                );
                rows.push(Row { question, way: *way, workers: *workers, done });
            }
        }
    }
    let _ = fs::remove_dir_all(&scratch);
    page::section(tools, events, memory, &questions, &right, &rows)
}

fn cluster(python: &Python, workers: usize, memory: Memory, within: &Path) -> Result<SparkCluster> {
    fs::create_dir_all(within)?;
    let (megabytes, within) = (memory.executor * 1024, within.to_owned());
    let options = ClusterOptions { workers, megabytes, within, ..ClusterOptions::default() };
    SparkCluster::start(python, &options)
}

/// The labels of plan merge must fit into each of them.
fn memory(events: u64) -> Memory {
    if events <= FEW { Memory { driver: 2, executor: 2 } } else { Memory { driver: 7, executor: 5 } }
}

/// `spectrum run` over the same files, into as many; the digest is computed by a run of its own, which is not timed.
fn embedded(tools: &Tools, question: &Question, folder: &Path) -> Result<Embedded> {
    let answer = tools.root.join(format!("target/scale/embedded-{}", std::process::id()));
    let _ = fs::remove_dir_all(&answer);
    let key = question.key.join(",");
    let arguments = |command: &mut std::process::Command| {
        command.arg("run").arg(folder).arg("-o").arg(answer.join("")).args(["--force", "--json"]);
        command.args(["--key", &key, "--gap", question.gap]);
    };
    let mut timed = tools.command("python3");
    timed.args(["-I", "-S", "bench/measure.py", &tools.spectrum]);
    arguments(&mut timed);
    let took = read(&output(&mut timed)?)?;
    let mut digested = tools.command(&tools.spectrum);
    arguments(&mut digested);
    let report: serde_json::Value = serde_json::from_str(&output(digested.arg("--digest"))?)?;
    let digest = report["digest"].as_str().context("spectrum run tells no digest")?.to_owned();
    fs::remove_dir_all(&answer)?;
    Ok(Embedded { took, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options> {
        parse(&arguments.iter().map(|argument| argument.to_string()).collect::<Vec<_>>())
    }

    #[test]
    fn only_a_whole_run_is_full() {
        let whole = parsed(&["--spectrum", "x"]).unwrap();
        assert!(whole.full && whole.events == [FEW, 50_000_000] && whole.workers == [1, 2]);
        for partial in [&["--quick"][..], &["--workers", "2"], &["--only", "few keys"], &["--plan", "merge"]]
        {
            assert!(!parsed(partial).unwrap().full, "{partial:?}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for (arguments, complaint) in [
            (&["--fast"][..], "unknown argument '--fast'"),
            (&["--workers", "0"], "--workers and --events must be above zero"),
            (&["--plan", "sort"], "plan 'sort' is not one of window, merge"),
            (&["--only", "robots"], "no question has 'robots' in its title"),
        ] {
            let error = parsed(arguments).map(|_| ()).unwrap_err().to_string();
            assert!(error.starts_with(complaint), "{error}");
        }
    }
}
