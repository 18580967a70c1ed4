//! One step from a state to the next: what of the state it needs, and how the new one takes the old one's place.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_schema::TimeUnit;
use spectrum_core::{Label, Labeller, SessionDefinition, nanoseconds_per};

use super::error::StateError;
use super::fault::{Place, reached};
use super::folder::{Folder, sync_folders_of};
use super::homes::real;
use super::keys::{KeyTotals, hashes};
use super::leaves::{Leaf, touched};
use super::manifest::Manifest;
use super::part::Part;
use super::past::Past;
use super::pending::{Pending, Waiting};
use crate::error::Result;
use crate::output::run_outputs::RunOutputs;

/// What a run's changes are called.
pub(super) fn changes_of(run: u64) -> String {
    format!("changes-{run}.parquet")
}

/// What the list of files that a run leaves is called.
pub(super) fn files_of(run: u64) -> String {
    format!("files-{run}.parquet")
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
    pub(super) places: Vec<Option<usize>>,
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
    pub(super) fn leaves(&self) -> Result<Vec<Leaf>> {
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
        let mut past = Past::of(self.definition);
        let mut places = Vec::with_capacity(leaves.len());
        let mut read = 0;
        for (leaf, touched) in leaves.iter().zip(touched) {
            if !touched {
                places.push(None);
                continue;
            }
            past.add(self.folder, &leaf.part, self.definition, self.unit)?;
            places.push(Some(read));
            read += 1;
        }
        Ok(Loaded { past, places })
    }

    /// Tells the labeller of the past how many sessions the keys have had that it and the others know.
    pub(super) fn remember_totals(
        &self,
        known: &KeyTotals,
        past: &mut Labeller,
        others: &[Labeller],
    ) -> Result<()> {
        let damaged = |why: &dyn ToString| StateError::damaged(self.folder.path(), why.to_string());
        let mut of_all: Vec<Vec<ArrayRef>> = others.iter().map(|labeller| self.keys_of(labeller)).collect();
        of_all.push(self.keys_of(past));
        for keys in of_all.iter().filter(|keys| keys.iter().any(|column| !column.is_empty())) {
            let hashes = hashes(keys).map_err(|error| damaged(&error))?;
            let totals: Vec<u64> = hashes.into_iter().map(|hash| known.of(hash)).collect();
            past.remember_totals(keys, &totals).map_err(|error| damaged(&error))?;
        }
        Ok(())
    }

    /// A labeller's keys. A column of which nothing says what it holds is of the type that the state has.
    fn keys_of(&self, labeller: &Labeller) -> Vec<ArrayRef> {
        let kinds = labeller.key_kinds();
        let columns = labeller.distinct_keys().into_iter().zip(kinds).enumerate();
        let typed = columns.map(|(at, (column, kind))| {
            let data_type = self.before.and_then(|before| before.key_type(at)).filter(|_| kind.is_none());
            data_type.map_or(Arc::clone(&column), |data_type| new_null_array(&data_type, column.len()))
        });
        typed.collect()
    }

    /// Puts the new state in the old one's place and gives the outputs their names. If they cannot have them, all is as it was.
    pub(super) fn commit(&self, outputs: RunOutputs, manifest: &Manifest) -> Result<()> {
        let waiting = outputs.waiting().map(|(hidden, name, replaces)| Waiting { hidden, name, replaces });
        let waiting = Pending { state: real(self.folder.path()), run: self.run, outputs: waiting.collect() };
        let of_this_run =
            |part: &&Part| self.before.is_none_or(|before| before.parts().all(|old| old != *part));
        let mut files: Vec<PathBuf> =
            manifest.parts().filter(of_this_run).map(|part| self.folder.file(&part.name)).collect();
        files.extend(Some(self.folder.file(&changes_of(self.run))).filter(|path| path.exists()));
        reached(Place::Written);
        if let Err(error) = waiting.advance(self.folder, manifest, files) {
            Pending::forget(self.folder);
            self.folder.sweep(self.before);
            return Err(error.into());
        }
        reached(Place::Advanced);
        let names: Vec<PathBuf> = waiting.outputs.into_iter().map(|waiting| waiting.name).collect();
        // The old state is back before the outputs go, so that there is none that has taken what nobody was given.
        outputs.commit_or(|| {
            self.folder.replace_manifest(self.before)?;
            Pending::forget(self.folder);
            self.folder.sweep(self.before);
            Ok(())
        })?;
        reached(Place::Named);
        sync_folders_of(&names);
        Pending::forget(self.folder);
        self.folder.sweep(Some(manifest));
        Ok(())
    }
}

fn unit_in_words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}
