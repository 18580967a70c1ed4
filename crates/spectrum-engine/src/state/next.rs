//! What a step makes of a state: the parts of the new one.

use std::ops::Range;

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::{KeyKind, Resolution, SessionIndex, Sessions, nanoseconds_per};

use super::aliases;
use super::changes;
use super::error::StateError;
use super::fit::is_without_events;
use super::homes;
use super::keys::{KeyTotals, hashes};
use super::leaves::{Leaf, Shape, cut};
use super::manifest::{Manifest, RecordedDefinition, RecordedTimes};
use super::merge::{Fate, Merged, SessionChanges};
use super::part::Part;
use super::past::Past;
use super::step::{Loaded, Step, changes_of};
use crate::error::{EngineError, Result};
use crate::labelled::{Labelled, finer};
use crate::sessions_table::plain_type;

impl Step<'_> {
    /// Writes all parts of the new state that are not those of the old one, but for the list of files, which tells of outputs that
    /// are not written yet.
    pub(super) fn write(
        &self,
        loaded: &Loaded,
        labelled: &Labelled,
        merged: &Merged,
        totals: &KeyTotals,
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
            told: &merged.told,
        };
        // What changed, and how many sessions keys have had, beside the leaves.
        let (leaves, keys) = std::thread::scope(|scope| {
            let others = scope.spawn(|| {
                self.write_changes(resolution, merged, past, &key_types, &time_type)?;
                match self.definition.id().is_numbered() {
                    true => self.write_totals(totals, sessions),
                    false => Ok(Vec::new()),
                }
            });
            let leaves = self.write_leaves(loaded, labelled, merged, &shape)?;
            let others =
                others.join().map_err(|_| EngineError::Mistake("a thread that wrote a state failed"))?;
            Ok::<_, EngineError>((leaves, others?))
        })?;
        let mut changes = SessionChanges::default();
        for session in sessions.all() {
            changes.count(merged.fate(session, resolution, past));
        }
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
            files: None,
            keys,
            aliases,
            homes: homes::with(self.before.map_or(&[], |before| &before.homes), self.folder, self.run),
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
        let mut order: Vec<(i64, SessionIndex)> =
            sessions.all().map(|session| (sessions.end(session), session)).collect();
        order.sort_unstable();
        for tie in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|tie| tie.len() > 1) {
            tie.sort_unstable_by_key(|(_, session)| (sessions.id(*session), *session));
        }
        let (ends, order): (Vec<i64>, Vec<SessionIndex>) = order.into_iter().unzip();
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

    /// Writes what became of past sessions, if anything did.
    fn write_changes(
        &self,
        resolution: &Resolution,
        merged: &Merged,
        past: &Past,
        key_types: &[DataType],
        time_type: &DataType,
    ) -> Result<()> {
        let changed = changes::rows(resolution, merged, past);
        if changed.is_empty() {
            return Ok(());
        }
        let name = changes_of(self.run);
        let table = changes::table(&changed, resolution, past, self.definition, key_types, time_type);
        let table = table.map_err(|error| StateError::damaged(self.folder.file(&name), error))?;
        Part::write(self.folder, name, &table)?;
        Ok(())
    }

    fn write_totals(&self, known: &KeyTotals, sessions: &Sessions) -> Result<Vec<Part>> {
        let (keys, totals) = sessions.totals();
        let hashes = hashes(&keys).map_err(|error| StateError::damaged(self.folder.path(), error))?;
        known.write(self.folder, self.run, hashes.into_iter().zip(totals).collect())
    }
}
