//! `spectrum demo`: made-up events, their sessions, and what can be asked about them.
//!
//! The demonstration is a list of command lines. Each is shown and then run as if it had been typed, in a folder
//! of its own, so what is shown is what the commands print.

mod first_rows;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Parser};
use spectrum_core::SessionDefinition;
use spectrum_engine::{ExplainOptions, Input, InputOptions, nearest_miss};
use tempfile::TempDir;

use self::first_rows::{first_events, first_sessions};
use super::print;
use crate::given;
use crate::inputs::ThreadFlags;
use crate::interrupt::watched;
use crate::progress::Progress;

/// See what Spectrum does, on made-up events
///
/// Generates events, finds their sessions, summarises them and explains one of them, in a temporary folder that
/// is removed in the end.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// How many events
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// Work in this folder, which must be new or empty, and keep the files
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadFlags,
}

const EXAMPLES: &str = "\
Examples:
  spectrum demo
  spectrum demo --events 5000000
  spectrum demo --keep demo";

/// The seed of the made-up events.
const SEED: u64 = 1;

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let home = env::current_dir().context("finding the current folder")?;
    let folder = Folder::make(arguments.keep.as_deref())?;
    // The commands name their files as a reader would, who stands in the folder with them.
    enter(folder.path())?;
    let shown = show(arguments);
    enter(&home)?;
    shown?;
    Ok(print(&what_next(arguments.keep.as_deref(), &home))?)
}

fn show(arguments: &Arguments) -> Result<()> {
    let (events, threads) = (arguments.events, arguments.threads.as_given());
    print(
        "Spectrum finds sessions in events that have none: runs of events of one user and\n\
         account with no pause longer than 30 minutes. Here is how, with made-up events.",
    )?;
    step(
        "The events. None of them has a session id:",
        &format!("generate -o events.parquet --events {events} --seed {SEED}{threads}"),
    )?;
    print(&format!("\n{}", first_events(events, SEED)?))?;

    step(
        "The same events with a session_id each, and a table of the sessions:",
        &format!("run events.parquet -o with_sessions.parquet --sessions sessions.csv{threads}"),
    )?;
    print(&format!("\n{}", first_sessions(Path::new("sessions.csv"))?))?;

    step(
        "What the sessions are like, and what other gaps would make of them:",
        &format!("summary events.parquet --gaps 5m,15m,30m,1h,2h{threads}"),
    )?;

    if let Some(event) = event_to_explain(arguments)? {
        step(
            "The event that missed the session before it by the least:",
            &format!("explain events.parquet --event {event}{threads}"),
        )?;
    }
    Ok(())
}

/// Shows a command line of this program, with what it is for, and runs it.
fn step(what_for: &str, line: &str) -> Result<()> {
    let (bold, plain) = if stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    print(&format!("\n# {what_for}\n{bold}$ spectrum {line}{plain}"))?;
    let words = std::iter::once("spectrum").chain(line.split(' '));
    crate::Arguments::try_parse_from(words)?.command.run()
}

fn event_to_explain(arguments: &Arguments) -> Result<Option<String>> {
    let watch = watched();
    let input = Input::find(&["events.parquet".to_owned()], &InputOptions::default(), &watch)?;
    let progress = Progress::show(&watch, false);
    let mut options = ExplainOptions::default();
    options.threads = arguments.threads.count();
    let found = nearest_miss(&input, &SessionDefinition::default(), &options, &watch);
    drop(progress);
    Ok(found?.and_then(|miss| miss.event_id))
}

/// Where the demonstration takes place.
enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    fn make(keep: Option<&Path>) -> Result<Self> {
        let Some(folder) = keep else {
            return Ok(Self::Temporary(tempfile::tempdir().context("making a temporary folder")?));
        };
        let name = folder.display();
        fs::create_dir_all(folder).with_context(|| format!("making folder {name}"))?;
        let mut entries = fs::read_dir(folder).with_context(|| format!("looking into folder {name}"))?;
        if entries.next().is_some() {
            bail!("folder {name} is not empty; name a new one with --keep");
        }
        Ok(Self::Kept(folder.to_path_buf()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

fn enter(folder: &Path) -> Result<()> {
    env::set_current_dir(folder).with_context(|| format!("entering folder {}", folder.display()))
}

fn what_next(keep: Option<&Path>, home: &Path) -> String {
    let program = program(given::arguments().into_iter().next(), home);
    match keep {
        Some(folder) => {
            let folder = folder.display();
            format!(
                "\nThe files are in {folder}. Next, for example:\n  \
                   {program} summary {folder}/events.parquet --gap 1h\n  \
                   {program} run {folder}/events.parquet -o {folder}/by_user.ndjson.gz --key user_id --gap 15m --id encoded\n  \
                   {program} run --help"
            )
        }
        None => format!(
            "\nThe files are gone; to keep them: {program} demo --keep demo\n\
             Next, with more of them, or with events of your own:\n  \
               {program} generate -o events.parquet --events 1000000\n  \
               {program} run events.parquet -o with_sessions.parquet --sessions sessions.parquet\n  \
               {program} summary events.parquet --gaps 10m,30m,1h\n  \
               {program} run --help"
        ),
    }
}

/// How this program was called, so that what is shown can be pasted: a path below the current folder is shown
/// from there.
fn program(called_as: Option<OsString>, home: &Path) -> String {
    let Some(path) = called_as.map(PathBuf::from) else { return "spectrum".to_owned() };
    path.strip_prefix(home).unwrap_or(&path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_as_it_can_be_called_again() {
        let program = |called_as: &str| program(Some(called_as.into()), Path::new("/home/ann/spectrum"));
        assert_eq!(program("spectrum"), "spectrum");
        assert_eq!(program("target/release/spectrum"), "target/release/spectrum");
        assert_eq!(program("/home/ann/spectrum/target/release/spectrum"), "target/release/spectrum");
        assert_eq!(program("/usr/bin/spectrum"), "/usr/bin/spectrum");
    }
}
