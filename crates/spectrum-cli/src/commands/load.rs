//! `spectrum load`: events from files into the events table.

use std::collections::HashSet;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_engine::{EngineError, Input, NumberUnit, RowTime, RowTimes, Watch, read_timed_rows};
use spectrum_postgres::{
    Connection, LoadBatch, LoadError, LoadOptions, LoadReport, OnConflict, load, load_sql,
};
use spectrum_sql::{DEFAULT_EVENTS, TableName};

use super::{note, print};
use crate::database::DatabaseFlags;
use crate::definition::DefinitionFlags;
use crate::inputs::{InputFlags, ThreadFlags, UselessTypeFlags, in_arrow};
use crate::interrupt::{cancelling, watched};
use crate::numbers::{self, count, counted};
use crate::progress::Progress;
use crate::{found_unit, postgres_remedy, unusual_times};

/// Load events from files into the events table
///
/// Columns go by their names into the table's, and columns that the table does not have go into its jsonb column as one
/// object. All of it is one transaction: a load that fails or is interrupted leaves nothing.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    #[command(flatten)]
    database: DatabaseFlags,
    /// Events table [default: the definition's, or warehouse.fact_events]
    #[arg(long, value_name = "SCHEMA.TABLE", help_heading = "Writing")]
    table: Option<String>,
    /// Make the table if there is none, partitioned by month, with the index that sessions are found with
    #[arg(long, help_heading = "Writing")]
    create_table: bool,
    /// The table's jsonb column for columns that the table does not have
    #[arg(long, value_name = "COLUMN", default_value = "properties", help_heading = "Writing")]
    properties: String,
    /// Columns of the files to leave out, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Writing")]
    ignore_columns: Vec<String>,
    /// Make event ids for files that have none: a hash of the row and its place among equal rows of its file
    #[arg(long, help_heading = "Writing")]
    make_event_id: bool,
    /// What to do with events that are in the table already, or appear in the files twice
    #[arg(long, value_name = "WHAT", default_value = "skip", help_heading = "Writing")]
    on_conflict: Conflict,
    /// Print the SQL for these files and change nothing
    #[arg(long, help_heading = "Writing")]
    dry_run: bool,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress, and no report unless --json asks for one
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Conflict {
    /// Leave copies out and count them; refuse an id that stands for different events
    Skip,
    /// Keep the first event of each id and leave out the others, even if they are different events
    First,
    /// Load nothing and name one of them
    Error,
}

const EXAMPLES: &str = "\
Examples:
  spectrum load events.parquet --create-table
  spectrum load 'lake/date=2026-01-*/*.parquet' --database-url postgresql://etl@db.example/shop
  spectrum load clicks.csv.gz --table app.clicks --key visitor --time at --event-id id
  spectrum load access.csv --make-event-id --create-table --time-format '%d/%b/%Y:%H:%M:%S %z'
  spectrum load visits.csv --time day,clock --make-event-id
  spectrum load events.ndjson --dry-run

An event is in the table already when a unique index that has the event id in it says so; without \
such an index event ids are compared. Loading a file twice therefore adds nothing. An event \
with the id of another but another key or time is not a copy: the load stops and names both. Monthly \
partitions are added to tables that --create-table made. Times without a zone are taken for UTC. A date and a \
clock time in two columns (--time day,clock) are the time column of the definition file, or occurred_at.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    if arguments.input.reading.says_how_keys_are_read() {
        bail!("--key-type and --null-key are for sessions of files; load takes every event as it is");
    }
    arguments.types.refuse("load goes by the types of the table's columns")?;
    let (definition, table, unit) = arguments.definition.resolve_whole()?;
    let input = arguments.input.find(unit)?;
    let time = RowTime::of(&input, definition.time(), &arguments.called()?)?;
    let options = options(arguments, definition, table, unit, &time)?;
    let mut connection = arguments.database.server()?.connect("spectrum load")?;
    cancelling(connection.canceller());
    let watch = watched();
    let files = Files { input: &input, time: &time, threads: arguments.threads.count(), watch: &watch };
    if arguments.dry_run {
        let statements = planned(&mut connection, &options, &files)?;
        return Ok(print(&match arguments.json {
            true => json!({ "statements": statements }).to_string(),
            false => script(statements),
        })?);
    }
    let header = arguments.input.question_header(&input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = with_rows(&files, |rows| {
        load(&mut connection, &options, rows, &mut |_| watch.stage("inserting")).map_err(
            |error| match error {
                LoadError::Rows(error) => error.into(),
                LoadError::Database(error) => anyhow::Error::from(error),
            },
        )
    });
    drop(progress);
    let (report, times) = done?;
    found_unit::tell(times.found_unit, time.called(), arguments.quiet);
    unusual_times::warn(times.unusual.as_ref(), time.called());
    header.ask();
    if report.cut_times > 0 {
        let times = counted(report.cut_times, "time was", "times were");
        note(&format!(
            "note: {times} finer than a microsecond, which PostgreSQL cannot hold; what was finer was cut off"
        ));
    }
    if let Some(told) = &report.note {
        note(&format!("note: {}", postgres_remedy::told(told)));
    }
    if arguments.quiet && !arguments.json {
        return Ok(());
    }
    Ok(print(&match arguments.json {
        true => as_json(&report, &times, begun.elapsed()).to_string(),
        false => as_text(&report, begun.elapsed()),
    })?)
}

