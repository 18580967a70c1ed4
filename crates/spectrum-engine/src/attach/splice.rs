//! Parquet to Parquet: the column chunks of the source are copied as they are, still compressed, and only the
//! added columns are encoded.
//!
//! Statistics, bloom filters and key-value metadata go along, and who the source says it was created by: readers know by
//! that name what they must not trust. Page indexes go along where every chunk has an offset index, and are left out of
//! the whole file otherwise: for some readers a file has them for all columns or for none.

use std::io::{BufWriter, Write};
use std::sync::Arc;

use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::added_chunks::AddedChunks;
use super::footer_aside::FooterAside;
use super::spliced_footer::{check_schemas, differ_by_int96_alone, output_schema};
use super::{Job, SecondPass, batches};
use crate::chunk_source::{ChunkSource, MANY};
use crate::error::{EngineError, Result};
use crate::output::batches::writing_parquet;
use crate::output::run_outputs::OutputFile;
use crate::parallel::in_order;
use crate::parquet_file::{Kept, ParquetFile, unreadable};
use crate::store::ReadOrder;

pub(super) fn write(pass: &SecondPass<'_>, job: &Job, out: OutputFile) -> Result<OutputFile> {
    let files = ParquetFile::all(pass.files(job), ParquetFile::open_to_copy)?;
    if let Err(different) = check_schemas(&files) {
        // They are one kind of instant; decoded, they are the same type.
        return if differ_by_int96_alone(&files) { batches::write(pass, job, out) } else { Err(different) };
    }
    let name = out.name.clone();
    let added = AddedChunks::new(pass, &files)?;
    let (schema, properties) = output_schema(&files, pass.added.fields(), added.with_page_index)?;
    let out = FooterAside::new(BufWriter::with_capacity(MANY, out));
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))
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
                None => {
                    let reader = ChunkSource::open_wide(&file.input)?;
                    let groups = 0..file.metadata().num_row_groups();
                    let all: Vec<_> = groups.flat_map(|group| file.ranges(group, |_| true)).collect();
                    reader.will_read(&all, ReadOrder::OneByOne);
                    reader
                }
            };
            let reader = &*open.insert(reader);
            let mut target = writer.next_row_group().map_err(|e| writing_parquet(&name, e))?;
            copy_chunks(file, group, reader, added.with_page_index, &mut target, &name)?;
            // A row group without rows has page indexes of all columns or of none, too.
            let index = file.metadata().page_index_for_row_group(group);
            let is_indexed =
                added.with_page_index && (file.rows(group) > 0 || index.offset_index(0).is_some());
            chunks.append(is_indexed, &mut target).map_err(|e| writing_parquet(&name, e))?;
            target.close().map_err(|e| writing_parquet(&name, e))?;
            pass.watch.advance(file.metadata().row_group(group).compressed_size().max(0) as u64)
        },
    )?;
    let footers = files.iter().map(|file| (file.footer(), file.metadata().num_row_groups()));
    let kept = Kept::of(footers, pass.added.fields().len());
    writer.flush().map_err(EngineError::writing(&name))?;
    writer.inner_mut().begin();
    let out = writer.into_inner().map_err(|e| writing_parquet(&name, e))?;
    let buffered = out.finish(|footer| kept.put_into(footer)).map_err(EngineError::writing(&name))?;
    buffered.into_inner().map_err(|e| EngineError::writing(&name)(e.into_error()))
}

/// Whether chunks of all these files can stand in one.
pub(super) fn fit_into_one(files: &[ParquetFile]) -> bool {
    check_schemas(files).is_ok()
}

/// Copies all column chunks of a row group.
fn copy_chunks<W: Write + Send>(
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
        let chunk = reader.of_length(chunk.compressed_size().max(0) as usize);
        target.append_column(&chunk, close).map_err(|e| match reader.failure() {
            Some(source) => EngineError::Io { action: "reading", name: file.input.name.clone(), source },
            None => writing_parquet(name, e),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use spectrum_core::{IdScheme, SessionDefinition};

    use crate::counting::Counting;
    use crate::{Input, InputOptions, RunOptions, Target, Watch, run};

    /// Of chunks of a few hundred bytes, nobody reads the quarter of a megabyte that follows.
    #[test]
    fn of_small_chunks_little_more_is_read_than_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("in.parquet"), folder.path().join("out.parquet"));
        let number = || Arc::new(Int64Array::from_iter_values(0..400)) as ArrayRef;
        let mut columns: Vec<(String, ArrayRef)> = (0..60).map(|at| (format!("c{at}"), number())).collect();
        columns.push(("k".into(), Arc::new(StringArray::from(vec!["u"; 400]))));
        columns.push(("t".into(), Arc::new(TimestampMicrosecondArray::from_iter_values(0..400))));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(20)).build();
        let file = std::fs::File::create(&from).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();

        let watch = Watch::default();
        let mut input = Input::find(&[from.display().to_string()], &InputOptions::default(), &watch).unwrap();
        let counting = Arc::new(Counting::default());
        let (file, all) = (&mut input.files[0], Arc::clone(&counting.bytes));
        file.store = counting;
        let bytes = file.bytes;
        let definition =
            SessionDefinition::builder().key(["k"]).time("t").id(IdScheme::Encoded).build().unwrap();
        run(&input, &definition, &RunOptions::new(Target::File(to)), &watch).unwrap();
        // Footers are read twice, and page headers of keys and times with what follows them.
        let headers = 20 * 2 * 4 * (8 << 10);
        let read = all.load(Ordering::Relaxed);
        assert!(read < 3 * bytes + headers, "{read} of {bytes}");
    }
}
