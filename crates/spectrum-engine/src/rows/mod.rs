//! Whole rows for a consumer that types them, such as a database: nothing is inferred and nothing is lost.

mod csv;
mod ndjson;
mod times;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use self::times::TimeReader;
pub use self::times::{RowTime, RowTimes};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputFile, constant_column};
use crate::parallel::in_order;
use crate::parquet_file::ParquetFile;
use crate::scan::Whereabouts;
use crate::text::blocks::{Block, Blocks};
use crate::watch::Watch;

/// Some rows of one file, in its order.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rows {
    /// What messages call the file.
    pub file: Arc<str>,
    /// All columns: those of the file, and those that its folders' names give.
    ///
    /// Parquet's have their own types. CSV's are text. NDJSON's are text too, each value the JSON that stands
    /// in the line, and their fields say so by the extension name `arrow.json`; a member that a line does not
    /// have is NULL there, and batches have the members of their own lines only.
    pub batch: RecordBatch,
}

/// Hands all rows of the input to `take`, on the calling thread and in order, decoding text on `threads` threads.
/// Every file of Parquet or CSV gives at least one batch, so that its columns are known even if it has no rows.
///
/// # Errors
/// When a file cannot be read, the watch was stopped, or `take` fails.
pub fn read_rows(
    input: &Input,
    threads: usize,
    watch: &Watch,
    take: impl FnMut(Rows) -> Result<()>,
) -> Result<()> {
    each_batch(input, threads, watch, |_, batch| Ok(batch), take)
}

/// The same with the time read as a run reads it where a unit or formats are named for it, or it is in two columns: rows
/// then have it as a column of instants. Other times are as they are in the file.
///
/// # Errors
/// As [`read_rows`], and when such a time is not one. What only all rows can tell is told when `take` has had them all.
pub fn read_timed_rows(
    input: &Input,
    time: &RowTime,
    threads: usize,
    watch: &Watch,
    take: impl FnMut(Rows) -> Result<()>,
) -> Result<RowTimes> {
    let reader = TimeReader::new(input, time);
    each_batch(input, threads, watch, |whereabouts, batch| reader.read(batch, &whereabouts()), take)?;
    reader.finish()
}

fn each_batch(
    input: &Input,
    threads: usize,
    watch: &Watch,
    read: impl Fn(&dyn Fn() -> Whereabouts, RecordBatch) -> Result<RecordBatch> + Sync,
    mut take: impl FnMut(Rows) -> Result<()>,
) -> Result<()> {
    watch.begin("reading", input.bytes_to_read());
    let names: Vec<Arc<str>> = input.files.iter().map(|file| file.name.as_str().into()).collect();
    let mut take = |at: usize, batch, bytes| {
        let batch = with_partition(&input.files[at], batch)?;
        take(Rows { file: Arc::clone(&names[at]), batch })?;
        watch.advance(bytes)
    };
    match input.format {
        Format::Parquet => {
            for (at, file) in input.files.iter().enumerate() {
                let mut before = 0;
                each_parquet_batch(file, |batch, bytes| {
                    let whereabouts =
                        || Whereabouts::Rows { name: file.name.clone(), before, deleted: file.deleted() };
                    let rows = batch.num_rows() as u64;
                    take(at, read(&whereabouts, batch)?, bytes)?;
                    before += rows;
                    Ok(())
                })?;
            }
            Ok(())
        }
        Format::Csv(dialect) => {
            let files: Vec<_> = input
                .files
                .iter()
                .map(|file| csv::TextRows::open(file, dialect, &input.text))
                .collect::<Result<_>>()?;
            in_order(
                Blocks::new(&input.files, input.format),
                threads,
                |block| {
                    let batch = read(&|| in_block(input, &block), files[block.file].decode(&block)?)?;
                    Ok((block.file, batch, block.bytes.len() as u64))
                },
                |(at, batch, bytes)| take(at, batch, bytes),
            )
        }
        Format::Ndjson => in_order(
            Blocks::new(&input.files, input.format),
            threads,
            |block| {
                let batch = ndjson::decode(&input.files[block.file], &block)?;
                let batch = read(&|| in_block(input, &block), batch)?;
                Ok((block.file, batch, block.bytes.len() as u64))
            },
            |(at, batch, bytes)| take(at, batch, bytes),
        ),
    }
}

fn in_block(input: &Input, block: &Block) -> Whereabouts {
    Whereabouts::Lines { file: input.files[block.file].clone(), block: block.clone(), format: input.format }
}

fn each_parquet_batch(file: &InputFile, mut take: impl FnMut(RecordBatch, u64) -> Result<()>) -> Result<()> {
    let parquet = ParquetFile::open(file)?;
    let groups = parquet.metadata().num_row_groups();
    let rows: usize = (0..groups).map(|group| parquet.rows(group)).sum();
    if rows == 0 {
        return take(RecordBatch::new_empty(Arc::clone(parquet.schema())), file.bytes);
    }
    for group in 0..groups {
        for batch in parquet.read_all(group)? {
            let batch = batch?;
            let bytes = file.bytes * batch.num_rows() as u64 / rows as u64;
            take(batch, bytes)?;
        }
    }
    Ok(())
}

/// Adds the columns that folder names give and the file does not have.
fn with_partition(file: &InputFile, batch: RecordBatch) -> Result<RecordBatch> {
    if file.partition.is_empty() {
        return Ok(batch);
    }
    let cannot = |source| EngineError::Arrow { name: file.name.clone(), source };
    let schema = batch.schema();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for (name, value) in &file.partition {
        if schema.field_with_name(name).is_err() {
            let column = constant_column(value.as_deref(), batch.num_rows());
            columns.push(arrow_cast::cast(&column, &DataType::Utf8).map_err(cannot)?);
            fields.push(Arc::new(Field::new(name, DataType::Utf8, true)));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(cannot)
}
