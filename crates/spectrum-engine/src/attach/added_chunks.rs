//! The added columns of a copied Parquet file, encoded one row group at a time.

use std::io;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{FieldRef, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression as Codec, CompressionCodec};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnDescPtr;

use super::SecondPass;
use super::id_chunk::{IdChunk, IdColumn};
use super::id_dictionary::IdDictionaries;
use super::spliced_footer::{have_offset_indexes, writer_version};
use crate::error::{EngineError, Result};
use crate::output::batches::writing_parquet;
use crate::parquet_file::ParquetFile;

/// Encodes the added columns of one row group at a time, on any thread.
pub(super) struct AddedChunks {
    pub(super) with_page_index: bool,
    codec: CompressionCodec,
    /// The session_id column.
    ids: ColumnDescPtr,
    /// The other columns that are asked for; their encoding is the library's business.
    others: Vec<(FieldRef, ArrowRowGroupWriterFactory)>,
    dictionaries: IdDictionaries,
}

/// The added chunks of one row group.
pub(super) struct AddedToGroup {
    ids: IdChunk,
    others: Vec<ArrowColumnChunk>,
}

impl AddedChunks {
    pub(super) fn new(pass: &SecondPass<'_>, files: &[ParquetFile]) -> Result<Self> {
        let with_page_index = have_offset_indexes(files);
        let first_chunk =
            files.iter().flat_map(|file| file.metadata().row_groups()).flat_map(|g| g.columns()).next();
        let codec = first_chunk.map_or(CompressionCodec::SNAPPY, |chunk| chunk.compression_codec());
        let fields = pass.added.fields();
        let columns =
            ArrowSchemaConverter::new().convert(&Schema::new(fields.clone())).map_err(unwritable)?;
        let other =
            |field: &FieldRef| Ok((Arc::clone(field), writer_factory(field, codec, with_page_index, files)?));
        let others = fields.iter().skip(1).map(other).collect::<Result<_>>()?;
        Ok(Self {
            with_page_index,
            codec,
            ids: columns.column(0),
            others,
            dictionaries: IdDictionaries::default(),
        })
    }

    pub(super) fn encode(
        &self,
        pass: &SecondPass<'_>,
        file: &ParquetFile,
        group: usize,
        part: usize,
    ) -> Result<AddedToGroup> {
        let sessions = &pass.labelled.resolution.sessions;
        let events = || pass.sessions(part).flatten();
        let mut dictionary = self.dictionaries.take();
        dictionary.gather(sessions, events());
        if dictionary.indexes.len() != file.rows(group) {
            return Err(EngineError::Changed(file.input.name.clone()));
        }
        let ids = IdColumn { entries: &dictionary.entries, indexes: &dictionary.indexes };
        let ids = ids.encode(&self.ids, self.codec).map_err(unwritable)?;
        self.dictionaries.put_back(dictionary);
        let others = self.others.iter().zip(pass.added.others(sessions, events));
        let others = others.map(|((field, factory), column)| encode_other(field, factory, &column));
        let others = others.collect::<std::result::Result<_, _>>().map_err(unwritable)?;
        Ok(AddedToGroup { ids, others })
    }
}

impl AddedToGroup {
    pub(super) fn append<W: io::Write + Send>(
        self,
        with_page_index: bool,
        target: &mut SerializedRowGroupWriter<'_, W>,
    ) -> std::result::Result<(), ParquetError> {
        let IdChunk { bytes, mut close } = self.ids;
        close.offset_index = close.offset_index.filter(|_| with_page_index);
        target.append_column(&bytes, close)?;
        for mut other in self.others {
            if !with_page_index {
                (other.close_mut().offset_index, other.close_mut().column_index) = (None, None);
            }
            other.append_to_row_group(target)?;
        }
        Ok(())
    }
}

pub(super) fn unwritable(error: ParquetError) -> EngineError {
    writing_parquet("the added columns", error)
}

fn writer_factory(
    field: &FieldRef,
    codec: CompressionCodec,
    with_page_index: bool,
    files: &[ParquetFile],
) -> Result<ArrowRowGroupWriterFactory> {
    let statistics = if with_page_index { EnabledStatistics::Page } else { EnabledStatistics::Chunk };
    let codec = match codec {
        CompressionCodec::LZO => Codec::SNAPPY,
        CompressionCodec::LZ4 => Codec::LZ4_RAW, // the older framing of the same
        codec => codec.into(),
    };
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_statistics_enabled(statistics)
        .set_offset_index_disabled(!with_page_index)
        .set_writer_version(writer_version(files))
        .build();
    let schema = Arc::new(Schema::new(vec![Arc::clone(field)]));
    let parquet = ArrowSchemaConverter::new().convert(&schema).map_err(unwritable)?;
    let nowhere = SerializedFileWriter::new(io::sink(), parquet.root_schema_ptr(), Arc::new(properties));
    Ok(ArrowRowGroupWriterFactory::new(&nowhere.map_err(unwritable)?, schema))
}

fn encode_other(
    field: &FieldRef,
    factory: &ArrowRowGroupWriterFactory,
    column: &ArrayRef,
) -> std::result::Result<ArrowColumnChunk, ParquetError> {
    let mut writers = factory.create_column_writers(0)?;
    let mut writer = writers.pop().ok_or_else(|| ParquetError::General("no writer for a column".into()))?;
    for leaf in compute_leaves(field, column)? {
        writer.write(&leaf)?;
    }
    writer.close()
}
