//! `spectrum run --state`: only what is new, and sessions that go on where the runs before ended.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use spectrum_core::{EpochUnit, Gap, SessionDefinition};
use spectrum_engine::{EngineError, RunOptions, StateError, StateOptions, StateReport, run_with_state};

use super::Arguments;
use crate::commands::{note, print, target};
use crate::interrupt::{self, watched};
use crate::numbers::{self, count, counted, instant};
use crate::period::Period;
use crate::progress::Progress;
use crate::rule_words::{listed, outside, rules};
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
    #[arg(long, value_name = "DURATION", requires = "state", help_heading = HEADING)]
    lateness: Option<Gap>,
    /// Where events go that --lateness refuses, as they came: a file, or a folder, which gets one of each run that has any
    #[arg(long, value_name = "OUT", requires = "lateness", help_heading = HEADING)]
    rejects: Option<String>,
    /// Go on taking files as they appear, until Ctrl-C; the inputs are folders or patterns then, and the output is a folder
    #[arg(long, requires = "state", help_heading = HEADING)]
    follow: bool,
    /// With --follow, how long a file must not have changed before it is taken; one that is renamed into its place when it is
    /// complete can be taken at once, with 1ms [default: 5s]
    #[arg(long, value_name = "DURATION", requires = "follow", help_heading = HEADING)]
    settle: Option<Period>,
}

