//! `spectrum run`: events in, the same events with their session ids out.

mod engine;
mod follow;
mod outcome;
mod state_report;
mod with_state;

use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::json;
use spectrum_core::SessionDefinition;
use spectrum_engine::{AsOf, Format, RunOptions, Target};

use super::{note, print, target};
use crate::definition::DefinitionFlags;
use crate::inputs::{InputFlags, ThreadFlags, TypeFlags};
use crate::interrupt::watched;
use crate::null_time::NullTimeFlag;
use crate::numbers::{self, counted, instant};
use crate::progress::Progress;
use crate::rule_words::{listed, outside, rules};
use crate::{found_unit, places, tables, unusual_times};
use engine::EngineFlags;
pub(crate) use outcome::Outcome;
use with_state::StateFlags;

/// Add session ids to events
///
/// The output is the input in its own order and with all its columns, plus session_id. It appears under its
/// name only when it is complete.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: TypeFlags,
    /// Where the events go: a file, a folder (one output file per input file), or - for standard output
    #[arg(short, long, value_name = "OUT", help_heading = "Writing")]
    output: String,
    /// Where the sessions go, one row each: id, key, number, start, end, duration and events
    #[arg(long, value_name = "OUT", help_heading = "Writing")]
    sessions: Option<String>,
    /// Say in the sessions table as is_open whether each session could still go on at this time, which no event may be after;
    /// as in 2026-03-01T10:00:00Z
    #[arg(long, value_name = "TIME", requires = "sessions", help_heading = "Writing")]
    as_of: Option<AsOf>,
    /// Format of the output, where its name does not tell: parquet, csv, tsv or ndjson
    #[arg(long, value_name = "FORMAT", help_heading = "Writing")]
    to: Option<Format>,
    /// Replace outputs that exist
    #[arg(long, help_heading = "Writing")]
    force: bool,
    /// Remove hidden files that an earlier run of these outputs left when it was killed; it must not be going on still
    #[arg(long, help_heading = "Writing")]
    clean: bool,
    /// Name of the column to add
    #[arg(long, value_name = "NAME", default_value = "session_id", help_heading = "Writing")]
    session_column: String,
    /// Add the session's number within its key as session_seq
    #[arg(long, help_heading = "Writing")]
    with_sequence: bool,
    /// Add why the event's session began as started_by: first, gap, or the rule that ended the session before
    #[arg(long, help_heading = "Writing")]
    with_reason: bool,
    #[command(flatten)]
    definition: DefinitionFlags,
    #[command(flatten)]
    null_time: NullTimeFlag,
    /// Accept that different sessions share an id, which --id sequence allows
    #[arg(long, help_heading = "What a session is")]
    allow_id_collisions: bool,
    #[command(flatten)]
    threads: ThreadFlags,
    #[command(flatten)]
    state: StateFlags,
    #[command(flatten)]
    engine: EngineFlags,
    /// Report a digest of all event and session ids, the same as `spectrum verify` does for the same events in
    /// PostgreSQL
    ///
    /// Ids in text count as they stand: an upper-case uuid or 007 in a file is that text, and not the uuid or the
    /// integer of a typed column.
    #[arg(long)]
    digest: bool,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress, and no report unless --json asks for one
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum run events.parquet -o with_sessions.parquet
  spectrum run events.parquet -o with_sessions.parquet --sessions sessions.parquet
  spectrum run 'lake/date=*/*.parquet' -o lake_with_sessions/
  spectrum run clicks.csv.gz -o clicks.ndjson --key visitor --time at --gap 15m --id encoded
  git log --format='%H,%ae,%aI' | (echo hash,author,at; cat) |
    spectrum run - --from csv --key author --time at --gap 2h --id encoded -o - --to ndjson
  spectrum run 'incoming/*.parquet' -o with_sessions/ --state state/
  spectrum run --engine spark --master spark://host:7077 hdfs://nn/events -o hdfs://nn/with_sessions
  spectrum run --engine spark --master yarn s3a://lake/events -o s3a://lake/out --partition-by date
  spectrum run --engine duckdb 'lake/*.parquet' -o with_sessions.parquet --sessions sessions.parquet

The report goes to standard output, or to standard error when the events go there.

With --engine the other engine's own programs do the work; its output gets its name after it has been counted. \
docs/engines.md says what must be visible to whom.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(folder) = &arguments.state.state {
        return with_state::run(arguments, folder);
    }
    let begun = Instant::now();
    let (definition, unit) = arguments.definition.resolve_by_events()?;
    if let Some(engine) = arguments.engine.engine {
        let (report, files) = engine::run(engine, arguments, &definition, unit)?;
        unusual_times::warn(report.unusual_times.as_ref(), definition.time());
        return match arguments.quiet && !arguments.json {
            true => Ok(()),
            false => Ok(print(&told(arguments, &report, &definition, files, begun.elapsed()))?),
        };
    }
    let input = arguments.input.find_typed(unit, &arguments.types)?;
    arguments.definition.check_event_id(&input, &definition)?;
    let options = arguments.options();
    let watch = watched();
    let header = arguments.input.question_header(&input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = spectrum_engine::run(&input, &definition, &options, &watch);
    drop(progress);
    let report = done?;
    for path in &report.left_behind {
        note(&format!(
            "note: {} is of a run that was killed, or still goes on; --clean removes it",
            path.display()
        ));
    }
    let report = Outcome { table: input.table_version().cloned(), ..report.into() };
    found_unit::tell(report.found_unit, definition.time(), arguments.quiet);
    unusual_times::warn(report.unusual_times.as_ref(), definition.time());
    header.ask();
    if arguments.quiet && !arguments.json {
        return Ok(());
    }
    let files = input.paths().count() as u64;
    let text = told(arguments, &report, &definition, files, begun.elapsed());
    let to_stderr = options.output == Target::Stdout || options.sessions == Some(Target::Stdout);
    if to_stderr {
        note(&text);
        return Ok(());
    }
    print(&text).inspect_err(|error| {
        if error.kind() != io::ErrorKind::BrokenPipe {
            note("note: the outputs are complete; only the report was not printed");
        }
    })?;
    Ok(())
}

