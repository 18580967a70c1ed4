//! A whole run: label, resolve, attach, and the report.

use std::path::Path;
use std::sync::Arc;

use arrow_schema::TimeUnit;
use spectrum_core::{Digest, SessionDefinition};

use crate::attach::{AddedColumns, Attach, Job};
use crate::digest::{digest, event_ids};
use crate::error::{EngineError, Result};
use crate::format::{Compression, Format};
use crate::input::Input;
use crate::labelled::{Labelled, label};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::scan::Scan;
use crate::sessions_table;
use crate::store::Kind;
use crate::watch::Watch;

/// What to do with an input, and where the results go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// The events with their session ids: a file, a folder (with one output file an input file), or standard
    /// output.
    pub output: Target,
    /// The sessions table.
    pub sessions: Option<Target>,
    /// The outputs' format, where their names do not tell.
    pub to: Option<Format>,
    /// Threads to use, at least one. Their number changes nothing but the time it takes.
    pub threads: usize,
    /// The name of the added column.
    pub session_column: String,
    /// Whether to add `session_seq` too.
    pub with_sequence: bool,
    /// What to do with events without a time.
    pub null_time: NullTime,
    /// Whether ids may stand for more than one session.
    pub allow_id_collisions: bool,
    /// Whether outputs may replace files.
    pub force: bool,
    /// Whether to compute the digest of all event ids and session ids, which takes another reading of the event
    /// id column. Ids count as PostgreSQL's `::TEXT` writes them: uuids of sixteen bytes in lower case, integers in
    /// decimal. Text is taken as it stands, just as in keys, so that `A0EE...` or `007` in a file equals that text in
    /// a text column, and not the uuid or the integer.
    pub digest: bool,
}

/// What to do with events whose time is NULL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NullTime {
    /// Stop and name them.
    #[default]
    Refuse,
    /// Leave them out of the output and count them.
    Drop,
}

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
    /// Events with a NULL in a key column.
    pub null_key_events: u64,
    /// Events whose session id is NULL for that reason, which happens under `sequence`.
    pub null_id_events: u64,
    /// Ids that stand for more than one session, if that was allowed.
    pub shared_ids: u64,
    /// The digest of the events written, if it was asked for.
    pub digest: Option<Digest>,
}

impl RunOptions {
    /// Writes the events there, and nothing else: on one thread, refusing whatever is doubtful.
    pub fn new(output: Target) -> Self {
        Self {
            output,
            sessions: None,
            to: None,
            threads: 1,
            session_column: "session_id".into(),
            with_sequence: false,
            null_time: NullTime::Refuse,
            allow_id_collisions: false,
            force: false,
            digest: false,
        }
    }
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
    let added = AddedColumns::new(options.session_column.clone(), definition.id(), options.with_sequence);
    check_names(definition, options, &added)?;
    let jobs = jobs(input, options)?;
    let sessions_as =
        options.sessions.as_ref().map(|target| sessions_format(target, input, options)).transpose()?;
    let targets = jobs.iter().map(|job| &job.target).chain(&options.sessions);
    if targets.clone().filter(|target| **target == Target::Stdout).count() > 1 {
        return Err(EngineError::StandardOutputTwice);
    }
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    outputs.check(targets, input.paths(), options.force)?;
    let versions = input.versions()?;

    let added_names: Vec<String> = added.names().cloned().collect();
    let threads = options.threads.max(1);
    let wanted = event_ids(definition);
    // Opened before the first pass, so that a column that is not there is missed before the work and not after it.
    let event_ids = options.digest.then(|| Scan::open(input, &wanted)).transpose()?;
    let mut labelled = label(input, definition, &added_names, threads, watch)?;
    if options.null_time == NullTime::Refuse {
        labelled.refuse_null_times(definition.time())?;
    }
    if let (false, Some(collision)) = (options.allow_id_collisions, &labelled.resolution.collision) {
        return Err(EngineError::Collisions(collision.clone()));
    }
    let digest = event_ids
        .map(|ids| digest(input, &ids, &labelled, definition.event_id(), threads, watch))
        .transpose()?;

