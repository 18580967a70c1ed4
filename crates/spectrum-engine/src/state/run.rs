//! A run that goes on where the runs before it ended.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{Labeller, RuleKind, SessionDefinition, SessionIndex, nanoseconds_per};

use super::aliases;
use super::changes;
use super::error::StateError;
use super::folder::Folder;
use super::leaves::{Leaf, MOST, Shape, cut, touched};
use super::manifest::{Manifest, RecordedDefinition, RecordedTimes};
use super::merge::{Fate, Merged, SessionChanges};
use super::part::Part;
use super::past::Past;
use super::pending::{Pending, Waiting};
use super::taken::{Known, Taken, TakenFiles};
use crate::attach::{AddedColumns, Job, SecondPass};
use crate::digest::{digest, event_ids, without_event_ids};
use crate::error::{EngineError, Result};
use crate::given_types::check_given_types;
use crate::input::Input;
use crate::jobs::jobs;
use crate::labelled::{Labelled, finer, scan};
use crate::output::run_outputs::RunOutputs;
use crate::output::target::Target;
use crate::run::{RunReport, check_names, of_new_events};
use crate::run_options::{NullTime, RunOptions};
use crate::scan::Scan;
use crate::sessions_table::plain_type;
use crate::watch::Watch;

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

/// Sessionizes the files of an input that the state in `folder` has not taken yet. Sessions go on where the events before
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
    folder: &Path,
    watch: &Watch,
) -> Result<StateReport> {
    run_in_leaves(MOST, input, definition, options, folder, watch)
}

