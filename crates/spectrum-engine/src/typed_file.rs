//! What has typed columns: a file of Parquet, or a table in memory. Its row groups, or parts, are what one thread works
//! on at a time.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::error::{EngineError, Result};
use crate::event_table::EventTable;
use crate::input::InputFile;
use crate::parquet_file::ParquetFile;

/// An opened input whose columns have types.
#[derive(Debug)]
pub(crate) struct TypedFile {
    pub(crate) input: InputFile,
    columns: Columns,
}

#[derive(Debug)]
enum Columns {
    Parquet(Box<ParquetFile>),
    InMemory(Arc<EventTable>),
}

impl TypedFile {
    pub(crate) fn open(input: &InputFile) -> Result<Self> {
        let columns = match &input.table {
            Some(table) => Columns::InMemory(Arc::clone(table)),
            None => Columns::Parquet(Box::new(ParquetFile::open(input)?)),
        };
        Ok(Self { input: input.clone(), columns })
    }

    /// The columns that can be read, as Arrow types.
    pub(crate) fn schema(&self) -> &SchemaRef {
        match &self.columns {
            Columns::Parquet(file) => file.schema(),
            Columns::InMemory(table) => table.schema(),
        }
    }

    /// The names of those columns, then of others that nobody reads.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.columns {
            Columns::Parquet(file) => {
                file.schema().fields().iter().map(|field| field.name().as_str()).collect()
            }
            Columns::InMemory(table) => table.names().collect(),
        }
    }

    /// Whether a root column holds INT96, which says nothing of zones.
    pub(crate) fn has_int96(&self, root: usize) -> bool {
        match &self.columns {
            Columns::Parquet(file) => file.has_int96(root),
            Columns::InMemory(_) => false,
        }
    }

    /// How many row groups there are.
    pub(crate) fn row_groups(&self) -> usize {
        match &self.columns {
            Columns::Parquet(file) => file.metadata().num_row_groups(),
            Columns::InMemory(table) => table.parts(),
        }
    }

    pub(crate) fn rows(&self, row_group: usize) -> usize {
        match &self.columns {
            Columns::Parquet(file) => file.rows(row_group),
            Columns::InMemory(table) => table.rows(row_group),
        }
    }

    /// How much there is to read of the given root columns in a row group: compressed bytes, or rows in memory.
    pub(crate) fn bytes(&self, row_group: usize, columns: &[usize]) -> u64 {
        match &self.columns {
            Columns::Parquet(file) => file.compressed_bytes(row_group, columns),
            Columns::InMemory(table) => table.rows(row_group) as u64,
        }
    }

    /// Reads a few root columns of a row group.
    pub(crate) fn read_columns<'f>(
        &'f self,
        row_group: usize,
        columns: &'f [usize],
    ) -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + 'f>> {
        Ok(match &self.columns {
            Columns::Parquet(file) => Box::new(file.read_columns(row_group, columns)?),
            Columns::InMemory(table) => {
                let cannot = |source| EngineError::Arrow { name: self.input.name.clone(), source };
                Box::new(table.read_columns(row_group, columns).map(move |batch| batch.map_err(cannot)))
            }
        })
    }
}
