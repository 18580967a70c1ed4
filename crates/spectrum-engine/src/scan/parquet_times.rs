//! Times of Parquet in columns of other types: numbers that count from 1970, texts, and a date beside a clock time.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use spectrum_core::{LabelError, time_unit_of};

use super::Whereabouts;
use super::time_values::{TimeReading, join};
use crate::error::{ColumnError, EngineError, Result, TimeError};
use crate::input::TextOptions;
use crate::text::time::TimeSpelling;
use crate::timestamps::timestamps;
use crate::typed_file::TypedFile;

/// What tells the time in one file.
#[derive(Clone, Debug)]
pub(super) enum TimeKind {
    /// A column of this type, which is one of times.
    Typed(DataType),
    /// Numbers that count from 1970 in UTC.
    Numbers,
    /// Texts, in one column or two.
    Texts,
}

impl TimeKind {
    pub(super) fn of(
        types: &[&DataType],
        column: &str,
        file: &TypedFile,
        options: &TextOptions,
    ) -> Result<Self> {
        let not_a_time = |data_type: &DataType| {
            ColumnError::DoesNotFit {
                column: column.to_owned(),
                name: file.input.name.clone(),
                source: LabelError::TimeType(data_type.clone()),
            }
            .into()
        };
        match types {
            [data_type] if time_unit_of(data_type).is_some() => Ok(Self::Typed((*data_type).clone())),
            [data_type]
                if is_whole(data_type) && !options.time_formats.is_empty() && options.time_unit.is_none() =>
            {
                Ok(Self::Texts)
            }
            [data_type] if is_number(data_type) => match options.time_unit {
                Some(_) => Ok(Self::Numbers),
                None => Err(TimeError::NumberedTime {
                    column: column.to_owned(),
                    name: file.input.name.clone(),
                    data_type: (*data_type).clone(),
                }
                .into()),
            },
            // A text could be anything; that it is a time is for the user to say.
            [data_type] if is_text(data_type) && TimeSpelling::of(options).is_named() => Ok(Self::Texts),
            [date, clock] => {
                let is_date = |data_type: &DataType| is_text(data_type) || *data_type == DataType::Date32;
                let is_clock = |data_type: &DataType| {
                    is_text(data_type) || matches!(data_type, DataType::Time32(_) | DataType::Time64(_))
                };
                match (is_date(date), is_clock(clock)) {
                    (true, true) => Ok(Self::Texts),
                    (false, _) => Err(not_a_time(date)),
                    _ => Err(not_a_time(clock)),
                }
            }
            _ => Err(not_a_time(types.first().copied().unwrap_or(&DataType::Null))),
        }
    }

    /// The unit that the type counts in; `None` where values are read.
    pub(super) fn unit(&self) -> Option<TimeUnit> {
        match self {
            Self::Typed(data_type) => time_unit_of(data_type),
            _ => None,
        }
    }

    /// Whether times have a zone, where the type tells.
    pub(super) fn has_zone(&self) -> Option<bool> {
        match self {
            Self::Typed(data_type) => Some(matches!(data_type, DataType::Timestamp(_, Some(_)))),
            Self::Numbers => Some(true),
            Self::Texts => None,
        }
    }

