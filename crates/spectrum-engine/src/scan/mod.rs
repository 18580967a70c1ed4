//! Key and time columns of all inputs, in batches, on several threads, in no particular order.

pub(crate) mod csv;
pub(crate) mod ndjson;
mod parquet;
pub(crate) mod text_columns;
mod zones;

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, TimeUnit};

use self::csv::CsvScan;
use self::ndjson::NdjsonScan;
use self::parquet::ParquetScan;
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputFile};
use crate::parallel::share;
use crate::text::blocks::{Block, Blocks};
use crate::watch::Watch;

/// What to read of the events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) key: Vec<String>,
    pub(crate) time: String,
    /// The event id, where it is asked for; read as text where the format has no types.
    pub(crate) event_id: Option<String>,
    /// Columns that the output adds and the input must not have.
    pub(crate) absent: Vec<String>,
}

impl Wanted {
    /// What progress calls a scan for this.
    fn stage(&self) -> &'static str {
        if self.key.is_empty() { "reading event ids" } else { "reading keys and times" }
    }

    /// Every column to read beside the time, with what it is for and the flag that names it.
    fn columns(&self) -> impl Iterator<Item = (&str, &'static str, &'static str)> {
        let key = self.key.iter().map(|name| (name.as_str(), "key", "--key"));
        key.chain(self.event_id.iter().map(|name| (name.as_str(), "event id", "--event-id")))
    }
}

/// Some rows of one part.
pub(crate) struct Batch {
    /// The key columns, then the event id if it was asked for.
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) time: ArrayRef,
    pub(crate) place: Place,
}

/// A row group of a Parquet file or a block of a text file: what one thread works on at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Counts all parts of the input, in order.
    pub(crate) number: usize,
    pub(crate) file: usize,
    /// How many rows it has, where that is known beforehand.
    pub(crate) rows: Option<usize>,
}

/// Where a batch's rows are, for messages.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Rows count from 1 within the file, and the batch begins after `before` of them.
    Rows { name: String, before: u64 },
    /// Lines are found by taking the block apart again.
    Lines { file: InputFile, block: Block, format: Format },
}

impl Place {
    /// Names a row of the batch.
    pub(crate) fn of_row(&self, row: usize) -> Result<String> {
        match self {
            Self::Rows { name, before } => Ok(format!("{name} row {}", before + row as u64 + 1)),
            Self::Lines { file, block, format } => {
                let start = match format {
                    Format::Csv { delimiter } => csv::start_of_record(block, *delimiter, row),
                    _ => ndjson::start_of_line(block, row),
                };
                Ok(format!(
                    "{} line {}",
                    file.name,
                    crate::text::blocks::line_at(file, block.offset + start as u64)?
                ))
            }
        }
    }
}

