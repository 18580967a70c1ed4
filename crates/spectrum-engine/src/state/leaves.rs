//! Leaves: the sessions of a state, cut by the time at which they end.
//!
//! A leaf holds the sessions that end from its first end on and before the next leaf's. Where one grows too large it is
//! cut into equal ones, as in a tree of which only the leaves are kept; a run thus costs what its events touch, however long
//! the history is. By the end, because events mostly come in the order of time and so go on with what ended last, be it a visit
//! of a minute or a machine that never rests.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use serde::{Deserialize, Serialize};
use spectrum_core::{SessionDefinition, SessionIndex, Sessions, SummaryColumn};

use super::attributes::{self, Values};
use super::error::StateError;
use super::folder::Folder;
use super::part::Part;
use crate::error::Result;
use crate::timestamps::{relabelled, timestamps};

/// What Arrow makes of columns.
type Arrow<T> = std::result::Result<T, ArrowError>;

/// Sessions in a leaf, at most: a few milliseconds to read and write.
pub(super) const MOST: usize = 8_192;

/// A leaf, as the manifest has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Leaf {
    pub(super) part: Part,
    /// No session of the leaf ends earlier; those of the leaf before end before this.
    pub(super) first_end: i64,
    /// No session of the leaf begins earlier.
    pub(super) start: i64,
}