impl Arguments {
    /// What the time column of the table is called where the files have a date and a clock time.
    fn called(&self) -> Result<String> {
        let told = self.definition.time_without_flag()?;
        // A definition for files can name two columns as well.
        Ok(if told.contains(',') { SessionDefinition::default().time().to_owned() } else { told })
    }
}

fn options(
    arguments: &Arguments,
    definition: SessionDefinition,
    table: Option<String>,
    unit: Option<EpochUnit>,
    time: &RowTime,
) -> Result<LoadOptions> {
    let table = arguments.table.as_ref().or(table.as_ref());
    Ok(LoadOptions {
        table: TableName::parse(table.map_or(DEFAULT_EVENTS, String::as_str))?,
        definition: definition.to_builder().time(time.called()).build()?,
        create_table: arguments.create_table,
        properties: arguments.properties.clone(),
        ignored: arguments.ignore_columns.iter().cloned().collect::<HashSet<_>>(),
        on_conflict: match arguments.on_conflict {
            Conflict::Skip => OnConflict::Skip,
            Conflict::First => OnConflict::First,
            Conflict::Error => OnConflict::Error,
        },
        makes_event_ids: arguments.make_event_id,
        // What the numbers of a table count, if it has numbers: what those of the files do, or else what the definition says.
        time_unit: match arguments.input.reading.time_unit(unit) {
            Some(NumberUnit::Known(unit)) => Some(unit),
            _ => unit.map(in_arrow),
        },
    })
}

/// What is read, and how.
struct Files<'a> {
    input: &'a Input,
    time: &'a RowTime,
    threads: usize,
    watch: &'a Watch,
}

/// Reads the input on another thread while `take` draws its rows; also returns what their times turned out to be like.
fn with_rows<T>(
    files: &Files<'_>,
    take: impl FnOnce(&mut dyn Iterator<Item = Result<LoadBatch, EngineError>>) -> Result<T>,
) -> Result<(T, RowTimes)> {
    std::thread::scope(|scope| {
        // Two batches on their way keep both sides busy.
        let (sender, receiver) = sync_channel(2);
        let reading = scope.spawn(move || {
            let read = read_timed_rows(files.input, files.time, files.threads, files.watch, |rows| {
                let batch = LoadBatch { file: rows.file, rows: rows.batch };
                // Nobody draws on after an error of theirs.
                sender.send(Ok(batch)).map_err(|_| EngineError::Interrupted)
            });
            read.unwrap_or_else(|error| {
                let _ = sender.send(Err(error));
                RowTimes::default()
            })
        });
        let taken = take(&mut receiver.into_iter())?;
        match reading.join() {
            Ok(times) => Ok((taken, times)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// The SQL for these files, without the transaction that it is in.
fn planned(connection: &mut Connection, options: &LoadOptions, files: &Files<'_>) -> Result<Vec<String>> {
    let planned = with_rows(files, |rows| {
        let first = rows.next().transpose()?;
        Ok(load_sql(connection, options, first.as_ref())?)
    });
    planned.map(|(statements, _)| statements)
}

fn script(statements: Vec<String>) -> String {
    let mut script = vec!["BEGIN".to_owned()];
    script.extend(statements);
    script.push("COMMIT".to_owned());
    let script: Vec<String> = script.iter().map(|statement| format!("{statement};")).collect();
    script.join("\n\n")
}

fn as_text(report: &LoadReport, took: Duration) -> String {
    let mut lines = Vec::new();
    let table = &report.table;
    lines.push(format!("{} into {table}", counted(report.inserted, "new event", "new events")));
    lines.push(format!("  read   {}", counted(report.read, "event", "events")));
    if report.skipped() > report.different {
        lines.push(format!(
            "  skipped {} that the table has already, or the files have twice",
            count(report.skipped() - report.different)
        ));
    }
    if report.different > 0 {
        lines.push(format!(
            "  lost   {} that are not copies, but have the id of another event",
            count(report.different)
        ));
    }
    if report.created {
        lines.push(format!("  made   {table}"));
    }
    if let [first, .., last] = &report.partitions[..] {
        lines.push(format!("  made   {} partitions, {first} to {last}", report.partitions.len()));
    } else if let [one] = &report.partitions[..] {
        lines.push(format!("  made   partition {one}"));
    }
    lines.push(format!("  took   {}", numbers::took(took, report.read)));
    if report.created {
        lines.push("next: spectrum deploy makes the sessions".to_owned());
    }
    lines.join("\n")
}

fn as_json(report: &LoadReport, times: &RowTimes, took: Duration) -> serde_json::Value {
    json!({
        "table": report.table.to_string(),
        "created": report.created,
        "read": report.read,
        "inserted": report.inserted,
        "skipped": report.skipped(),
        "different": report.different,
        "partitions": report.partitions,
        "cut_times": report.cut_times,
        "unusual_times": unusual_times::as_json(times.unusual.as_ref()),
        "seconds": took.as_secs_f64(),
        "events_per_second": rate(report, took),
    })
}

fn rate(report: &LoadReport, took: Duration) -> f64 {
    report.read as f64 / took.as_secs_f64().max(1e-9)
}
