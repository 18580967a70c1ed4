//! Values of events, as they are compared, added up and kept.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use spectrum_core::{Decimal, Measure};

/// A value that is not NULL.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Box<str>),
    /// Whole numbers and decimals.
    Number(Decimal),
    Float(f64),
    Boolean(bool),
    /// A date or a time, as its type counts it.
    Time(i64),
}

impl Value {
    /// Texts by their bytes, numbers exactly, and NaN greater than all else, as PostgreSQL has it.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => {
                a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            // A column has values of one kind.
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Text(_) => 0,
            Self::Number(_) => 1,
            Self::Float(_) => 2,
            Self::Boolean(_) => 3,
            Self::Time(_) => 4,
        }
    }
}

/// What a column of a batch holds.
pub(super) enum Values {
    Text(StringArray),
    Whole(Int64Array),
    Decimal(Decimal128Array, u8),
    Float(Float64Array),
    Boolean(BooleanArray),
    Time(Int64Array),
}

impl Values {
    /// The values of a column; `None` where its type is none that a summary tells.
    pub(super) fn of(column: &ArrayRef) -> Result<Option<Self>, ArrowError> {
        let whole = |column: &ArrayRef| {
            Ok::<_, ArrowError>(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        Ok(Some(match column.data_type() {
            DataType::Dictionary(_, values) => return Self::of(&cast(column, values)?),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
                Self::Text(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
            }
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Whole(whole(column)?),
            DataType::UInt64 => {
                let exact = cast(column, &DataType::Decimal128(20, 0))?;
                Self::Decimal(exact.as_primitive::<Decimal128Type>().clone(), 0)
            }
            DataType::Decimal128(_, scale) if *scale >= 0 => {
                Self::Decimal(column.as_primitive::<Decimal128Type>().clone(), scale.unsigned_abs())
            }
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Self::Float(cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            DataType::Boolean => Self::Boolean(column.as_boolean().clone()),
            DataType::Date32 => Self::Time(whole(&cast(column, &DataType::Int32)?)?),
            DataType::Date64 | DataType::Timestamp(..) => Self::Time(whole(column)?),
            _ => return Ok(None),
        }))
    }

    /// Whether a measure takes such values. Texts may stand for numbers in formats without types, and a column without any
    /// values is of no type.
    pub(super) fn are_taken(&self, measure: &Measure, is_text: bool) -> bool {
        match (measure, self) {
            (Measure::Sum(_), Self::Text(values)) => is_text || values.null_count() == values.len(),
            (Measure::Sum(_), Self::Boolean(_) | Self::Time(_))
            | (Measure::Min(_) | Measure::Max(_), Self::Boolean(_)) => false,
            _ => true,
        }
    }

    /// The text of a row, where that is its value.
    pub(super) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text(values) => values.is_valid(row).then(|| values.value(row)),
            _ => None,
        }
    }

    /// The value of a row.
    pub(super) fn at(&self, row: usize) -> Option<Value> {
        match self {
            Self::Text(values) => values.is_valid(row).then(|| Value::Text(values.value(row).into())),
            Self::Whole(values) => {
                values.is_valid(row).then(|| Value::Number(Decimal::new(values.value(row).into(), 0)))
            }
            Self::Decimal(values, scale) => {
                values.is_valid(row).then(|| Value::Number(Decimal::new(values.value(row), *scale)))
            }
            Self::Float(values) => values.is_valid(row).then(|| Value::Float(values.value(row))),
            Self::Boolean(values) => values.is_valid(row).then(|| Value::Boolean(values.value(row))),
            Self::Time(values) => values.is_valid(row).then(|| Value::Time(values.value(row))),
        }
    }
}

impl Value {
    /// A text that values have in common that are equal, and no others.
    pub(super) fn text(&self) -> Box<str> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.normalized().to_string().into(),
            Self::Float(number) => (if *number == 0.0 { 0.0 } else { *number }).to_string().into(),
            Self::Boolean(truth) => truth.to_string().into(),
            Self::Time(time) => time.to_string().into(),
        }
    }
}