/// Which leaves sessions can lie in that begin, end, or go on within `reach` of one of these stretches of time.
pub(super) fn touched(leaves: &[Leaf], mut stretches: Vec<(i64, i64)>, reach: i64) -> Vec<bool> {
    stretches.sort_unstable();
    // Disjoint and in order, so that the first that ends late enough decides.
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (start, end) in stretches {
        let (start, end) = (start.saturating_sub(reach), end.saturating_add(reach));
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    let is_touched = |at: usize, leaf: &Leaf| {
        let from = if at == 0 { i64::MIN } else { leaf.start };
        let next = leaves.get(at + 1).map_or(i64::MAX, |next| next.first_end);
        let meets = |from: i64, to: i64| {
            let candidate = joined.partition_point(|(_, end)| *end < from);
            joined.get(candidate).is_some_and(|(start, _)| *start <= to)
        };
        meets(from, next)
    };
    leaves.iter().enumerate().map(|(at, leaf)| is_touched(at, leaf)).collect()
}

/// Cuts sessions, sorted by their ends, into runs for a leaf each. Those that end at one instant stay together.
pub(super) fn cut(ends: &[i64], most: usize) -> Vec<Range<usize>> {
    let pieces = ends.len().div_ceil(most).max(1);
    let mut cuts = vec![0];
    for piece in 1..pieces {
        let mut at = ends.len() * piece / pieces;
        while at > 0 && at < ends.len() && ends[at] == ends[at - 1] {
            at += 1;
        }
        if at < ends.len() && cuts.last().is_some_and(|last| at > *last) {
            cuts.push(at);
        }
    }
    cuts.push(ends.len());
    cuts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// What leaves look like, and what sessions have besides what [`Sessions`] knows.
pub(super) struct Shape<'a> {
    pub(super) definition: &'a SessionDefinition,
    pub(super) key_types: &'a [DataType],
    pub(super) time_type: &'a DataType,
    /// The run and the instant that founded each session, where ids stay.
    pub(super) founded: &'a [(u64, i64)],
    /// What the summary tells besides, by session.
    pub(super) told: &'a [Values],
}

impl Shape<'_> {
    fn fields(&self) -> Vec<Field> {
        let definition = self.definition;
        let mut fields = vec![Field::new("session_id", DataType::Utf8, true)];
        let keys = definition.key().iter().zip(self.key_types);
        fields.extend(keys.map(|(name, data_type)| Field::new(name, data_type.clone(), true)));
        if definition.id().is_numbered() {
            fields.push(Field::new("session_seq", DataType::Int64, false));
        }
        fields.push(Field::new("started_at", self.time_type.clone(), false));
        fields.push(Field::new("ended_at", self.time_type.clone(), false));
        fields.push(Field::new("events", DataType::Int64, false));
        if definition.id().needs_memory() {
            fields.push(Field::new("founded_in_run", DataType::Int64, false));
            fields.push(Field::new("founded_at", self.time_type.clone(), false));
        }
        fields
    }

    /// Writes a leaf with these sessions, of which there is at least one.
    pub(super) fn write(
        &self,
        folder: &Folder,
        name: String,
        sessions: &Sessions,
        of_leaf: &[SessionIndex],
    ) -> Result<Leaf> {
        let cannot = |error: ArrowError| StateError::damaged(folder.file(&name), error);
        let told = self.told(of_leaf)?;
        let batch = self.batch(sessions, of_leaf, told).map_err(cannot)?;
        let part = Part::write(folder, name, &batch)?;
        let first_end = of_leaf.iter().map(|at| sessions.end(*at)).min().unwrap_or(i64::MIN);
        let start = of_leaf.iter().map(|at| sessions.start(*at)).min().unwrap_or(i64::MIN);
        Ok(Leaf { part, first_end, start })
    }

    /// What the summary tells of the leaf's sessions.
    fn told(&self, of_leaf: &[SessionIndex]) -> Result<Vec<(Field, ArrayRef)>> {
        let of_column = |(column, told): (&SummaryColumn, &Values)| {
            let values = told.column(&column.name, of_leaf.iter().map(|at| at.index()))?;
            Ok((Field::new(&column.name, values.data_type().clone(), true), values))
        };
        attributes::kept(self.definition).zip(self.told).map(of_column).collect()
    }

    fn batch(
        &self,
        sessions: &Sessions,
        of_leaf: &[SessionIndex],
        told: Vec<(Field, ArrayRef)>,
    ) -> Arrow<RecordBatch> {
        let mut fields = self.fields();
        let mut columns = vec![ids(of_leaf.iter().map(|at| sessions.id(*at)))];
        for (at, data_type) in self.key_types.iter().enumerate() {
            columns.push(exactly(&sessions.key_column(at, of_leaf), data_type)?);
        }
        if self.definition.id().is_numbered() {
            columns.push(counts(of_leaf.iter().map(|at| sessions.number(*at))));
        }
        columns.push(self.times(of_leaf.iter().map(|at| sessions.start(*at)), sessions.unit())?);
        columns.push(self.times(of_leaf.iter().map(|at| sessions.end(*at)), sessions.unit())?);
        columns.push(counts(of_leaf.iter().map(|at| sessions.events(*at))));
        if self.definition.id().needs_memory() {
            let founded = || of_leaf.iter().filter_map(|at| self.founded.get(at.index()));
            columns.push(counts(founded().map(|(run, _)| *run)));
            columns.push(self.times(founded().map(|(_, at)| *at), sessions.unit())?);
        }
        for (field, values) in told {
            fields.push(field);
            columns.push(values);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
    }

    fn times(&self, instants: impl Iterator<Item = i64>, unit: TimeUnit) -> Arrow<ArrayRef> {
        stored_times(instants.collect(), unit, self.time_type)
    }
}

/// Instants as the state has them: Parquet knows no whole seconds.
pub(super) fn stored_times(instants: Vec<i64>, unit: TimeUnit, stored: &DataType) -> Arrow<ArrayRef> {
    let zone = match stored {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let counted = relabelled(&timestamps(instants, None, unit), &DataType::Timestamp(unit, zone))?;
    exactly(&counted, stored)
}

/// The same values as another type; one that does not fit is an error.
pub(super) fn exactly(values: &ArrayRef, data_type: &DataType) -> Arrow<ArrayRef> {
    cast_with_options(values, data_type, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Ids as text.
pub(super) fn ids(ids: impl Iterator<Item = Option<spectrum_core::SessionId>>) -> ArrayRef {
    let mut column = StringBuilder::new();
    for id in ids {
        match id.map(spectrum_core::SessionId::hex) {
            Some(hex) => column.append_value(std::str::from_utf8(&hex).unwrap_or_default()),
            None => column.append_null(),
        }
    }
    Arc::new(column.finish())
}

/// Counts as integers of 64 bits, which every reader of Parquet knows.
pub(super) fn counts(counts: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(counts.map(|count| count as i64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(start: i64, first_end: i64) -> Leaf {
        let part = Part { name: String::new(), rows: 1, bytes: 0, md5: String::new() };
        Leaf { part, first_end, start }
    }

    #[test]
    fn a_leaf_is_touched_by_what_is_within_reach_of_its_range_or_of_its_sessions() {
        // The last has a session that began long before those of the others ended.
        let leaves = [leaf(50, 100), leaf(150, 200), leaf(120, 300)];
        let touched = |stretches: &[(i64, i64)]| touched(&leaves, stretches.to_vec(), 10);
        assert_eq!(touched(&[]), [false, false, false]);
        assert_eq!(touched(&[(0, 0)]), [true, false, false]);
        assert_eq!(touched(&[(109, 109)]), [true, false, false]);
        assert_eq!(touched(&[(110, 110)]), [true, false, true]);
        assert_eq!(touched(&[(140, 140)]), [true, true, true]);
        assert_eq!(touched(&[(210, 210)]), [true, true, true]);
        assert_eq!(touched(&[(211, 211)]), [false, true, true]);
        assert_eq!(touched(&[(311, 400)]), [false, false, true]);
        assert_eq!(touched(&[(1_000, 1_000), (0, 1)]), [true, false, true]);
    }

    #[test]
    fn leaves_are_about_equal_and_keep_an_instant_together() {
        let sizes = |starts: &[i64]| cut(starts, 100).iter().map(Range::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[1, 2, 3]), [3]);
        assert_eq!(sizes(&(0..201).collect::<Vec<_>>()), [67, 67, 67]);
        let mut same = vec![5; 110];
        same.push(6);
        assert_eq!(sizes(&same), [110, 1]);
        assert_eq!(sizes(&[5; 300]), [300]);
        assert_eq!(sizes(&[]), [0]);
    }
}
