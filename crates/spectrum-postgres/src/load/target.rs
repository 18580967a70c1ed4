//! The types of a table's columns, and values as their binary format has them (PostgreSQL's `*_recv` functions).

use spectrum_core::text::uuid;

use super::scalars::{boolean, integer, number_text, shown, text_of};
use super::value::Value;
use super::{json, numeric, time};
use crate::message::{Message, message};
use crate::remedy::Remedy;

/// What a column takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    Uuid,
    Text,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Boolean,
    Date,
    /// Without a zone: what the clock shows.
    Timestamp,
    Timestamptz,
    Json,
    Jsonb,
    Bytea,
    /// Any other: text is staged, and the server reads it.
    ByServer,
}

impl Target {
    /// By the type's own name in the catalog, of the type behind a domain.
    pub(super) fn of(base: &str, is_enum: bool) -> Self {
        match base {
            "uuid" => Self::Uuid,
            "text" | "varchar" | "bpchar" | "citext" => Self::Text,
            "int2" => Self::Int2,
            "int4" => Self::Int4,
            "int8" => Self::Int8,
            "float4" => Self::Float4,
            "float8" => Self::Float8,
            "numeric" => Self::Numeric,
            "bool" => Self::Boolean,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::Timestamptz,
            "json" => Self::Json,
            "jsonb" => Self::Jsonb,
            "bytea" => Self::Bytea,
            // An enum's binary format is its label.
            _ if is_enum => Self::Text,
            _ => Self::ByServer,
        }
    }

    /// As messages call a value of it.
    fn words(self) -> &'static str {
        match self {
            Self::Uuid => "a uuid",
            Self::Text | Self::ByServer => "text",
            Self::Int2 | Self::Int4 | Self::Int8 => "a whole number that the column's type holds",
            Self::Float4 | Self::Float8 | Self::Numeric => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::Timestamp | Self::Timestamptz => "a time",
            Self::Json | Self::Jsonb => "JSON",
            Self::Bytea => "bytes",
        }
    }
}

/// What came along with a value that was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Written {
    Null,
    Exactly,
    /// A time was finer than a microsecond, and what was finer was cut off.
    Cut,
}

/// Appends a value with its length before it. The error says why it does not fit, with the value.
pub(super) fn write(value: Value<'_>, target: Target, out: &mut Vec<u8>) -> Result<Written, Message> {
    if let (Value::Json(json), false) = (value, matches!(target, Target::Json | Target::Jsonb)) {
        return write_json_value(json, target, out);
    }
    if value == Value::Null {
        out.extend_from_slice(&(-1_i32).to_be_bytes());
        return Ok(Written::Null);
    }
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let written = match write_bytes(value, target, out) {
        Some(written) => written,
        None => {
            out.truncate(start);
            return Err(misfit(value, target));
        }
    };
    let length = i32::try_from(out.len() - start - 4).map_err(|_| "it is longer than a gigabyte")?;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    Ok(written)
}

/// A value that stands as JSON in a file, into a column that is not JSON.
fn write_json_value(json: &str, target: Target, out: &mut Vec<u8>) -> Result<Written, Message> {
    match json.as_bytes().first() {
        Some(b'"') => match json::text(json) {
            Some(text) => write(Value::Text(&text), target, out),
            None => Err(format!("{} holds half a character", shown(json)).into()),
        },
        Some(b'n') => write(Value::Null, target, out),
        Some(b't') => write(Value::Boolean(true), target, out),
        Some(b'f') => write(Value::Boolean(false), target, out),
        // Numbers are read as texts are, and into text objects and arrays go as they stand.
        Some(b'{' | b'[') if target != Target::Text => {
            Err(format!("{} is not {}", shown(json), target.words()).into())
        }
        _ => write(Value::Text(json), target, out),
    }
}

