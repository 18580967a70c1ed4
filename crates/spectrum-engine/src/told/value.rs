//! The values of a column of a batch, as they are compared, added up and counted.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, LargeStringArray,
    StringArray, StringViewArray,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use spectrum_core::Measure;

use super::types::plain;

/// What a column of a batch holds.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Texts(Texts),
    /// Whole numbers; dates and times, as their types count them.
    Whole(Int64Array),
    Decimal(Decimal128Array, u8),
    Float(Float64Array),
    Boolean(BooleanArray),
}

/// Texts, where they lie.
#[derive(Clone, Debug)]
pub(super) enum Texts {
    Plain(StringArray),
    Large(LargeStringArray),
    Views(StringViewArray),
    /// Places in a dictionary, and what stands there.
    Entries(Int32Array, StringArray),
}

impl Texts {
    /// All of them, in the order of their rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        let rows = match self {
            Self::Plain(texts) => texts.len(),
            Self::Large(texts) => texts.len(),
            Self::Views(texts) => texts.len(),
            Self::Entries(places, _) => places.len(),
        };
        (0..rows).map(|row| self.at(row))
    }

    pub(super) fn at(&self, row: usize) -> Option<&str> {
        match self {
            Self::Plain(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Large(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Views(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Entries(places, texts) => {
                let place = places.is_valid(row).then(|| places.value(row) as usize)?;
                texts.is_valid(place).then(|| texts.value(place))
            }
        }
    }
}

impl Values {
    /// The values of a column; `None` where its type is none that a summary tells.
    pub(super) fn of(column: &ArrayRef) -> Result<Option<Self>, ArrowError> {
        let whole = |column: &ArrayRef| {
            Ok::<_, ArrowError>(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        Ok(Some(match column.data_type() {
            DataType::Dictionary(places, texts)
                if (&**places, &**texts) == (&DataType::Int32, &DataType::Utf8) =>
            {
                let dictionary = column.as_dictionary::<Int32Type>();
                Self::Texts(Texts::Entries(
                    dictionary.keys().clone(),
                    dictionary.values().as_string::<i32>().clone(),
                ))
            }
            DataType::Dictionary(_, values) => return Self::of(&cast(column, values)?),
            DataType::Utf8 => Self::Texts(Texts::Plain(column.as_string::<i32>().clone())),
            DataType::LargeUtf8 => Self::Texts(Texts::Large(column.as_string::<i64>().clone())),
            DataType::Utf8View => Self::Texts(Texts::Views(column.as_string_view().clone())),
            DataType::Null => return Self::of(&cast(column, &DataType::Utf8)?),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::Date64
            | DataType::Timestamp(..) => Self::Whole(whole(column)?),
            DataType::Date32 => Self::Whole(whole(&cast(column, &DataType::Int32)?)?),
            DataType::UInt64 => {
                let exact = cast(column, &DataType::Decimal128(20, 0))?;
                Self::Decimal(exact.as_primitive::<Decimal128Type>().clone(), 0)
            }
            DataType::Decimal128(_, scale) if *scale >= 0 => {
                Self::Decimal(column.as_primitive::<Decimal128Type>().clone(), scale.unsigned_abs())
            }
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) if *scale >= 0 => {
                return Self::of(&cast(column, &DataType::Decimal128(38, *scale))?);
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Self::Float(cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            DataType::Boolean => Self::Boolean(column.as_boolean().clone()),
            _ => return Ok(None),
        }))
    }

    /// Whether a measure takes such values. Texts may stand for numbers in formats without types, and a column without any
    /// values is of no type.
    pub(super) fn are_taken(&self, column: &ArrayRef, measure: &Measure, is_text: bool) -> bool {
        match (measure, self) {
            (Measure::Sum(_), Self::Texts(_)) => is_text || column.logical_null_count() == column.len(),
            (Measure::Sum(_), Self::Whole(_)) => plain(column.data_type()).is_integer(),
            (Measure::Sum(_) | Measure::Min(_) | Measure::Max(_), Self::Boolean(_)) => false,
            _ => true,
        }
    }

    /// Which of two rows has the lesser value: texts by their bytes, NaN greater than all other numbers, as PostgreSQL
    /// has it, and no value after all values.
    pub(super) fn order(&self, a: usize, b: usize) -> Ordering {
        fn last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
            match (&a, &b) {
                (Some(a), Some(b)) => compare(a, b),
                _ => b.is_some().cmp(&a.is_some()),
            }
        }
        fn of<T>(array: &impl Array, row: usize, value: impl Fn(usize) -> T) -> Option<T> {
            array.is_valid(row).then(|| value(row))
        }
        match self {
            Self::Texts(texts) => last(texts.at(a), texts.at(b), |a, b| a.as_bytes().cmp(b.as_bytes())),
            Self::Whole(values) => {
                let at = |row| of(values, row, |row| values.value(row));
                last(at(a), at(b), Ord::cmp)
            }
            Self::Decimal(values, _) => {
                let at = |row| of(values, row, |row| values.value(row));
                last(at(a), at(b), Ord::cmp)
            }
            Self::Float(values) => {
                let at = |row| of(values, row, |row| values.value(row));
                last(at(a), at(b), |a, b| order_of_floats(*a, *b))
            }
            Self::Boolean(values) => {
                let at = |row| of(values, row, |row| values.value(row));
                last(at(a), at(b), Ord::cmp)
            }
        }
    }

    /// Whether two rows have the same value, down to the sign of a zero.
    pub(super) fn is_same(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Float(values) if values.is_valid(a) && values.is_valid(b) => {
                values.value(a).to_bits() == values.value(b).to_bits()
            }
            _ => self.order(a, b).is_eq(),
        }
    }
}

/// NaN equals itself and is greater than everything else.
pub(super) fn order_of_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
