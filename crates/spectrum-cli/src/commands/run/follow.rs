//! `spectrum run --follow`: files as they appear. One that cannot be taken is named, left where it is, and looked at again
//! when it has changed; the others go on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Error, Result, bail};
use jiff::Timestamp;
use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_engine::{EngineError, Input, RunOptions, StateError, StateOptions};

use super::Arguments;
use super::state_report::{Told, as_json, as_text};
use super::with_state::take;
use crate::commands::{note, print, target};
use crate::exit::{Partly, told};
use crate::interrupt::{self, watched};
use crate::numbers::counted;
use crate::period::Period;
use crate::unusual_times;

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Takes files as they appear. Whoever stops it has stopped nothing: the next one goes on from there.
pub(super) fn run(
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
    let state = arguments.state.options(folder);
    let mut following = Following {
        arguments,
        definition,
        folder,
        options: arguments.options(),
        rewrites: state.rewrite,
        state,
        left: Left::default(),
    };
    let _ = watched();
    while !interrupt::stopped() {
        let (inputs, names) = (&arguments.input.reading, &arguments.input.inputs);
        let left = &following.left;
        let found = inputs.find_apart(names, unit, &arguments.types, settle, |path| left.takes(path))?;
        for (path, error) in found.bad {
            following.left.leave(&path, &error.into());
        }
        let mut look = Look::Nothing;
        for input in found.inputs {
            look = look.max(following.take_what_can_be(input)?);
        }
        match look {
            Look::Stopped => break,
            Look::Taken => {}
            Look::Nothing => wait(),
        }
    }
    if !arguments.quiet {
        say("stopped");
    }
    following.left.report()
}

fn say(text: &str) {
    note(&format!("{:.0} {text}", Timestamp::now()));
}

fn wait() {
    let waited = Instant::now();
    while waited.elapsed() < LOOK_EVERY && !interrupt::stopped() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What came of a look at the folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Nothing,
    Taken,
    Stopped,
}

struct Following<'a> {
    arguments: &'a Arguments,
    definition: &'a SessionDefinition,
    folder: &'a Path,
    options: RunOptions,
    state: StateOptions,
    /// Whether outputs of earlier runs are written anew.
    rewrites: bool,
    left: Left,
}

impl Following<'_> {
    /// Takes files. If they cannot be taken together, each half is tried, down to the files that cannot be taken.
    fn take_what_can_be(&mut self, input: Input) -> Result<Look> {
        let begun = Instant::now();
        let paths: Vec<PathBuf> = input.paths().map(Path::to_path_buf).collect();
        let again = input.clone();
        let report = match take(self.arguments, input, self.definition, &self.options, &self.state) {
            Ok(report) => report,
            Err(error) => match error.downcast_ref::<EngineError>() {
                Some(EngineError::Interrupted) => return Ok(Look::Stopped),
                // Somebody else takes files now, and soon ends; or a file is still written.
                Some(EngineError::State(StateError::InUse(_)) | EngineError::Changed(_)) => {
                    return Ok(Look::Nothing);
                }
                Some(of_files) if of_files.is_of_files() => {
                    if let [path] = &paths[..] {
                        self.left.leave(path, &error);
                        return Ok(Look::Nothing);
                    }
                    let (first, second) = again.halves();
                    let first = self.take_what_can_be(first)?;
                    return match first {
                        Look::Stopped => Ok(first),
                        _ => Ok(first.max(self.take_what_can_be(second)?)),
                    };
                }
                _ => return Err(error),
            },
        };
        self.left.are_taken(&paths);
        if report.taken.is_some() {
            // Published ids are for the run that begins the state.
            self.state.keep_ids = None;
        }
        // What could not be written anew now is tried again together with new files, and not every second.
        self.state.rewrite = self.rewrites && (report.taken.is_some() || report.not_rewritten.is_empty());
        if report.taken.is_none() && report.rewritten.is_empty() {
            return Ok(Look::Nothing);
        }
        let arguments = self.arguments;
        let told = Told {
            report: &report,
            definition: self.definition,
            folder: self.folder,
            files: paths.len() as u64,
            took: begun.elapsed(),
        };
        if arguments.json {
            print(&as_json(&told).to_string())?;
        } else if !arguments.quiet {
            print(&as_text(&told, &target(&arguments.output).name()))?;
        }
        if let Some(taken) = &report.taken {
            unusual_times::warn(taken.unusual_times.as_ref(), self.definition.time());
        }
        Ok(Look::Taken)
    }
}

/// Files that could not be taken, and what shows that they are the same still.
#[derive(Default)]
struct Left(BTreeMap<PathBuf, Option<(u64, SystemTime)>>);

impl Left {
    fn leave(&mut self, path: &Path, error: &Error) {
        let (name, why) = (path.display().to_string(), told(error));
        let place = if why.contains(&name) { String::new() } else { format!("{name}: ") };
        say(&format!("not taken: {place}{why}"));
        self.0.insert(path.to_path_buf(), version(path));
    }

    /// Whether a file was not left, or has changed since.
    fn takes(&self, path: &Path) -> bool {
        self.0.get(path).is_none_or(|left| *left != version(path))
    }

    fn are_taken(&mut self, paths: &[PathBuf]) {
        for path in paths {
            self.0.remove(path);
        }
    }

    /// Fails if files are there still that were not taken.
    fn report(self) -> Result<()> {
        let left: Vec<String> =
            self.0.into_keys().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
        if left.is_empty() {
            return Ok(());
        }
        let files = counted(left.len() as u64, "file was", "files were");
        Err(Partly(format!("{files} not taken: {}", left.join(", "))).into())
    }
}

fn version(path: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}
