//! Values as JSON, for columns that the table has not.

use std::borrow::Cow;

use super::scalars::text_of;
use super::value::Value;

/// Appends a value; `None` when it cannot be JSON, as bytes cannot. Numbers keep all their digits; values
/// that JSON has no number for (NaN, infinities) become text.
pub(super) fn write(value: Value<'_>, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(..) => {
            out.extend_from_slice(text_of(value)?.as_bytes())
        }
        Value::Single(number) if number.is_finite() => out.extend_from_slice(text_of(value)?.as_bytes()),
        Value::Double(number) if number.is_finite() => out.extend_from_slice(text_of(value)?.as_bytes()),
        _ => return string(&text_of(value)?, out),
    }
    Some(())
}

/// Appends a text as a JSON string; `None` when PostgreSQL's JSON cannot hold it.
pub(super) fn string(text: &str, out: &mut Vec<u8>) -> Option<()> {
    if text.contains('\0') {
        return None;
    }
    serde_json::to_writer(out, text).ok()
}

/// The text of a JSON string; `None` when it holds half of a surrogate pair.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    match json.contains('\\') {
        false => json.get(1..json.len() - 1).map(Cow::Borrowed),
        true => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}

/// What stands between the braces of an object; `None` when it is not an object.
pub(super) fn inside(object: &str) -> Option<&str> {
    object.trim().strip_prefix('{')?.strip_suffix('}').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_texts() {
        let of = |value| {
            let mut out = Vec::new();
            write(value, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(of(Value::Text("a\"\n\u{1F600}")).as_deref(), Some("\"a\\\"\\n\u{1F600}\""));
        assert_eq!(of(Value::Integer(i128::from(u64::MAX))).as_deref(), Some("18446744073709551615"));
        assert_eq!(of(Value::Double(f64::NAN)).as_deref(), Some("\"NaN\""));
        assert_eq!(of(Value::Double(1.5)).as_deref(), Some("1.5"));
        assert_eq!(of(Value::Instant(0, true)).as_deref(), Some("\"1970-01-01T00:00:00Z\""));
        assert_eq!(of(Value::Bytes(b"x")), None);
        assert_eq!(of(Value::Text("\0")), None);
        assert_eq!(text(r#""a\u00e9""#).as_deref(), Some("aé"));
        assert_eq!(text(r#""\ud800""#), None);
        assert_eq!((inside(" {\"a\":1} "), inside("[1]")), (Some("\"a\":1"), None));
    }
}
