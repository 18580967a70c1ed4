//! A case's events as Arrow.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    FixedSizeBinaryArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use arrow_schema::{Field, Schema};

use crate::case::Case;
use crate::column::{Column, ColumnType, TimeUnit};
use crate::postgres::column_text::{counted, instants};
use crate::time::parse_time;

impl Case {
    /// The events as one batch: event id, key columns, time and the columns of rules, every column nullable.
    pub fn batch(&self) -> RecordBatch {
        #[allow(clippy::expect_used, reason = "loading a case builds its batch once to check it")]
        self.try_batch().expect("a loaded case fits its columns")
    }

    /// The events in batches of `rows` rows, the last one shorter; one empty batch when there are
    /// no events.
    pub fn batches(&self, rows: usize) -> Vec<RecordBatch> {
        let batch = self.batch();
        if batch.num_rows() == 0 {
            return vec![batch];
        }
        let starts = (0..batch.num_rows()).step_by(rows.max(1));
        starts.map(|start| batch.slice(start, rows.max(1).min(batch.num_rows() - start))).collect()
    }

    /// The events' times in nanoseconds since 1970, in the order of the events.
    pub fn instants(&self) -> Vec<Option<i128>> {
        let batch = self.batch();
        let time = batch.column(self.time_index());
        match self.definition.time_unit {
            Some(unit) => counted(time, unit),
            None => instants(time, self.time_type()),
        }
    }

    /// [`Case::batch`], with an error that names the column whose values do not fit.
    pub(crate) fn try_batch(&self) -> Result<RecordBatch> {
        let mut arrays = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let values: Vec<_> = self.events.iter().map(|event| event.values[index].as_deref()).collect();
            arrays.push(array(&column.ty, &values).with_context(|| format!("column '{}'", column.name))?);
        }
        let fields: Vec<_> = self.columns.iter().map(field).collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
    }
}

fn field(column: &Column) -> Field {
    let field = Field::new(&column.name, column.ty.arrow(), true);
    match column.ty {
        ColumnType::Uuid => {
            field.with_metadata([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())])
        }
        _ => field,
    }
}

/// Reads every value that is not NULL with `read`.
fn each<T>(values: &[Option<&str>], read: impl Fn(&str) -> Result<T>) -> Result<Vec<Option<T>>> {
    values.iter().map(|value| value.map(&read).transpose()).collect()
}

/// Reads numbers of any width by the standard library's rules.
fn numbers<T>(values: &[Option<&str>]) -> Result<Vec<Option<T>>>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    each(values, |text| text.parse().with_context(|| format!("'{text}' does not fit")))
}

fn array(ty: &ColumnType, values: &[Option<&str>]) -> Result<ArrayRef> {
    let times = || each(values, |text| parse_time(text, ty));
    Ok(match ty {
        ColumnType::Utf8 => Arc::new(StringArray::from_iter(values)),
        ColumnType::LargeUtf8 => Arc::new(LargeStringArray::from_iter(values)),
        ColumnType::Utf8View => Arc::new(StringViewArray::from_iter(values)),
        ColumnType::Dictionary => Arc::new(DictionaryArray::<Int32Type>::from_iter(values.iter().copied())),
        ColumnType::Int8 => Arc::new(Int8Array::from(numbers(values)?)),
        ColumnType::Int16 => Arc::new(Int16Array::from(numbers(values)?)),
        ColumnType::Int32 => Arc::new(Int32Array::from(numbers(values)?)),
        ColumnType::Int64 => Arc::new(Int64Array::from(numbers(values)?)),
        ColumnType::UInt8 => Arc::new(UInt8Array::from(numbers(values)?)),
        ColumnType::UInt16 => Arc::new(UInt16Array::from(numbers(values)?)),
        ColumnType::UInt32 => Arc::new(UInt32Array::from(numbers(values)?)),
        ColumnType::UInt64 => Arc::new(UInt64Array::from(numbers(values)?)),
        ColumnType::Boolean => Arc::new(BooleanArray::from(numbers(values)?)),
        ColumnType::Float64 => Arc::new(Float64Array::from(numbers(values)?)),
        ColumnType::Decimal(digits, scale) => {
            let unscaled = each(values, |text| unscaled(text, *scale))?;
            Arc::new(Decimal128Array::from(unscaled).with_precision_and_scale(*digits, scale.cast_signed())?)
        }
        ColumnType::Binary => Arc::new(BinaryArray::from_iter(values)),
        ColumnType::Uuid => {
            let uuids = each(values, parse_uuid)?;
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids.into_iter(), 16)?)
        }
        ColumnType::Date32 => {
            let days = each(values, |text| Ok(i32::try_from(parse_time(text, ty)?)?))?;
            Arc::new(Date32Array::from(days))
        }
        ColumnType::Date64 => Arc::new(Date64Array::from(times()?)),
        ColumnType::Timestamp(unit, zone) => {
            let zone = zone.clone();
            match unit {
                TimeUnit::Second => Arc::new(TimestampSecondArray::from(times()?).with_timezone_opt(zone)),
                TimeUnit::Millisecond => {
                    Arc::new(TimestampMillisecondArray::from(times()?).with_timezone_opt(zone))
                }
                TimeUnit::Microsecond => {
                    Arc::new(TimestampMicrosecondArray::from(times()?).with_timezone_opt(zone))
                }
                TimeUnit::Nanosecond => {
                    Arc::new(TimestampNanosecondArray::from(times()?).with_timezone_opt(zone))
                }
            }
        }
    })
}

/// A decimal number as a whole one, of so many digits behind the point.
fn unscaled(text: &str, scale: u8) -> Result<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    ensure!(fraction.len() <= usize::from(scale), "'{text}' has more than {scale} digits behind the point");
    Ok(format!("{whole}{fraction:0<width$}", width = usize::from(scale)).parse()?)
}

fn parse_uuid(text: &str) -> Result<[u8; 16]> {
    let digits = text.replace('-', "");
    match u128::from_str_radix(&digits, 16) {
        Ok(number) if digits.len() == 32 => Ok(number.to_be_bytes()),
        _ => bail!("'{text}' is not a uuid"),
    }
}
