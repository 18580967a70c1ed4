//! A run that goes on where the runs before it ended.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_schema::TimeUnit;
use spectrum_core::{Gap, Labeller, RuleKind, SessionDefinition, nanoseconds_per};

use super::error::StateError;
use super::folder::Folder;
use super::leaves::MOST;
use super::manifest::{Manifest, RecordedDefinition};
use super::merge::{Fate, Merged, SessionChanges};
use super::pending::Pending;
use super::rewrite::{NotRewritten, Rewrite, form};
use super::step::Step;
use super::taken::{Known, Taken, TakenFiles};
use crate::attach::{AddedColumns, Job, SecondPass};
use crate::digest::{digest, event_ids, without_event_ids};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::given_types::check_given_types;
use crate::input::Input;
use crate::jobs::{jobs, table_format};
use crate::labelled::{GoingOn, scan};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::run::{RunReport, check_names, of_new_events};
use crate::run_options::{NullTime, RunOptions};
use crate::scan::Scan;
use crate::watch::Watch;

/// Which state a run goes on with, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StateOptions {
    /// Its folder, which is made if it is not there.
    pub folder: PathBuf,
    /// Whether outputs of earlier runs are written anew where ids of their events have become others.
    pub rewrite: bool,
    /// Refuse events that are earlier than the latest event of all runs before by more than this.
    pub lateness: Option<Gap>,
    /// Where these go, as they came: a file that is not there yet, or a folder, which gets one of every run that has such.
    pub rejects: Option<Target>,
}

impl StateOptions {
    /// Where the events go that came too late in a run: a file, or one of the run in a folder.
    fn rejects_of(&self, run: u64, format: Format) -> Option<Target> {
        let target = self.rejects.as_ref()?;
        let Target::File(path) = target else { return Some(target.clone()) };
        let is_folder = path.is_dir() || path.as_os_str().to_string_lossy().ends_with('/');
        Some(match is_folder {
            true => Target::File(path.join(format!("late-{run}.{format}"))),
            false => target.clone(),
        })
    }

    /// Events before this instant, in nanoseconds since 1970, come too late.
    fn late_before(&self, state: Option<&Manifest>) -> Option<i128> {
        let state = state?;
        let latest = i128::from(state.latest?) * i128::from(nanoseconds_per(state.times.unit()));
        Some(latest - i128::from(self.lateness?.nanoseconds()))
    }

    /// The state in this folder; outputs of earlier runs stay as they are.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), rewrite: false, lateness: None, rejects: None }
    }
}

/// What a run with a state did.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct StateReport {
    /// The number of the run, from 1; of the last one if there was nothing new.
    pub run: u64,
    /// Of the files that were taken; none if there was nothing new. Keys, sessions and the span are those that were touched.
    pub taken: Option<RunReport>,
    /// How many files were taken.
    pub files: u64,
    /// Files that were left out, because they had been taken before.
    pub left_out: Vec<LeftOutFile>,
    /// What became of sessions.
    pub changes: SessionChanges,
    /// All sessions in the state.
    pub sessions: u64,
    /// All events in the state.
    pub events: u64,
    /// Events that came too late, which went to the rejects.
    pub rejected: u64,
    /// Outputs of earlier runs that were written anew.
    pub rewritten: Vec<PathBuf>,
    /// Those that should have been, and were not.
    pub not_rewritten: Vec<NotRewritten>,
    /// Outputs of a run that was killed, which have their names now.
    pub brought_to_an_end: Vec<PathBuf>,
}

/// A file that was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeftOutFile {
    /// What it is called.
    pub name: String,
    /// The file with the same bytes, if that is another one.
    pub same_as: Option<PathBuf>,
}

/// Sessionizes the files of an input that the state has not taken yet. Sessions go on where the events before
/// ended; what became of those that had been there is written to `changes-RUN.parquet` in the folder, if anything did.
///
/// The folder is made if it is not there. Outputs get their names when the state has its new form. A run that is killed
/// has not happened, or is brought to its end by the next one.
///
/// # Errors
/// As of [`crate::run`], and an [`EngineError::State`]; the state and the outputs are as they were then.
pub fn run_with_state(
    input: Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    state: &StateOptions,
    watch: &Watch,
) -> Result<StateReport> {
    run_in_leaves(MOST, input, definition, options, state, watch)
}

/// The same with so many sessions in a leaf at most.
pub(super) fn run_in_leaves(
    most: usize,
    input: Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    state: &StateOptions,
    watch: &Watch,
) -> Result<StateReport> {
    check_options(&input, definition, options)?;
    let (folder, before) = Folder::take(&state.folder)?;
    let done = take_files(most, input, definition, options, state, (&folder, before), watch);
    if done.is_err() {
        folder.tidy();
    }
    done
}