/// The same with so many sessions in a leaf at most.
pub(super) fn run_in_leaves(
    most: usize,
    input: Input,
    definition: &SessionDefinition,
    options: &RunOptions,
    folder: &Path,
    watch: &Watch,
) -> Result<StateReport> {
    check_options(&input, definition, options)?;
    let (folder, before) = Folder::take(folder)?;
    let brought_to_an_end = Pending::settle(&folder, before.as_ref().map_or(0, |before| before.run))?;
    folder.sweep(before.as_ref());
    let recorded = RecordedDefinition::of(definition);
    if let Some(before) = &before {
        let differences = before.definition.differences(&recorded);
        if !differences.is_empty() {
            return Err(
                StateError::OtherDefinition { folder: folder.path().to_path_buf(), differences }.into()
            );
        }
    }
    let mut files = TakenFiles::read(&folder, before.as_ref().and_then(|before| before.files.as_ref()))?;
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
        brought_to_an_end,
    };
    if taken.is_empty() {
        return Ok(report);
    }

    let added = AddedColumns::new(definition, options);
    check_names(definition, options, &added)?;
    check_given_types(&input, definition.time())?;
    let jobs = jobs(&input, options)?;
    let targets = || jobs.iter().map(|job| &job.target);
    let mut outputs = RunOutputs::new(Arc::clone(&input.store));
    outputs.check(targets(), input.paths(), options.force)?;
    let left_behind = outputs.left_behind(targets(), options.clean)?;
    let added_names: Vec<String> = added.names().cloned().collect();
    let threads = options.threads.max(1);
    let wanted = event_ids(definition);
    let ids = options.digest.then(|| Scan::open(&input, &wanted).map_err(without_event_ids)).transpose()?;

    let unit_before = before.as_ref().map_or(TimeUnit::Second, |before| before.times.unit());
    let scanned = scan(&input, definition, &added_names, unit_before, threads, watch)?;
    let unit = scanned.labellers.first().map_or(unit_before, Labeller::unit);
    watch.begin("reading the state", 0);
    let step = Step { folder: &folder, before: before.as_ref(), definition, unit, run: report.run + 1, most };
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
    watch.begin("writing the state", 0);
    for mut file in taken {
        file.run = step.run;
        file.events = labelled.events_of_file(file_at(&input, &file));
        file.output = output_of(&jobs, file_at(&input, &file)).map(Path::to_path_buf);
        files.add(file);
    }
    let (manifest, changes) = step.write(&loaded, &labelled, &merged, &files, recorded)?;
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
        ..report
    })
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
        for (file, version) in std::mem::take(&mut input.files).into_iter().zip(versions) {
            match known.look_up(&file, watch)? {
                Known::Taken(path) => {
                    let own = file.store.real_name(&file.path).ok();
                    let same_as = (own.as_ref() != Some(&path)).then_some(path);
                    left_out.push(LeftOutFile { name: file.name, same_as });
                }
                Known::New(new) => {
                    // The same bytes twice among the new ones.
                    if let Some(twin) = taken.iter().find(|other| other.md5 == new.md5) {
                        left_out.push(LeftOutFile { name: file.name, same_as: Some(twin.path.clone()) });
                        continue;
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
}

/// The place of a file that was taken among those of the input.
fn file_at(input: &Input, taken: &Taken) -> usize {
    let is_it = |path: &Path| input.store.real_name(path).is_ok_and(|real| real == taken.path);
    input.files.iter().position(|file| is_it(&file.path)).unwrap_or_default()
}

fn output_of(jobs: &[Job], file: usize) -> Option<&Path> {
    let job = jobs.iter().find(|job| job.files.contains(&file))?;
    match &job.target {
        Target::File(path) => Some(path),
        Target::Stdout => None,
    }
}

/// Whether nothing says what times and keys are like.
fn is_without_events(labelled: &Labelled) -> bool {
    labelled.events == labelled.null_times + labelled.dropped_null_keys
}

/// What a run's changes are called.
fn changes_of(run: u64) -> String {
    format!("changes-{run}.parquet")
}

/// One step from a state to the next.
struct Step<'a> {
    folder: &'a Folder,
    before: Option<&'a Manifest>,
    definition: &'a SessionDefinition,
    unit: TimeUnit,
    run: u64,
    /// Sessions in a leaf.
    most: usize,
}

/// The leaves that new events touch, and their sessions.
struct Loaded {
    past: Past,
    /// Of each of the state's leaves, its place among those that were read, if it was.
    places: Vec<Option<usize>>,
}

impl Loaded {
    fn remembered(&self, step: &Step<'_>) -> Result<(Labeller, Vec<spectrum_core::Label>)> {
        let definition = step.definition;
        let mut labeller = Labeller::new(definition.key().len(), definition.rule(), step.unit);
        let labels = self.past.remember(&mut labeller, step.folder)?;
        Ok((labeller, labels))
    }
}

impl Step<'_> {
    /// The leaves of the state, with bounds in the unit of this step.
    fn leaves(&self) -> Vec<Leaf> {
        let Some(before) = self.before else { return Vec::new() };
        let factor = nanoseconds_per(before.times.unit()) / nanoseconds_per(self.unit);
        let finer = |instant: i64| instant.saturating_mul(factor as i64);
        let leaf =
            |leaf: &Leaf| Leaf { first: finer(leaf.first), end: finer(leaf.end), part: leaf.part.clone() };
        before.sessions.iter().map(leaf).collect()
    }

    /// Reads the leaves that these stretches of time touch and, where ids are numbered, all after the first of them.
    fn load(&self, stretches: Vec<(i64, i64)>) -> Result<Loaded> {
        let leaves = self.leaves();
        let reach = self.definition.rule().reach().nanoseconds() / nanoseconds_per(self.unit) + 1;
        let mut touched = touched(&leaves, stretches, i64::try_from(reach).unwrap_or(i64::MAX));
        let scheme = self.definition.id();
        if scheme.is_numbered() {
            let first = touched.iter().position(|touched| *touched).unwrap_or(touched.len());
            touched[first..].fill(true);
        }
        let mut past = Past::default();
        let mut places = Vec::with_capacity(leaves.len());
        let mut read = 0;
        for (leaf, touched) in leaves.iter().zip(touched) {
            if !touched {
                places.push(None);
                continue;
            }
            past.add(self.folder, &leaf.part, self.definition.key().len(), scheme, self.unit)?;
            places.push(Some(read));
            read += 1;
        }
        Ok(Loaded { past, places })
    }

    /// Tells a labeller how many sessions keys have had.
    fn remember_totals(&self, part: &Part, labeller: &mut Labeller) -> Result<()> {
        use arrow_array::cast::AsArray;
        use arrow_array::types::Int64Type;

        let damaged = |why: &dyn ToString| StateError::damaged(self.folder.file(&part.name), why.to_string());
        for batch in part.read(self.folder)?.1 {
            let (totals, keys) = batch.columns().split_last().ok_or_else(|| damaged(&"it has no columns"))?;
            let totals = totals
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(|| damaged(&"its last column is no count"))?;
            let totals: Vec<u64> = totals.values().iter().map(|total| total.unsigned_abs()).collect();
            labeller.remember_totals(keys, &totals).map_err(|error| damaged(&error))?;
        }
        Ok(())
    }

    /// Refuses times and ids that do not go together with those of the state.
    fn check(&self, labelled: &Labelled, options: &RunOptions) -> Result<()> {
        let is_zoned = matches!(labelled.time_type, DataType::Timestamp(_, Some(_)));
        if let Some(before) = self.before
            && !is_without_events(labelled)
            && before.session_count() > 0
            && before.times.is_zoned() != is_zoned
        {
            let have = |zoned| if zoned { "have" } else { "have no" };
            let (now, before) = (have(is_zoned), have(before.times.is_zoned()));
            return Err(StateError::OtherTimes { now, before }.into());
        }
        if options.allow_id_collisions {
            return Ok(());
        }
        if let Some(collision) = &labelled.resolution.collision {
            return Err(EngineError::Collisions(collision.clone()));
        }
        let is_sequence = self.definition.id() == spectrum_core::IdScheme::Sequence;
        if is_sequence && self.before.is_some() && labelled.resolution.sessions.could_share_ids() {
            return Err(StateError::CouldShareIds.into());
        }
        Ok(())
    }

    /// Writes all parts of the new state that are not those of the old one.
    fn write(
        &self,
        loaded: &Loaded,
        labelled: &Labelled,
        merged: &Merged,
        files: &TakenFiles,
        definition: RecordedDefinition,
    ) -> Result<(Manifest, SessionChanges)> {
        let (resolution, past) = (&labelled.resolution, &loaded.past);
        let sessions = &resolution.sessions;
        let unit = finer(self.unit, TimeUnit::Millisecond);
        let (zone, days) = match (self.before, &labelled.time_type) {
            (Some(before), _) if is_without_events(labelled) => (before.times.zone(), before.times.days),
            (_, DataType::Timestamp(_, zone)) => (zone.clone(), labelled.has_dates),
            _ => (None, labelled.has_dates),
        };
        let time_type = DataType::Timestamp(unit, zone);
        let key_types = self.key_types(labelled);
        let shape = Shape {
            definition: self.definition,
            key_types: &key_types,
            time_type: &time_type,
            founded: &merged.founded,
        };
        let leaves = self.write_leaves(loaded, labelled, merged, &shape)?;
        let mut changes = SessionChanges::default();
        for session in sessions.all() {
            changes.count(merged.fate(session, resolution, past));
        }
        let changed = changes::rows(resolution, merged, past);
        if !changed.is_empty() {
            let name = changes_of(self.run);
            let table = changes::table(&changed, resolution, past, self.definition, &key_types, &time_type);
            let table = table.map_err(|error| StateError::damaged(self.folder.file(&name), error))?;
            Part::write(self.folder, name, &table)?;
        }
        let keys = self
            .definition
            .id()
            .is_numbered()
            .then(|| self.write_totals(labelled, &key_types))
            .transpose()?;
        let aliases_before = self.before.and_then(|before| before.aliases.clone());
        let aliases = match merged.aliases.is_empty() {
            true => aliases_before,
            false => {
                let all = aliases::read(self.folder, aliases_before.as_ref())?;
                let name = format!("aliases-{}.parquet", self.run);
                Some(aliases::write(self.folder, name, all, &merged.aliases, self.run)?)
            }
        };
        let latest = sessions.all().map(|session| sessions.end(session)).max();
        let leaves_before = self.before.and_then(|before| before.latest);
        let factor = self.before.map_or(1, |before| {
            nanoseconds_per(before.times.unit()) / nanoseconds_per(finer(self.unit, TimeUnit::Millisecond))
        });
        let scale = |instant: i64| self.stored(instant);
        let of_past: u64 = past.events.iter().sum();
        let of_all: u64 = sessions.all().map(|session| sessions.events(session)).sum();
        let manifest = Manifest {
            run: self.run,
            definition,
            times: RecordedTimes::of(&time_type, days),
            key_types: key_types.iter().map(ToString::to_string).collect(),
            latest: latest.map(scale).max(leaves_before.map(|at| at.saturating_mul(factor as i64))),
            events: self.before.map_or(0, |before| before.events) - of_past + of_all,
            sessions: leaves,
            files: Some(files.write(self.folder, format!("files-{}.parquet", self.run))?),
            keys,
            aliases,
        };
        Ok((manifest, changes))
    }

    /// An instant in the unit that the state is written in, which is at least milliseconds.
    fn stored(&self, instant: i64) -> i64 {
        let factor = nanoseconds_per(self.unit) / nanoseconds_per(finer(self.unit, TimeUnit::Millisecond));
        instant.saturating_mul(factor as i64)
    }

    /// The types of the key columns: those that all files had, or if they differ those of their kinds.
    fn key_types(&self, labelled: &Labelled) -> Vec<DataType> {
        let sessions = &labelled.resolution.sessions;
        let now = labelled.key_fields.iter().map(|field| plain_type(field.data_type()));
        let of_kind = |at: usize| sessions.key_column(at, &[]).data_type().clone();
        now.enumerate()
            .map(|(at, now)| match self.before.and_then(|before| before.key_type(at)) {
                Some(before) if is_without_events(labelled) => before,
                Some(before) if before != now => of_kind(at),
                _ => now,
            })
            .collect()
    }

    /// The new state's leaves: those that were not read or in which nothing changed are those of the old one.
    fn write_leaves(
        &self,
        loaded: &Loaded,
        labelled: &Labelled,
        merged: &Merged,
        shape: &Shape<'_>,
    ) -> Result<Vec<Leaf>> {
        let (resolution, past) = (&labelled.resolution, &loaded.past);
        let sessions = &resolution.sessions;
        let mut order: Vec<SessionIndex> = sessions.all().collect();
        order.sort_unstable_by_key(|session| (sessions.start(*session), sessions.id(*session), *session));
        let starts: Vec<i64> = order.iter().map(|session| sessions.start(*session)).collect();
        let leaves = self.leaves();
        let mut rows_of_leaf = vec![0; loaded.places.iter().flatten().count()];
        for leaf in &past.leaf {
            rows_of_leaf[*leaf] += 1;
        }
        let mut written = Vec::new();
        let mut from = 0;
        let mut name = 0;
        let mut write = |of_leaf: &[SessionIndex]| {
            name += 1;
            shape.write(self.folder, format!("sessions-{}-{name}.parquet", self.run), sessions, of_leaf)
        };
        let mut cut_and_write = |range: Range<usize>, written: &mut Vec<Leaf>| -> Result<()> {
            for piece in cut(&starts[range.clone()], self.most) {
                let of_leaf = &order[range.start + piece.start..range.start + piece.end];
                if !of_leaf.is_empty() {
                    let leaf = write(of_leaf)?;
                    written.push(Leaf { first: self.stored(leaf.first), end: self.stored(leaf.end), ..leaf });
                }
            }
            Ok(())
        };
        if leaves.is_empty() {
            cut_and_write(0..order.len(), &mut written)?;
        }
        for (at, (leaf, place)) in leaves.iter().zip(&loaded.places).enumerate() {
            let to = leaves
                .get(at + 1)
                .map_or(starts.len(), |next| starts.partition_point(|start| *start < next.first));
            let range = from..to.max(from);
            from = range.end;
            let is_as_before = |place: &usize| {
                range.len() == rows_of_leaf[*place]
                    && order[range.clone()].iter().all(|session| {
                        merged.fate(*session, resolution, past) == Fate::Unchanged
                            && merged.rows(*session).iter().all(|row| past.leaf[*row as usize] == *place)
                    })
            };
            match place {
                Some(place) if !is_as_before(place) => cut_and_write(range, &mut written)?,
                _ => written.push(Leaf {
                    first: self.stored(leaf.first),
                    end: self.stored(leaf.end),
                    ..leaf.clone()
                }),
            }
        }
        Ok(written)
    }

    fn write_totals(&self, labelled: &Labelled, key_types: &[DataType]) -> Result<Part> {
        use arrow_array::RecordBatch;
        use arrow_schema::{Field, Schema};

        let name = format!("keys-{}.parquet", self.run);
        let cannot = |error| StateError::damaged(self.folder.file(&name), error);
        let (keys, totals) = labelled.resolution.sessions.totals();
        let mut columns = Vec::with_capacity(keys.len() + 1);
        let mut fields = Vec::with_capacity(keys.len() + 1);
        for ((column, key), data_type) in self.definition.key().iter().zip(&keys).zip(key_types) {
            fields.push(Field::new(column, data_type.clone(), true));
            columns.push(super::leaves::exactly(key, data_type).map_err(cannot)?);
        }
        fields.push(Field::new("sessions", DataType::Int64, false));
        columns.push(super::leaves::counts(totals.into_iter()));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(cannot)?;
        Ok(Part::write(self.folder, name.clone(), &batch)?)
    }

    /// Puts the new state in the old one's place and gives the outputs their names. If they cannot have them, all is as it was.
    fn commit(&self, outputs: RunOutputs, manifest: &Manifest) -> Result<()> {
        let waiting = outputs.waiting().map(|(hidden, name, replaces)| Waiting { hidden, name, replaces });
        let waiting = Pending { run: self.run, outputs: waiting.collect() };
        let of_this_run =
            |part: &&Part| self.before.is_none_or(|before| before.parts().all(|old| old != *part));
        let mut files: Vec<PathBuf> =
            manifest.parts().filter(of_this_run).map(|part| self.folder.file(&part.name)).collect();
        files.extend(Some(self.folder.file(&changes_of(self.run))).filter(|path| path.exists()));
        if let Err(error) = waiting.advance(self.folder, manifest, files) {
            Pending::forget(self.folder);
            self.folder.sweep(self.before);
            return Err(error.into());
        }
        if let Err(error) = outputs.commit() {
            self.folder.replace_manifest(self.before)?;
            Pending::forget(self.folder);
            self.folder.sweep(self.before);
            return Err(error);
        }
        Pending::forget(self.folder);
        self.folder.sweep(Some(manifest));
        Ok(())
    }
}
