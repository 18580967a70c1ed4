//! Columns of the summary as people write them.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::error::SummaryColumnError;
use super::{Measure, Picked, SummaryColumn};
use crate::predicate::{EventColumn, Predicate};

/// A value of `[summary.columns]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenColumn {
    first: Option<String>,
    last: Option<String>,
    count: Option<String>,
    count_distinct: Option<String>,
    sum: Option<String>,
    min: Option<String>,
    max: Option<String>,
    any: Option<String>,
    when: Option<String>,
    #[serde(rename = "where")]
    filter: Option<String>,
    skip_null: Option<bool>,
}

impl WrittenColumn {
    /// Reads it under this name.
    pub(crate) fn read(self, name: &str) -> Result<SummaryColumn, SummaryColumnError> {
        let measures: [(&'static str, Option<String>); 9] = [
            ("first", self.first),
            ("last", self.last),
            ("count", self.count),
            ("count_distinct", self.count_distinct),
            ("sum", self.sum),
            ("min", self.min),
            ("max", self.max),
            ("any", self.any),
            ("when", self.when),
        ];
        let said: Vec<(&'static str, String)> =
            measures.into_iter().filter_map(|(word, text)| Some((word, text?))).collect();
        let [(word, text)] = said.as_slice() else {
            let words: Vec<&str> = said.iter().map(|(word, _)| *word).collect();
            let said = if words.is_empty() { "no measure".to_owned() } else { words.join(" and ") };
            return Err(SummaryColumnError::Measures { name: name.to_owned(), said });
        };
        let condition = |text: &str| {
            let refused = |source| SummaryColumnError::Condition { name: name.to_owned(), source };
            text.parse::<Predicate>().map_err(refused)
        };
        let column =
            || column(text).ok_or(SummaryColumnError::NoColumn { name: name.to_owned(), measure: word });
        let picked = || Ok(Picked { column: column()?, skip_null: self.skip_null.unwrap_or_default() });
        let measure = match *word {
            "first" => Measure::First(picked()?),
            "last" => Measure::Last(picked()?),
            "count" => Measure::Count(condition(text)?),
            "count_distinct" => Measure::CountDistinct(column()?),
            "sum" => Measure::Sum(column()?),
            "min" => Measure::Min(column()?),
            "max" => Measure::Max(column()?),
            "any" => Measure::Any(condition(text)?),
            _ => Measure::When(condition(text)?),
        };
        let not_for = |what, only| {
            Err(SummaryColumnError::NotFor { name: name.to_owned(), what, measure: measure.word(), only })
        };
        if self.skip_null.is_some() && !matches!(measure, Measure::First(_) | Measure::Last(_)) {
            return not_for("skip_null", "first and last");
        }
        if self.filter.is_some() && matches!(measure, Measure::When(_)) {
            return not_for("where", "measures of events");
        }
        let filter = self.filter.as_deref().map(condition).transpose()?;
        Ok(SummaryColumn { name: name.to_owned(), measure, filter })
    }
}

/// A column of the events as it is written: its name, or `column ->> 'member'`.
fn column(text: &str) -> Option<EventColumn> {
    if text.is_empty() {
        return None;
    }
    let (name, member) = match text.split_once("->>") {
        None => return Some(EventColumn::whole(text)),
        Some((name, member)) => (name.trim(), member.trim()),
    };
    let member = member.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let name = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    };
    Some(EventColumn { name, member: Some(member) })
}

/// The entries of a table in the order in which they are written.
pub(crate) struct InOrder<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for InOrder<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = InOrder<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<InOrder<V>, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(InOrder(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}
