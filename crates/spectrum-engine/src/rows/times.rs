//! The time of whole rows: read as a run reads it where its spelling was named, and looked at where it was not.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use serde_json::value::RawValue;
use spectrum_core::time_unit_of;

use super::ndjson::EXTENSION;
use crate::error::{EngineError, Result, TimeError};
use crate::format::Format;
use crate::input::{Input, TextOptions};
use crate::parquet_file::ParquetFile;
use crate::scan::{TimeReading, Whereabouts, Zones, can_be_read, date_and_clock, read_times};
use crate::text::csv_file::header;
use crate::text::ndjson::{number_text, scalar_text};
use crate::text::ndjson_file::first_members;
use crate::text::time::TimeSpelling;
use crate::timestamps::relabelled;
use crate::usual_times::{TimeCheck, UnusualTimes};

/// Which columns tell the time of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowTime {
    /// This one.
    Column(String),
    /// A column of dates and one of clock times. Rows get a column of both.
    DateAndClock {
        /// The dates.
        date: String,
        /// The clock times.
        clock: String,
        /// What the column of both is called.
        called: String,
    },
}

impl RowTime {
    /// Takes a name for a column, or for one of dates and one of clock times, with a comma between them, if the first file
    /// has no column of that name. `called` is what the column of both is called then.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(input: &Input, name: &str, called: &str) -> Result<Self> {
        match date_and_clock(name) {
            Some((date, clock)) if !has_column(input, name)? => Ok(Self::DateAndClock {
                date: date.to_owned(),
                clock: clock.to_owned(),
                called: called.to_owned(),
            }),
            _ => Ok(Self::Column(name.to_owned())),
        }
    }

    /// What the time is called in the rows.
    pub fn called(&self) -> &str {
        match self {
            Self::Column(name) | Self::DateAndClock { called: name, .. } => name,
        }
    }
}

/// What the times of all rows turned out to be like.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RowTimes {
    /// What numbers were found to count, where their magnitudes decided.
    pub found_unit: Option<TimeUnit>,
    /// Whether more than a sliver of the events has a time that nobody expects, if the input says which are usual.
    pub unusual: Option<UnusualTimes>,
}

/// Reads the times of rows.
pub(super) struct TimeReader<'a> {
    time: &'a RowTime,
    options: &'a TextOptions,
    zones: Zones,
    check: Option<TimeCheck>,
    /// Whether a value was not a time of the usual form. The others are not looked at then: to name the first takes reading its
    /// file again, and whoever types the rows does that.
    is_other: AtomicBool,
}

impl<'a> TimeReader<'a> {
    pub(super) fn new(input: &'a Input, time: &'a RowTime) -> Self {
        let check = input.usual_times.map(|usual| TimeCheck::new(usual, input.text.time_unit));
        let (zones, is_other) = (Zones::default(), AtomicBool::new(false));
        Self { time, options: &input.text, zones, check, is_other }
    }

    /// The rows with their time as a column of instants, if it was said how it is spelled, or is in two columns; else as they
    /// are. Whoever types the rows refuses times that are none, and rows without a time.
    pub(super) fn read(&self, batch: RecordBatch, whereabouts: &Whereabouts) -> Result<RecordBatch> {
        let place = |name: &str| batch.schema_ref().index_of(name).ok();
        match self.time {
            RowTime::Column(name) => {
                let Some(at) = place(name) else { return Ok(batch) };
                let column = Arc::clone(batch.column(at));
                if time_unit_of(column.data_type()).is_some() {
                    return self.check(&column).map(|()| batch);
                }
                let is_named = TimeSpelling::of(self.options).is_named();
                let is_other = !is_named && self.is_other.load(Ordering::Relaxed);
                if is_other || !can_be_read(column.data_type(), self.options) {
                    return Ok(batch);
                }
                let plain = self.plain(&column, batch.schema_ref().field(at), whereabouts);
                match plain.and_then(|column| self.instants(&[column], whereabouts)) {
                    Ok(instants) if is_named => with_column(batch, Some(at), name, instants),
                    Err(error) if is_named => Err(error),
                    Err(_) => {
                        self.is_other.store(true, Ordering::Relaxed);
                        Ok(batch)
                    }
                    Ok(_) => Ok(batch),
                }
            }
            RowTime::DateAndClock { date, clock, called } => {
                // A batch of NDJSON has the members of its own lines only.
                let (Some(date), Some(clock)) = (place(date), place(clock)) else { return Ok(batch) };
                if place(called).is_some() {
                    return Err(
                        TimeError::TimeTwice { column: called.clone(), name: whereabouts.file() }.into()
                    );
                }
                let both = [date, clock]
                    .map(|at| self.plain(batch.column(at), batch.schema_ref().field(at), whereabouts));
                let [date, clock] = both;
                let instants = self.instants(&[date?, clock?], whereabouts)?;
                with_column(batch, None, called, instants)
            }
        }
    }

