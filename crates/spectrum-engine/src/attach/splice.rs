//! Parquet to Parquet: the column chunks of the source are copied as they are, still compressed, and only the
//! added columns are encoded.
//!
//! Statistics, bloom filters and key-value metadata go along. Page indexes go along where every chunk has an
//! offset index, and are left out of the whole file otherwise: a file has them for all columns or for none.

use std::io::{self, BufWriter};
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{FieldRef, Fields, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression as Codec, CompressionCodec};
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::{BloomFilterPosition, EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescPtr, Type, TypePtr};

use super::cells::Desks;
use super::id_chunk::{IdChunk, IdColumn};
use super::{Attach, Job};
use crate::chunk_source::{ChunkSource, MANY};
use crate::error::{EngineError, Result};
use crate::output::batches::writing_parquet;
use crate::output::run_outputs::OutputFile;
use crate::parallel::in_order;
use crate::parquet_file::{ParquetFile, unreadable};

pub(super) fn write(attach: &Attach<'_>, job: &Job, out: OutputFile) -> Result<OutputFile> {
    let files = attach.files(job).iter().map(ParquetFile::open_with_page_indexes);
    let files: Vec<ParquetFile> = files.collect::<Result<_>>()?;
    check_schemas(&files)?;
    let name = out.name.clone();
    let added = AddedChunks::new(attach, &files)?;
    let (schema, properties) = output_schema(&files, attach.added.fields(), added.with_page_index)?;
    let mut writer =
        SerializedFileWriter::new(BufWriter::with_capacity(MANY, out), schema, Arc::new(properties))
            .map_err(|e| writing_parquet(&name, e))?;
    let groups =
        files.iter().flat_map(|file| (0..file.metadata().num_row_groups()).map(move |group| (file, group)));
    let parts = attach.parts(job);
    if groups.clone().count() != parts.len() {
        return Err(EngineError::Changed(files[0].input.name.clone()));
    }
    attach.watch.begin("writing", files.iter().map(|file| file.input.bytes).sum());
    let mut open: Option<ChunkSource> = None;
    in_order(
        groups.zip(parts).map(Ok),
        attach.threads,
        |((file, group), part)| Ok((file, group, added.encode(attach, file, group, part)?)),
        |(file, group, chunks)| {
            let reader = match open.take().filter(|_| group > 0) {
                Some(reader) => reader,
                None => ChunkSource::open_wide(&file.input)?,
            };
            let reader = &*open.insert(reader);
            let mut target = writer.next_row_group().map_err(|e| writing_parquet(&name, e))?;
            copy_chunks(file, group, reader, added.with_page_index, &mut target, &name)?;
            chunks.append(added.with_page_index, &mut target).map_err(|e| writing_parquet(&name, e))?;
            target.close().map_err(|e| writing_parquet(&name, e))?;
            attach.watch.advance(file.metadata().row_group(group).compressed_size().max(0) as u64)
        },
    )?;
    let buffered = writer.into_inner().map_err(|e| writing_parquet(&name, e))?;
    buffered.into_inner().map_err(|e| EngineError::writing(&name)(e.into_error()))
}

/// Copies all column chunks of a row group.
fn copy_chunks<W: io::Write + Send>(
    file: &ParquetFile,
    group: usize,
    reader: &ChunkSource,
    with_page_index: bool,
    target: &mut SerializedRowGroupWriter<'_, W>,
    name: &str,
) -> Result<()> {
    let metadata = file.metadata().row_group(group);
    let index = file.metadata().page_index_for_row_group(group);
    for (at, chunk) in metadata.columns().iter().enumerate() {
        let close = ColumnCloseResult {
            bytes_written: chunk.compressed_size().max(0) as u64,
            rows_written: metadata.num_rows().max(0) as u64,
            metadata: chunk.clone(),
            bloom_filter: Sbbf::read_from_column_chunk(chunk, reader).map_err(unreadable(&file.input))?,
            column_index: index.column_index(at).filter(|_| with_page_index).cloned(),
            offset_index: index.offset_index(at).filter(|_| with_page_index).cloned(),
        };
        target.append_column(reader, close).map_err(|e| match reader.failure() {
            Some(source) => EngineError::Io { action: "reading", name: file.input.name.clone(), source },
            None => writing_parquet(name, e),
        })?;
    }
    Ok(())
}

/// Encodes the added columns of one row group at a time, on any thread.
struct AddedChunks {
    with_page_index: bool,
    codec: CompressionCodec,
    /// The session_id column.
    ids: ColumnDescPtr,
    /// The session_seq column, if it is asked for; its encoding is the library's business.
    numbers: Option<(FieldRef, ArrowRowGroupWriterFactory)>,
    desks: Desks,
}

/// The added chunks of one row group.
struct AddedToGroup {
    ids: IdChunk,
    numbers: Option<ArrowColumnChunk>,
}

impl AddedChunks {
    fn new(attach: &Attach<'_>, files: &[ParquetFile]) -> Result<Self> {
        let with_page_index = files.iter().all(has_offset_indexes);
        let first_chunk =
            files.iter().flat_map(|file| file.metadata().row_groups()).flat_map(|g| g.columns()).next();
        let codec = first_chunk.map_or(CompressionCodec::SNAPPY, |chunk| chunk.compression_codec());
        let fields = attach.added.fields();
        let columns =
            ArrowSchemaConverter::new().convert(&Schema::new(fields.clone())).map_err(unwritable)?;
        let numbers = match fields.get(1) {
            Some(field) => Some((Arc::clone(field), numbers_factory(field, codec, with_page_index, files)?)),
            None => None,
        };
        Ok(Self { with_page_index, codec, ids: columns.column(0), numbers, desks: Desks::default() })
    }

