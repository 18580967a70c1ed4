//! Members of JSON that stands as text in a column, as `column ->> 'member'` takes them.

use serde_json::value::RawValue;

use super::ndjson::{members, number_text, scalar_text};

/// Why a member was not read, in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotRead(pub(crate) String);

/// The text of an object's member; `None` where there is none, it is null, or the JSON is not an object.
///
/// # Errors
/// When the text is not JSON, or the member is an object or an array, whose text differs from engine to engine.
pub(crate) fn member_text(json: &str, member: &str) -> Result<Option<String>, NotRead> {
    let value: &RawValue =
        serde_json::from_str(json).map_err(|error| NotRead(format!("it is not JSON ({error})")))?;
    if !value.get().starts_with('{') {
        return Ok(None);
    }
    let mut values = Vec::new();
    members(value.get(), &[member.to_owned()], &mut values).map_err(|error| NotRead(error.to_string()))?;
    let Some(value) = values.first().copied().flatten() else { return Ok(None) };
    match number_text(value) {
        Some(number) => Ok(Some(number.to_owned())),
        None => match scalar_text(value) {
            Ok(text) => Ok(text.map(std::borrow::Cow::into_owned)),
            Err(what) => Err(NotRead(format!("it is {what}"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_postgresqls_texts() {
        for (json, expected) in [
            (r#"{"k":"a \u00e4"}"#, Some("a ä")),
            (r#"{"x":{"k":1},"k":1.50}"#, Some("1.50")),
            (r#"{"k":true}"#, Some("true")),
            (r#"{"k":null}"#, None),
            (r#"{"x":1}"#, None),
            ("[1]", None),
            ("5", None),
        ] {
            assert_eq!(member_text(json, "k"), Ok(expected.map(str::to_owned)), "{json}");
        }
        for json in ["", "{", "k", r#"{"k":[1]}"#, r#"{"k":{}}"#] {
            assert!(member_text(json, "k").is_err(), "{json}");
        }
    }
}
