//! `spectrum generate`: realistic events to try things on.

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use spectrum_engine::{Format, Target, WriteOptions, write_batches};
use spectrum_generate::{Generate, Ids, Order, generate, schema};

use super::{note, print, target};
use crate::inputs::ThreadFlags;
use crate::interrupt::watched;
use crate::numbers::{counted, seconds};
use crate::places;
use crate::progress::Progress;

/// Make realistic events without session ids
///
/// The same arguments make the same bytes. Users have a heavy tail, sessions about 8 events, some of them are
/// bots; some events are late, some share an instant.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where the events go: a file, or - for standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: String,
    /// How many events
    #[arg(long, value_name = "N")]
    pub(crate) events: u64,
    /// Another seed makes other events
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Order of the events: time (with some of them late) or shuffled
    #[arg(long, value_name = "ORDER", default_value_t = Order::Time)]
    pub(crate) order: Order,
    /// Type of the ids: uuid (as text) or int
    #[arg(long, value_name = "IDS", default_value_t = Ids::Uuid)]
    pub(crate) ids: Ids,
    /// Format, where the name does not tell: parquet, csv, tsv or ndjson
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Format>,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    threads: ThreadFlags,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    /// Print no progress, and no report unless --json asks for one
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  spectrum generate -o events.parquet --events 1000000
  spectrum generate -o events.csv.gz --events 50000 --seed 7 --order shuffled --ids int";

/// Rows made at a time.
const BATCH_ROWS: usize = 16_384;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    let out = target(&arguments.output);
    let options = Generate {
        events: arguments.events,
        seed: arguments.seed,
        order: arguments.order,
        ids: arguments.ids,
    };
    let watch = watched();
    let progress = Progress::show(&watch, arguments.quiet);
    out.format(arguments.to)?; // before the work, not after it
    let batches = generate(&options, BATCH_ROWS)?;
    let mut writing = WriteOptions::default();
    writing.to = arguments.to;
    writing.rows = options.events;
    writing.threads = arguments.threads.count();
    writing.replace = arguments.force;
    writing.store = places::store();
    write_batches(batches, &schema(options.ids), &out, &writing, &watch)?;
    drop(progress);
    if (arguments.quiet || out == Target::Stdout) && !arguments.json {
        return Ok(());
    }
    let took = begun.elapsed().as_secs_f64();
    let text = match arguments.json {
        true => json!({ "events": options.events, "output": out.name(), "seconds": took }).to_string(),
        false => format!(
            "wrote {} with {} in {}",
            out.name(),
            counted(options.events, "event", "events"),
            seconds(took)
        ),
    };
    if out == Target::Stdout {
        note(&text);
        return Ok(());
    }
    Ok(print(&text)?)
}
