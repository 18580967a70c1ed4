//! A file as its table has it: with the table's columns, and without the rows that the table does not have any more.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, RecordBatch, RecordBatchOptions, UInt32Array, new_null_array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;

use crate::error::{ColumnError, EngineError, Result};
use crate::input::InputFile;
use crate::lake::{Fit, FitError, InTable, Layout, field_id, find_field};

/// How a file is seen.
#[derive(Clone, Debug)]
pub(crate) struct View {
    schema: SchemaRef,
    columns: Vec<Seen>,
    deleted: Arc<[u64]>,
}

#[derive(Clone, Debug)]
enum Seen {
    /// A root of the file.
    Stored(usize, Fit),
    /// One value throughout, as an array of one.
    Constant(ArrayRef),
}

impl View {
    pub(super) fn new(input: &InputFile, in_table: &InTable, file: &Schema) -> Result<Self> {
        let is_by_id = in_table.stored.iter().flatten().any(|stored| field_id(stored).is_some());
        if is_by_id && !file.fields().iter().any(|field| field_id(field).is_some()) {
            return Err(ColumnError::WithoutIds(input.name.clone()).into());
        }
        let mut values = in_table.values.iter();
        let columns = in_table.schema.fields().iter().zip(&in_table.stored).map(|(field, stored)| {
            let nothing = || Seen::Constant(new_null_array(field.data_type(), 1));
            let Some(stored) = stored else {
                return Ok(values.next().cloned().map_or_else(nothing, Seen::Constant));
            };
            let Some(root) = find_field(file.fields(), stored) else { return Ok(nothing()) };
            let fit = Fit::new(file.field(root).data_type(), stored.data_type(), field.data_type());
            let fit = fit.map_err(|FitError { from, to }| ColumnError::NotOfTable {
                column: field.name().clone(),
                name: input.name.clone(),
                from,
                to,
            })?;
            Ok(Seen::Stored(root, fit))
        });
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            schema: Arc::clone(&in_table.schema),
            deleted: Arc::clone(&in_table.deleted),
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many of these rows of the file are left out.
    pub(super) fn deleted_within(&self, rows: std::ops::Range<u64>) -> usize {
        let before = |row: u64| self.deleted.partition_point(|deleted| *deleted < row);
        before(rows.end) - before(rows.start)
    }

    /// Whether a copy of the file's chunks is what the table has.
    pub(super) fn is_as_stored(&self, in_table: &InTable, file: &Schema) -> bool {
        let as_stored =
            |(place, (seen, field)): (usize, (&Seen, &Arc<Field>))| match (seen, &in_table.stored[place]) {
                (Seen::Stored(root, fit), Some(stored)) => {
                    *root == place
                        && file.field(place).name() == field.name()
                        && fit.is_as_stored(stored.data_type())
                }
                _ => false,
            };
        self.deleted.is_empty()
            && self.columns.len() == file.fields().len()
            && self.columns.iter().zip(self.schema.fields()).enumerate().all(as_stored)
    }

    /// The file's root for a column, if the file has it.
    pub(super) fn root(&self, column: usize) -> Option<usize> {
        match self.columns.get(column)? {
            Seen::Stored(root, _) => Some(*root),
            Seen::Constant(_) => None,
        }
    }

    /// The file's roots for some columns, in the order of the file.
    pub(super) fn roots(&self, columns: &[usize]) -> Vec<usize> {
        let mut roots: Vec<usize> = columns.iter().filter_map(|column| self.root(*column)).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// Some columns of the table, in its order, for rows that were read of the file: those from `first` on.
    pub(super) fn seen(
        &self,
        input: &InputFile,
        read: &RecordBatch,
        first: u64,
        columns: &[usize],
        layout: Layout,
    ) -> Result<RecordBatch> {
        let cannot = |source| EngineError::Arrow { name: input.name.clone(), source };
        let roots = self.roots(columns);
        let rows = first..first + read.num_rows() as u64;
        let read = match self.deleted_within(rows.clone()) {
            0 => read.clone(),
            _ => filter_record_batch(read, &self.kept(rows)).map_err(cannot)?,
        };
        let count = read.num_rows();
        let mut order: Vec<usize> = columns.to_vec();
        order.sort_unstable();
        let made = order.iter().map(|column| match &self.columns[*column] {
            Seen::Stored(root, fit) => {
                let at = roots.iter().position(|other| other == root).unwrap_or_default();
                fit.apply(read.column(at), layout)
            }
            Seen::Constant(value) => repeated(value, count, layout),
        });
        let made = made.collect::<std::result::Result<Vec<_>, ArrowError>>().map_err(cannot)?;
        let fields = order.iter().zip(&made).map(|(column, values)| {
            let field = self.schema.field(*column);
            Arc::new(field.clone().with_data_type(values.data_type().clone()))
        });
        let schema = match layout {
            Layout::OfTable => Arc::clone(&self.schema),
            Layout::AsRead => Arc::new(Schema::new(fields.collect::<Vec<_>>())),
        };
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(schema, made, &options).map_err(cannot)
    }

    fn kept(&self, rows: std::ops::Range<u64>) -> BooleanArray {
        let mut kept = vec![true; (rows.end - rows.start) as usize];
        let from = self.deleted.partition_point(|deleted| *deleted < rows.start);
        for deleted in self.deleted[from..].iter().take_while(|deleted| **deleted < rows.end) {
            kept[(deleted - rows.start) as usize] = false;
        }
        kept.into()
    }
}

/// One value in every row. A text is there once, where the reader may choose the layout.
fn repeated(value: &ArrayRef, rows: usize, layout: Layout) -> std::result::Result<ArrayRef, ArrowError> {
    if layout == Layout::AsRead && *value.data_type() == DataType::Utf8 {
        let all_the_first = arrow_array::Int32Array::from(vec![0; rows]);
        return Ok(Arc::new(DictionaryArray::try_new(all_the_first, Arc::clone(value))?));
    }
    take(value, &UInt32Array::from(vec![0; rows]), None)
}

/// The place in the file of a row that is seen, counted from 0: those that are left out stand before and between.
pub(crate) fn place_in_file(seen: u64, deleted: &[u64]) -> u64 {
    // Before the nth row that is left out there are as many that are seen as its place less n.
    let (mut from, mut to) = (0, deleted.len());
    while from < to {
        let middle = from + (to - from) / 2;
        if deleted[middle] - middle as u64 <= seen { from = middle + 1 } else { to = middle }
    }
    seen + from as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_seen_have_the_places_that_are_left() {
        for deleted in [&[][..], &[0], &[0, 1, 2], &[2, 3, 7], &[0, 4, 5, 9]] {
            let left: Vec<u64> = (0..20).filter(|row| !deleted.contains(row)).collect();
            for (seen, place) in left.iter().enumerate() {
                assert_eq!(place_in_file(seen as u64, deleted), *place, "{seen} of {deleted:?}");
            }
        }
    }
}
