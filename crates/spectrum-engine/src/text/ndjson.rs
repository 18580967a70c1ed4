//! A line of NDJSON: the values of a few members, everything else checked to be JSON and skipped.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::plain_object;

/// Reads the members called `names` of the object in `line` into `values`, one entry per name: the value's
/// own text, or `None` when the member is missing. Of a name that stands there twice the last counts.
pub(crate) fn members<'a>(
    line: &'a str,
    names: &[String],
    values: &mut Vec<Option<&'a str>>,
) -> Result<(), serde_json::Error> {
    members_in_any_case(line, names, 0..0, values)
}

/// The same, but that the names at `loose` may be written in any letter case.
pub(crate) fn members_in_any_case<'a>(
    line: &'a str,
    names: &[String],
    loose: Range<usize>,
    values: &mut Vec<Option<&'a str>>,
) -> Result<(), serde_json::Error> {
    let wanted = Wanted { names, loose: &loose };
    values.clear();
    values.resize(names.len(), None);
    if plain_object::read(line, |name| wanted.place_of(name), values).is_some() {
        return Ok(());
    }
    values.fill(None);
    parsed(line, wanted, values)
}

/// The same by the parser, which knows all of JSON and says what is wrong.
pub(super) fn parsed<'a>(
    line: &'a str,
    wanted: Wanted<'_>,
    values: &mut [Option<&'a str>],
) -> Result<(), serde_json::Error> {
    let mut line = serde_json::Deserializer::from_str(line);
    line.deserialize_map(Members { wanted, values })?;
    line.end()
}

/// The names of an object's members, in their order; none when `line` is something else.
pub(crate) fn names(line: &str) -> Vec<String> {
    serde_json::Deserializer::from_str(line).deserialize_map(Names).unwrap_or_default()
}

/// What a number is called that is not written as an integer.
pub(crate) const FRACTION: &str = "a number with a fraction or exponent";

/// The text of a value that is a string, an integer or a boolean; `None` for null.
///
/// # Errors
/// What else it is, in words.
pub(crate) fn scalar_text(raw: &str) -> Result<Option<Cow<'_, str>>, &'static str> {
    match raw.as_bytes().first() {
        Some(b'"') if !raw.contains('\\') => Ok(Some(Cow::Borrowed(&raw[1..raw.len() - 1]))),
        Some(b'"') => serde_json::from_str(raw)
            .map(|text: String| Some(Cow::Owned(text)))
            .map_err(|_| "half a character"),
        Some(b'n') => Ok(None),
        Some(b't' | b'f') => Ok(Some(Cow::Borrowed(raw))),
        Some(b'{') => Err("an object"),
        Some(b'[') => Err("an array"),
        _ if raw.contains(['.', 'e', 'E']) => Err(FRACTION),
        _ => Ok(Some(Cow::Borrowed(raw))),
    }
}

/// The member of an object that a name stands for, which may have dots in it or be a way through objects.
pub(crate) fn member_within<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    if !object.starts_with('{') {
        return None;
    }
    let (root, rest) = name.split_once('.').unwrap_or((name, ""));
    let mut values = Vec::new();
    members(object, &[name.to_owned(), root.to_owned()], &mut values).ok()?;
    match (values[0], values[1]) {
        (Some(value), _) => Some(value),
        (None, Some(object)) if !rest.is_empty() => member_within(object, rest),
        _ => None,
    }
}

/// A number as it stands there; `None` for other values.
pub(crate) fn number_text(raw: &str) -> Option<&str> {
    raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then_some(raw)
}

struct Members<'n, 'v, 'a> {
    wanted: Wanted<'n>,
    values: &'v mut [Option<&'a str>],
}

impl<'a> Visitor<'a> for Members<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(known) = map.next_key_seed(self.wanted)? {
            match known {
                Some(at) => self.values[at] = Some(map.next_value::<&RawValue>()?.get()),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Names;

impl<'a> Visitor<'a> for Names {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Vec<String>, M::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(names)
    }
}

/// The names of the members to read.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'n> {
    pub(super) names: &'n [String],
    /// Which of them may be written in any letter case.
    pub(super) loose: &'n Range<usize>,
}

impl Wanted<'_> {
    /// Which of the names a member has.
    #[inline]
    pub(super) fn place_of(self, name: &str) -> Option<usize> {
        let found = self.names.iter().position(|wanted| wanted == name);
        found.or_else(|| {
            let loose = self.names.get(self.loose.clone()).unwrap_or_default();
            loose.iter().position(|wanted| wanted.eq_ignore_ascii_case(name)).map(|at| self.loose.start + at)
        })
    }
}

impl<'a> DeserializeSeed<'a> for Wanted<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Wanted<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.place_of(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_members_and_checks_the_rest() {
        let names = ["b".to_owned(), "d".to_owned(), "x".to_owned()];
        let mut values = Vec::new();
        members(r#"{"a":{"b":1},"b":"q\"\u00e9","c":[1,2],"d":7}"#, &names, &mut values).unwrap();
        let text: Vec<_> = values.iter().map(|v| v.and_then(|v| scalar_text(v).unwrap())).collect();
        assert_eq!(text, [Some("q\"é".into()), Some("7".into()), None]);
        assert_eq!(super::names(r#"{"b":1,"a":{"c":2},"\u00e9":[]}"#), ["b", "a", "é"]);
        for broken in [r#"{"a":}"#, r#"{"a":1"#, "[1]", "{} {}", "3"] {
            assert!(members(broken, &names, &mut values).is_err(), "{broken}");
        }
    }

    #[test]
    fn values_without_a_settled_text_are_named() {
        let of = |raw: &str| scalar_text(raw).map(|t| t.map(Cow::into_owned));
        assert_eq!(of("null"), Ok(None));
        assert_eq!(of("true"), Ok(Some("true".into())));
        assert_eq!(of("1.0"), Err("a number with a fraction or exponent"));
        assert_eq!(of("[]"), Err("an array"));
    }
}
