//! A run that goes on where the runs before it ended.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use arrow_schema::TimeUnit;
use spectrum_core::{Labeller, SessionDefinition};

use super::attributes;
use super::error::StateError;
use super::fit::is_of;
use super::folder::Folder;
use super::homes;
use super::kept_ids::KeptIds;
use super::keys::KeyTotals;
use super::leaves::MOST;
use super::manifest::{Manifest, RecordedDefinition};
use super::merge::{Fate, Merged, SessionChanges};
use super::new_files::New;
use super::options::StateOptions;
use super::pending::Pending;
use super::refused::{check_key_names, check_options, refuse_elsewhere, refuse_within};
use super::rejects::write_rejects;
use super::report::StateReport;
use super::rewrite::{Rewrite, mark_outdated};
use super::seen::Seen;
use super::step::{Step, files_of};
use super::taken::TakenFiles;
use crate::attach::{AddedColumns, SecondPass};
use crate::digest::{digest, event_ids, without_event_ids};
use crate::error::{EngineError, InputError, Result};
use crate::given_types::check_given_types;
use crate::input::Input;
use crate::jobs::jobs;
use crate::labelled::{GoingOn, scan};
use crate::lake::TableVersion;
use crate::output::run_outputs::RunOutputs;
use crate::run::{RunReport, check_names, of_new_events};
use crate::run_options::{NullTime, RunOptions};
use crate::scan::Scan;
use crate::told::Telling;
use crate::watch::Watch;

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
    if let Some(TableVersion { name, kind, .. }) = input.table_version() {
        return Err(InputError::TableInState { table: name.clone(), kind }.into());
    }
    check_options(&input, definition, options)?;
    let (folder, before) = Folder::take(&state.folder)?;
    let done = take_files(input, &Asked { most, definition, options, state, watch }, &folder, before);
    if done.is_err() {
        folder.tidy();
    }
    done
}

/// What a run was asked for.
struct Asked<'a> {
    most: usize,
    definition: &'a SessionDefinition,
    options: &'a RunOptions,
    state: &'a StateOptions,
    watch: &'a Watch,
}

/// Makes the step from the state in the folder to the next.
fn take_files(
    input: Input,
    asked: &Asked<'_>,
    folder: &Folder,
    before: Option<Manifest>,
) -> Result<StateReport> {
    let Asked { definition, watch, .. } = *asked;
    let before = before.as_ref();
    let brought_to_an_end = Pending::settle(folder, before.map_or(0, |before| before.run))?;
    folder.sweep(before);
    if let Some(before) = before {
        is_of(before, &RecordedDefinition::of(definition, input.null_key), folder)?;
    }
    let files = TakenFiles::read(folder, before.and_then(|before| before.files.as_ref()))?;
    let mut seen = Seen::read(folder);
    let new = New::of(input.clone(), &files, &mut seen, true, watch)?;
    let done = match new.are_all_read() {
        true => take_new(new, asked, folder, before, files, || Ok(None)),
        false => {
            // Few files of new names have the bytes of others, so all goes on while they are looked at.
            let reading = new.reading();
            let read = OnceLock::new();
            let done = std::thread::scope(|scope| {
                let hashing =
                    scope.spawn(|| reading.hash(watch).map(|md5s| read.get_or_init(|| md5s).clone()));
                take_new(new, asked, folder, before, files.clone(), || {
                    let failed = |_| EngineError::Mistake("a thread that read files failed");
                    let md5s = hashing.join().map_err(failed)??;
                    match files.have_twins(&md5s) {
                        true => Err(EngineError::Mistake("a file has the bytes of another")),
                        false => Ok(Some(md5s)),
                    }
                })
            });
            match read.into_inner() {
                Some(md5s) if files.have_twins(&md5s) => {
                    folder.sweep(before);
                    reading.remember(&md5s, &mut seen);
                    let new = New::of(input, &files, &mut seen, false, watch)?;
                    take_new(new, asked, folder, before, files, || Ok(None))
                }
                _ => done,
            }
        }
    };
    if before.is_some() {
        seen.write(folder);
    }
    Ok(StateReport { brought_to_an_end, ..done? })
}