    pub(super) fn is_date(&self) -> bool {
        matches!(self, Self::Typed(DataType::Date32 | DataType::Date64))
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_text(values),
        other => matches!(other, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
    }
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_floating() || matches!(data_type, DataType::Decimal128(..))
}

/// Whether instants can be read from a column's values, by its type: texts, numbers that count something, and whole numbers
/// that are written as a format has it, as in 20260105.
pub(crate) fn can_be_read(data_type: &DataType, options: &TextOptions) -> bool {
    match TimeSpelling::of(options) {
        TimeSpelling::Usual => is_text(data_type),
        TimeSpelling::Formats(_) => is_text(data_type) || is_whole(data_type),
        TimeSpelling::Numbers(_) => is_text(data_type) || is_number(data_type),
    }
}

fn is_whole(data_type: &DataType) -> bool {
    data_type.is_integer() || matches!(data_type, DataType::Decimal128(_, 0))
}

/// Reads the values of a column, or of a date and a clock time, as instants.
pub(crate) fn read_times(
    columns: &[ArrayRef],
    reading: TimeReading<'_>,
    whereabouts: &Whereabouts,
) -> Result<ArrayRef> {
    match columns {
        [column] if is_number(column.data_type()) && reading.spelling.counts() => {
            read_numbers(column, reading, whereabouts)
        }
        [column] => {
            let column = texts(column, whereabouts)?;
            let texts = column.as_string_view();
            let read = |row| reading.read(texts.value(row), || whereabouts.of_row(row));
            instants(texts.len(), |row| texts.is_valid(row), read, reading.unit)
        }
        columns => {
            let columns =
                columns.iter().map(|column| texts(column, whereabouts)).collect::<Result<Vec<_>>>()?;
            let (dates, clocks) = (columns[0].as_string_view(), columns[1].as_string_view());
            let mut joined = String::new();
            let is_valid = |row| dates.is_valid(row) && clocks.is_valid(row);
            let read = |row| {
                let both = join(dates.value(row), clocks.value(row), &mut joined);
                reading.read(both, || whereabouts.of_row(row))
            };
            instants(dates.len(), is_valid, read, reading.unit)
        }
    }
}

fn read_numbers(column: &ArrayRef, reading: TimeReading<'_>, whereabouts: &Whereabouts) -> Result<ArrayRef> {
    let number = |digits: i128, exponent: i32, row: usize| {
        let shown = || if exponent == 0 { digits.to_string() } else { format!("{digits}e{exponent}") };
        let read = reading.spelling.read_number(digits, exponent, reading.unit);
        reading.take(read, shown, || whereabouts.of_row(row))
    };
    let is_valid = |row| column.is_valid(row);
    match column.data_type() {
        DataType::Decimal128(_, scale) => {
            let (values, exponent) = (column.as_primitive::<Decimal128Type>(), -i32::from(*scale));
            let read = |row| number(values.value(row), exponent, row);
            instants(values.len(), is_valid, read, reading.unit)
        }
        data_type if data_type.is_floating() => {
            let values = cast(column, &DataType::Float64).map_err(cannot(whereabouts))?;
            let values = values.as_primitive::<Float64Type>();
            let mut text = String::new();
            // The shortest decimal that is this double is what somebody wrote, or as good as it.
            let read = |row| {
                text.clear();
                let _ = write!(text, "{}", values.value(row)); // to a String: this cannot fail
                reading.read(&text, || whereabouts.of_row(row))
            };
            instants(values.len(), is_valid, read, reading.unit)
        }
        DataType::UInt64 => {
            let values = cast(column, &DataType::Decimal128(20, 0)).map_err(cannot(whereabouts))?;
            let values = values.as_primitive::<Decimal128Type>();
            instants(values.len(), is_valid, |row| number(values.value(row), 0, row), reading.unit)
        }
        _ => {
            let values = cast(column, &DataType::Int64).map_err(cannot(whereabouts))?;
            let values = values.as_primitive::<Int64Type>();
            instants(
                values.len(),
                is_valid,
                |row| number(i128::from(values.value(row)), 0, row),
                reading.unit,
            )
        }
    }
}

/// A column of instants; rows that are not valid have none.
fn instants(
    rows: usize,
    is_valid: impl Fn(usize) -> bool,
    mut read: impl FnMut(usize) -> Result<i64>,
    unit: TimeUnit,
) -> Result<ArrayRef> {
    let (mut instants, mut valid) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for row in 0..rows {
        valid.push(is_valid(row));
        instants.push(if is_valid(row) { read(row)? } else { 0 });
    }
    Ok(timestamps(instants, Some(valid.into()), unit))
}

/// A column of texts, dates or clock times as views of text.
fn texts(column: &ArrayRef, whereabouts: &Whereabouts) -> Result<ArrayRef> {
    let texts = match column.data_type() {
        DataType::Utf8View => return Ok(ArrayRef::clone(column)),
        data_type if is_text(data_type) => cast(column, &DataType::Utf8View),
        _ => cast(column, &DataType::Utf8).and_then(|texts| cast(&texts, &DataType::Utf8View)),
    };
    texts.map_err(cannot(whereabouts))
}

fn cannot(whereabouts: &Whereabouts) -> impl Fn(ArrowError) -> EngineError {
    move |source| EngineError::Arrow { name: whereabouts.file(), source }
}