    /// What was found in all rows.
    pub(super) fn finish(self) -> Result<RowTimes> {
        let found_unit = self.zones.found_unit()?;
        let check = self.check.filter(|_| !self.is_other.into_inner());
        Ok(RowTimes { found_unit, unusual: check.and_then(|check| check.finish()) })
    }

    fn check(&self, times: &ArrayRef) -> Result<()> {
        self.check.as_ref().map_or(Ok(()), |check| check.note(times))
    }

    /// The values of a column, or of a date and a clock time, as instants of the coarsest unit that holds them.
    fn instants(&self, columns: &[ArrayRef], whereabouts: &Whereabouts) -> Result<ArrayRef> {
        let mut unit = TimeSpelling::of(self.options).first_unit();
        loop {
            // Threads read batches of their own, some of which are finer than others.
            let zones = Zones::default();
            let reading = TimeReading::new(self.time.called(), unit, self.options, &zones);
            let read = read_times(columns, reading, whereabouts);
            unit = match (read, unit) {
                (Err(_), TimeUnit::Second | TimeUnit::Millisecond) if zones.was_finer() => {
                    TimeUnit::Microsecond
                }
                (Err(_), TimeUnit::Microsecond) if zones.was_finer() => TimeUnit::Nanosecond,
                (read, _) => {
                    let instants = read?;
                    self.zones.take_units(&zones);
                    self.check(&instants)?;
                    let zone = (!zones.has_naive()).then(|| "UTC".into());
                    return relabelled(&instants, &DataType::Timestamp(unit, zone))
                        .map_err(|source| EngineError::Arrow { name: whereabouts.file(), source });
                }
            };
        }
    }

    /// The column's texts, where they are JSON; else the column.
    fn plain(&self, column: &ArrayRef, field: &Field, whereabouts: &Whereabouts) -> Result<ArrayRef> {
        if field.metadata().get(EXTENSION.0).map(String::as_str) != Some(EXTENSION.1) {
            return Ok(Arc::clone(column));
        }
        let json = column.as_string::<i32>();
        let text = |row: usize| {
            let value: &RawValue = match serde_json::from_str(json.value(row)) {
                Ok(value) => value,
                Err(_) => return Ok(None), // the line was read before
            };
            if let Some(number) = number_text(value.get()) {
                return Ok(Some(Cow::Borrowed(number)));
            }
            scalar_text(value.get()).map_err(|what| (row, what))
        };
        let texts = (0..json.len()).map(|row| if json.is_null(row) { Ok(None) } else { text(row) });
        match texts.collect::<std::result::Result<StringArray, _>>() {
            Ok(texts) => Ok(Arc::new(texts)),
            Err((row, what)) => Err(TimeError::Json {
                place: whereabouts.of_row(row)?,
                column: field.name().clone(),
                what,
                expected: TimeSpelling::of(self.options).expected(),
            }
            .into()),
        }
    }
}

/// Whether the first file has a column of this name.
fn has_column(input: &Input, name: &str) -> Result<bool> {
    let Some(file) = input.files.first() else { return Ok(false) };
    Ok(match input.format {
        Format::Parquet => ParquetFile::open(file)?.schema().index_of(name).is_ok(),
        Format::Csv(dialect) => header(file, dialect, &input.text)?.iter().any(|column| column == name),
        Format::Ndjson => first_members(file)?.iter().any(|column| column == name),
    })
}

/// The rows with a column of instants, in the place of another or behind all others.
fn with_column(batch: RecordBatch, at: Option<usize>, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let field = Arc::new(Field::new(name, column.data_type().clone(), true));
    let (schema, mut columns, _) = batch.into_parts();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    match at {
        Some(at) => (fields[at], columns[at]) = (field, column),
        None => {
            fields.push(field);
            columns.push(column);
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|source| EngineError::Arrow { name: name.to_owned(), source })
}
