//! `spectrum run --engine`: the same run on an engine that the user has.

use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use spectrum_core::SessionDefinition;
use spectrum_engine::{Format, Input};
use spectrum_sql::dialect::Plan;
use spectrum_sql::dialect::run::EpochUnit;
use spectrum_submit::{InputFormat, Inputs, Local, LocalEngine, Options, Runner, Spark, SparkOptions};

use super::Arguments;
use super::outcome::Outcome;
use crate::interrupt;
use crate::period::Period;
use crate::steps::Steps;
use crate::unusual_times::usual_times;

const HEADING: &str = "On another engine";

/// Which engine, and how it is reached.
#[derive(Args, Debug)]
pub(super) struct EngineFlags {
    /// Let another engine do it, where the events outgrow one machine or lie elsewhere
    #[arg(long, value_enum, value_name = "ENGINE", help_heading = HEADING)]
    pub(super) engine: Option<EngineName>,
    /// Spark's master, as in spark://host:7077 or yarn [default: what Spark is configured with]
    #[arg(long, value_name = "URL", help_heading = HEADING, requires = "engine")]
    master: Option<String>,
    /// A setting for Spark; may be given several times
    #[arg(long = "conf", value_name = "NAME=VALUE", help_heading = HEADING, requires = "engine")]
    settings: Vec<String>,
    /// The spark-submit to use [default: bin/spark-submit of SPARK_HOME, else that of PATH]
    #[arg(long, value_name = "PATH", help_heading = HEADING, requires = "engine")]
    spark_submit: Option<String>,
    /// Partition the output by this column, one folder per value (date=2026-01-01/); date is the day of the event (in
    /// UTC) if there is no such column
    #[arg(long, value_name = "COLUMN", help_heading = HEADING, requires = "engine")]
    partition_by: Option<String>,
    /// Spark's steps to the same rows: window moves every event, merge one row per key and piece of time
    /// (docs/scale.md says when that is better) [default: window]
    #[arg(long, value_name = "PLAN", help_heading = HEADING, requires = "engine")]
    plan: Option<Plan>,
    /// Longest wait for the master, and then for workers to take up the work [default: 2m]
    #[arg(long, value_name = "DURATION", help_heading = HEADING, requires = "engine")]
    master_timeout: Option<Period>,
    /// Keep all that the engine says in this file
    #[arg(long, value_name = "FILE", help_heading = HEADING, requires = "engine")]
    engine_log: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum EngineName {
    /// Spark, by your own spark-submit; inputs and outputs can be on any file system that it knows
    Spark,
    /// DuckDB, by its command-line program; Parquet and CSV
    Duckdb,
    /// ClickHouse, by `clickhouse local`; Parquet
    Clickhouse,
}

/// What a run on the engine did, and how many files it read.
pub(super) fn run(
    engine: EngineName,
    arguments: &Arguments,
    definition: &SessionDefinition,
    unit: Option<spectrum_core::EpochUnit>,
) -> Result<(Outcome, u64)> {
    let said = arguments.input.reading.time_unit(unit);
    arguments.input.reading.table.refuse("and another engine reads files; leave it out")?;
    Input::refuse_tables(&arguments.input.inputs)?;
    let flags = &arguments.engine;
    only_what_engines_do(arguments)?;
    let mut options = Options::new(&arguments.output);
    options.sessions.clone_from(&arguments.sessions);
    options.partition_by.clone_from(&flags.partition_by);
    options.session_column.clone_from(&arguments.session_column);
    options.with_sequence = arguments.with_sequence;
    options.drop_null_times = arguments.null_time.drops();
    options.allow_id_collisions = arguments.allow_id_collisions;
    options.digest = arguments.digest;
    options.needs_event_id = arguments.definition.names_event_id();
    options.time_unit = time_unit(said)?;
    options.plan = flags.plan.unwrap_or_default();
    let inputs = Inputs {
        names: arguments.input.inputs.clone(),
        format: arguments.input.reading.from.map(input_format).transpose()?,
        csv: arguments.input.reading.dialect.for_engines(),
    };
    let watch = Watching::show(arguments.quiet);
    let outputs = [Some(&options.output), options.sessions.as_ref()];
    let outputs: Vec<&str> = outputs.into_iter().flatten().map(String::as_str).collect();
    let local = |engine| -> Result<Box<dyn Runner + '_>> {
        flags.only_partitions()?;
        Ok(Box::new(Local::start(engine, &inputs, &outputs, arguments.force, &watch)?))
    };
    let mut runner: Box<dyn Runner + '_> = match engine {
        EngineName::Spark => {
            Box::new(Spark::start(&flags.spark(arguments.force), &inputs, &outputs, &watch)?)
        }
        EngineName::Duckdb => local(LocalEngine::Duckdb)?,
        EngineName::Clickhouse => local(LocalEngine::Clickhouse)?,
    };
    let report = spectrum_submit::run(runner.as_mut(), definition, &options)?;
    let files = report.files;
    let mut outcome = Outcome::from(report);
    // Engines tell the span alone, so only a unit that is wrong for all events shows.
    if let Some(span) = outcome.span {
        outcome.unusual_times = usual_times().miss_all(span, outcome.unit, outcome.events, said);
    }
    Ok((outcome, files))
}