/// Makes the step from the state in the folder to the next.
fn take_files(
    most: usize,
    input: Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    state: &StateOptions,
    (folder, before): (&Folder, Option<Manifest>),
    watch: &Watch,
) -> Result<StateReport> {
    let brought_to_an_end = Pending::settle(folder, before.as_ref().map_or(0, |before| before.run))?;
    folder.sweep(before.as_ref());
    let recorded = RecordedDefinition::of(definition, input.null_key);
    if let Some(before) = &before {
        let differences = before.definition.differences(&recorded);
        if !differences.is_empty() {
            return Err(
                StateError::OtherDefinition { folder: folder.path().to_path_buf(), differences }.into()
            );
        }
    }
    let mut files = TakenFiles::read(folder, before.as_ref().and_then(|before| before.files.as_ref()))?;
    let versions = input.versions()?;
    let New { input, taken, versions, left_out } = New::of(input, versions, &files, watch)?;
    let report = StateReport {
        run: before.as_ref().map_or(0, |before| before.run),
        taken: None,
        files: taken.len() as u64,
        left_out,
        changes: SessionChanges::default(),
        sessions: before.as_ref().map_or(0, Manifest::session_count),
        events: before.as_ref().map_or(0, |before| before.events),
        rejected: 0,
        rewritten: Vec::new(),
        not_rewritten: Vec::new(),
        brought_to_an_end,
    };
    if taken.is_empty() {
        return Ok(report);
    }

    let added = AddedColumns::new(definition, options);
    check_names(definition, options, &added)?;
    check_key_names(definition)?;
    check_given_types(&input, definition.time())?;
    let jobs = jobs(&input, options)?;
    let targets = || jobs.iter().map(|job| &job.target);
    refuse_within(folder.path(), targets().chain(&state.rejects))?;
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    outputs.check(targets(), input.paths(), options.force)?;
    let left_behind = outputs.left_behind(targets(), options.clean)?;
    let added_names: Vec<String> = added.names().cloned().collect();
    let threads = options.threads.max(1);
    let wanted = event_ids(definition);
    let ids = options.digest.then(|| Scan::open(&input, &wanted).map_err(without_event_ids)).transpose()?;

    let unit_before = before.as_ref().map_or(TimeUnit::Second, |before| before.times.unit());
    let going_on = GoingOn { at_least: unit_before, late_before: state.late_before(before.as_ref()) };
    let scanned = scan(&input, definition, &added_names, &going_on, threads, watch)?;
    let unit = scanned.labellers.first().map_or(unit_before, Labeller::unit);
    watch.begin("reading the state", 0);
    let step = Step { folder, before: before.as_ref(), definition, unit, run: report.run + 1, most };
    step.check_keys(&scanned.labellers)?;
    let stretches = scanned.labellers.iter().flat_map(Labeller::stretches).collect();
    let loaded = step.load(stretches)?;
    let (mut past_labeller, labels) = loaded.remembered(&step)?;
    if let Some(part) = before.as_ref().and_then(|before| before.keys.as_ref()) {
        step.remember_totals(part, &mut past_labeller)?;
    }
    let place = scanned.labellers.len();
    watch.begin("finding sessions", 0);
    let mut labelled = scanned.resolve(Some(past_labeller), definition.id(), threads)?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    step.check(&labelled, options)?;
    let keeps_ids = definition.id().needs_memory().then_some(step.run);
    let merged = Merged::of(&mut labelled.resolution, place, &labels, &loaded.past, keeps_ids)
        .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
    let digest = ids
        .map(|ids| digest(&input, &ids, &labelled, definition.event_id(), threads, watch))
        .transpose()
        .map_err(without_event_ids)?;

    let pass = SecondPass {
        input: &input,
        labelled: &labelled,
        added: &added,
        time: definition.time(),
        threads,
        watch,
        lost_numbers: AtomicU64::default(),
    };
    for job in &jobs {
        pass.write(job, &mut outputs, options.force)?;
    }
    if labelled.late_events() > 0 {
        let Some(target) = state.rejects_of(step.run, input.format) else {
            return Err(StateError::TooLate { events: labelled.late_events() }.into());
        };
        // Rejects of earlier runs are in no other place.
        if let Target::File(path) = &target
            && path.exists()
        {
            return Err(StateError::RejectsExist(path.clone()).into());
        }
        outputs.check(targets().chain(std::iter::once(&target)), input.paths(), options.force)?;
        let (format, compression) = table_format(&target, &input, options.to)?;
        let (late, none) = (labelled.late_ones()?, AddedColumns::none());
        let pass = SecondPass { labelled: &late, added: &none, lost_numbers: AtomicU64::default(), ..pass };
        let job = Job { files: 0..input.files.len(), target, format, compression, with_partition: false };
        pass.write(&job, &mut outputs, false)?;
    }
    watch.begin("writing the state", 0);
    for (at, mut file) in taken.into_iter().enumerate() {
        file.run = step.run;
        file.events = labelled.events_of_file(at);
        file.span = labelled.span_of_file(at);
        file.left_out = labelled.left_out_of_file(at);
        file.output = output_of(&jobs, at);
        if let Some(job) = jobs.iter().find(|job| job.files.contains(&at)) {
            file.form = form(job, &added);
            file.with_partition = job.with_partition;
        }
        files.add(file);
    }
    let (manifest, changes) = step.write(&loaded, &labelled, &merged, &files, recorded)?;
    let rewrite = Rewrite {
        step: &step,
        manifest: &manifest,
        files: &files,
        input: &input,
        added: &added,
        threads,
        watch,
    };
    let rewritten = match state.rewrite {
        true => rewrite.renamed(&merged.renamed(&labelled.resolution, &loaded.past), &mut outputs)?,
        false => Default::default(),
    };
    watch.advance(0)?;
    input.check_versions(&versions)?;
    step.commit(outputs, &manifest)?;
    let lost_numbers = pass.lost_numbers.into_inner();
    let of_new = of_new_events(&labelled, digest, |session| {
        merged.fate(session, &labelled.resolution, &loaded.past) != Fate::Unchanged
    });
    Ok(StateReport {
        run: step.run,
        taken: Some(RunReport { lost_numbers, left_behind, ..of_new }),
        changes,
        sessions: manifest.session_count(),
        events: manifest.events,
        rejected: labelled.late_events(),
        rewritten: rewritten.done,
        not_rewritten: rewritten.not_done,
        ..report
    })
}

