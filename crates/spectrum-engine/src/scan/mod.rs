//! Key and time columns of all inputs, in batches, on several threads, in no particular order.

mod columns;
mod csv;
mod double_text;
mod key_values;
mod ndjson;
mod nested;
mod parquet;
mod parquet_times;
mod text_columns;
mod time_values;
mod zones;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::{ColumnRole, EventColumn, LabelError, RuleColumn, SessionDefinition, SplitAt, ValueKind};

use self::columns::check_absent;
pub(crate) use self::columns::{alternatives, date_and_clock, find_column};
use self::csv::CsvScan;
pub(crate) use self::key_values::{WHOLE_DOUBLE, could_be};
use self::ndjson::NdjsonScan;
use self::parquet::ParquetScan;
pub(crate) use self::parquet_times::{can_be_read, read_times};
pub(crate) use self::time_values::TimeReading;
pub(crate) use self::zones::Zones;
use crate::error::{EngineError, GivenTypeError, Result, RuleError};
use crate::format::Format;
use crate::input::{Input, InputFile, TextOptions};
use crate::null_keys::NullKeys;
use crate::parallel::share;
use crate::parquet_file::place_in_file;
use crate::table::ColumnType;
use crate::text::blocks::{Block, Blocks, line_at};
use crate::text::time::TimeSpelling;
use crate::text::{csv_file, ndjson_file};
use crate::usual_times::{TimeCheck, UnusualTimes};
use crate::watch::Watch;

/// What to read of the events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) key: Vec<String>,
    pub(crate) time: String,
    /// The event id, where it is asked for; read as text where the format has no types.
    pub(crate) event_id: Option<String>,
    /// What the rule reads, in its order; read as text where the format has no types.
    pub(crate) rule: Vec<RuleInput>,
    /// Whether nobody looks at the times, so that they need not be read where columns lie apart.
    pub(crate) is_timeless: bool,
    /// Columns that the output adds and the input must not have: the session's id, then its number.
    pub(crate) absent: Vec<String>,
}

/// A column that the rule reads, or a member within one.
#[derive(Debug, Clone)]
pub(crate) struct RuleInput {
    /// As nested members are named: with a dot between the column and the member.
    pub(crate) name: String,
    /// The column and the member apart, where a member is meant.
    pub(crate) member: Option<(String, String)>,
    /// What the rule takes it to have.
    pub(crate) kind: Option<ValueKind>,
    /// Whether a session has one value of it.
    pub(crate) splits: bool,
    /// Whether no rule reads it but the summary.
    pub(crate) is_of_summary: bool,
}

impl RuleInput {
    /// What the rule of a definition reads.
    pub(crate) fn all(definition: &SessionDefinition) -> Vec<Self> {
        let inputs = definition.rule().columns().iter();
        inputs.map(|RuleColumn { column, kind, splits }| Self::of(column, *kind, *splits)).collect()
    }

    fn role(&self) -> ColumnRole {
        if self.is_of_summary { ColumnRole::Summary } else { ColumnRole::Rule }
    }

    /// A column that is taken to have this.
    pub(crate) fn of(column: &EventColumn, kind: Option<ValueKind>, splits: bool) -> Self {
        let name = match &column.member {
            None => column.name.clone(),
            Some(member) => format!("{}.{member}", column.name),
        };
        let member = column.member.clone().map(|member| (column.name.clone(), member));
        Self { name, member, kind, splits, is_of_summary: false }
    }
}

impl Wanted {
    /// What progress calls a scan for this.
    fn stage(&self) -> &'static str {
        match (self.key.is_empty(), self.rule.is_empty()) {
            (true, true) if self.event_id.is_none() => "reading times",
            (true, true) => "reading event ids",
            (true, false) => "reading what is told",
            (false, _) => "reading keys and times",
        }
    }

    /// Whether a name could stand for several columns, unless there is one of that name.
    fn may_be_taken_apart(&self) -> bool {
        self.time.contains(',') || self.columns().any(|(name, _)| name.contains('|'))
    }

    /// Whether a column is a key whose values are read as whole numbers.
    fn is_whole(&self, column: &str, options: &TextOptions) -> bool {
        let is_key = self.key.iter().any(|name| name == column);
        is_key && options.key_type(column) == Some(ColumnType::Integer)
    }

    /// Every column to read beside the time, with what it is for.
    fn columns(&self) -> impl Iterator<Item = (&str, ColumnRole)> {
        let key = self.key.iter().map(|name| (name.as_str(), ColumnRole::Key));
        key.chain(self.event_id.iter().map(|name| (name.as_str(), ColumnRole::EventId)))
            .chain(self.rule.iter().map(|column| (column.name.as_str(), column.role())))
    }

    /// The column and the member that a rule means by the column at this place, if it means a member.
    fn member(&self, at: usize) -> Option<&(String, String)> {
        self.rule.get(at.checked_sub(self.first_of_rule())?)?.member.as_ref()
    }

    /// Where the columns of the rule begin among all.
    fn first_of_rule(&self) -> usize {
        self.key.len() + usize::from(self.event_id.is_some())
    }
}