    let attach =
        Attach { input, labelled: &labelled, added: &added, time: definition.time(), threads, watch };
    for job in &jobs {
        attach.write(job, &mut outputs, options.force)?;
    }
    if let (Some(target), Some((format, compression))) = (&options.sessions, sessions_as) {
        let out = outputs.begin(target, options.force)?;
        outputs.finished(sessions_table::write(
            &labelled,
            definition,
            &added,
            out,
            format,
            compression,
            watch,
        )?);
    }
    watch.advance(0)?;
    input.check_versions(&versions)?;
    outputs.commit()?;
    Ok(report(&labelled, digest))
}

/// Refuses names for the added columns that cannot be.
fn check_names(definition: &SessionDefinition, options: &RunOptions, added: &AddedColumns) -> Result<()> {
    if options.session_column.is_empty() {
        return Err(EngineError::UnnamedSessionColumn);
    }
    if options.with_sequence && options.session_column == "session_seq" {
        return Err(EngineError::SameNames(options.session_column.clone()));
    }
    match options.sessions {
        Some(_) => sessions_table::check_names(definition, added),
        None => Ok(()),
    }
}

/// What is written where.
fn jobs(input: &Input, options: &RunOptions) -> Result<Vec<Job>> {
    let all = 0..input.files.len();
    match &options.output {
        Target::File(path) if is_folder(input, path) => {
            let to = options.to.map_or(input.format, |to| with_delimiter(to, input));
            Ok(all.map(|at| job_in_folder(input, at, path, to)).collect())
        }
        target => {
            let (format, compression) = target.format(options.to.or(match target {
                Target::Stdout => Some(input.format),
                Target::File(_) => None,
            }))?;
            let format = with_delimiter(format, input);
            Ok(vec![Job { files: all, target: target.clone(), format, compression, with_partition: true }])
        }
    }
}

/// The format of the sessions table: by its name, and only where that tells nothing as the events'.
fn sessions_format(target: &Target, input: &Input, options: &RunOptions) -> Result<(Format, Compression)> {
    let of_events = match target {
        Target::Stdout => Some(options.to.unwrap_or(input.format)),
        Target::File(_) => options.to,
    };
    let (format, compression) = match target.format(None) {
        Err(_) if of_events.is_some() => target.format(of_events)?,
        by_name => by_name?,
    };
    Ok((with_delimiter(format, input), compression))
}

/// A delimiter that was named for CSV is that of the outputs too.
fn with_delimiter(format: Format, input: &Input) -> Format {
    match (format, input.text.delimiter) {
        (Format::CSV, Some(delimiter)) => Format::Csv { delimiter },
        _ => format,
    }
}

/// A path is taken for a folder when it is one, or is written as one.
fn is_folder(input: &Input, path: &Path) -> bool {
    input.store.kind(path) == Kind::Folder || path.as_os_str().to_string_lossy().ends_with('/')
}

/// One input file's output, at the same place below the output folder.
fn job_in_folder(input: &Input, at: usize, folder: &Path, to: Format) -> Job {
    let file = &input.files[at];
    let mut relative = file.relative.clone();
    let mut compression = file.compression;
    if to != input.format || input.is_stdin() {
        let name = relative.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (plain, _) = Compression::of_name(&name);
        let stem =
            Path::new(plain).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        relative.set_file_name(format!("{stem}.{to}"));
        compression = Compression::None;
    }
    let target = Target::File(folder.join(relative));
    Job { files: at..at + 1, target, format: to, compression, with_partition: false }
}

fn report(labelled: &Labelled, digest: Option<Digest>) -> RunReport {
    let sessions = &labelled.resolution.sessions;
    let all = || sessions.all();
    let span = all().map(|s| sessions.start(s)).min().zip(all().map(|s| sessions.end(s)).max());
    RunReport {
        events: labelled.events - labelled.null_times,
        keys: sessions.keys() as u64,
        sessions: sessions.len() as u64,
        span,
        unit: sessions.unit(),
        zoned: matches!(labelled.time_type, arrow_schema::DataType::Timestamp(_, Some(_))),
        dropped: labelled.null_times,
        null_key_events: sessions.null_key_events(),
        null_id_events: sessions.null_id_events(),
        shared_ids: labelled.resolution.collision.as_ref().map_or(0, |collision| collision.shared_ids),
        digest,
    }
}
