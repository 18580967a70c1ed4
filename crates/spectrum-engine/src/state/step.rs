//! One step from a state to the next: what of the state it needs, and what it makes of it.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use spectrum_core::{IdScheme, KeyKind, Label, Labeller, SessionDefinition, SessionIndex, nanoseconds_per};

use super::aliases;
use super::changes;
use super::error::StateError;
use super::folder::{Folder, sync_folders_of};
use super::leaves::{Leaf, Shape, counts, cut, exactly, touched};
use super::manifest::{Manifest, RecordedDefinition, RecordedTimes};
use super::merge::{Fate, Merged, SessionChanges};
use super::part::Part;
use super::past::Past;
use super::pending::{Pending, Waiting};
use super::taken::TakenFiles;
use crate::error::{EngineError, Result};
use crate::labelled::{Labelled, finer};
use crate::output::run_outputs::RunOutputs;
use crate::run_options::RunOptions;
use crate::sessions_table::plain_type;

/// Whether nothing says what times and keys are like.
fn is_without_events(labelled: &Labelled) -> bool {
    labelled.events == labelled.null_times + labelled.dropped_null_keys + labelled.late_events()
}

fn unit_in_words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

/// What a run's changes are called.
fn changes_of(run: u64) -> String {
    format!("changes-{run}.parquet")
}

/// One step from a state to the next.
pub(super) struct Step<'a> {
    pub(super) folder: &'a Folder,
    pub(super) before: Option<&'a Manifest>,
    pub(super) definition: &'a SessionDefinition,
    pub(super) unit: TimeUnit,
    pub(super) run: u64,
    /// Sessions in a leaf.
    pub(super) most: usize,
}

/// The leaves that new events touch, and their sessions.
pub(super) struct Loaded {
    pub(super) past: Past,
    /// Of each of the state's leaves, its place among those that were read, if it was.
    places: Vec<Option<usize>>,
}

impl Loaded {
    pub(super) fn remembered(&self, step: &Step<'_>) -> Result<(Labeller, Vec<Label>)> {
        let definition = step.definition;
        let mut labeller = Labeller::new(definition.key().len(), definition.rule(), step.unit);
        let labels = self.past.remember(&mut labeller, step.folder)?;
        Ok((labeller, labels))
    }
}