/// Refuses outputs that would lie among the state's own files.
fn refuse_within<'t>(folder: &Path, mut targets: impl Iterator<Item = &'t Target>) -> Result<()> {
    let absolute =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_default();
    let folder = absolute(folder);
    let lies_within = |path: &Path| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        absolute(parent).starts_with(&folder) || absolute(path).starts_with(&folder)
    };
    match targets.find(|target| matches!(target, Target::File(path) if lies_within(path))) {
        Some(Target::File(path)) => Err(StateError::OutputInState(path.clone()).into()),
        _ => Ok(()),
    }
}

/// Refuses key columns whose names the state's tables, the sessions table among them, have for others.
fn check_key_names(definition: &SessionDefinition) -> Result<()> {
    const OWN: [&str; 15] = [
        "change",
        "session_id",
        "session_id_before",
        "started_at_before",
        "ended_at_before",
        "events_before",
        "session_seq",
        "started_at",
        "ended_at",
        "duration_seconds",
        "events",
        "started_by",
        "ended_by",
        "founded_in_run",
        "founded_at",
    ];
    match definition.key().iter().find(|column| OWN.contains(&column.as_str())) {
        Some(column) => Err(StateError::KeyTaken(column.clone()).into()),
        None => Ok(()),
    }
}

/// Refuses what a state cannot do, before anything is read.
fn check_options(input: &Input, definition: &SessionDefinition, options: &RunOptions) -> Result<()> {
    let rule = definition.rule();
    if rule.kind() != RuleKind::OrderFree {
        let of_instants = ["where", "at_gap", "split_at"];
        let setting = rule.beyond_the_gap().find(|name| !of_instants.contains(name)).unwrap_or("it has");
        return Err(StateError::RuleNeedsEvents { setting }.into());
    }
    if let Some(column) = definition.summary().first() {
        return Err(StateError::SummaryColumns(column.name.clone()).into());
    }
    let not_with_state = |what, why| Err(StateError::NotWithState { what, why }.into());
    if input.is_stdin() {
        return not_with_state(
            "standard input",
            "files are known again by their names and their content; write it to a file first",
        );
    }
    if options.output == Target::Stdout {
        return not_with_state(
            "an output to standard output",
            "outputs get their names together with the state; name a file or a folder",
        );
    }
    if options.sessions.is_some() {
        return not_with_state(
            "a sessions table of one run",
            "the state has the sessions of all runs; write its table afterwards",
        );
    }
    if options.with_reason {
        return not_with_state("started_by", "the sessions before are not always looked at; leave it out");
    }
    if options.with_sequence && !definition.id().is_numbered() {
        return not_with_state(
            "session_seq",
            "numbers are kept where ids hold them; name sessions by the scheme encoded, or leave it out",
        );
    }
    Ok(())
}

/// The files of an input that are new.
struct New {
    input: Input,
    /// In the order of the input's files.
    taken: Vec<Taken>,
    versions: Vec<crate::store::Version>,
    left_out: Vec<LeftOutFile>,
}

impl New {
    fn of(
        mut input: Input,
        versions: Vec<crate::store::Version>,
        known: &TakenFiles,
        watch: &Watch,
    ) -> Result<Self> {
        watch.begin("looking for new files", input.bytes());
        let (mut taken, mut left_out, mut kept_versions): (Vec<Taken>, Vec<_>, Vec<_>) = Default::default();
        let mut kept = Vec::new();
        let mut twins: HashMap<String, PathBuf> = HashMap::new();
        for (file, version) in std::mem::take(&mut input.files).into_iter().zip(versions) {
            match known.look_up(&file, watch)? {
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
}

/// Where a file's events go, wherever a later run is started.
fn output_of(jobs: &[Job], file: usize) -> Option<PathBuf> {
    match &jobs.iter().find(|job| job.files.contains(&file))?.target {
        Target::File(path) => Some(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
        Target::Stdout => None,
    }
}
