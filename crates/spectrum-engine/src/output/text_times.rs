//! Text formats write times as RFC 3339, whose years have four digits. Arrow's own writers put an error's text
//! in the place of a time that they cannot write, so what does not fit is refused before.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch, make_array};
use arrow_schema::{DataType, TimeUnit};

use crate::error::{OutputError, Result};

/// 0000-01-01 00:00:00, in seconds since 1970.
const FIRST_SECOND: i64 = -62_167_219_200;
/// 9999-12-31 23:59:59.
const LAST_SECOND: i64 = 253_402_300_799;

/// Refuses a batch with a time before the year 0 or after the year 9999; `name` is the file it goes to.
pub(super) fn check(batch: &RecordBatch, name: &str) -> Result<()> {
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if let Some(value) = outside(column) {
            return Err(OutputError::TimeWithoutText {
                column: field.name().clone(),
                value,
                name: name.to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

/// The first such time in a column of any depth, with its type.
fn outside(column: &ArrayRef) -> Option<String> {
    let first = match column.data_type() {
        DataType::Date32 => first_outside::<Date32Type>(column, 1, 86_400),
        DataType::Date64 => first_outside::<Date64Type>(column, 1_000, 1),
        DataType::Timestamp(TimeUnit::Second, _) => first_outside::<TimestampSecondType>(column, 1, 1),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            first_outside::<TimestampMillisecondType>(column, 1_000, 1)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            first_outside::<TimestampMicrosecondType>(column, 1_000_000, 1)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            first_outside::<TimestampNanosecondType>(column, 1_000_000_000, 1)
        }
        data_type if data_type.is_nested() => {
            return column
                .to_data()
                .child_data()
                .iter()
                .find_map(|child| outside(&make_array(child.clone())));
        }
        _ => None,
    };
    first.map(|value| format!("{value} as a {}", column.data_type()))
}

/// The first value that is not within the years; a second has `per_second` of the column's units, or one unit
/// has `seconds`.
fn first_outside<T: ArrowPrimitiveType<Native: Into<i64>>>(
    column: &ArrayRef,
    per_second: i64,
    seconds: i64,
) -> Option<i64> {
    let column = column.as_primitive::<T>();
    let is_outside = |value: i64| {
        let second = value.div_euclid(per_second).saturating_mul(seconds);
        !(FIRST_SECOND..=LAST_SECOND).contains(&second)
    };
    let values = column.values().iter().map(|value| (*value).into());
    match column.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => values.into_iter().find(|value| is_outside(*value)),
        Some(nulls) => values
            .zip(nulls.iter())
            .find(|(value, is_valid)| *is_valid && is_outside(*value))
            .map(|(value, _)| value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use arrow_array::{Date32Array, TimestampMicrosecondArray, TimestampSecondArray};

    fn message(column: ArrayRef) -> Option<String> {
        let batch = RecordBatch::try_from_iter([("at", column)]).unwrap();
        check(&batch, "out.csv").err().map(|error| error.to_string())
    }

    #[test]
    fn years_of_four_digits_have_a_text_and_others_have_none() {
        let seconds = |value| message(Arc::new(TimestampSecondArray::from(vec![Some(0), value])));
        for inside in [None, Some(FIRST_SECOND), Some(LAST_SECOND)] {
            assert_eq!(seconds(inside), None);
        }
        for outside in [i64::MIN, FIRST_SECOND - 1, LAST_SECOND + 1, i64::MAX] {
            assert!(seconds(Some(outside)).unwrap().contains(&outside.to_string()));
        }
        let microseconds = |value| message(Arc::new(TimestampMicrosecondArray::from(vec![value])));
        assert_eq!(microseconds(LAST_SECOND * 1_000_000 + 999_999), None);
        assert!(microseconds((LAST_SECOND + 1) * 1_000_000).is_some());
        assert_eq!(message(Arc::new(Date32Array::from(vec![2_932_896]))), None); // 9999-12-31
        assert!(message(Arc::new(Date32Array::from(vec![2_932_897]))).is_some());
    }
}