impl Step<'_> {
    /// The leaves of the state, with bounds in the unit of this step.
    fn leaves(&self) -> Result<Vec<Leaf>> {
        let Some(before) = self.before else { return Ok(Vec::new()) };
        let factor = nanoseconds_per(before.times.unit()) / nanoseconds_per(self.unit);
        let finer = |instant: i64| {
            let counted = instant.checked_mul(factor as i64);
            counted.ok_or(StateError::TooFine { unit: unit_in_words(self.unit) })
        };
        // No session ends later, and none begins earlier than its leaf says.
        before.latest.map(finer).transpose()?;
        let leaf = |leaf: &Leaf| {
            Ok(Leaf { first_end: finer(leaf.first_end)?, start: finer(leaf.start)?, part: leaf.part.clone() })
        };
        before.sessions.iter().map(leaf).collect()
    }

    /// Reads the leaves that these stretches of time touch and, where ids are numbered, all after the first of them.
    pub(super) fn load(&self, stretches: Vec<(i64, i64)>) -> Result<Loaded> {
        let leaves = self.leaves()?;
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
    pub(super) fn remember_totals(&self, part: &Part, labeller: &mut Labeller) -> Result<()> {
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

    /// Refuses key columns that are of another kind than those of the state, and so have other texts.
    pub(super) fn check_keys(&self, labellers: &[Labeller]) -> Result<()> {
        for labeller in labellers {
            for (at, now) in labeller.key_kinds().into_iter().enumerate() {
                let before = self.before.and_then(|before| before.key_type(at));
                let before = before.and_then(|before| KeyKind::of(&before).ok().flatten());
                if let (Some(now), Some(before)) = (now, before)
                    && now != before
                {
                    let column = self.definition.key().get(at).cloned().unwrap_or_default();
                    return Err(StateError::OtherKeyKind { column, now, before }.into());
                }
            }
        }
        Ok(())
    }

    /// Refuses times and ids that do not go together with those of the state.
    pub(super) fn check(&self, labelled: &Labelled, options: &RunOptions) -> Result<()> {
        let is_zoned = matches!(labelled.time_type, DataType::Timestamp(_, Some(_)));
        if let Some(before) = self.before
            && !is_without_events(labelled)
            && before.session_count() > 0
            && before.times.is_zoned() != is_zoned
        {
            let (now, before) = if is_zoned { ("have a zone", "none") } else { ("have no zone", "one") };
            return Err(
                StateError::OtherTimes { column: self.definition.time().to_owned(), now, before }.into()
            );
        }
        if options.allow_id_collisions {
            return Ok(());
        }
        if let Some(collision) = &labelled.resolution.collision {
            return Err(EngineError::Collisions(collision.clone()));
        }
        let is_sequence = self.definition.id() == IdScheme::Sequence;
        if is_sequence && labelled.resolution.sessions.could_share_ids() {
            return Err(StateError::CouldShareIds.into());
        }
        Ok(())
    }

    /// Writes all parts of the new state that are not those of the old one.
    pub(super) fn write(
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
            // Zones are names of the same instants; the first stays.
            (Some(before), _) if before.session_count() > 0 => (before.times.zone(), self.has_days(labelled)),
            (_, DataType::Timestamp(_, zone)) => (zone.clone(), self.has_days(labelled)),
            _ => (None, self.has_days(labelled)),
        };
        let time_type = DataType::Timestamp(unit, zone);
        let key_types = self.key_types(labelled);
        let longest = sessions.all().map(|session| sessions.events(session)).max();
        if let Some(events) = longest.filter(|events| *events > u64::from(u32::MAX)) {
            return Err(StateError::LongSession { events }.into());
        }
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

    /// Whether all times so far were days.
    fn has_days(&self, labelled: &Labelled) -> bool {
        let before = self.before.filter(|before| before.session_count() > 0);
        labelled.has_dates && before.is_none_or(|before| before.times.days)
    }

    /// An instant in the unit that the state is written in, which is at least milliseconds.
    fn stored(&self, instant: i64) -> i64 {
        let factor = nanoseconds_per(self.unit) / nanoseconds_per(finer(self.unit, TimeUnit::Millisecond));
        instant.saturating_mul(factor as i64)
    }

    fn stored_leaf(&self, leaf: Leaf) -> Leaf {
        Leaf { first_end: self.stored(leaf.first_end), start: self.stored(leaf.start), ..leaf }
    }

    /// The types of the key columns: those that all files had, or if they differ those of their kinds.
    fn key_types(&self, labelled: &Labelled) -> Vec<DataType> {
        let sessions = &labelled.resolution.sessions;
        let now = labelled.key_fields.iter().map(|field| plain_type(field.data_type()));
        let of_kind = |at: usize| sessions.key_column(at, &[]).data_type().clone();
        // What is read as another kind has not the type of its file.
        let now = now.enumerate().map(|(at, now)| match sessions.key_kind(at) {
            Some(read) if KeyKind::of(&now) != Ok(Some(read)) => of_kind(at),
            _ => now,
        });
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
        order.sort_unstable_by_key(|session| (sessions.end(*session), sessions.id(*session), *session));
        let ends: Vec<i64> = order.iter().map(|session| sessions.end(*session)).collect();
        let leaves = self.leaves()?;
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
            for piece in cut(&ends[range.clone()], self.most) {
                let of_leaf = &order[range.start + piece.start..range.start + piece.end];
                if !of_leaf.is_empty() {
                    let leaf = write(of_leaf)?;
                    written.push(self.stored_leaf(leaf));
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
                .map_or(ends.len(), |next| ends.partition_point(|end| *end < next.first_end));
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
                _ => written.push(self.stored_leaf(leaf.clone())),
            }
        }
        Ok(written)
    }

    fn write_totals(&self, labelled: &Labelled, key_types: &[DataType]) -> Result<Part> {
        let name = format!("keys-{}.parquet", self.run);
        let cannot = |error| StateError::damaged(self.folder.file(&name), error);
        let (keys, totals) = labelled.resolution.sessions.totals();
        let mut columns = Vec::with_capacity(keys.len() + 1);
        let mut fields = Vec::with_capacity(keys.len() + 1);
        for ((column, key), data_type) in self.definition.key().iter().zip(&keys).zip(key_types) {
            fields.push(Field::new(column, data_type.clone(), true));
            columns.push(exactly(key, data_type).map_err(cannot)?);
        }
        fields.push(Field::new("sessions", DataType::Int64, false));
        columns.push(counts(totals.into_iter()));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(cannot)?;
        Ok(Part::write(self.folder, name.clone(), &batch)?)
    }

    /// Puts the new state in the old one's place and gives the outputs their names. If they cannot have them, all is as it was.
    pub(super) fn commit(&self, outputs: RunOutputs, manifest: &Manifest) -> Result<()> {
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
        let names: Vec<PathBuf> = waiting.outputs.into_iter().map(|waiting| waiting.name).collect();
        // The old state is back before the outputs go, so that there is none that has taken what nobody was given.
        outputs.commit_or(|| {
            self.folder.replace_manifest(self.before)?;
            Pending::forget(self.folder);
            self.folder.sweep(self.before);
            Ok(())
        })?;
        sync_folders_of(&names);
        Pending::forget(self.folder);
        self.folder.sweep(Some(manifest));
        Ok(())
    }
}
