//! Events in memory, which are read as those of a file are whose columns have types.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use crate::error::{ColumnError, EngineError};
use crate::parquet_file::BATCH_ROWS;

/// Events in memory: batches of one schema.
#[derive(Debug, Clone)]
pub struct EventTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// All columns, in their order.
    columns: Vec<String>,
    /// Those of them that nobody will read.
    other_columns: Vec<String>,
    /// What one thread works on at a time: some rows each.
    parts: Vec<Vec<Rows>>,
}

/// Some rows of one of the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rows {
    batch: usize,
    start: usize,
    count: usize,
}

/// Enough that a part costs nothing, and few enough that all threads have some.
const PART_ROWS: usize = 1 << 18;

impl EventTable {
    /// Batches that all have this schema.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        let columns = schema.fields().iter().map(|field| field.name().clone()).collect();
        let parts = parts(batches.iter().map(RecordBatch::num_rows), PART_ROWS);
        Self { schema, batches, columns, other_columns: Vec::new(), parts }
    }

    /// The same of events that have these columns, in this order, of which others than those in the batches will not be read:
    /// they are named in messages, and no column that is added may be called so.
    #[must_use]
    pub fn among(mut self, columns: Vec<String>) -> Self {
        let is_other = |name: &&String| self.schema.field_with_name(name).is_err();
        self.other_columns = columns.iter().filter(is_other).cloned().collect();
        self.columns = columns;
        self
    }

    /// The columns that a message names stand in the order that the events have them in.
    pub(crate) fn in_order(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Column(ColumnError::NoSuchColumn { column, name, role, doubt, .. }) => {
                ColumnError::NoSuchColumn { column, name, present: self.columns.clone(), role, doubt }.into()
            }
            other => other,
        }
    }

    /// The columns that can be read.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many events there are.
    pub fn events(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of all columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let read = self.schema.fields().iter().map(|field| field.name().as_str());
        read.chain(self.other_columns.iter().map(String::as_str))
    }

    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn rows(&self, part: usize) -> usize {
        self.parts[part].iter().map(|rows| rows.count).sum()
    }

    /// The rows of a part with all columns, in pieces that each lie in one of the batches. Nothing is copied.
    pub(crate) fn pieces(&self, part: usize) -> impl Iterator<Item = RecordBatch> + '_ {
        self.parts[part].iter().map(|rows| self.batches[rows.batch].slice(rows.start, rows.count))
    }

    /// Some columns of a part, in batches of as many rows as are decoded at a time elsewhere.
    pub(crate) fn read_columns<'t>(
        &'t self,
        part: usize,
        columns: &'t [usize],
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> + 't {
        self.parts[part].iter().flat_map(move |rows| {
            let batch = self.batches[rows.batch].project(columns);
            (0..rows.count).step_by(BATCH_ROWS).map(move |from| {
                let count = BATCH_ROWS.min(rows.count - from);
                Ok(batch.as_ref().map_err(mended)?.slice(rows.start + from, count))
            })
        })
    }
}

/// Arrow's errors cannot be cloned.
fn mended(error: &ArrowError) -> ArrowError {
    ArrowError::SchemaError(error.to_string())
}

/// Takes batches together or apart so that parts have about as many rows.
fn parts(batches: impl Iterator<Item = usize>, most: usize) -> Vec<Vec<Rows>> {
    let mut parts: Vec<Vec<Rows>> = Vec::new();
    let mut room = 0;
    for (batch, rows) in batches.enumerate() {
        let mut start = 0;
        while start < rows {
            if room == 0 {
                parts.push(Vec::new());
                room = most;
            }
            let count = room.min(rows - start);
            if let Some(part) = parts.last_mut() {
                part.push(Rows { batch, start, count });
            }
            (start, room) = (start + count, room - count);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_batches_share_a_part_and_large_ones_are_cut() {
        let of = |batch, start, count| Rows { batch, start, count };
        assert_eq!(
            parts([3, 0, 12, 1].into_iter(), 5),
            [vec![of(0, 0, 3), of(2, 0, 2)], vec![of(2, 2, 5)], vec![of(2, 7, 5),], vec![of(3, 0, 1)]]
        );
        assert!(parts([0, 0].into_iter(), 5).is_empty());
    }
}
