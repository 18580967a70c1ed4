//! Parquet to Parquet: the column chunks of the source are copied as they are, still compressed, and only the
//! added columns are encoded.
//!
//! Statistics, bloom filters and key-value metadata go along. Page indexes go along where every chunk has an
//! offset index, and are left out of the whole file otherwise: a file has them for all columns or for none.

use std::io::{self, BufWriter};
use std::sync::Arc;

use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::added_chunks::AddedChunks;
use super::spliced_footer::{check_schemas, output_schema};
use super::{Job, SecondPass};
use crate::chunk_source::{ChunkSource, MANY};
use crate::error::{EngineError, Result};
use crate::output::batches::writing_parquet;
use crate::output::run_outputs::OutputFile;
use crate::parallel::in_order;
use crate::parquet_file::{ParquetFile, unreadable};

pub(super) fn write(pass: &SecondPass<'_>, job: &Job, out: OutputFile) -> Result<OutputFile> {
    let files = pass.files(job).iter().map(ParquetFile::open_with_page_indexes);
    let files: Vec<ParquetFile> = files.collect::<Result<_>>()?;
    check_schemas(&files)?;
    let name = out.name.clone();
    let added = AddedChunks::new(pass, &files)?;
    let (schema, properties) = output_schema(&files, pass.added.fields(), added.with_page_index)?;
    let mut writer =
        SerializedFileWriter::new(BufWriter::with_capacity(MANY, out), schema, Arc::new(properties))
            .map_err(|e| writing_parquet(&name, e))?;
    let groups =
        files.iter().flat_map(|file| (0..file.metadata().num_row_groups()).map(move |group| (file, group)));
    let parts = pass.parts(job);
    if groups.clone().count() != parts.len() {
        return Err(EngineError::Changed(files[0].input.name.clone()));
    }
    pass.watch.begin("writing", files.iter().map(|file| file.input.bytes).sum());
    let mut open: Option<ChunkSource> = None;
    in_order(
        groups.zip(parts).map(Ok),
        pass.threads,
        |((file, group), part)| Ok((file, group, added.encode(pass, file, group, part)?)),
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
            pass.watch.advance(file.metadata().row_group(group).compressed_size().max(0) as u64)
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
