//! Which files of an input are new, and what they gave.

use std::collections::HashMap;
use std::path::PathBuf;

use super::report::LeftOutFile;
use super::rewrite::form;
use super::seen::{Name, Seen};
use super::taken::{Known, Taken, TakenFiles, hash};
use crate::attach::{AddedColumns, Job};
use crate::error::Result;
use crate::input::{Input, InputFile};
use crate::labelled::Labelled;
use crate::output::target::Target;
use crate::store::Version;
use crate::watch::Watch;

/// The files of an input that are new.
pub(super) struct New {
    pub(super) input: Input,
    /// In the order of the input's files.
    pub(super) taken: Vec<Taken>,
    pub(super) versions: Vec<Version>,
    pub(super) left_out: Vec<LeftOutFile>,
}

impl New {
    /// Files that have a new name are taken for new ones for now, if `by_name`: their bytes are looked at later
    /// ([`Reading`]).
    pub(super) fn of(
        mut input: Input,
        known: &TakenFiles,
        seen: &mut Seen,
        by_name: bool,
        watch: &Watch,
    ) -> Result<Self> {
        let versions = input.versions()?;
        watch.begin("looking for new files", input.bytes());
        let (mut taken, mut left_out, mut kept_versions): (Vec<Taken>, Vec<_>, Vec<_>) = Default::default();
        let mut kept = Vec::new();
        let mut twins: HashMap<String, PathBuf> = HashMap::new();
        let look_up = |file: &InputFile, seen: &mut Seen| match by_name {
            true => known.look_up_by_name(file, seen, watch),
            false => known.look_up(file, seen, watch),
        };
        for (file, version) in std::mem::take(&mut input.files).into_iter().zip(versions) {
            match look_up(&file, seen)? {
                Known::Taken(path) => {
                    let own = file.store.real_name(&file.path).ok();
                    let same_as = (own.as_ref() != Some(&path)).then_some(path);
                    left_out.push(LeftOutFile { name: file.name, same_as });
                }
                Known::New(new) => {
                    // The same bytes twice among the new ones.
                    if let Some(twin) = twins.get(&new.md5) {
                        left_out.push(LeftOutFile { name: file.name, same_as: Some(twin.clone()) });
                        continue;
                    }
                    if !new.md5.is_empty() {
                        twins.insert(new.md5.clone(), new.path.clone());
                    }
                    taken.push(new);
                    kept.push(file);
                    kept_versions.push(version);
                }
            }
        }
        input.files = kept;
        Ok(Self { input, taken, versions: kept_versions, left_out })
    }

    /// Whether the bytes of all were looked at.
    pub(super) fn are_all_read(&self) -> bool {
        self.taken.iter().all(|taken| !taken.md5.is_empty())
    }

    /// What is to be read to know that they are new.
    pub(super) fn reading(&self) -> Reading {
        Reading { files: self.input.files.clone(), taken: self.taken.clone() }
    }

    /// Adds them to those that were taken: what each gave, and where that went.
    pub(super) fn taken_in(
        taken: Vec<Taken>,
        run: u64,
        labelled: &Labelled,
        jobs: &[Job],
        added: &AddedColumns,
        files: &mut TakenFiles,
    ) {
        for (at, mut file) in taken.into_iter().enumerate() {
            file.run = run;
            file.events = labelled.events_of_file(at);
            file.span = labelled.span_of_file(at);
            file.left_out = labelled.left_out_of_file(at);
            if let Some(job) = jobs.iter().find(|job| job.files.contains(&at)) {
                file.output = output_of(job);
                file.form = form(job, added);
                file.with_partition = job.with_partition;
            }
            files.add(file);
        }
    }
}

/// Files that were taken for new ones by their names.
pub(super) struct Reading {
    files: Vec<InputFile>,
    taken: Vec<Taken>,
}

impl Reading {
    /// The MD5 of each.
    pub(super) fn hash(&self, watch: &Watch) -> Result<Vec<String>> {
        let hash = |(file, taken): (&InputFile, &Taken)| match taken.md5.is_empty() {
            true => hash(file, watch, false),
            false => Ok(taken.md5.clone()),
        };
        self.files.iter().zip(&self.taken).map(hash).collect()
    }

    /// Remembers for this run what was found.
    pub(super) fn remember(&self, md5s: &[String], seen: &mut Seen) {
        for ((file, taken), md5) in self.files.iter().zip(&self.taken).zip(md5s) {
            seen.know(Name::of(file, &taken.path), &taken.version, md5);
        }
    }
}

/// Where a job's events go, wherever a later run is started.
fn output_of(job: &Job) -> Option<PathBuf> {
    match &job.target {
        Target::File(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
        Target::Stdout => None,
    }
}
