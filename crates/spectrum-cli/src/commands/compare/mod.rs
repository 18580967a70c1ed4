//! `spectrum compare`: the sessions of two definitions over the same events, and what differs.

mod report;
mod sides;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::Value;
use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_engine::{CompareOptions, Comparison, Format, Side, Target, compare};
use spectrum_postgres::Exported;

use self::sides::{Columns, Deployed, Sides};
use super::{note, print, target};
use crate::inputs::{InputFlags, ThreadFlags, UselessTypeFlags};
use crate::interrupt::watched;
use crate::null_time::NullTimeFlag;
use crate::progress::Progress;
use crate::stored::{Stored, StoredFlags};
use crate::visible::visible_lines;
use crate::{found_unit, unusual_times};

/// Compare the sessions that two definitions make of the same events
///
/// Each session is the same in both, split (one of A is several of B), merged (several of A are one of B) or shifted
/// (anything else). An event has moved if the events of its session are not the same in both, or if it has a session in one
/// of them alone. All of that follows from the two sessions of every event, and never from times.
///
/// DEF is a definition file, a preset or settings such as gap=30m,split_at=midnight, or one of the first two with settings
/// after it. Settings are called as in a definition file. With recorded=COLUMN the sessions of a key are the values of that
/// column, as somebody else's tool recorded them; events where it is NULL have none. With deployed it is what stands in the
/// database. Both definitions are of the same key, time and event id: those that flags name, or the file of either side.
///
/// Without INPUT the events are those of the deployment in the database: what both definitions read of them is copied into a
/// temporary file.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, mut_arg("inputs", |inputs| inputs.required(false)))]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    types: UselessTypeFlags,
    /// The one definition
    #[arg(long, value_name = "DEF")]
    a: String,
    /// The other definition
    #[arg(long, value_name = "DEF")]
    b: String,
    /// Key columns of both, separated by commas [default: user_id,account_id]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    key: Option<Vec<String>>,
    /// Time column of both [default: occurred_at]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Event id column of both [default: event_id]
    #[arg(long, value_name = "COLUMN")]
    event_id: Option<String>,
    /// Where the events go that moved: event id, key, time, and the session's number (or recorded name) in A and in B
    #[arg(short, long, value_name = "OUT", help_heading = "Writing")]
    output: Option<String>,
    /// Format of that, where its name does not tell: parquet, csv, tsv or ndjson
    #[arg(long, value_name = "FORMAT", help_heading = "Writing", requires = "output")]
    to: Option<Format>,
    /// Replace the output if it exists
    #[arg(long, help_heading = "Writing", requires = "output")]
    force: bool,
    #[command(flatten)]
    stored: StoredFlags,
    #[command(flatten)]
    null_time: NullTimeFlag,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum compare events.parquet --a original --b matomo,timezone=Europe/Paris
  spectrum compare events.parquet --a gap=30m --b gap=30m,at_gap=new -o moved.csv
  spectrum compare events.parquet --a spectrum.toml --b spectrum.toml,max_duration=24h --json
  spectrum compare hits.parquet --key user_pseudo_id --a recorded=ga_session_id --b ga4
  spectrum compare 'logs/*.ndjson.gz' --key visitor --time at --a gap=30m \\
    --b \"gap=30m,start_when=event_type in ('login', 'app_open')\"
  spectrum compare --database-url postgresql://etl@db/shop --a deployed --b umami

The events are read three times; meanwhile both labels of every event are held, eight bytes, and four more for each \
definition with rules that look at events. With -o the events that moved are held too.

The report goes to standard output, or to standard error when the events that moved go there.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.types.refuse("compare writes none")?;
    let columns = Columns {
        key: arguments.key.as_deref(),
        time: arguments.time.as_deref(),
        event_id: arguments.event_id.as_deref(),
    };
    let mut stored = None;
    let sides = Sides::read(&arguments.a, &arguments.b, &columns, |is_side| {
        let of_database = arguments.input.inputs.is_empty();
        if of_database && !is_side && !arguments.stored.are_given() {
            bail!(
                "no events were named; name files, folders or patterns, or compare the events of a database with --database-url, \
                 --schema or --a deployed"
            );
        }
        if !is_side && !of_database {
            return Ok(None);
        }
        Ok(Some(deployed(stored.insert(arguments.stored.open("compare")?))))
    })?;
    let events = match &mut stored {
        Some(stored) if arguments.input.inputs.is_empty() => Some(stored.events(&exported(&sides))?),
        _ => None,
    };
    let input = match &events {
        Some(events) => arguments.input.reading.find_exported(&events.path, sides.unit)?,
        None => arguments.input.find(sides.unit)?,
    };
    let mut options = CompareOptions::default();
    options.threads = arguments.threads.count();
    options.null_time = arguments.null_time.choice();
    options.moved = arguments.output.as_deref().map(target);
    options.to = arguments.to;
    options.force = arguments.force;
    let watch = watched();
    let header = arguments.input.question_header(&input);
    let progress = Progress::show(&watch, arguments.quiet);
    let done = compare(&input, &sides.a, &sides.b, &options, &watch);
    drop(progress);
    let comparison = done?;
    found_unit::tell(comparison.found_unit, sides.a.definition.time(), arguments.quiet);
    unusual_times::warn(comparison.unusual_times.as_ref(), sides.a.definition.time());
    for path in &comparison.left_behind {
        note(&format!(
            "note: {} is left of a run that was killed, or belongs to one that still goes on",
            path.display()
        ));
    }
    header.ask();
    let names = [arguments.a.as_str(), arguments.b.as_str()];
    let text = match arguments.json {
        true => report::as_json(&comparison, &sides, names).to_string(),
        false => visible_lines(&report::as_text(&comparison, &sides, names)),
    };
    match options.moved {
        Some(Target::Stdout) => note(&text),
        _ => print(&text)?,
    }
    Ok(())
}

/// The sides that texts mean, of which none is what stands in a database, and the unit of times by their files.
pub(crate) fn sides_of(
    a: &str,
    b: &str,
    key: Option<&[String]>,
    time: Option<&str>,
    event_id: Option<&str>,
) -> Result<(Side, Side, Option<EpochUnit>)> {
    let sides = Sides::read(a, b, &Columns { key, time, event_id }, |is_side| match is_side {
        true => bail!("deployed is what stands in a database, and nothing is compared with that here"),
        false => Ok(None),
    })?;
    Ok((sides.a, sides.b, sides.unit))
}

/// A comparison as JSON and in words.
pub(crate) fn both(comparison: &Comparison, a: &Side, b: &Side, names: [&str; 2]) -> (Value, String) {
    let sides = Sides { a: a.clone(), b: b.clone(), unit: None };
    let text = visible_lines(&report::as_text(comparison, &sides, names));
    (report::as_json(comparison, &sides, names), text)
}

/// What is deployed as a side.
fn deployed(stored: &Stored) -> Deployed {
    let deployment = stored.deployment();
    let definition = &deployment.definition;
    // Sessions depend on neither ids nor what the summary tells.
    let definition = SessionDefinition::builder()
        .key(definition.key())
        .time(definition.time())
        .event_id(definition.event_id())
        .rule(definition.rule().to_parts());
    Deployed { definition, time_unit: deployment.time_unit }
}

/// What both sides read.
fn exported(sides: &Sides) -> [Exported; 2] {
    [&sides.a, &sides.b].map(|side| Exported {
        definition: side.definition.clone(),
        columns: side.recorded.iter().cloned().collect(),
    })
}