impl Arguments {
    /// What the run is to do.
    fn options(&self) -> RunOptions {
        let mut options = RunOptions::new(target(&self.output));
        options.sessions = self.sessions.as_deref().map(target);
        options.as_of.clone_from(&self.as_of);
        options.to = self.to;
        options.threads = self.threads.count();
        options.session_column.clone_from(&self.session_column);
        options.with_sequence = self.with_sequence;
        options.with_reason = self.with_reason;
        options.null_time = self.null_time.choice();
        options.allow_id_collisions = self.allow_id_collisions;
        options.force = self.force;
        options.clean = self.clean;
        options.digest = self.digest;
        options
    }
}

/// The report in the form that was asked for.
fn told(
    arguments: &Arguments,
    report: &Outcome,
    definition: &SessionDefinition,
    files: u64,
    took: Duration,
) -> String {
    match arguments.json {
        true => as_json(report, definition, took).to_string(),
        false => as_text(arguments, report, definition, files, took),
    }
}

fn as_text(
    arguments: &Arguments,
    report: &Outcome,
    definition: &SessionDefinition,
    files: u64,
    took: Duration,
) -> String {
    let mut lines = vec![
        format!(
            "{} of {} in {}",
            counted(report.events, "event", "events"),
            counted(report.keys, "key", "keys"),
            counted(report.sessions, "session", "sessions"),
        ),
        format!("  gap    {}, ids {}", definition.gap(), definition.id()),
    ];
    lines.extend(listed(definition));
    if let Some((first, last)) = report.span {
        let at = |time| instant(time, report.unit, report.zoned);
        lines.push(format!("  span   {} to {}", at(first), at(last)));
    }
    if report.dropped > 0 {
        lines.push(format!("  dropped {} without a time", counted(report.dropped, "event", "events")));
    }
    if report.dropped_null_keys > 0 {
        let events = counted(report.dropped_null_keys, "event", "events");
        lines.push(format!("  dropped {events} with a NULL in the key"));
    }
    let outside = outside(report.not_taking_part, report.without_session);
    lines.extend(outside.into_iter().map(|events| format!("  outside {events}")));
    if report.null_key_events > 0 {
        let ids = if report.null_id_events > 0 {
            "; their session id is NULL (--id encoded gives them one)"
        } else {
            ""
        };
        lines.push(format!("  NULL key in {}{ids}", counted(report.null_key_events, "event", "events")));
    }
    if report.shared_ids > 0 {
        let ids = counted(report.shared_ids, "session id stands", "session ids stand");
        lines.push(format!("  {ids} for more than one session (--id encoded never collides)"));
    }
    if report.lost_numbers > 0 {
        let numbers = counted(report.lost_numbers, "number that is", "numbers that are");
        lines.push(format!("  null   for {numbers} NaN or infinite, which JSON cannot say"));
    }
    lines.extend(report.digest.map(|digest| format!("  digest {digest}")));
    lines.extend(tables::as_line(report.table.as_ref()));
    let read = if files == 1 { String::new() } else { format!(" from {}", counted(files, "file", "files")) };
    lines.push(format!("  wrote  {}{read}", target(&arguments.output).name()));
    if let Some(sessions) = &arguments.sessions {
        lines.push(format!("  wrote  {}", target(sessions).name()));
    }
    lines.push(format!("  took   {}", numbers::took(took, report.events)));
    lines.join("\n")
}

pub(crate) fn as_json(report: &Outcome, definition: &SessionDefinition, took: Duration) -> serde_json::Value {
    let at = |time| instant(time, report.unit, report.zoned);
    let mut object = json!({
        "events": report.events,
        "keys": report.keys,
        "sessions": report.sessions,
        "first": report.span.map(|(first, _)| at(first)),
        "last": report.span.map(|(_, last)| at(last)),
        "dropped_null_time": report.dropped,
        "dropped_null_key": report.dropped_null_keys,
        "rules": rules(definition),
        "not_taking_part": report.not_taking_part,
        "without_session": report.without_session,
        "null_key_events": report.null_key_events,
        "null_id_events": report.null_id_events,
        "shared_ids": report.shared_ids,
        "unusual_times": unusual_times::as_json(report.unusual_times.as_ref()),
        "lost_numbers": report.lost_numbers,
        "digest": report.digest.map(|digest| digest.to_string()),
        "seconds": took.as_secs_f64(),
        "events_per_second": report.events as f64 / took.as_secs_f64().max(1e-9),
    });
    if let Some(table) = tables::as_json(report.table.as_ref()) {
        object["table"] = table;
    }
    places::tell_reads(&mut object);
    object
}
