//! A Parquet file's footer, read once, and readers for its row groups.

use std::fs::File;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, PageType};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};

use crate::error::{EngineError, Result};
use crate::input::InputFile;

/// Rows decoded at a time.
pub(crate) const BATCH_ROWS: usize = 16_384;

/// An input file's footer.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    pub(crate) input: InputFile,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads the footer, with the page indexes if the file has them.
    pub(crate) fn open(input: &InputFile) -> Result<Self> {
        let file = File::open(&input.path).map_err(EngineError::reading(&input.name))?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(unreadable(input))?;
        Ok(Self { input: input.clone(), metadata })
    }

    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// The columns as Arrow types.
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    pub(crate) fn rows(&self, row_group: usize) -> usize {
        self.metadata().row_group(row_group).num_rows().max(0) as usize
    }

    /// The compressed size of the given root columns in a row group.
    pub(crate) fn compressed_bytes(&self, row_group: usize, columns: &[usize]) -> u64 {
        let root_of = |leaf| self.metadata.parquet_schema().get_column_root_idx(leaf);
        let chunks = self.metadata().row_group(row_group).columns().iter().enumerate();
        chunks
            .filter(|(leaf, _)| columns.contains(&root_of(*leaf)))
            .map(|(_, c)| c.compressed_size().max(0) as u64)
            .sum()
    }

    /// Reads all columns of a row group, as they are.
    pub(crate) fn read_all(&self, row_group: usize) -> Result<ParquetRecordBatchReader> {
        self.builder(self.metadata.clone(), row_group)?.build().map_err(unreadable(&self.input))
    }

    /// Reads a few root columns of a row group. Text comes as views into the decoded pages, or as a
    /// dictionary where the whole chunk has one, so that no text is copied.
    pub(crate) fn read_columns(
        &self,
        row_group: usize,
        columns: &[usize],
    ) -> Result<ParquetRecordBatchReader> {
        let chunks = self.metadata().row_group(row_group).columns();
        let fields = self.schema().fields().iter().enumerate().map(|(root, field)| {
            if !columns.contains(&root) {
                return Arc::clone(field);
            }
            let leaf = (0..chunks.len())
                .find(|leaf| self.metadata.parquet_schema().get_column_root_idx(*leaf) == root);
            let has_dictionary = leaf.is_some_and(|leaf| is_all_dictionary(&chunks[leaf]));
            let data_type = match field.data_type() {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if has_dictionary => {
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                }
                DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
                other => other.clone(),
            };
            Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
        });
        let hint = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = ArrowReaderOptions::new().with_schema(hint);
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)
            .map_err(unreadable(&self.input))?;
        let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
        self.builder(metadata, row_group)?.with_projection(mask).build().map_err(unreadable(&self.input))
    }

    fn builder(
        &self,
        metadata: ArrowReaderMetadata,
        row_group: usize,
    ) -> Result<ParquetRecordBatchReaderBuilder<File>> {
        let file = File::open(&self.input.path).map_err(EngineError::reading(&self.input.name))?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_row_groups(vec![row_group])
            .with_batch_size(BATCH_ROWS))
    }
}

/// Whether every data page of a chunk refers to its dictionary.
fn is_all_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    if let Some(pages) = chunk.page_encoding_stats() {
        return pages
            .iter()
            .filter(|page| matches!(page.page_type, PageType::DATA_PAGE | PageType::DATA_PAGE_V2))
            .all(|page| matches!(page.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY));
    }
    chunk.page_encoding_stats_mask().is_some_and(|mask| {
        mask.encodings()
            .all(|encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY))
    })
}

pub(crate) fn unreadable(input: &InputFile) -> impl Fn(parquet::errors::ParquetError) -> EngineError + use<> {
    let name = input.name.clone();
    move |source| EngineError::Parquet { name: name.clone(), source }
}
