//! The types of a table's columns, and values as their binary format has them (PostgreSQL's `*_recv` functions).

use std::borrow::Cow;

use super::value::Value;
use super::{json, numeric, time};

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
pub(super) fn write(value: Value<'_>, target: Target, out: &mut Vec<u8>) -> Result<Written, String> {
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
fn write_json_value(json: &str, target: Target, out: &mut Vec<u8>) -> Result<Written, String> {
    match json.as_bytes().first() {
        Some(b'"') => match json::text(json) {
            Some(text) => write(Value::Text(&text), target, out),
            None => Err(format!("{} holds half a character", shown(json))),
        },
        Some(b'n') => write(Value::Null, target, out),
        Some(b't') => write(Value::Boolean(true), target, out),
        Some(b'f') => write(Value::Boolean(false), target, out),
        // Numbers are read as texts are, and into text objects and arrays go as they stand.
        Some(b'{' | b'[') if target != Target::Text => {
            Err(format!("{} is not {}", shown(json), target.words()))
        }
        _ => write(Value::Text(json), target, out),
    }
}

fn write_bytes(value: Value<'_>, target: Target, out: &mut Vec<u8>) -> Option<Written> {
    match target {
        Target::Uuid => match value {
            Value::Uuid(uuid) => out.extend_from_slice(&uuid),
            Value::Text(text) => out.extend_from_slice(&uuid(text)?),
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

/// The text of a value, as PostgreSQL would write it where it has the type.
pub(super) fn text_of(value: Value<'_>) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null | Value::Bytes(_) => return None,
        Value::Text(text) | Value::Json(text) => Cow::Borrowed(text),
        Value::Boolean(yes) => Cow::Borrowed(if yes { "true" } else { "false" }),
        Value::Integer(number) => number.to_string().into(),
        Value::Single(number) => number.to_string().into(),
        Value::Double(number) => number.to_string().into(),
        Value::Decimal(number, scale) => numeric::text(number, scale).into(),
        Value::Uuid(uuid) => uuid_text(uuid).into(),
        Value::Date(day) => time::day_text(day)?.into(),
        Value::Instant(at, zoned) => time::instant_text(at, zoned)?.into(),
    })
}

fn integer(value: Value<'_>) -> Option<i128> {
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

fn number_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Integer(_) | Value::Decimal(..) | Value::Single(_) | Value::Double(_) | Value::Text(_) => {
            text_of(value)
        }
        _ => None,
    }
}

fn boolean(value: Value<'_>) -> Option<bool> {
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

/// A uuid as PostgreSQL reads it: 32 digits, in braces or not, with hyphens after any four.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let (mut bytes, mut digits) = ([0_u8; 16], 0_usize);
    for byte in inner.bytes() {
        if byte == b'-' && digits > 0 && digits.is_multiple_of(4) {
            continue;
        }
        let digit = char::from(byte).to_digit(16)? as u8;
        let place = bytes.get_mut(digits / 2)?;
        *place = *place << 4 | digit;
        digits += 1;
    }
    (digits == 32).then_some(bytes)
}

fn uuid_text(uuid: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Why a value does not fit.
fn misfit(value: Value<'_>, target: Target) -> String {
    let text = text_of(value);
    match (&text, value, target) {
        (Some(text), _, Target::Text | Target::ByServer) if text.contains('\0') => {
            "it holds a NUL character, which PostgreSQL's text cannot".into()
        }
        (_, Value::Instant(..), Target::Timestamp | Target::Timestamptz) => {
            let text = text.as_deref().map(|text| format!("{} is", shown(text)));
            format!("{} outside PostgreSQL's calendar", text.as_deref().unwrap_or("it is"))
        }
        (Some(text), Value::Integer(_), Target::Timestamp | Target::Timestamptz) => {
            format!("{} is a number and no time; say what it counts with --time-unit", shown(text))
        }
        (Some(text), _, _) => format!("{} is not {}", shown(text), target.words()),
        (None, _, _) => format!("it is not {}", target.words()),
    }
}

/// A value for a message, cut off where it is long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("'{}...'", text[..end].escape_debug()),
        None => format!("'{}'", text.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_as_postgresql_reads_them() {
        let bytes = *b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11";
        for text in [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ] {
            assert_eq!(uuid(text), Some(bytes), "{text}");
        }
        for text in
            ["", "a0eebc99", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
        {
            assert_eq!(uuid(text), None, "{text}");
        }
        assert_eq!(uuid_text(bytes), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_value() {
        let error = |value, target| write(value, target, &mut Vec::new()).unwrap_err();
        assert_eq!(error(Value::Text("x"), Target::Uuid), "'x' is not a uuid");
        assert_eq!(
            error(Value::Integer(40_000), Target::Int2),
            "'40000' is not a whole number that the column's type holds"
        );
        assert_eq!(error(Value::Json("[1]"), Target::Boolean), "'[1]' is not true or false");
        assert!(error(Value::Text("a\0b"), Target::Text).contains("NUL"));
        assert!(error(Value::Integer(5), Target::Timestamptz).contains("--time-unit"));
        assert_eq!(error(Value::Text("2026-01-01 01:00"), Target::Date), "'2026-01-01 01:00' is not a date");
        assert!(shown(&"é".repeat(100)).ends_with("é...'"));
    }
}