/// Takes files that are new. `md5s` is asked for theirs when all else is done, where they are not known yet.
fn take_new(
    new: New,
    asked: &Asked<'_>,
    folder: &Folder,
    before: Option<&Manifest>,
    mut files: TakenFiles,
    md5s: impl FnOnce() -> Result<Option<Vec<String>>>,
) -> Result<StateReport> {
    let Asked { most, definition, options, state, watch } = *asked;
    let New { input, mut taken, versions, left_out } = new;
    let recorded = RecordedDefinition::of(definition, input.null_key);
    let kept = state.keep_ids.as_ref();
    let kept = kept.map(|table| KeptIds::read(table, definition, before, options.threads.max(1), watch));
    let kept = kept.transpose()?;
    let report = StateReport {
        run: before.map_or(0, |before| before.run),
        taken: None,
        files: taken.len() as u64,
        left_out,
        changes: SessionChanges::default(),
        sessions: before.map_or(0, Manifest::session_count),
        events: before.map_or(0, |before| before.events),
        kept_ids: 0,
        rejected: 0,
        outputs: Vec::new(),
        rewritten: Vec::new(),
        not_rewritten: Vec::new(),
        brought_to_an_end: Vec::new(),
    };
    let added = AddedColumns::new(definition, options);
    if taken.is_empty() {
        let outdated = before.filter(|_| state.rewrite && files.outdated().next().is_some());
        return match outdated {
            Some(before) => rewrite_alone(asked, &input, folder, before, &mut files, report),
            None => Ok(report),
        };
    }
    check_names(definition, options, &added)?;
    check_key_names(definition)?;
    check_given_types(&input, definition.time())?;
    let jobs = jobs(&input, options)?;
    let targets = || jobs.iter().map(|job| &job.target);
    refuse_elsewhere(targets().chain(&state.rejects))?;
    refuse_within(folder.path(), targets().chain(&state.rejects))?;
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    outputs.check(targets(), input.paths(), options.force)?;
    let mut left_behind = outputs.left_behind(targets(), options.clean)?;
    let added_names: Vec<String> = added.names().cloned().collect();
    let threads = options.threads.max(1);
    let wanted = event_ids(definition);
    let ids = options.digest.then(|| Scan::open(&input, &wanted).map_err(without_event_ids)).transpose()?;

    let telling = Telling::of(&input, definition)?;
    let telling = telling.as_ref().map(Telling::open).transpose()?;
    let unit_before = before.map_or(TimeUnit::Second, |before| before.times.unit());
    let going_on = GoingOn { at_least: unit_before, late_before: state.late_before(before) };
    let scanned = scan(&input, definition, &added_names, &going_on, threads, watch)?;
    let unit = scanned.labellers.first().map_or(unit_before, Labeller::unit);
    watch.begin("reading the state", 0);
    let step = Step { folder, before, definition, unit, run: report.run + 1, most };
    step.check_keys(&scanned.labellers)?;
    let stretches = scanned.labellers.iter().flat_map(Labeller::stretches).collect();
    let (loaded, totals) = std::thread::scope(|scope| {
        let totals = scope.spawn(|| KeyTotals::read(folder, before.map_or(&[], |before| &before.keys)));
        let loaded = step.load(stretches)?;
        let totals = totals.join().map_err(|_| EngineError::Mistake("a thread that read a state failed"))?;
        Ok::<_, EngineError>((loaded, totals?))
    })?;
    let (mut past_labeller, labels) = loaded.remembered(&step)?;
    if definition.id().is_numbered() {
        step.remember_totals(&totals, &mut past_labeller, &scanned.labellers)?;
    }
    let place = scanned.labellers.len();
    watch.begin("finding sessions", 0);
    let mut labelled = scanned.resolve(Some(past_labeller), definition.id(), threads)?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    step.check(&labelled, options)?;
    let keeps_ids = definition.id().needs_memory().then_some(step.run);
    let mut merged = Merged::of(&mut labelled.resolution, place, &labels, &loaded.past, keeps_ids)
        .ok_or(EngineError::Mistake("a session of the past is a part of none"))?;
    if let Some(telling) = &telling {
        let measured = telling.measure(&labelled, threads, watch)?;
        let sessions = &labelled.resolution.sessions;
        merged.told = attributes::joined(definition, measured, &loaded.past.told, sessions, &merged)?;
    }
    let kept_ids = match kept {
        Some(kept) => kept.give(&mut labelled.resolution, &mut merged)?,
        None => 0,
    };
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
        let late = labelled.late_ones()?;
        let pass = SecondPass { labelled: &late, lost_numbers: AtomicU64::default(), ..pass };
        let target = state.rejects_of(step.run, input.format);
        let target = target.ok_or(StateError::TooLate { events: labelled.late_events() })?;
        write_rejects(&pass, target, &jobs, options, &mut outputs)?;
    }
    watch.begin("writing the state", 0);
    for (file, md5) in taken.iter_mut().zip(md5s()?.into_iter().flatten()) {
        file.md5 = md5;
    }
    New::taken_in(taken, step.run, &labelled, &jobs, &added, &mut files);
    let (mut manifest, changes) = step.write(&loaded, &labelled, &merged, &totals, recorded)?;
    let renamed = merged.renamed(&labelled.resolution, &loaded.past);
    let just_changed = mark_outdated(&mut files, step.run, &renamed, unit);
    let rewrite = Rewrite {
        step: &step,
        manifest: &manifest,
        files: &files,
        input: &input,
        added: &added,
        threads,
        clean: options.clean,
        watch,
    };
    let rewritten = match state.rewrite {
        true => rewrite.outdated(&just_changed, &mut outputs)?,
        false => Default::default(),
    };
    left_behind.extend(rewritten.left_behind.iter().cloned());
    rewritten.note(&mut files);
    manifest.files = Some(files.write(folder, files_of(step.run))?);
    watch.advance(0)?;
    input.check_versions(&versions)?;
    let named =
        outputs.waiting().map(|(_, name, _)| name).filter(|name| !rewritten.done.contains(name)).collect();
    step.commit(outputs, &manifest)?;
    let lost_numbers = pass.lost_numbers.into_inner();
    let sessions = &labelled.resolution.sessions;
    let of_new = of_new_events(&labelled, digest, |session| {
        merged.fate(session, &labelled.resolution, &loaded.past) != Fate::Unchanged
    });
    Ok(StateReport {
        run: step.run,
        taken: Some(RunReport {
            lost_numbers,
            left_behind,
            // The sessions of the past that are here count with all of their events.
            null_key_events: sessions.null_key_events() - loaded.past.null_key_events(),
            null_id_events: sessions.null_id_events() - loaded.past.null_id_events(),
            ..of_new
        }),
        changes,
        sessions: manifest.session_count(),
        events: manifest.events,
        kept_ids,
        rejected: labelled.late_events(),
        outputs: named,
        rewritten: rewritten.done,
        not_rewritten: rewritten.not_done,
        ..report
    })
}

