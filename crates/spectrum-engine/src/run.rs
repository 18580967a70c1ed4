//! A whole run: label, resolve, attach, and the report.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_schema::TimeUnit;
use spectrum_core::{Digest, SessionDefinition, SessionIndex};

use crate::attach::{AddedColumns, SecondPass};
use crate::digest::{digest, event_ids, without_event_ids};
use crate::error::{AddedColumnError, EngineError, OutputError, Result};
use crate::given_types::check_given_types;
use crate::input::Input;
use crate::jobs::{jobs, table_format};
use crate::labelled::{Labelled, label_as_of};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::run_options::{NullTime, RunOptions};
use crate::scan::Scan;
use crate::sessions_table::{self, Besides};
use crate::told::Telling;
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// What a run did.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// Events written.
    pub events: u64,
    /// Distinct keys.
    pub keys: u64,
    /// Sessions.
    pub sessions: u64,
    /// The first and the last instant, in `unit`s since 1970; `None` without events.
    pub span: Option<(i64, i64)>,
    /// The unit of the span.
    pub unit: TimeUnit,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// Events left out because they had no time.
    pub dropped: u64,
    /// Events left out because they had a NULL in their key.
    pub dropped_null_keys: u64,
    /// Events written that take no part in sessions, by the rule.
    pub not_taking_part: u64,
    /// Events written that belong to no session by the rule, although they take part.
    pub without_session: u64,
    /// Events with a NULL in a key column.
    pub null_key_events: u64,
    /// Events whose session id is NULL for that reason, which happens under `sequence`.
    pub null_id_events: u64,
    /// Ids that stand for more than one session, if that was allowed.
    pub shared_ids: u64,
    /// What the numbers of the time column were found to count, where their magnitude decided.
    pub found_unit: Option<TimeUnit>,
    /// Whether more than a sliver of the events has a time that nobody expects, if the input says which are usual.
    pub unusual_times: Option<UnusualTimes>,
    /// The digest of the events written, if it was asked for.
    pub digest: Option<Digest>,
    /// Numbers that are NaN or infinite and were written as null, because JSON has no words for them.
    pub lost_numbers: u64,
    /// Hidden files that lay under the outputs' names before, of a run that was killed or still goes on.
    pub left_behind: Vec<PathBuf>,
}

/// Sessionizes an input. Outputs appear under their names only when all of them are complete.
///
/// # Errors
/// An [`EngineError`] that names the value, the rule and the remedy; nothing was written then.
pub fn run(
    input: &Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    watch: &Watch,
) -> Result<RunReport> {
    let added = AddedColumns::new(definition, options);
    check_names(definition, options, &added)?;
    check_given_types(input, definition.time())?;
    let jobs = jobs(input, options)?;
    let sessions_as =
        options.sessions.as_ref().map(|target| table_format(target, input, options.to)).transpose()?;
    let targets = jobs.iter().map(|job| &job.target).chain(&options.sessions);
    if targets.clone().filter(|target| **target == Target::Stdout).count() > 1 {
        return Err(OutputError::StandardOutputTwice.into());
    }
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    outputs.check(targets.clone(), input.paths(), options.force)?;
    let left_behind = outputs.left_behind(targets, options.clean)?;
    let versions = input.versions()?;

    let added_names: Vec<String> = added.names().cloned().collect();
    let threads = options.threads.max(1);
    let wanted = event_ids(definition);
    // Opened before the first pass, so that a column that is not there is missed before the work and not after it.
    let event_ids =
        options.digest.then(|| Scan::open(input, &wanted).map_err(without_event_ids)).transpose()?;
    let telling = match options.sessions {
        Some(_) => Telling::of(input, definition)?,
        None => None,
    };
    let telling = telling.as_ref().map(Telling::open).transpose()?;
    let mut labelled = label_as_of(input, definition, &added_names, options.as_of.as_ref(), threads, watch)?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    if let (false, Some(collision)) = (options.allow_id_collisions, &labelled.resolution.collision) {
        return Err(EngineError::Collisions(collision.clone()));
    }
    let digest = event_ids
        .map(|ids| digest(input, &ids, &labelled, definition.event_id(), threads, watch))
        .transpose()
        .map_err(without_event_ids)?;

    let told = telling.map(|telling| telling.tell(&labelled, threads, watch)).transpose()?;
    let pass = SecondPass {
        input,
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
    if let (Some(target), Some(sessions_as)) = (&options.sessions, sessions_as) {
        let out = outputs.begin(target, options.force)?;
        outputs.finished(sessions_table::write(
            &labelled,
            definition,
            &added,
            Besides { told: told.as_ref(), is_open: options.as_of.is_some() },
            out,
            sessions_as,
            watch,
        )?)?;
    }
    watch.advance(0)?;
    input.check_versions(&versions)?;
    outputs.commit()?;
    let lost_numbers = pass.lost_numbers.into_inner();
    Ok(RunReport { lost_numbers, left_behind, ..report(&labelled, digest) })
}

/// Refuses names for the added columns that cannot be.
pub(crate) fn check_names(
    definition: &SessionDefinition,
    options: &RunOptions,
    added: &AddedColumns,
) -> Result<()> {
    if options.session_column.is_empty() {
        return Err(AddedColumnError::UnnamedSessionColumn.into());
    }
    let others = [(options.with_sequence, "session_seq"), (options.with_reason, "started_by")];
    if others.contains(&(true, options.session_column.as_str())) {
        return Err(AddedColumnError::SameNames(options.session_column.clone()).into());
    }
    match options.sessions {
        Some(_) => sessions_table::check_names(definition, added, options.as_of.is_some()),
        None => Ok(()),
    }
}

/// A report on all events.
pub(crate) fn report(labelled: &Labelled, digest: Option<Digest>) -> RunReport {
    let sessions = &labelled.resolution.sessions;
    RunReport {
        without_session: labelled.without_session(),
        null_key_events: sessions.null_key_events(),
        null_id_events: sessions.null_id_events(),
        ..of_new_events(labelled, digest, |_| true)
    }
}

/// A report on the new events, where some of the sessions may be of the past; `is_touched` tells the others.
pub(crate) fn of_new_events(
    labelled: &Labelled,
    digest: Option<Digest>,
    is_touched: impl Fn(SessionIndex) -> bool,
) -> RunReport {
    let sessions = &labelled.resolution.sessions;
    let touched = || sessions.all().filter(|session| is_touched(*session));
    // Sessions of a key come one after another.
    let (mut keys, mut is_counted) = (0, false);
    for session in sessions.all() {
        is_counted &= sessions.before(session).is_some();
        if !is_counted && is_touched(session) {
            (keys, is_counted) = (keys + 1, true);
        }
    }
    let span = touched().map(|s| sessions.start(s)).min().zip(touched().map(|s| sessions.end(s)).max());
    RunReport {
        events: labelled.events - labelled.null_times - labelled.dropped_null_keys - labelled.late_events(),
        keys,
        sessions: touched().count() as u64,
        span,
        unit: sessions.unit(),
        zoned: matches!(labelled.time_type, arrow_schema::DataType::Timestamp(_, Some(_))),
        dropped: labelled.null_times,
        dropped_null_keys: labelled.dropped_null_keys,
        not_taking_part: labelled.not_taking_part,
        without_session: 0,
        null_key_events: 0,
        null_id_events: 0,
        shared_ids: labelled.resolution.collision.as_ref().map_or(0, |collision| collision.shared_ids),
        found_unit: labelled.found_unit,
        unusual_times: labelled.unusual.clone(),
        digest,
        lost_numbers: 0,
        left_behind: Vec::new(),
    }
}
