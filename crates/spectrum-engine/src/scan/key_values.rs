//! Keys of types whose text is not an integer's or a text's own: read as one of these, where that is exact.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Int64Array, StringArray};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType};
use spectrum_core::{KeyKind, LabelError};

use super::Whereabouts;
use super::double_text::{of_double, of_single};
use crate::error::{ColumnError, EngineError, KeyError, Result};
use crate::table::ColumnType;

/// The type that a column's values are read as.
///
/// # Errors
/// [`LabelError::KeyType`] where the column cannot be a key, or only if the user says what its values are.
pub(super) fn read_as(
    data_type: &DataType,
    given: Option<ColumnType>,
) -> std::result::Result<DataType, LabelError> {
    let not_a_key = || LabelError::KeyType(data_type.clone());
    match (data_type, given) {
        (DataType::Decimal128(_, 0) | DataType::Decimal256(_, 0), None | Some(ColumnType::Text)) => {
            Ok(DataType::Utf8)
        }
        (DataType::Decimal128(_, 0), Some(ColumnType::Integer)) => Ok(DataType::Int64),
        (data_type, Some(ColumnType::Integer)) if data_type.is_floating() => Ok(DataType::Int64),
        (data_type, Some(ColumnType::Text)) if data_type.is_floating() => Ok(DataType::Utf8),
        (
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::Date32,
            Some(ColumnType::Text),
        ) => Ok(DataType::Utf8),
        (data_type, None) => KeyKind::of(data_type).map(|_| data_type.clone()),
        (data_type, Some(ColumnType::Text)) => KeyKind::of(data_type).map(|_| match data_type {
            DataType::Dictionary(_, values) if is_text(values) => data_type.clone(),
            data_type if is_text(data_type) => data_type.clone(),
            _ => DataType::Utf8,
        }),
        (data_type, Some(ColumnType::Integer)) => match KeyKind::of(data_type)? {
            Some(KeyKind::Integer | KeyKind::Unsigned) | None => Ok(data_type.clone()),
            _ => Err(not_a_key()),
        },
        _ => Err(not_a_key()),
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// What a type can be read as if the user says so.
pub(crate) fn could_be(data_type: &DataType) -> Option<ColumnType> {
    match data_type {
        data_type if data_type.is_floating() => Some(ColumnType::Integer),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::Date32 => {
            Some(ColumnType::Text)
        }
        _ => None,
    }
}

/// Reads a column as the type that was settled for it.
pub(super) fn read_key(
    column: ArrayRef,
    read_as: &DataType,
    name: &str,
    whereabouts: &Whereabouts,
) -> Result<ArrayRef> {
    let exactly = CastOptions { safe: false, ..CastOptions::default() };
    match (column.data_type(), read_as) {
        (own, DataType::Utf8) if own.is_floating() => double_texts(&column, name, whereabouts),
        (own, DataType::Int64) if own.is_floating() => whole_numbers(&column, name, whereabouts),
        (DataType::Decimal128(..), DataType::Int64)
        | (
            DataType::Decimal128(..)
            | DataType::Decimal256(..)
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView,
            DataType::Utf8,
        ) => cast_with_options(&column, read_as, &exactly)
            .map_err(|source| unreadable(name, whereabouts, source)),
        (DataType::Date32, DataType::Utf8) => {
            let texts = cast(&column, read_as).map_err(|source| unreadable(name, whereabouts, source))?;
            // Beyond these years every engine writes dates in its own way.
            match texts.as_string::<i32>().iter().position(|text| text.is_some_and(|text| text.len() != 10)) {
                None => Ok(texts),
                Some(row) => Err(not_a_value(
                    name,
                    texts.as_string::<i32>().value(row),
                    "a date of the years 0 to 9999",
                    row,
                    whereabouts,
                )?),
            }
        }
        (own, DataType::Utf8) if !is_text(own) => match own {
            DataType::Dictionary(_, values) if is_text(values) => Ok(column),
            _ => texts(&column, name, whereabouts),
        },
        _ => Ok(column),
    }
}

/// The texts of a column of another kind of key.
fn texts(column: &ArrayRef, name: &str, whereabouts: &Whereabouts) -> Result<ArrayRef> {
    let mut texts = arrow_array::builder::StringBuilder::new();
    let visited = spectrum_core::text::each_text(column, |text| {
        texts.append_option(text.map(|text| std::str::from_utf8(text).unwrap_or_default()));
    });
    visited.map_err(|source| ColumnError::DoesNotFit {
        column: name.to_owned(),
        name: whereabouts.file(),
        source,
    })?;
    Ok(std::sync::Arc::new(texts.finish()))
}

/// Doubles as the texts that PostgreSQL has of them, NaN and infinities among them.
fn double_texts(column: &ArrayRef, name: &str, whereabouts: &Whereabouts) -> Result<ArrayRef> {
    if let Some(singles) = column.as_primitive_opt::<Float32Type>() {
        let texts = singles.iter().map(|value| value.map(of_single));
        return Ok(std::sync::Arc::new(texts.collect::<StringArray>()));
    }
    let doubles = cast(column, &DataType::Float64).map_err(|source| unreadable(name, whereabouts, source))?;
    let texts = doubles.as_primitive::<Float64Type>().iter().map(|value| value.map(of_double));
    Ok(std::sync::Arc::new(texts.collect::<StringArray>()))
}

/// What a double has to be to be read as an integer.
pub(crate) const WHOLE_DOUBLE: &str = "a whole number that a double holds exactly";

/// Doubles as the integers that they are. From 2^53 on a double no longer tells one integer from the next.
fn whole_numbers(column: &ArrayRef, name: &str, whereabouts: &Whereabouts) -> Result<ArrayRef> {
    const FIRST_DOUBTFUL: f64 = 9_007_199_254_740_992.0;
    let doubles = cast(column, &DataType::Float64).map_err(|source| unreadable(name, whereabouts, source))?;
    let doubles = doubles.as_primitive::<Float64Type>();
    let is_exact = |value: f64| value.fract() == 0.0 && value.abs() < FIRST_DOUBTFUL;
    match doubles.iter().position(|value| value.is_some_and(|value| !is_exact(value))) {
        Some(row) => {
            let value = doubles.value(row).to_string();
            Err(not_a_value(name, &value, WHOLE_DOUBLE, row, whereabouts)?)
        }
        None => Ok(std::sync::Arc::new(
            doubles.iter().map(|value| value.map(|value| value as i64)).collect::<Int64Array>(),
        )),
    }
}

fn not_a_value(
    column: &str,
    value: &str,
    expected: &'static str,
    row: usize,
    whereabouts: &Whereabouts,
) -> Result<EngineError> {
    let (place, column, value) = (whereabouts.of_row(row)?, column.to_owned(), value.to_owned());
    Ok(KeyError::Value { place, column, value, expected }.into())
}

fn unreadable(column: &str, whereabouts: &Whereabouts, source: ArrowError) -> EngineError {
    EngineError::Arrow { name: format!("key column '{column}' in {}", whereabouts.file()), source }
}
