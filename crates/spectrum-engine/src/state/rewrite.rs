//! Outputs of earlier runs, written anew with the ids that their events have by now.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use arrow_schema::TimeUnit;
use spectrum_core::{Labeller, nanoseconds_per};

use super::homes::other_of;
use super::keys::KeyTotals;
use super::manifest::Manifest;
use super::merge::Merged;
use super::seen::Seen;
use super::step::Step;
use super::taken::{Known, Taken, TakenFiles};
use crate::attach::{AddedColumns, Job, SecondPass};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputOptions};
use crate::jobs::table_format;
use crate::labelled::{GoingOn, scan};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::watch::Watch;

/// An output that should have been written anew.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NotRewritten {
    /// Its name.
    pub output: PathBuf,
    /// Why it was not, in words.
    pub why: String,
}

/// What was written anew, and what was not.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub(super) done: Vec<PathBuf>,
    pub(super) not_done: Vec<NotRewritten>,
    /// What killed runs left of them under hidden names.
    pub(super) left_behind: Vec<PathBuf>,
}

/// Marks the files of earlier runs that have events in these stretches of time, in which sessions have another id now, as
/// having outputs that are not up to date. Returns these outputs.
pub(super) fn mark_outdated(
    files: &mut TakenFiles,
    run: u64,
    stretches: &[(i64, i64)],
    unit: TimeUnit,
) -> BTreeSet<PathBuf> {
    let per_unit = i128::from(nanoseconds_per(unit));
    let meets = |(first, last): (i64, i64)| {
        stretches.iter().any(|(start, end)| {
            i128::from(*start) * per_unit <= i128::from(last) * 1000
                && i128::from(*end) * per_unit >= i128::from(first) * 1000
        })
    };
    let mut marked = BTreeSet::new();
    for file in files.all.iter_mut().filter(|file| file.run != run && file.span.is_some_and(meets)) {
        file.outdated |= file.output.is_some();
        marked.extend(file.output.clone());
    }
    marked
}

impl Rewritten {
    /// Notes which outputs are up to date.
    pub(super) fn note(&self, files: &mut TakenFiles) {
        for file in &mut files.all {
            let is_done = |done: &PathBuf| file.output.as_ref() == Some(done);
            file.outdated &= !self.done.iter().any(is_done);
        }
    }
}

/// How a job's output is written, in words: another form is another file.
pub(super) fn form(job: &Job, added: &AddedColumns) -> String {
    let names: Vec<&str> = added.names().map(String::as_str).collect();
    format!("{:?} {:?} {}", job.format, job.compression, names.join(","))
}

/// What is needed to write outputs anew.
pub(super) struct Rewrite<'a> {
    pub(super) step: &'a Step<'a>,
    /// The new state.
    pub(super) manifest: &'a Manifest,
    pub(super) files: &'a TakenFiles,
    /// What this run reads, for how it is read.
    pub(super) input: &'a Input,
    pub(super) added: &'a AddedColumns,
    pub(super) threads: usize,
    /// Whether what killed runs left is removed.
    pub(super) clean: bool,
    pub(super) watch: &'a Watch,
}

