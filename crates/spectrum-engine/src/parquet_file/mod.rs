//! A Parquet file's footer, read once, and readers for its row groups.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, PageType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};

use crate::chunk_source::ChunkSource;
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
    /// Reads the footer, for whoever decodes columns. Whole row groups need no page index, and a damaged one
    /// would only lead the decoder astray.
    pub(crate) fn open(input: &InputFile) -> Result<Self> {
        Self::open_with(input, PageIndexPolicy::Skip)
    }

    /// Reads the footer, with the page indexes if the file has them, for whoever copies chunks.
    pub(crate) fn open_with_page_indexes(input: &InputFile) -> Result<Self> {
        Self::open_with(input, PageIndexPolicy::Optional)
    }

    fn open_with(input: &InputFile, page_indexes: PageIndexPolicy) -> Result<Self> {
        let file = ChunkSource::open(input)?;
        let options = ArrowReaderOptions::new().with_page_index_policy(page_indexes);
        let metadata = ArrowReaderMetadata::load(&file, options).map_err(unreadable(input))?;
        check_offsets(metadata.metadata(), input.bytes).map_err(unreadable(input))?;
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
    pub(crate) fn read_all(&self, row_group: usize) -> Result<Batches> {
        self.read(self.metadata.clone(), row_group, ProjectionMask::all())
    }

    /// Reads a few root columns of a row group. Text comes as views into the decoded pages, or as a
    /// dictionary where the whole chunk has one, so that no text is copied.
    pub(crate) fn read_columns(&self, row_group: usize, columns: &[usize]) -> Result<Batches> {
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
        self.read(metadata, row_group, mask)
    }

    fn read(&self, metadata: ArrowReaderMetadata, row_group: usize, mask: ProjectionMask) -> Result<Batches> {
        let file = ChunkSource::open(&self.input)?;
        let reader = caught(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                .with_row_groups(vec![row_group])
                .with_batch_size(BATCH_ROWS)
                .with_projection(mask)
                .build()
        });
        Ok(Batches { reader: Some(reader.map_err(unreadable(&self.input))?), input: self.input.clone() })
    }
}

/// The batches of a row group; nothing follows an error.
pub(crate) struct Batches {
    reader: Option<ParquetRecordBatchReader>,
    input: InputFile,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut()?;
        let batch = caught(|| reader.next().transpose().map_err(ParquetError::from)).transpose()?;
        if batch.is_err() {
            self.reader = None;
        }
        Some(batch.map_err(unreadable(&self.input)))
    }
}

/// The decoder checks most of what it reads, but some damage makes it panic, and to whoever has a damaged file
/// that is no different from an error.
fn caught<T>(decode: impl FnOnce() -> parquet::errors::Result<T>) -> parquet::errors::Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the decoder gave up");
        Err(ParquetError::General(said.to_owned()))
    })
}

/// Refuses a footer whose chunks lie outside of the file. The reader takes a footer at its word, and a damaged
/// one could make it panic.
fn check_offsets(metadata: &ParquetMetaData, file_bytes: u64) -> parquet::errors::Result<()> {
    let outside = |what: String| ParquetError::General(format!("the footer says that {what}"));
    for (number, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return Err(outside(format!("row group {number} has {} rows", group.num_rows())));
        }
        for chunk in group.columns() {
            let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
            let end = start.checked_add(chunk.compressed_size());
            let is_inside = start >= 0
                && chunk.compressed_size() >= 0
                && end.is_some_and(|end| end as u64 <= file_bytes)
                && chunk.num_values() >= 0;
            if !is_inside {
                return Err(outside(format!(
                    "row group {number} has column '{}' outside of the file",
                    chunk.column_path().string()
                )));
            }
        }
    }
    Ok(())
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

/// What a failed read means: the system's reason if there is one, and damage otherwise.
pub(crate) fn unreadable(input: &InputFile) -> impl Fn(ParquetError) -> EngineError + use<> {
    let name = input.name.clone();
    move |error| match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => EngineError::reading(&name)(*error),
            Err(inner) => EngineError::Parquet { name: name.clone(), reason: plain(&inner.to_string()) },
        },
        other => EngineError::Parquet { name: name.clone(), reason: plain(&other.to_string()) },
    }
}

/// The reader's words without the kinds of error that it puts before them, one for each layer they came through.
fn plain(reason: &str) -> String {
    let kinds = ["Parquet error: ", "Parquet argument error: ", "External: ", "EOF: ", "Arrow: "];
    let mut reason = reason;
    while let Some(rest) = kinds.iter().find_map(|kind| reason.strip_prefix(kind)) {
        reason = rest;
    }
    reason.to_owned()
}
