//! Arrow columns as text that PostgreSQL reads into the same values, or not at all.

use anyhow::{Result, bail, ensure};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};

use crate::column::{ColumnType, TimeUnit};
use crate::time::postgres_time;

/// 4714-11-24 00:00:00 BC, the first instant PostgreSQL has, in microseconds since the Unix epoch
/// (its manual, "Date/Time Types", says 4713 BC: it counts Julian days from there).
pub(super) const FIRST_MICROSECOND: i128 = -210_866_803_200_000_000;
/// 294276-12-31 23:59:59.999999, the last instant PostgreSQL has.
pub(super) const LAST_MICROSECOND: i128 = 9_224_318_015_999_999_999;

/// The values of a column as PostgreSQL reads them.
pub(crate) fn texts(array: &ArrayRef, ty: &ColumnType) -> Result<Vec<Option<String>>> {
    macro_rules! numbers {
        ($arrow:ty) => {
            array.as_primitive::<$arrow>().iter().map(|value| value.map(|value| value.to_string())).collect()
        };
    }
    macro_rules! strings {
        ($array:expr) => {
            $array.iter().map(|value| value.map(str::to_owned)).collect()
        };
    }
    Ok(match ty {
        ColumnType::Utf8 => strings!(array.as_string::<i32>()),
        ColumnType::LargeUtf8 => strings!(array.as_string::<i64>()),
        ColumnType::Utf8View => strings!(array.as_string_view()),
        ColumnType::Dictionary => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let words = dictionary.values().as_string::<i32>();
            let word = |key: Option<usize>| {
                key.filter(|&key| words.is_valid(key)).map(|key| words.value(key).to_owned())
            };
            (0..dictionary.len()).map(|row| word(dictionary.key(row))).collect()
        }
        ColumnType::Int8 => numbers!(Int8Type),
        ColumnType::Int16 => numbers!(Int16Type),
        ColumnType::Int32 => numbers!(Int32Type),
        ColumnType::Int64 => numbers!(Int64Type),
        ColumnType::UInt8 => numbers!(UInt8Type),
        ColumnType::UInt16 => numbers!(UInt16Type),
        ColumnType::UInt32 => numbers!(UInt32Type),
        ColumnType::UInt64 => numbers!(UInt64Type),
        ColumnType::Boolean => {
            array.as_boolean().iter().map(|value| value.map(|value| value.to_string())).collect()
        }
        ColumnType::Uuid => array.as_fixed_size_binary().iter().map(|value| value.map(uuid_text)).collect(),
        // PostgreSQL reads all of them, NaN included.
        ColumnType::Float64 => numbers!(Float64Type),
        ColumnType::Decimal(..) => {
            let values = array.as_primitive::<Decimal128Type>();
            (0..values.len()).map(|row| values.is_valid(row).then(|| values.value_as_string(row))).collect()
        }
        ColumnType::Binary => bail!("{ty:?} has no settled text"),
        ColumnType::Date32 | ColumnType::Date64 | ColumnType::Timestamp(..) => {
            let zoned = matches!(ty, ColumnType::Timestamp(_, Some(_)));
            let instants = instants(array, ty).into_iter();
            let text = |nanos: i128| {
                let in_range = (FIRST_MICROSECOND * 1000..=LAST_MICROSECOND * 1000).contains(&nanos);
                ensure!(nanos % 1000 == 0, "PostgreSQL's times end at microseconds");
                ensure!(in_range, "the time is outside PostgreSQL's calendar");
                Ok(postgres_time(nanos, zoned))
            };
            instants.map(|nanos| nanos.map(text).transpose()).collect::<Result<_>>()?
        }
    })
}

/// Whether PostgreSQL cannot compute how far apart the earliest and the latest of these instants are:
/// it subtracts timestamps in 64-bit microseconds. Version 15 wraps around without a word, 16 and 18
/// fail with "interval out of range".
pub(super) fn too_far_apart(nanos: &[Option<i128>]) -> bool {
    let (first, last) = (nanos.iter().flatten().min(), nanos.iter().flatten().max());
    first.zip(last).is_some_and(|(first, last)| (last - first) / 1000 > i128::from(i64::MAX))
}

/// Lower case with hyphens, as PostgreSQL writes it too.
fn uuid_text(bytes: &[u8]) -> String {
    let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Numbers that count a unit since the Unix epoch, in nanoseconds.
pub(crate) fn counted(array: &ArrayRef, unit: TimeUnit) -> Vec<Option<i128>> {
    let numbers = array.as_primitive_opt::<Int64Type>();
    let nanos = |number: Option<i64>| number.map(|number| i128::from(number) * unit.nanos());
    numbers.map_or_else(|| vec![None; array.len()], |numbers| numbers.iter().map(nanos).collect())
}

/// The values of a time column in nanoseconds since the Unix epoch.
pub(crate) fn instants(array: &ArrayRef, ty: &ColumnType) -> Vec<Option<i128>> {
    let Some(tick) = ty.tick() else { return vec![None; array.len()] };
    macro_rules! nanos {
        ($arrow:ty) => {
            array
                .as_primitive::<$arrow>()
                .iter()
                .map(|value| value.map(|value| i128::from(value) * tick))
                .collect()
        };
    }
    match ty {
        ColumnType::Date32 => nanos!(Date32Type),
        ColumnType::Date64 => nanos!(Date64Type),
        ColumnType::Timestamp(TimeUnit::Second, _) => nanos!(TimestampSecondType),
        ColumnType::Timestamp(TimeUnit::Millisecond, _) => nanos!(TimestampMillisecondType),
        ColumnType::Timestamp(TimeUnit::Microsecond, _) => nanos!(TimestampMicrosecondType),
        ColumnType::Timestamp(TimeUnit::Nanosecond, _) => nanos!(TimestampNanosecondType),
        _ => Vec::new(),
    }
}