    fn encode(
        &self,
        attach: &Attach<'_>,
        file: &ParquetFile,
        group: usize,
        part: usize,
    ) -> Result<AddedToGroup> {
        let sessions = &attach.labelled.resolution.sessions;
        let events = || attach.sessions(part).flatten();
        let mut desk = self.desks.take();
        desk.gather(sessions, events());
        if desk.indexes.len() != file.rows(group) {
            return Err(EngineError::Changed(file.input.name.clone()));
        }
        let ids = IdColumn { entries: &desk.entries, indexes: &desk.indexes };
        let ids = ids.encode(&self.ids, self.codec).map_err(unwritable)?;
        self.desks.put_back(desk);
        let numbers = match (&self.numbers, attach.added.numbers(sessions, events())) {
            (Some((field, factory)), Some(numbers)) => {
                Some(encode_numbers(field, factory, &numbers).map_err(unwritable)?)
            }
            _ => None,
        };
        Ok(AddedToGroup { ids, numbers })
    }
}

impl AddedToGroup {
    fn append<W: io::Write + Send>(
        self,
        with_page_index: bool,
        target: &mut SerializedRowGroupWriter<'_, W>,
    ) -> std::result::Result<(), ParquetError> {
        let IdChunk { bytes, mut close } = self.ids;
        close.offset_index = close.offset_index.filter(|_| with_page_index);
        target.append_column(&bytes, close)?;
        self.numbers.map_or(Ok(()), |numbers| numbers.append_to_row_group(target))
    }
}

fn unwritable(error: ParquetError) -> EngineError {
    writing_parquet("the added columns", error)
}

fn numbers_factory(
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

fn encode_numbers(
    field: &FieldRef,
    factory: &ArrowRowGroupWriterFactory,
    numbers: &ArrayRef,
) -> std::result::Result<ArrowColumnChunk, ParquetError> {
    let mut writers = factory.create_column_writers(0)?;
    let mut writer = writers.pop().ok_or_else(|| ParquetError::General("no writer for a column".into()))?;
    for leaf in compute_leaves(field, numbers)? {
        writer.write(&leaf)?;
    }
    writer.close()
}

fn has_offset_indexes(file: &ParquetFile) -> bool {
    let metadata = file.metadata();
    (0..metadata.num_row_groups()).all(|group| {
        let index = metadata.page_index_for_row_group(group);
        (0..metadata.row_group(group).num_columns()).all(|column| index.offset_index(column).is_some())
    })
}

fn writer_version(files: &[ParquetFile]) -> WriterVersion {
    match files.first().map(|file| file.metadata().file_metadata().version()) {
        Some(2) => WriterVersion::PARQUET_2_0,
        _ => WriterVersion::PARQUET_1_0,
    }
}

/// The source's columns and the added ones, and everything that the source's footer says beside.
fn output_schema(
    files: &[ParquetFile],
    added: Vec<FieldRef>,
    with_page_index: bool,
) -> Result<(TypePtr, WriterProperties)> {
    let Some(first) = files.first() else { return Err(EngineError::NoInput) };
    let footer = first.metadata().file_metadata();
    let converted = ArrowSchemaConverter::new().convert(&Schema::new(added.clone())).map_err(unwritable)?;
    let root = footer.schema();
    let columns = root.get_fields().iter().chain(converted.root_schema().get_fields()).cloned().collect();
    let schema = Type::group_type_builder(root.name()).with_fields(columns).build().map_err(unwritable)?;

    let sorting = |file: &ParquetFile| {
        let mut groups = file.metadata().row_groups().iter().map(|group| group.sorting_columns().cloned());
        let sorting = groups.next().flatten()?;
        groups.all(|other| other.as_ref() == Some(&sorting)).then_some(sorting)
    };
    let sorting_columns =
        sorting(first).filter(|s| files.iter().all(|file| sorting(file).as_ref() == Some(s)));
    let mut properties = WriterProperties::builder()
        .set_created_by(crate::CREATED_BY.to_owned())
        .set_writer_version(writer_version(files))
        .set_key_value_metadata(footer.key_value_metadata().cloned())
        .set_sorting_columns(sorting_columns)
        .set_offset_index_disabled(!with_page_index)
        .set_bloom_filter_position(BloomFilterPosition::AfterRowGroup)
        .build();
    // Arrow's own schema names every column, so it must know the new ones; a source without one stays without.
    let has_arrow_schema = footer
        .key_value_metadata()
        .is_some_and(|pairs| pairs.iter().any(|pair| pair.key == ARROW_SCHEMA_META_KEY));
    if has_arrow_schema {
        let source = first.schema();
        let fields: Fields = source.fields().iter().cloned().chain(added).collect();
        let schema = Schema::new_with_metadata(fields, source.metadata().clone());
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
    }
    Ok((Arc::new(schema), properties))
}

/// Chunks of several files can stand in one only if their columns are the same to the last detail.
fn check_schemas(files: &[ParquetFile]) -> Result<()> {
    let columns = |file: &ParquetFile| file.metadata().file_metadata().schema().get_fields().to_vec();
    let Some(first) = files.first() else { return Ok(()) };
    for file in &files[1..] {
        let (ours, theirs) = (columns(first), columns(file));
        if ours == theirs {
            continue;
        }
        let differing = ours.iter().zip(&theirs).find(|(a, b)| a != b);
        let difference = match differing {
            Some((a, b)) if a.name() == b.name() => format!("column '{}' is of different types", a.name()),
            Some((a, b)) => format!("'{}' stands where the other has '{}'", a.name(), b.name()),
            None => format!("one has {} and the other {}", ours.len(), theirs.len()),
        };
        return Err(EngineError::MixedSchemas {
            a: first.input.path.clone(),
            b: file.input.path.clone(),
            difference,
        });
    }
    Ok(())
}