/// Some rows of one part.
pub(crate) struct Batch {
    /// The key columns, then the event id if it was asked for, then what the rule reads.
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) time: ArrayRef,
    pub(crate) whereabouts: Whereabouts,
    /// Which rows have no NULL in their key, where others are left out; these have no time then.
    pub(crate) with_key: Option<NullBuffer>,
}

impl Batch {
    /// What a labeller takes: the columns of the key and those of the rule.
    pub(crate) fn labelled_columns(&self, wanted: &Wanted) -> Cow<'_, [ArrayRef]> {
        let (key, rest) = self.columns.split_at(wanted.key.len());
        match (&wanted.event_id, &wanted.rule[..]) {
            (None, _) => Cow::Borrowed(&self.columns),
            (Some(_), []) => Cow::Borrowed(key),
            (Some(_), _) => Cow::Owned(key.iter().chain(&rest[1..]).cloned().collect()),
        }
    }

    /// Says where the value stands that a rule cannot take.
    pub(crate) fn placed(&self, error: LabelError) -> EngineError {
        let LabelError::NotOfKind(what) = error else { return error.into() };
        let place =
            what.row.map_or_else(|| Ok(self.whereabouts.file()), |row| self.whereabouts.of_row(row as usize));
        match place {
            Ok(place) => RuleError::Value { place, what }.into(),
            Err(error) => error,
        }
    }
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
pub(crate) enum Whereabouts {
    /// Rows count from 1 within the file, and the batch begins after `before` of those that its table has.
    Rows { name: String, before: u64, deleted: Arc<[u64]> },
    /// Lines are found by taking the block apart again.
    Lines { file: InputFile, block: Block, format: Format },
}

impl Whereabouts {
    /// What messages call the file.
    pub(crate) fn file(&self) -> String {
        match self {
            Self::Rows { name, .. } => name.clone(),
            Self::Lines { file, .. } => file.name.clone(),
        }
    }

    /// Names a row of the batch.
    pub(crate) fn of_row(&self, row: usize) -> Result<String> {
        match self {
            Self::Rows { name, before, deleted } => {
                Ok(format!("{name} row {}", place_in_file(before + row as u64, deleted) + 1))
            }
            Self::Lines { file, block, format } => {
                let start = match format {
                    Format::Csv(dialect) => csv_file::start_of_record(block, *dialect, row),
                    _ => ndjson_file::start_of_line(block, row),
                };
                Ok(format!("{} line {}", file.name, line_at(file, block.offset + start as u64)?))
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
        let mut given = input.text.key_types.iter().map(|(column, _)| column);
        // A scan for event ids alone has no key.
        if let Some(column) = given.find(|column| !wanted.key.is_empty() && !wanted.key.contains(column)) {
            return Err(
                GivenTypeError::KeyTypeOfNoKey { column: column.clone(), key: wanted.key.clone() }.into()
            );
        }
        for file in &input.files {
            check_absent(file.partition.iter().map(|(name, _)| name.as_str()), file, &wanted.absent)?;
        }
        Ok(match input.format {
            Format::Parquet => Self::Parquet(ParquetScan::open(input, wanted)?),
            Format::Csv(dialect) => Self::Csv(CsvScan::open(input, wanted, dialect)?),
            Format::Ndjson => Self::Ndjson(NdjsonScan::open(input, wanted)?),
        })
    }

    /// Shows `visit` every batch, each with one of the workers, which are made for the unit that instants are
    /// counted in. Batches of one part come one after another and to one worker.
    ///
    /// Text is read in microseconds at first, as PostgreSQL would, and numbers in what they count; when a finer time
    /// turns up, all is begun again in a finer unit with new workers.
    ///
    /// # Errors
    /// When a file cannot be read, `visit` fails, or a wanted column turns out to be nowhere: NDJSON has no header, so
    /// only its lines can tell.
    pub(crate) fn each_batch<W: Send>(
        &self,
        make_workers: impl Fn(TimeUnit) -> Vec<W>,
        watch: &Watch,
        visit: impl Fn(&mut W, Part, Batch) -> Result<()> + Sync,
    ) -> Result<Scanned<W>> {
        self.each_batch_of(&|_| true, make_workers, watch, visit)
    }

    /// The same of some parts, by their numbers.
    pub(crate) fn each_batch_of<W: Send>(
        &self,
        is_wanted: &(impl Fn(usize) -> bool + Sync),
        make_workers: impl Fn(TimeUnit) -> Vec<W>,
        watch: &Watch,
        visit: impl Fn(&mut W, Part, Batch) -> Result<()> + Sync,
    ) -> Result<Scanned<W>> {
        let usual_times = self.input().usual_times.filter(|_| !self.wanted().is_timeless);
        let check = usual_times.map(|usual| TimeCheck::new(usual, self.input().text.time_unit));
        let check = check.as_ref();
        let null_keys = NullKeys::new(self.input().null_key, self.wanted().key.len());
        let visit = |worker: &mut W, part, batch: Batch| {
            let batch = null_keys.take_out(part, batch)?;
            check.map_or(Ok(()), |check| check.note(&batch.time))?;
            visit(worker, part, batch)
        };
        let mut scanned = match self {
            Self::Parquet(scan) => {
                let mut scanned = scan.zones.judge(scan.unit(), check, |unit| {
                    null_keys.begin();
                    watch.begin(scan.wanted.stage(), scan.bytes());
                    let groups = scan.row_groups().enumerate().filter(|(number, _)| is_wanted(*number));
                    let tasks = groups.map(|(number, (file, group))| {
                        Ok((Part { number, file, rows: Some(scan.files[file].rows(group)) }, group))
                    });
                    share(tasks, make_workers(unit), |worker, (part, group)| {
                        scan.read(part.file, group, unit, watch, |batch| visit(worker, part, batch))
                    })
                })?;
                scanned.time_type = scan.time_type(scanned.time_type);
                scanned
            }
            Self::Csv(scan) => scan.zones.judge(self.unit(), check, |unit| {
                null_keys.begin();
                watch.begin(scan.wanted.stage(), scan.input.plain_bytes());
                each_block(scan.input, is_wanted, make_workers(unit), watch, |worker, part, block| {
                    visit(worker, part, scan.read(&block, unit)?)
                })
            })?,
            Self::Ndjson(scan) => {
                let scanned = scan.zones.judge(self.unit(), check, |unit| {
                    null_keys.begin();
                    watch.begin(scan.wanted.stage(), scan.input.plain_bytes());
                    each_block(scan.input, is_wanted, make_workers(unit), watch, |worker, part, block| {
                        visit(worker, part, scan.read(&block, unit)?)
                    })
                })?;
                scan.check_seen()?;
                scanned
            }
        };
        scanned.dropped_null_keys = null_keys.finish(&self.wanted().key)?;
        scanned.unusual = check.and_then(TimeCheck::finish);
        Ok(scanned)
    }

    fn wanted(&self) -> &'a Wanted {
        match self {
            Self::Parquet(ParquetScan { wanted, .. }) => wanted,
            Self::Csv(CsvScan { wanted, .. }) | Self::Ndjson(NdjsonScan { wanted, .. }) => wanted,
        }
    }

    fn input(&self) -> &'a Input {
        match self {
            Self::Parquet(ParquetScan { input, .. }) => input,
            Self::Csv(CsvScan { input, .. }) | Self::Ndjson(NdjsonScan { input, .. }) => input,
        }
    }

