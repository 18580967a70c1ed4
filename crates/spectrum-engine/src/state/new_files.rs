//! Which files of an input are new, and what they gave.

use std::collections::HashMap;
use std::path::PathBuf;

use super::report::LeftOutFile;
use super::rewrite::form;
use super::seen::Seen;
use super::taken::{Known, Taken, TakenFiles};
use crate::attach::{AddedColumns, Job};
use crate::error::Result;
use crate::input::Input;
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
    pub(super) fn of(
        mut input: Input,
        versions: Vec<Version>,
        known: &TakenFiles,
        seen: &mut Seen,
        watch: &Watch,
    ) -> Result<Self> {
        watch.begin("looking for new files", input.bytes());
        let (mut taken, mut left_out, mut kept_versions): (Vec<Taken>, Vec<_>, Vec<_>) = Default::default();
        let mut kept = Vec::new();
        let mut twins: HashMap<String, PathBuf> = HashMap::new();
        for (file, version) in std::mem::take(&mut input.files).into_iter().zip(versions) {
            match known.look_up(&file, seen, watch)? {
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
                    twins.insert(new.md5.clone(), new.path.clone());
                    taken.push(new);
                    kept.push(file);
                    kept_versions.push(version);
                }
            }
        }
        input.files = kept;
        Ok(Self { input, taken, versions: kept_versions, left_out })
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

/// Where a job's events go, wherever a later run is started.
fn output_of(job: &Job) -> Option<PathBuf> {
    match &job.target {
        Target::File(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
        Target::Stdout => None,
    }
}