fn write_bytes(value: Value<'_>, target: Target, out: &mut Vec<u8>) -> Option<Written> {
    match target {
        Target::Uuid => match value {
            Value::Uuid(uuid) => out.extend_from_slice(&uuid),
            Value::Text(text) => out.extend_from_slice(&uuid::read(text)?),
            _ => return None,
        },
        Target::Text | Target::ByServer => {
            let text = text_of(value)?;
            if text.contains('\0') {
                return None;
            }
            out.extend_from_slice(text.as_bytes());
        }
        Target::Int2 => out.extend_from_slice(&i16::try_from(integer(value)?).ok()?.to_be_bytes()),
        Target::Int4 => out.extend_from_slice(&i32::try_from(integer(value)?).ok()?.to_be_bytes()),
        Target::Int8 => out.extend_from_slice(&i64::try_from(integer(value)?).ok()?.to_be_bytes()),
        Target::Float4 => {
            let number = match value {
                Value::Single(number) => number,
                Value::Double(number) => number as f32,
                _ => number_text(value)?.trim().parse().ok()?,
            };
            out.extend_from_slice(&number.to_be_bytes());
        }
        Target::Float8 => {
            let number = match value {
                Value::Single(number) => f64::from(number),
                Value::Double(number) => number,
                _ => number_text(value)?.trim().parse().ok()?,
            };
            out.extend_from_slice(&number.to_be_bytes());
        }
        Target::Numeric => numeric::write(&number_text(value)?, out)?,
        Target::Boolean => out.push(u8::from(boolean(value)?)),
        Target::Date => {
            let day = match value {
                Value::Date(day) => day,
                Value::Instant(at, _) if at % time::midnight(1) == 0 => (at / time::midnight(1)) as i64,
                Value::Text(text) => match time::parse(text)? {
                    (at, false) if at % time::midnight(1) == 0 => (at / time::midnight(1)) as i64,
                    _ => return None,
                },
                _ => return None,
            };
            out.extend_from_slice(&time::days(day)?.to_be_bytes());
        }
        // A time with a zone shows its clock in UTC, and one without is taken for one in UTC: nothing else about it
        // is known.
        Target::Timestamp | Target::Timestamptz => {
            let at = match value {
                Value::Instant(at, _) => at,
                Value::Date(day) => time::midnight(day),
                Value::Text(text) => time::parse(text)?.0,
                _ => return None,
            };
            let (microseconds, cut) = time::microseconds(at)?;
            out.extend_from_slice(&microseconds.to_be_bytes());
            return Some(if cut { Written::Cut } else { Written::Exactly });
        }
        Target::Json | Target::Jsonb => {
            if target == Target::Jsonb {
                out.push(1);
            }
            match value {
                // A text in a column for JSON is JSON; the server checks it.
                Value::Text(json) | Value::Json(json) => out.extend_from_slice(json.as_bytes()),
                value => json::write(value, out)?,
            }
        }
        Target::Bytea => match value {
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
            Value::Uuid(bytes) => out.extend_from_slice(&bytes),
            _ => return None,
        },
    }
    Some(Written::Exactly)
}

/// Why a value does not fit.
fn misfit(value: Value<'_>, target: Target) -> Message {
    let text = text_of(value);
    match (&text, value, target) {
        (Some(text), _, Target::Text | Target::ByServer) if text.contains('\0') => {
            "it holds a NUL character, which PostgreSQL's text cannot".into()
        }
        (_, Value::Instant(..), Target::Timestamp | Target::Timestamptz) => {
            let text = text.as_deref().map(|text| format!("{} is", shown(text)));
            format!("{} outside PostgreSQL's calendar", text.as_deref().unwrap_or("it is")).into()
        }
        (Some(text), Value::Instant(..) | Value::Date(_), Target::Int8) => message![
            format!("{} is a time and the column holds numbers; say what they count with ", shown(text)),
            Remedy::GiveTimeUnit,
            " or time_unit of the definition file"
        ],
        (Some(text), Value::Integer(_), Target::Timestamp | Target::Timestamptz) => message![
            format!("{} is a number and no time; say what it counts with ", shown(text)),
            Remedy::GiveTimeUnit
        ],
        (Some(text), _, _) => format!("{} is not {}", shown(text), target.words()).into(),
        (None, _, _) => format!("it is not {}", target.words()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_the_value() {
        let error = |value, target| write(value, target, &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(error(Value::Text("x"), Target::Uuid), "'x' is not a uuid");
        assert_eq!(
            error(Value::Integer(40_000), Target::Int2),
            "'40000' is not a whole number that the column's type holds"
        );
        assert_eq!(error(Value::Json("[1]"), Target::Boolean), "'[1]' is not true or false");
        assert!(error(Value::Text("a\0b"), Target::Text).contains("NUL"));
        assert!(error(Value::Integer(5), Target::Timestamptz).contains("time_unit"));
        assert_eq!(error(Value::Text("2026-01-01 01:00"), Target::Date), "'2026-01-01 01:00' is not a date");
        assert!(shown(&"é".repeat(100)).ends_with("é...'"));
    }
}