    /// The finest unit that any file's times count in, as far as types or options give it.
    fn unit(&self) -> TimeUnit {
        match self {
            Self::Parquet(scan) => scan.unit(),
            Self::Csv(CsvScan { input, .. }) | Self::Ndjson(NdjsonScan { input, .. }) => {
                TimeSpelling::of(&input.text).first_unit()
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
    /// What numbers were found to count, where their magnitudes decided.
    pub(crate) found_unit: Option<TimeUnit>,
    /// Whether events have times that nobody expects, if that was asked.
    pub(crate) unusual: Option<UnusualTimes>,
    /// Events that were left out for a NULL in their key.
    pub(crate) dropped_null_keys: u64,
}

impl<W> Scanned<W> {
    /// Refuses a rule that asks for the civil time in a zone where times have none.
    /// Without an event nothing says whether they have.
    pub(crate) fn check_zone(&self, definition: &SessionDefinition, has_events: bool) -> Result<()> {
        if !has_events {
            return Ok(());
        }
        let zone = definition.rule().split_at().and_then(SplitAt::zone);
        match (zone, &self.time_type) {
            (Some(zone), DataType::Timestamp(_, None)) => Err(RuleError::ZoneOfPlainTimes {
                column: definition.time().to_owned(),
                zone: zone.to_owned(),
            }
            .into()),
            _ => Ok(()),
        }
    }
}

/// Shows `visit` every block of text files that is wanted, each with one of the workers.
fn each_block<W: Send>(
    input: &Input,
    is_wanted: &(impl Fn(usize) -> bool + Sync),
    workers: Vec<W>,
    watch: &Watch,
    visit: impl Fn(&mut W, Part, Block) -> Result<()> + Sync,
) -> Result<Vec<W>> {
    let tasks = Blocks::new(&input.files, input.format)
        .enumerate()
        .filter(|(number, block)| block.is_err() || is_wanted(*number))
        .map(|(number, block)| block.map(|block| (Part { number, file: block.file, rows: None }, block)));
    share(tasks, workers, |worker, (part, block)| {
        let bytes = block.bytes.len() as u64;
        visit(worker, part, block)?;
        watch.advance(bytes)
    })
}
