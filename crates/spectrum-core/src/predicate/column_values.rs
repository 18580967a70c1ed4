//! The values of an Arrow column as a predicate takes them: texts, numbers or booleans.

use std::borrow::Cow;
use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{AnyDictionaryArray, Array, ArrayRef};
use arrow_schema::DataType;

use super::decimal::Decimal;
use super::not_of_kind::{NotOfKind, UsedBy};
use super::tree::{EventColumn, ValueKind};

/// A number of a column.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Number {
    Exact(Decimal),
    Float(f64),
}

impl Number {
    /// As PostgreSQL compares: what meets floating point becomes floating point, and NaN equals itself and is greater than
    /// everything else.
    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a.cmp(&b),
            (a, b) => {
                let (a, b) = (a.to_f64(), b.to_f64());
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            }
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            Self::Exact(number) => number.to_f64(),
            Self::Float(number) => number,
        }
    }
}

/// The texts of a column of text.
pub(super) fn texts<'a>(
    name: &EventColumn,
    column: &'a ArrayRef,
) -> Result<Vec<Option<Cow<'a, str>>>, NotOfKind> {
    fn borrowed<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<Cow<'a, str>>> {
        values.map(|value| value.map(Cow::Borrowed)).collect()
    }
    Ok(match column.data_type() {
        DataType::Utf8 => borrowed(column.as_string::<i32>().iter()),
        DataType::LargeUtf8 => borrowed(column.as_string::<i64>().iter()),
        DataType::Utf8View => borrowed(column.as_string_view().iter()),
        DataType::Null => vec![None; column.len()],
        _ => match column.as_any_dictionary_opt() {
            Some(dictionary) => of_entries(dictionary, texts(name, dictionary.values())?),
            None => return Err(of_type(name, column, ValueKind::Text)),
        },
    })
}

/// The values of a dictionary's rows, from those of its entries.
fn of_entries<T: Clone>(dictionary: &dyn AnyDictionaryArray, entries: Vec<Option<T>>) -> Vec<Option<T>> {
    if entries.is_empty() {
        return vec![None; dictionary.len()];
    }
    let keys = dictionary.normalized_keys();
    let value = |(row, key): (usize, &usize)| {
        if dictionary.is_null(row) { None } else { entries.get(*key).cloned().flatten() }
    };
    keys.iter().enumerate().map(value).collect()
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The numbers of a column. Where the format has no types the column has texts, of which each has to be a number.
pub(super) fn numbers(name: &EventColumn, column: &ArrayRef) -> Result<Vec<Option<Number>>, NotOfKind> {
    macro_rules! whole {
        ($type:ty) => {
            column
                .as_primitive::<$type>()
                .iter()
                .map(|value| value.map(|value| Number::Exact(Decimal::new(i128::from(value), 0))))
                .collect()
        };
    }
    macro_rules! float {
        ($type:ty) => {
            column
                .as_primitive::<$type>()
                .iter()
                .map(|value| value.map(|value| Number::Float(f64::from(value))))
                .collect()
        };
    }
    macro_rules! decimal {
        ($type:ty, $scale:expr) => {{
            let Ok(scale) = u8::try_from(*$scale) else {
                return Err(of_type(name, column, ValueKind::Number));
            };
            column
                .as_primitive::<$type>()
                .iter()
                .map(|value| value.map(|value| Number::Exact(Decimal::new(i128::from(value), scale))))
                .collect()
        }};
    }
    Ok(match column.data_type() {
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => whole!(UInt64Type),
        DataType::Float32 => float!(Float32Type),
        DataType::Float64 => float!(Float64Type),
        DataType::Decimal32(_, scale) => decimal!(Decimal32Type, scale),
        DataType::Decimal64(_, scale) => decimal!(Decimal64Type, scale),
        DataType::Decimal128(_, scale) => decimal!(Decimal128Type, scale),
        DataType::Null => vec![None; column.len()],
        text if is_text(text) => read_texts(name, column, ValueKind::Number, |text| {
            Decimal::parse(text.trim()).map(Number::Exact)
        })?,
        _ => match column.as_any_dictionary_opt() {
            Some(dictionary) => of_entries(dictionary, numbers(name, dictionary.values())?),
            None => return Err(of_type(name, column, ValueKind::Number)),
        },
    })
}

/// The booleans of a column; of texts, the spellings that PostgreSQL reads.
pub(super) fn booleans(name: &EventColumn, column: &ArrayRef) -> Result<Vec<Option<bool>>, NotOfKind> {
    Ok(match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().collect(),
        DataType::Null => vec![None; column.len()],
        text if is_text(text) => read_texts(name, column, ValueKind::Boolean, boolean)?,
        _ => return Err(of_type(name, column, ValueKind::Boolean)),
    })
}

fn boolean(text: &str) -> Option<bool> {
    let is = |spellings: &[&str]| spellings.iter().any(|spelling| text.trim().eq_ignore_ascii_case(spelling));
    match (is(&["true", "t", "yes", "y", "on", "1"]), is(&["false", "f", "no", "n", "off", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// The rows that have a value.
pub(super) fn present(column: &ArrayRef) -> Vec<bool> {
    match column.logical_nulls() {
        Some(nulls) => nulls.iter().collect(),
        None => vec![true; column.len()],
    }
}

fn read_texts<T>(
    name: &EventColumn,
    column: &ArrayRef,
    kind: ValueKind,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<Option<T>>, NotOfKind> {
    let texts = texts(name, column)?;
    let read_one = |(row, text): (usize, Option<Cow<'_, str>>)| match text {
        None => Ok(None),
        Some(text) => read(&text).map(Some).ok_or_else(|| NotOfKind {
            column: name.clone(),
            kind,
            row: u32::try_from(row).ok(),
            value: Some(text.into()),
            data_type: column.data_type().to_string().into(),
            used_by: UsedBy::default(),
        }),
    };
    texts.into_iter().enumerate().map(read_one).collect()
}

fn of_type(name: &EventColumn, column: &ArrayRef, kind: ValueKind) -> NotOfKind {
    let data_type = column.data_type().to_string().into();
    NotOfKind { column: name.clone(), kind, row: None, value: None, data_type, used_by: UsedBy::default() }
}