/// A checked plan to read the wanted columns of an input.
pub(crate) enum Scan<'a> {
    Parquet(ParquetScan<'a>),
    Csv(CsvScan<'a>),
    Ndjson(NdjsonScan<'a>),
}

impl<'a> Scan<'a> {
    /// Opens every file and checks that the wanted columns are there and of a type that fits.
    pub(crate) fn open(input: &'a Input, wanted: &'a Wanted) -> Result<Self> {
        for file in &input.files {
            check_absent(file.partition.iter().map(|(name, _)| name.as_str()), file, &wanted.absent)?;
        }
        Ok(match input.format {
            Format::Parquet => Self::Parquet(ParquetScan::open(input, wanted)?),
            Format::Csv { delimiter } => Self::Csv(CsvScan::open(input, wanted, delimiter)?),
            Format::Ndjson => Self::Ndjson(NdjsonScan::new(input, wanted)),
        })
    }

    /// Shows `visit` every batch, each with one of the workers, which are made for the unit that instants are
    /// counted in. Batches of one part come one after another and to one worker.
    ///
    /// Text is read in microseconds at first, as PostgreSQL would; when a finer time turns up, all is begun
    /// again in nanoseconds with new workers.
    pub(crate) fn each_batch<W: Send>(
        &self,
        make_workers: impl Fn(TimeUnit) -> Vec<W>,
        watch: &Watch,
        visit: impl Fn(&mut W, Part, Batch) -> Result<()> + Sync,
    ) -> Result<Scanned<W>> {
        match self {
            Self::Parquet(scan) => {
                watch.begin(scan.wanted.stage(), scan.bytes());
                let tasks = scan.row_groups().enumerate().map(|(number, (file, group))| {
                    Ok((Part { number, file, rows: Some(scan.files[file].rows(group)) }, group))
                });
                let workers = share(tasks, make_workers(scan.unit()), |worker, (part, group)| {
                    scan.read(part.file, group, watch, |batch| visit(worker, part, batch))
                })?;
                Ok(Scanned { workers, time_type: scan.time_type() })
            }
            Self::Csv(scan) => scan.zones.judge(self.unit(), |unit| {
                self.blocks(
                    scan.input,
                    scan.wanted.stage(),
                    make_workers(unit),
                    watch,
                    |worker, part, block| visit(worker, part, scan.read(&block, unit)?),
                )
            }),
            Self::Ndjson(scan) => scan.zones.judge(self.unit(), |unit| {
                self.blocks(
                    scan.input,
                    scan.wanted.stage(),
                    make_workers(unit),
                    watch,
                    |worker, part, block| visit(worker, part, scan.read(&block, unit)?),
                )
            }),
        }
    }

    fn blocks<W: Send>(
        &self,
        input: &Input,
        stage: &'static str,
        workers: Vec<W>,
        watch: &Watch,
        visit: impl Fn(&mut W, Part, Block) -> Result<()> + Sync,
    ) -> Result<Vec<W>> {
        watch.begin(stage, input.plain_bytes());
        let tasks = Blocks::new(&input.files, input.format)
            .enumerate()
            .map(|(number, block)| block.map(|block| (Part { number, file: block.file, rows: None }, block)));
        share(tasks, workers, |worker, (part, block)| {
            let bytes = block.bytes.len() as u64;
            visit(worker, part, block)?;
            watch.advance(bytes)
        })
    }

    /// The finest unit that any file's times count in, as far as types or options tell it.
    fn unit(&self) -> TimeUnit {
        match self {
            Self::Parquet(scan) => scan.unit(),
            Self::Csv(CsvScan { input, .. }) | Self::Ndjson(NdjsonScan { input, .. }) => {
                input.text.time_unit.unwrap_or(TimeUnit::Microsecond)
            }
        }
    }

    /// The key columns with their types; text where the format has no types.
    pub(crate) fn key_fields(&self, key: &[String]) -> Vec<Field> {
        match self {
            Self::Parquet(scan) => scan.key_fields(),
            _ => key.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect(),
        }
    }

    /// Whether the times are days, by their type.
    pub(crate) fn has_dates(&self) -> bool {
        matches!(self, Self::Parquet(scan) if scan.has_dates())
    }
}

/// What came of a scan.
pub(crate) struct Scanned<W> {
    pub(crate) workers: Vec<W>,
    /// The time column as an Arrow type, in the unit that instants are counted in.
    pub(crate) time_type: DataType,
}

/// A column that has one value in every row of a file: what the name of a folder tells.
pub(crate) fn constant_column(value: Option<&str>, rows: usize) -> ArrayRef {
    let index: Int32Array = std::iter::repeat_n(Some(0), rows).collect();
    let values = Arc::new(StringArray::from(vec![value]));
    // One entry, and every index is zero: this cannot fail.
    match DictionaryArray::try_new(index, values) {
        Ok(column) => Arc::new(column),
        Err(_) => arrow_array::new_null_array(&DataType::Utf8, rows),
    }
}

/// The column called `name`, which must stand in `names` once.
pub(crate) fn find_column<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    name: &str,
    role: &'static str,
    flag: &'static str,
) -> Result<usize> {
    let mut places = names.clone().enumerate().filter(|(_, present)| *present == name).map(|(at, _)| at);
    match (places.next(), places.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => {
            Err(EngineError::RepeatedColumn { column: name.to_owned(), name: file.name.clone() })
        }
        (None, _) => Err(EngineError::NoSuchColumn {
            column: name.to_owned(),
            name: file.name.clone(),
            present: names.map(str::to_owned).collect(),
            role,
            flag,
        }),
    }
}

/// Refuses a file that already has one of the columns that the output adds.
pub(crate) fn check_absent<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    absent: &[String],
) -> Result<()> {
    match absent.iter().find(|column| names.clone().any(|name| name == *column)) {
        Some(column) => Err(column_exists(column, file)),
        None => Ok(()),
    }
}

pub(crate) fn column_exists(column: &str, file: &InputFile) -> EngineError {
    EngineError::ColumnExists { column: column.to_owned(), name: file.name.clone(), flag: "--session-column" }
}

/// A batch from a record batch whose columns stand in any order.
fn columns_of(batch: &RecordBatch, places: &[usize]) -> Vec<ArrayRef> {
    places.iter().map(|place| Arc::clone(batch.column(*place))).collect()
}
