//! Variables in queries and titles, written as Grafana's front end writes them.
//!
//! The forms and formats follow `sceneInterpolator` and `formatRegistry` of @grafana/scenes. Only formats that a
//! query may use safely are here: a variable without one is written by the data source, which has changed from
//! version to version.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::dashboard::Dashboard;
use crate::interval::auto_interval;
use crate::time_range::TimeRange;

/// What is chosen for each variable.
#[derive(Debug, Clone)]
pub struct Choices {
    chosen: BTreeMap<String, Chosen>,
    double_quotes: DoubleQuotes,
}

#[derive(Debug, Clone)]
enum Chosen {
    /// All: the text that stands in for it, as it is.
    All(String),
    One(String),
    Many(Vec<String>),
}

/// What `sqlstring` does with a double quote. It was doubled single quotes only for years; newer front ends also
/// put a backslash before double quotes, which PostgreSQL takes as part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubleQuotes {
    /// They stay.
    AsTheyAre,
    /// They get a backslash.
    WithBackslash,
}

impl Choices {
    /// What is chosen when the dashboard opens.
    pub fn of(dashboard: &Dashboard, range: &TimeRange) -> Result<Self> {
        let mut chosen = BTreeMap::new();
        for variable in &dashboard.templating.list {
            let value =
                variable.current.get("value").with_context(|| format!("current of {}", variable.name))?;
            let value = match value {
                Value::String(text) if text == "$__auto" => {
                    let narrowest = variable.auto_min.as_deref().unwrap_or("1m");
                    Chosen::One(auto_interval(range, variable.auto_count.unwrap_or(30), narrowest)?)
                }
                Value::String(text) => Chosen::One(text.clone()),
                Value::Array(texts) if texts.iter().any(|text| text == "$__all") => {
                    let all = variable.all_value.clone();
                    Chosen::All(all.with_context(|| format!("{} has All without allValue", variable.name))?)
                }
                other => bail!("current of {} is {other}", variable.name),
            };
            chosen.insert(variable.name.clone(), value);
        }
        Ok(Self { chosen, double_quotes: DoubleQuotes::AsTheyAre })
    }

    /// Chooses one value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.chosen.insert(name.to_owned(), Chosen::One(value.to_owned()));
        self
    }

    /// Chooses several values, or none.
    #[must_use]
    pub fn with_many(mut self, name: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        self.chosen.insert(name.to_owned(), Chosen::Many(values));
        self
    }

    /// Another front end.
    #[must_use]
    pub fn quoted(mut self, double_quotes: DoubleQuotes) -> Self {
        self.double_quotes = double_quotes;
        self
    }

    /// Writes a text with all its variables put in: `${name:format}` and `${name}`. What is no variable of the
    /// dashboard stays, macros for example.
    ///
    /// # Errors
    /// When the format is not one of sqlstring, doublequote and text.
    pub fn interpolate(&self, text: &str) -> Result<String> {
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let Some(end) = rest[at..].find('}').map(|end| at + end) else { break };
            written.push_str(&rest[..at]);
            let (name, format) = rest[at + 2..end].split_once(':').unwrap_or((&rest[at + 2..end], "text"));
            match self.chosen.get(name) {
                Some(chosen) => written.push_str(&self.formatted(chosen, format)?),
                None => written.push_str(&rest[at..=end]),
            }
            rest = &rest[end + 1..];
        }
        written.push_str(rest);
        Ok(written)
    }

    fn formatted(&self, chosen: &Chosen, format: &str) -> Result<String> {
        let join = |quote: &dyn Fn(&String) -> String, separator: &str| match chosen {
            Chosen::All(text) => text.clone(),
            Chosen::One(text) => quote(text),
            Chosen::Many(texts) => texts.iter().map(quote).collect::<Vec<_>>().join(separator),
        };
        Ok(match (format, chosen) {
            ("text", Chosen::All(_)) => "All".to_owned(),
            ("text", _) => join(&String::clone, " + "),
            ("sqlstring", _) => join(&|text| self.sql_string(text), ","),
            ("doublequote", _) => join(&|text| format!("\"{}\"", text.replace('"', "\\\"")), ","),
            _ => bail!("variable format '{format}' is not one of sqlstring, doublequote and text"),
        })
    }

    fn sql_string(&self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self.double_quotes {
            DoubleQuotes::AsTheyAre => format!("'{text}'"),
            DoubleQuotes::WithBackslash => format!("'{}'", text.replace('"', "\\\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Choices {
        Choices { chosen: BTreeMap::new(), double_quotes: DoubleQuotes::AsTheyAre }
            .with("bucket", "5m")
            .with_many("account", &["o'neil", "a \"b\""])
    }

    #[test]
    fn values_are_quoted_one_by_one() {
        let text = choices().interpolate("IN (${account:sqlstring}), ${bucket:sqlstring}").unwrap();
        assert_eq!(text, "IN ('o''neil','a \"b\"'), '5m'");
        let newer = choices().quoted(DoubleQuotes::WithBackslash);
        assert_eq!(newer.interpolate("${account:sqlstring}").unwrap(), r#"'o''neil','a \"b\"'"#);
    }

    #[test]
    fn all_is_written_as_it_stands() {
        let mut choices = choices();
        choices.chosen.insert("account".into(), Chosen::All("''".into()));
        assert_eq!(choices.interpolate("[${account:sqlstring}] ${account}").unwrap(), "[''] All");
    }

    #[test]
    fn nothing_chosen_is_nothing() {
        let none = choices().with_many("account", &[]);
        assert_eq!(none.interpolate("ARRAY[${account:sqlstring}]").unwrap(), "ARRAY[]");
    }

    #[test]
    fn what_is_no_variable_stays() {
        let text = "$__timeFilter(x) ${__value.raw:percentencode} ${ bucket";
        assert_eq!(choices().interpolate(text).unwrap(), text);
    }

    #[test]
    fn other_formats_are_refused() {
        assert!(choices().interpolate("${account:csv}").is_err());
    }
}
