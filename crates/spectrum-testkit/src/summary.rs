//! What a case says of the summary: its own columns, and what they must tell of each session.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::case::Case;
use crate::column::ColumnType;

/// The lines under `[summary.columns]`, as a case gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryText(pub String);

/// A column of the summary in the words of the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldColumn {
    /// Its name.
    pub name: String,
    /// Its measure: `first`, `count` and so on.
    pub measure: String,
    /// A column of the events, or a condition.
    pub of: String,
    /// Only events for which this is true have a say.
    pub filter: Option<String>,
    /// Whether events without a value are passed over.
    pub skip_null: bool,
}

/// What a session must tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// The key, as text.
    pub key: Vec<Option<String>>,
    /// The session's number.
    pub seq: u64,
    /// A value per column of the summary, in one form ([`Case::told_in_one_form`]).
    pub values: Vec<Option<String>>,
}

/// How a told value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Exact,
    Floating,
    Boolean,
}

impl SummaryText {
    /// Whether the summary tells nothing besides.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The columns in the order in which they are written.
    pub fn columns(&self) -> Result<Vec<ToldColumn>> {
        let InOrder(columns) = toml::from_str(&self.0).context("the columns of the summary")?;
        columns.into_iter().map(|(name, said)| ToldColumn::read(name, said)).collect()
    }
}

impl ToldColumn {
    fn read(name: String, said: toml::Table) -> Result<Self> {
        let text = |value: &toml::Value| value.as_str().map(str::to_owned).context("a text");
        let mut measure = None;
        let (mut filter, mut skip_null) = (None, false);
        for (field, value) in &said {
            match field.as_str() {
                "where" => filter = Some(text(value)?),
                "skip_null" => skip_null = value.as_bool().context("true or false")?,
                _ => measure = Some((field.clone(), text(value)?)),
            }
        }
        let Some((measure, of)) = measure else { bail!("summary column '{name}' says no measure") };
        Ok(Self { name, measure, of, filter, skip_null })
    }

    /// Whether its value is of a column of the events.
    pub fn is_of_a_column(&self) -> bool {
        !matches!(self.measure.as_str(), "count" | "any" | "when")
    }
}

impl Case {
    /// A told value in the form in which values of engines are compared, whatever an engine writes: numbers without zeros
    /// at their end, floating numbers as Rust writes them, and `true` and `false`.
    pub fn told_in_one_form(&self, column: &ToldColumn, value: Option<&str>) -> Result<Option<String>> {
        let Some(text) = value else { return Ok(None) };
        let form = self.form(column)?;
        Ok(Some(match form {
            Form::Text => text.to_owned(),
            Form::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => "true".to_owned(),
                "false" | "f" | "0" => "false".to_owned(),
                _ => bail!("'{text}' of summary column '{}' is not a boolean", column.name),
            },
            Form::Exact => {
                let is_digit = |c: char| c.is_ascii_digit() || c == '-' || c == '.';
                ensure!(
                    text.chars().all(is_digit),
                    "'{text}' of summary column '{}' is not exact",
                    column.name
                );
                match text.contains('.') {
                    true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    false => text.to_owned(),
                }
            }
            Form::Floating => {
                let number: f64 = text.parse().with_context(|| format!("'{text}'"))?;
                (if number == 0.0 { 0.0 } else { number }).to_string()
            }
        }))
    }

    fn form(&self, column: &ToldColumn) -> Result<Form> {
        Ok(match column.measure.as_str() {
            "count" | "count_distinct" => Form::Exact,
            "any" | "when" => Form::Boolean,
            _ => {
                let found = self.columns.iter().find(|known| known.name == column.of);
                match found.map(|found| &found.ty) {
                    None => {
                        bail!("summary column '{}' reads '{}', which is not there", column.name, column.of)
                    }
                    Some(ColumnType::Boolean) => Form::Boolean,
                    Some(ColumnType::Float64) => Form::Floating,
                    Some(ty) if ty.is_number() => Form::Exact,
                    Some(_) => Form::Text,
                }
            }
        })
    }
}

/// The entries of a table in the order in which they are written.
struct InOrder(Vec<(String, toml::Table)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = InOrder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns of a summary")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<InOrder, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(InOrder(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_their_order() {
        let text = "z = { first = 'page', skip_null = true }\na = { count = \"kind = 'x'\", where = 'bot' }";
        let columns = SummaryText(text.to_owned()).columns().unwrap();
        let told: Vec<_> = columns.iter().map(|column| (column.name.as_str(), column.of.as_str())).collect();
        assert_eq!(told, [("z", "page"), ("a", "kind = 'x'")]);
        assert_eq!((columns[0].skip_null, columns[1].filter.as_deref()), (true, Some("bot")));
    }
}
