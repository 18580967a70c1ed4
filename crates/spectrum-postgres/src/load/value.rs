//! Values of Arrow columns, row by row, whatever their physical type.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float32Array, Float64Array,
    LargeBinaryArray, LargeStringArray, StringArray, StringViewArray,
};
use arrow_schema::{DataType, Field, TimeUnit};

/// A value as load sees it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i128),
    Single(f32),
    Double(f64),
    /// A whole number of `10^-scale`.
    Decimal(i128, i8),
    Text(&'a str),
    /// A text that is JSON.
    Json(&'a str),
    Bytes(&'a [u8]),
    Uuid([u8; 16]),
    /// Days since 1970.
    Date(i64),
    /// Nanoseconds since 1970, and whether they were counted in UTC.
    Instant(i128, bool),
}

/// A column that can be read.
pub(super) enum Reader<'a> {
    Nothing,
    Boolean(&'a BooleanArray),
    /// Integers of any width, as 128 bits, and times and dates in the unit that the number is multiplied with.
    Number(&'a dyn Array, Number),
    Single(&'a Float32Array),
    Double(&'a Float64Array),
    Decimal(&'a Decimal128Array, i8),
    Text(&'a StringArray, bool),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Bytes(&'a BinaryArray),
    LargeBytes(&'a LargeBinaryArray),
    FixedBytes(&'a FixedSizeBinaryArray),
    /// Indexes into other values.
    Dictionary(Vec<Option<usize>>, Box<Reader<'a>>),
}

/// What an integer of an array is.
#[derive(Clone, Copy)]
pub(super) struct Number {
    width: Width,
    meaning: Meaning,
}

#[derive(Clone, Copy)]
enum Width {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Date32,
    Date64,
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

#[derive(Clone, Copy)]
enum Meaning {
    Integer,
    /// So many of these a day.
    Days(i64),
    /// So many nanoseconds each; whether in UTC.
    Instants(i128, bool),
}

impl<'a> Reader<'a> {
    /// A reader for a column; `Err` says what type load cannot read.
    pub(super) fn new(array: &'a dyn Array, field: &Field) -> Result<Self, String> {
        let number = |width, meaning| Self::Number(array, Number { width, meaning });
        Ok(match array.data_type() {
            DataType::Null => Self::Nothing,
            DataType::Boolean => Self::Boolean(array.as_boolean()),
            DataType::Int8 => number(Width::I8, Meaning::Integer),
            DataType::Int16 => number(Width::I16, Meaning::Integer),
            DataType::Int32 => number(Width::I32, Meaning::Integer),
            DataType::Int64 => number(Width::I64, Meaning::Integer),
            DataType::UInt8 => number(Width::U8, Meaning::Integer),
            DataType::UInt16 => number(Width::U16, Meaning::Integer),
            DataType::UInt32 => number(Width::U32, Meaning::Integer),
            DataType::UInt64 => number(Width::U64, Meaning::Integer),
            DataType::Date32 => number(Width::Date32, Meaning::Days(1)),
            DataType::Date64 => number(Width::Date64, Meaning::Days(86_400_000)),
            DataType::Timestamp(unit, zone) => {
                let (width, length) = match unit {
                    TimeUnit::Second => (Width::Seconds, 1_000_000_000),
                    TimeUnit::Millisecond => (Width::Milliseconds, 1_000_000),
                    TimeUnit::Microsecond => (Width::Microseconds, 1_000),
                    TimeUnit::Nanosecond => (Width::Nanoseconds, 1),
                };
                number(width, Meaning::Instants(length, zone.is_some()))
            }
            DataType::Float32 => Self::Single(array.as_primitive::<Float32Type>()),
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>()),
            DataType::Decimal128(_, scale) => Self::Decimal(array.as_primitive::<Decimal128Type>(), *scale),
            DataType::Utf8 => Self::Text(array.as_string(), is_json(field)),
            DataType::LargeUtf8 => Self::LargeText(array.as_string()),
            DataType::Utf8View => Self::TextView(array.as_string_view()),
            DataType::Binary => Self::Bytes(array.as_binary()),
            DataType::LargeBinary => Self::LargeBytes(array.as_binary()),
            DataType::FixedSizeBinary(_) => Self::FixedBytes(array.as_fixed_size_binary()),
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let keys = dictionary.normalized_keys().into_iter().enumerate();
                let keys = keys.map(|(row, key)| dictionary.keys().is_valid(row).then_some(key)).collect();
                Self::Dictionary(keys, Box::new(Self::new(dictionary.values().as_ref(), field)?))
            }
            other => return Err(format!("{other}")),
        })
    }

    /// The value of a row.
    pub(super) fn value(&self, row: usize) -> Value<'_> {
        fn or_null<'a>(array: &dyn Array, row: usize, value: impl FnOnce() -> Value<'a>) -> Value<'a> {
            if array.is_null(row) { Value::Null } else { value() }
        }
        match self {
            Self::Nothing => Value::Null,
            Self::Boolean(array) => or_null(*array, row, || Value::Boolean(array.value(row))),
            Self::Number(array, number) => or_null(*array, row, || number.value(*array, row)),
            Self::Single(array) => or_null(*array, row, || Value::Single(array.value(row))),
            Self::Double(array) => or_null(*array, row, || Value::Double(array.value(row))),
            Self::Decimal(array, scale) => or_null(*array, row, || Value::Decimal(array.value(row), *scale)),
            Self::Text(array, true) => or_null(*array, row, || Value::Json(array.value(row))),
            Self::Text(array, false) => or_null(*array, row, || Value::Text(array.value(row))),
            Self::LargeText(array) => or_null(*array, row, || Value::Text(array.value(row))),
            Self::TextView(array) => or_null(*array, row, || Value::Text(array.value(row))),
            Self::Bytes(array) => or_null(*array, row, || Value::Bytes(array.value(row))),
            Self::LargeBytes(array) => or_null(*array, row, || Value::Bytes(array.value(row))),
            // Sixteen bytes are a uuid, as they are in keys.
            Self::FixedBytes(array) => {
                or_null(*array, row, || match <[u8; 16]>::try_from(array.value(row)) {
                    Ok(uuid) => Value::Uuid(uuid),
                    Err(_) => Value::Bytes(array.value(row)),
                })
            }
            Self::Dictionary(keys, values) => keys[row].map_or(Value::Null, |key| values.value(key)),
        }
    }
}

/// Whether a field says that its texts are JSON, as Arrow's canonical extension types have it.
fn is_json(field: &Field) -> bool {
    field.metadata().get("ARROW:extension:name").is_some_and(|name| name == "arrow.json")
}

impl Number {
    fn value<'a>(self, array: &dyn Array, row: usize) -> Value<'a> {
        macro_rules! of {
            ($type:ty) => {
                i128::from(array.as_primitive::<$type>().value(row))
            };
        }
        let number = match self.width {
            Width::I8 => of!(Int8Type),
            Width::I16 => of!(Int16Type),
            Width::I32 => of!(Int32Type),
            Width::I64 => of!(Int64Type),
            Width::U8 => of!(UInt8Type),
            Width::U16 => of!(UInt16Type),
            Width::U32 => of!(UInt32Type),
            Width::U64 => of!(UInt64Type),
            Width::Date32 => of!(Date32Type),
            Width::Date64 => of!(Date64Type),
            Width::Seconds => of!(TimestampSecondType),
            Width::Milliseconds => of!(TimestampMillisecondType),
            Width::Microseconds => of!(TimestampMicrosecondType),
            Width::Nanoseconds => of!(TimestampNanosecondType),
        };
        match self.meaning {
            Meaning::Integer => Value::Integer(number),
            Meaning::Days(a_day) => Value::Date((number as i64).div_euclid(a_day)),
            Meaning::Instants(length, zoned) => Value::Instant(number * length, zoned),
        }
    }
}
