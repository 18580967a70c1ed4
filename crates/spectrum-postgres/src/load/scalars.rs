//! Values as texts, numbers and truth values, whatever type they came in.

use std::borrow::Cow;

use spectrum_core::text::{boolean as boolean_text, uuid};

use super::value::Value;
use super::{numeric, time};

/// The text of a value, as PostgreSQL would write it where it has the type.
pub(super) fn text_of(value: Value<'_>) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null | Value::Bytes(_) => return None,
        Value::Text(text) | Value::Json(text) => Cow::Borrowed(text),
        Value::Boolean(yes) => Cow::Borrowed(boolean_text(yes)),
        Value::Integer(number) => number.to_string().into(),
        Value::Single(number) => number.to_string().into(),
        Value::Double(number) => number.to_string().into(),
        Value::Decimal(number, scale) => numeric::text(number, scale).into(),
        Value::Uuid(uuid) => uuid::text(uuid).into(),
        Value::Date(day) => time::day_text(day)?.into(),
        Value::Instant(at, zoned) => time::instant_text(at, zoned)?.into(),
    })
}

pub(super) fn integer(value: Value<'_>) -> Option<i128> {
    match value {
        Value::Integer(number) => Some(number),
        Value::Boolean(yes) => Some(i128::from(yes)),
        Value::Decimal(number, 0) => Some(number),
        Value::Single(number) => whole(f64::from(number)),
        Value::Double(number) => whole(number),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A double that is a whole number, as engines write integer columns that have NULLs.
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i128)
}

pub(super) fn number_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Integer(_) | Value::Decimal(..) | Value::Single(_) | Value::Double(_) | Value::Text(_) => {
            text_of(value)
        }
        _ => None,
    }
}

pub(super) fn boolean(value: Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(yes) => Some(yes),
        Value::Integer(0) => Some(false),
        Value::Integer(1) => Some(true),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A value for a message, cut off where it is long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("'{}...'", text[..end].escape_debug()),
        None => format!("'{}'", text.escape_debug()),
    }
}
