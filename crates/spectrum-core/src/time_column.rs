//! Time columns as plain instants: 64-bit counts of one unit since the Unix epoch.
//!
//! Zone-aware timestamps are stored as UTC already; naive ones are taken as they stand; dates count from
//! their midnight.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit};

use crate::gap::nanoseconds_per;
use crate::label_error::LabelError;

/// The instants of a column in one unit; those under a NULL are arbitrary.
#[derive(Debug)]
pub struct Clock<'a> {
    /// One instant per row.
    pub instants: Cow<'a, [i64]>,
    /// Which rows have one; all when this is `None`.
    pub nulls: Option<&'a NullBuffer>,
}

/// The unit that a time type counts in, or `None` when it is not a time type: `Timestamp` of any unit with or
/// without zone, `Date64` (milliseconds) and `Date32` (days, taken as seconds).
pub fn time_unit_of(data_type: &DataType) -> Option<TimeUnit> {
    match data_type {
        DataType::Timestamp(unit, _) => Some(*unit),
        DataType::Date32 => Some(TimeUnit::Second),
        DataType::Date64 => Some(TimeUnit::Millisecond),
        _ => None,
    }
}

/// A column's instants, counted in `unit`, which must be as fine as the column's own or finer.
///
/// # Errors
/// [`LabelError::TimeType`] for other types, [`LabelError::TimeRange`] for an instant that `unit` cannot hold,
/// [`LabelError::CoarserUnit`] when the column is finer than `unit`.
pub fn instants(column: &ArrayRef, unit: TimeUnit) -> Result<Clock<'_>, LabelError> {
    let not_time = || LabelError::TimeType(column.data_type().clone());
    let own = time_unit_of(column.data_type()).ok_or_else(not_time)?;
    let nulls = column.nulls();
    let counted: Cow<'_, [i64]> = match column.data_type() {
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().values();
            Cow::Owned(days.iter().map(|days| i64::from(*days) * 86_400).collect())
        }
        DataType::Date64 => values::<Date64Type>(column),
        DataType::Timestamp(TimeUnit::Second, _) => values::<TimestampSecondType>(column),
        DataType::Timestamp(TimeUnit::Millisecond, _) => values::<TimestampMillisecondType>(column),
        DataType::Timestamp(TimeUnit::Microsecond, _) => values::<TimestampMicrosecondType>(column),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => values::<TimestampNanosecondType>(column),
        _ => return Err(not_time()),
    };
    if own == unit {
        return Ok(Clock { instants: counted, nulls });
    }
    if nanoseconds_per(own) < nanoseconds_per(unit) {
        return Err(LabelError::CoarserUnit { column: own, unit });
    }
    let factor = (nanoseconds_per(own) / nanoseconds_per(unit)) as i64;
    let mut finer = Vec::with_capacity(counted.len());
    for (row, instant) in counted.iter().enumerate() {
        finer.push(match instant.checked_mul(factor) {
            Some(instant) => instant,
            None if nulls.is_some_and(|nulls| nulls.is_null(row)) => 0,
            None => return Err(LabelError::TimeRange { instant: *instant, own, unit }),
        });
    }
    Ok(Clock { instants: Cow::Owned(finer), nulls })
}

fn values<T: ArrowPrimitiveType<Native = i64>>(column: &ArrayRef) -> Cow<'_, [i64]> {
    Cow::Borrowed(column.as_primitive::<T>().values())
}
