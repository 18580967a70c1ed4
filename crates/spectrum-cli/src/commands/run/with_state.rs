//! `spectrum run --state`: only what is new, and sessions that go on where the runs before ended.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use spectrum_core::{Gap, GapError, SessionDefinition};
use spectrum_engine::{RunOptions, StateOptions, StateReport, run_with_state};

use super::state_report::{Told, as_json, as_text};
use super::{Arguments, follow};
use crate::commands::{note, print, target};
use crate::interrupt::watched;
use crate::period::Period;
use crate::progress::Progress;
use crate::{found_unit, unusual_times};

const HEADING: &str = "Going on where the last run ended";

/// Where the state is kept.
#[derive(Args, Debug)]
pub(super) struct StateFlags {
    /// Take only files that this folder does not know yet, and let sessions go on where the runs before ended; the folder is
    /// made by the first run
    ///
    /// Every file is taken once, in any order, late ones included: after each run the folder holds the sessions of all events so
    /// far, as one run over all files would give them. What a run changed of earlier sessions is in changes-RUN.parquet there.
    #[arg(long, value_name = "FOLDER", help_heading = HEADING)]
    pub(super) state: Option<PathBuf>,
    /// Write outputs of earlier runs anew where ids of their events have become others, if they and their inputs are where they
    /// were
    #[arg(long, requires = "state", help_heading = HEADING)]
    rewrite: bool,
    /// Refuse events that are earlier by more than this than the latest event of all runs before, so that older sessions stay as
    /// they are
    #[arg(long, value_name = "DURATION", value_parser = lateness, requires = "state", help_heading = HEADING)]
    lateness: Option<Gap>,
    /// Where events go that --lateness refuses, as they came: a file, or a folder, which gets one of each run that has any
    #[arg(long, value_name = "OUT", requires = "lateness", help_heading = HEADING)]
    rejects: Option<String>,
    /// With --id persistent, in the run that begins a state: keep the ids of this sessions table, which were published before
    ///
    /// The table is one of `spectrum run --sessions` or `spectrum state --sessions` under any scheme, or another one with
    /// session_id, the key and started_at. Each id stays with the session that its first instant lies in; of several in one
    /// session the earliest stays, and the others lead to it.
    #[arg(long, value_name = "TABLE", requires = "state", help_heading = HEADING)]
    keep_ids: Option<PathBuf>,
    /// Go on taking files as they appear, until Ctrl-C; the inputs are folders or patterns then, and the output is a folder
    #[arg(long, requires = "state", help_heading = HEADING)]
    pub(super) follow: bool,
    /// With --follow, how long a file must not have changed before it is taken; one that is renamed into its place when it is
    /// complete can be taken at once, with 1ms [default: 5s]
    #[arg(long, value_name = "DURATION", requires = "follow", help_heading = HEADING)]
    pub(super) settle: Option<Period>,
}

/// A lateness, which is written as a gap is.
fn lateness(text: &str) -> std::result::Result<Gap, String> {
    text.parse().map_err(|error: GapError| error.of("lateness"))
}

impl StateFlags {
    pub(super) fn options(&self, folder: &Path) -> StateOptions {
        let mut options = StateOptions::new(folder);
        options.rewrite = self.rewrite;
        options.lateness = self.lateness;
        options.keep_ids.clone_from(&self.keep_ids);
        options.rejects = self.rejects.as_deref().map(target);
        options
    }
}

/// Runs, and reports.
pub(super) fn run(arguments: &Arguments, folder: &Path) -> Result<()> {
    if arguments.engine.engine.is_some() {
        bail!("a state is kept by spectrum itself; leave out --engine or --state");
    }
    let (definition, unit) = arguments.definition.resolve_with_unit()?;
    if arguments.state.follow {
        return follow::run(arguments, folder, &definition, unit);
    }
    let begun = Instant::now();
    let input = arguments.input.find_typed(unit, &arguments.types)?;
    arguments.definition.check_event_id(&input, &definition)?;
    let files = input.paths().count() as u64;
    let options = arguments.options();
    let report = take(arguments, input, &definition, &options, &arguments.state.options(folder))?;
    if let Some(taken) = &report.taken {
        found_unit::tell(taken.found_unit, definition.time(), arguments.quiet);
        unusual_times::warn(taken.unusual_times.as_ref(), definition.time());
    }
    let told = Told { report: &report, definition: &definition, folder, files, took: begun.elapsed() };
    let text = match (arguments.json, arguments.quiet) {
        (true, _) => as_json(&told).to_string(),
        (false, true) => return Ok(()),
        (false, false) => as_text(&told, &target(&arguments.output).name()),
    };
    Ok(print(&text)?)
}

pub(super) fn take(
    arguments: &Arguments,
    input: spectrum_engine::Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    state: &StateOptions,
) -> Result<StateReport> {
    let watch = watched();
    let progress = Progress::show(&watch, arguments.quiet);
    let done = run_with_state(input, definition, options, state, &watch);
    drop(progress);
    let report = done?;
    for path in &report.brought_to_an_end {
        note(&format!("note: {} is of a run that was killed; it has its name now", path.display()));
    }
    for output in &report.not_rewritten {
        note(&format!("note: {} was not written anew: {}", output.output.display(), output.why));
    }
    for path in report.taken.iter().flat_map(|taken| &taken.left_behind) {
        note(&format!(
            "note: {} is of a run that was killed, or still goes on; --clean removes it",
            path.display()
        ));
    }
    Ok(report)
}