impl EngineFlags {
    fn spark(&self, force: bool) -> SparkOptions {
        let mut options = SparkOptions::default();
        options.master.clone_from(&self.master);
        options.settings.clone_from(&self.settings);
        options.spark_submit.clone_from(&self.spark_submit);
        options.patience = self.master_timeout.map_or(options.patience, Period::length);
        options.log.clone_from(&self.engine_log);
        options.force = force;
        options
    }

    /// Refuses flags that are Spark's.
    fn only_partitions(&self) -> Result<()> {
        let given = [
            ("--master", self.master.is_some()),
            ("--conf", !self.settings.is_empty()),
            ("--spark-submit", self.spark_submit.is_some()),
            ("--plan", self.plan.is_some()),
            ("--master-timeout", self.master_timeout.is_some()),
            ("--engine-log", self.engine_log.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => bail!("{flag} is for --engine spark; leave it out"),
            None => Ok(()),
        }
    }
}

/// Refuses flags that mean something to the embedded engine alone.
fn only_what_engines_do(arguments: &Arguments) -> Result<()> {
    if arguments.to.is_some_and(|to| to != Format::Parquet) {
        bail!("--engine writes Parquet; leave out --to, or convert the output with a run of its own");
    }
    if arguments.input.reading.has_nulls() {
        bail!(
            "--null is for files that spectrum itself reads; with --engine only an empty unquoted field of CSV is NULL"
        );
    }
    if arguments.input.reading.says_how_keys_are_read() {
        bail!(
            "--key-type and --null-key are for files that spectrum itself reads; leave them out, or leave out --engine"
        );
    }
    if arguments.types.is_given() {
        bail!(
            "--text and --types are for files that spectrum itself reads; leave them out, or leave out --engine"
        );
    }
    if arguments.input.reading.has_time_formats() {
        bail!(
            "--time-format is for files that spectrum itself reads; leave out --engine, or convert the events with a run \
             of its own"
        );
    }
    if arguments.with_reason {
        bail!("--with-reason is what spectrum itself can say; leave it out, or leave out --engine");
    }
    if arguments.as_of.is_some() {
        bail!("--as-of is what spectrum itself can say; leave it out, or leave out --engine");
    }
    if arguments.input.reading.has_encoding() {
        bail!(
            "--encoding is for files that spectrum itself reads; leave out --engine, or convert the files to UTF-8"
        );
    }
    arguments.input.reading.dialect.check_for_engines()?;
    if arguments.clean {
        bail!("--clean is for outputs that spectrum itself writes; leave it out");
    }
    if arguments.threads.is_given() {
        bail!("--threads is for spectrum's own; leave it out (for Spark there is --conf spark.cores.max=N)");
    }
    Ok(())
}

fn input_format(format: Format) -> Result<InputFormat> {
    Ok(match format {
        Format::Parquet => InputFormat::Parquet,
        Format::TSV => InputFormat::Tsv,
        Format::Csv(_) => InputFormat::Csv,
        Format::Ndjson => InputFormat::Ndjson,
        other => bail!("--from {other} is for files that spectrum itself reads; leave out --engine"),
    })
}

fn time_unit(said: Option<spectrum_engine::NumberUnit>) -> Result<Option<EpochUnit>> {
    let Some(unit) = said else { return Ok(None) };
    let spectrum_engine::NumberUnit::Known(unit) = unit else {
        bail!("--time-unit auto is for files that spectrum itself reads; say s, ms or us with --engine")
    };
    Ok(Some(match unit {
        arrow_schema::TimeUnit::Second => EpochUnit::Second,
        arrow_schema::TimeUnit::Millisecond => EpochUnit::Millisecond,
        arrow_schema::TimeUnit::Microsecond => EpochUnit::Microsecond,
        arrow_schema::TimeUnit::Nanosecond => {
            bail!(
                "numbers of nanoseconds (ns) are finer than the engine's times, which end at microseconds; leave out --engine"
            )
        }
    }))
}

/// Shows the steps of the engine, and hands on that somebody wants to stop.
struct Watching {
    steps: Steps,
    step: Mutex<String>,
}

impl Watching {
    fn show(quiet: bool) -> Self {
        // From here on Ctrl-C is a wish.
        interrupt::watched();
        Self { steps: Steps::show(quiet), step: Mutex::default() }
    }
}

impl spectrum_submit::Observer for Watching {
    fn progress(&self, step: &str, done: u64, total: u64) {
        let mut current = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        if *current != step {
            step.clone_into(&mut current);
            self.steps.begin(step);
        }
        if total > 0 {
            self.steps.tell(&format!("{step}: {done} of {total} tasks of the stages at work"));
        }
    }

    fn is_stopped(&self) -> bool {
        interrupt::stopped()
    }
}