impl Rewrite<'_> {
    /// Writes the outputs of earlier runs whose events have other ids by now. One that cannot be had is told when ids of its events
    /// have just changed, and not in every run after that.
    pub(super) fn outdated(
        &self,
        just_changed: &BTreeSet<PathBuf>,
        outputs: &mut RunOutputs,
    ) -> Result<Rewritten> {
        let mut rewritten = Rewritten::default();
        for (output, files) in self.files.outdated() {
            let run = files.first().map_or(0, |file| file.run);
            let other = other_of(&self.manifest.homes, self.step.folder, run);
            if (!output.is_file() || other.is_some()) && !just_changed.contains(output) {
                continue;
            }
            let done = match other {
                Some(other) => Err(format!(
                    "it is an output of the state in {}, of which this one is a copy",
                    other.display()
                )),
                None => match self.write(output, &files, outputs) {
                    Err(EngineError::Interrupted) => return Err(EngineError::Interrupted),
                    Err(error) => Err(error.to_string()),
                    Ok(done) => done,
                },
            };
            match done {
                Ok(left_behind) => {
                    rewritten.left_behind.extend(left_behind);
                    rewritten.done.push(output.to_path_buf());
                }
                Err(why) => rewritten.not_done.push(NotRewritten { output: output.to_path_buf(), why }),
            }
        }
        Ok(rewritten)
    }

    /// Writes one output, or says why not. Returns what killed runs left of it.
    fn write(
        &self,
        output: &Path,
        files: &[&Taken],
        outputs: &mut RunOutputs,
    ) -> Result<std::result::Result<Vec<PathBuf>, String>> {
        if !output.is_file() {
            return Ok(Err("it is not there any more".to_owned()));
        }
        if let Some(gone) = files.iter().find(|file| !file.path.is_file()) {
            return Ok(Err(format!("{} is not there any more", gone.path.display())));
        }
        let names: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
        let options = InputOptions {
            from: files
                .first()
                .is_some_and(|file| Format::of_path(&file.path).is_none())
                .then_some(self.input.format),
            text: self.input.text.clone(),
            null_key: self.input.null_key,
            ..InputOptions::default()
        };
        let input = Input::find(&names, &options, self.watch)?;
        let versions = input.versions()?;
        for (file, taken) in input.files.iter().zip(files) {
            match self.files.look_up(file, &mut Seen::default(), self.watch) {
                Ok(Known::Taken(path)) if path == taken.path => {}
                Ok(_) | Err(EngineError::State(_)) => {
                    return Ok(Err(format!("{} has other bytes now", file.name)));
                }
                Err(error) => return Err(error),
            }
        }
        let target = Target::File(output.to_path_buf());
        let (format, compression) = table_format(&target, &input, None)?;
        // A file has its partition in its rows, a file of a folder in the names of folders.
        let with_partition = files.iter().any(|file| file.with_partition);
        let job = Job { files: 0..input.files.len(), target, format, compression, with_partition };
        if files.iter().any(|file| file.form != form(&job, self.added)) {
            return Ok(Err("it was written in another form, or with other columns".to_owned()));
        }
        let step = Step { before: Some(self.manifest), ..*self.step };
        let going_on = GoingOn { at_least: step.unit, late_before: None };
        let scanned = scan(&input, step.definition, &self.names(), &going_on, self.threads, self.watch)?;
        let stretches = scanned.labellers.iter().flat_map(Labeller::stretches).collect();
        let loaded = step.load(stretches)?;
        let (mut past, labels) = loaded.remembered(&step)?;
        if step.definition.id().is_numbered() {
            let totals = KeyTotals::read(step.folder, &self.manifest.keys)?;
            step.remember_totals(&totals, &mut past, &scanned.labellers)?;
        }
        let place = scanned.labellers.len();
        let mut labelled = scanned.resolve(Some(past), step.definition.id(), self.threads)?;
        let keeps_ids = step.definition.id().needs_memory().then_some(step.run);
        Merged::of(&mut labelled.resolution, place, &labels, &loaded.past, keeps_ids)
            .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
        for (at, file) in files.iter().enumerate() {
            if labelled.events_of_file(at) != file.events {
                let why = format!("{} gives other events than when it was taken", file.path.display());
                return Ok(Err(why));
            }
        }
        let pass = SecondPass {
            input: &input,
            labelled: &labelled,
            added: self.added,
            time: step.definition.time(),
            threads: self.threads,
            watch: self.watch,
            lost_numbers: AtomicU64::default(),
        };
        let left_behind = outputs.left_behind(std::iter::once(&job.target), self.clean)?;
        pass.write(&job, outputs, true)?;
        input.check_versions(&versions)?;
        Ok(Ok(left_behind))
    }

    fn names(&self) -> Vec<String> {
        self.added.names().cloned().collect()
    }
}