impl StateFlags {
    fn options(&self, folder: &Path) -> StateOptions {
        let mut options = StateOptions::new(folder);
        options.rewrite = self.rewrite;
        options.lateness = self.lateness;
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
        return follow(arguments, folder, &definition, unit);
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
    let text = match (arguments.json, arguments.quiet) {
        (true, _) => as_json(&report, &definition, begun.elapsed()).to_string(),
        (false, true) => return Ok(()),
        (false, false) => as_text(arguments, &report, &definition, folder, files, begun.elapsed()),
    };
    Ok(print(&text)?)
}

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Takes files as they appear. Whoever stops it has stopped nothing: the next one goes on from there.
fn follow(
    arguments: &Arguments,
    folder: &Path,
    definition: &SessionDefinition,
    unit: Option<EpochUnit>,
) -> Result<()> {
    let out = Path::new(&arguments.output);
    if !out.is_dir() && !arguments.output.ends_with('/') {
        bail!(
            "with --follow every file has an output of its own; name a folder, as in -o {}/",
            arguments.output
        );
    }
    let settle = arguments.state.settle.map_or(Duration::from_secs(5), Period::length);
    let (options, state) = (arguments.options(), arguments.state.options(folder));
    let say = |text: &str| note(&format!("{:.0} {text}", Timestamp::now()));
    let _ = watched();
    while !interrupt::stopped() {
        let begun = Instant::now();
        let reading = &arguments.input.reading;
        let (input, _) =
            reading.find_settled(&arguments.input.inputs, unit, &arguments.types, Some(settle))?;
        let files = input.paths().count() as u64;
        let report = match take(arguments, input, definition, &options, &state) {
            Err(error) if matches!(error.downcast_ref(), Some(EngineError::Interrupted)) => break,
            // Somebody else takes files now, and soon ends.
            Err(error) if matches!(error.downcast_ref(), Some(EngineError::State(StateError::InUse(_)))) => {
                std::thread::sleep(LOOK_EVERY);
                continue;
            }
            report => report?,
        };
        if let Some(taken) = &report.taken {
            if arguments.json {
                print(&as_json(&report, definition, begun.elapsed()).to_string())?;
            } else if !arguments.quiet {
                print(&as_text(arguments, &report, definition, folder, files, begun.elapsed()))?;
            }
            unusual_times::warn(taken.unusual_times.as_ref(), definition.time());
            continue;
        }
        let waited = Instant::now();
        while waited.elapsed() < LOOK_EVERY && !interrupt::stopped() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    if !arguments.quiet {
        say("stopped");
    }
    Ok(())
}

fn take(
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

fn as_text(
    arguments: &Arguments,
    report: &StateReport,
    definition: &SessionDefinition,
    folder: &Path,
    files: u64,
    took: Duration,
) -> String {
    let mut lines = Vec::new();
    match &report.taken {
        None => lines.push(match files {
            1 => "nothing new: the file was taken before".to_owned(),
            files => format!("nothing new: all {} files were taken before", count(files)),
        }),
        Some(taken) => {
            lines.push(format!(
                "{} of {} new {}",
                counted(taken.events, "event", "events"),
                count(report.files),
                if report.files == 1 { "file" } else { "files" },
            ));
            lines.push(format!("  gap    {}, ids {}", definition.gap(), definition.id()));
            lines.extend(listed(definition));
            if let Some((first, last)) = taken.span {
                let at = |time| instant(time, taken.unit, taken.zoned);
                lines.push(format!(
                    "  span   {} to {}, of the sessions that they are in",
                    at(first),
                    at(last)
                ));
            }
            if taken.dropped > 0 {
                lines.push(format!("  dropped {} without a time", counted(taken.dropped, "event", "events")));
            }
            if taken.dropped_null_keys > 0 {
                let events = counted(taken.dropped_null_keys, "event", "events");
                lines.push(format!("  dropped {events} with a NULL in the key"));
            }
            lines.extend(
                outside(taken.not_taking_part, 0).into_iter().map(|events| format!("  outside {events}")),
            );
            if report.rejected > 0 {
                lines.push(format!(
                    "  rejects {} that came too late",
                    counted(report.rejected, "event", "events")
                ));
            }
            let changes = &report.changes;
            let mut changed = Vec::new();
            for (number, word) in [
                (changes.new, "new"),
                (changes.extended, "longer than before"),
                (changes.merged, "joined of several"),
                (changes.renumbered, "renumbered"),
            ] {
                changed.extend((number > 0).then(|| format!("{} {word}", count(number))));
            }
            if changed.is_empty() {
                changed.push("none is new or longer".to_owned());
            }
            lines.push(format!("  sessions: {}", changed.join(", ")));
            lines.extend(taken.digest.map(|digest| format!("  digest {digest}")));
        }
    }
    let other_names = report.left_out.iter().filter_map(|file| Some((file, file.same_as.as_ref()?)));
    for (file, same_as) in other_names {
        lines.push(format!("  left out {}, which has the bytes of {}", file.name, same_as.display()));
    }
    let again = report.left_out.iter().filter(|file| file.same_as.is_none()).count() as u64;
    if again > 0 && report.taken.is_some() {
        lines.push(format!("  left out {} taken before", counted(again, "file", "files")));
    }
    lines.push(format!(
        "  state  {} of {} after run {} in {}",
        counted(report.sessions, "session", "sessions"),
        counted(report.events, "event", "events"),
        count(report.run),
        folder.display(),
    ));
    if let Some(taken) = &report.taken {
        lines.push(format!("  wrote  {}", target(&arguments.output).name()));
        if !report.rewritten.is_empty() {
            let files =
                counted(report.rewritten.len() as u64, "output of an earlier run", "outputs of earlier runs");
            lines.push(format!("  anew   {files}"));
        }
        lines.push(format!("  took   {}", numbers::took(took, taken.events)));
    }
    lines.join("\n")
}

fn as_json(report: &StateReport, definition: &SessionDefinition, took: Duration) -> Value {
    let taken = report.taken.as_ref();
    let at = |time| taken.map(|taken| instant(time, taken.unit, taken.zoned));
    let span = taken.and_then(|taken| taken.span);
    json!({
        "run": report.run,
        "new_files": report.files,
        "left_out": report.left_out.iter().map(|file| json!({
            "file": file.name,
            "same_as": file.same_as.as_ref().map(|path| path.display().to_string()),
        })).collect::<Vec<_>>(),
        "events": taken.map_or(0, |taken| taken.events),
        "first": span.and_then(|(first, _)| at(first)),
        "last": span.and_then(|(_, last)| at(last)),
        "dropped_null_time": taken.map_or(0, |taken| taken.dropped),
        "dropped_null_key": taken.map_or(0, |taken| taken.dropped_null_keys),
        "rules": rules(definition),
        "not_taking_part": taken.map_or(0, |taken| taken.not_taking_part),
        "unusual_times": unusual_times::as_json(taken.and_then(|taken| taken.unusual_times.as_ref())),
        "rejected": report.rejected,
        "digest": taken.and_then(|taken| taken.digest).map(|digest| digest.to_string()),
        "sessions": {
            "new": report.changes.new,
            "extended": report.changes.extended,
            "merged": report.changes.merged,
            "renumbered": report.changes.renumbered,
        },
        "state": { "sessions": report.sessions, "events": report.events },
        "rewritten": report.rewritten.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "not_rewritten": report.not_rewritten.iter().map(|output| json!({
            "output": output.output.display().to_string(),
            "why": output.why,
        })).collect::<Vec<_>>(),
        "brought_to_an_end":
            report.brought_to_an_end.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "seconds": took.as_secs_f64(),
    })
}