/// A run without new events, which brings outputs of earlier ones up to date that could not be written anew then.
fn rewrite_alone(
    asked: &Asked<'_>,
    input: &Input,
    folder: &Folder,
    before: &Manifest,
    files: &mut TakenFiles,
    report: StateReport,
) -> Result<StateReport> {
    let Asked { most, definition, options, watch, .. } = *asked;
    let run = before.run + 1;
    let step = Step { folder, before: Some(before), definition, unit: before.times.unit(), run, most };
    let added = AddedColumns::new(definition, options);
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    let rewrite = Rewrite {
        step: &step,
        manifest: before,
        files,
        input,
        added: &added,
        threads: options.threads.max(1),
        clean: options.clean,
        watch,
    };
    let rewritten = rewrite.outdated(&BTreeSet::new(), &mut outputs)?;
    let report = StateReport { not_rewritten: rewritten.not_done.clone(), ..report };
    if rewritten.done.is_empty() {
        return Ok(report);
    }
    rewritten.note(files);
    let homes = homes::with(&before.homes, folder, run);
    let list = Some(files.write(folder, files_of(run))?);
    step.commit(outputs, &Manifest { run, files: list, homes, ..before.clone() })?;
    Ok(StateReport { run, rewritten: rewritten.done, ..report })
}
