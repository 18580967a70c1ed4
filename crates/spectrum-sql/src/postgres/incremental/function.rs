//! A function as it is made, in parts, so that one that stands can be held against it.

use crate::name::TableName;
use crate::quote::literal;

/// The search path of functions that run with their owner's rights: anything that is not PostgreSQL's own is
/// named with its schema in them, and the caller's temporary tables come last.
const PINNED_PATH: &str = "pg_catalog, pg_temp";

/// A function of a deployment: most have no arguments, are in plpgsql and run with their owner's rights.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name, with its schema.
    pub name: TableName,
    /// Its body, as `pg_proc.prosrc` has it.
    pub body: String,
    /// Settings that hold while it runs.
    settings: Vec<(&'static str, &'static str)>,
    /// What stands between its name and its settings.
    signature: String,
}

impl Function {
    /// The function behind a trigger.
    pub(super) fn of_trigger(
        name: TableName,
        settings: Vec<(&'static str, &'static str)>,
        body: String,
    ) -> Self {
        Self { name, body, settings, signature: definer("() RETURNS trigger") }
    }

    /// A function that returns a row of these columns, which stand in parentheses.
    pub(super) fn of_row(
        name: TableName,
        columns: String,
        settings: Vec<(&'static str, &'static str)>,
        body: String,
    ) -> Self {
        Self { name, body, settings, signature: definer(&columns) }
    }

    /// A function of a time, with what stands between its name and its settings. It runs with its caller's rights.
    pub(super) fn of_time(
        name: TableName,
        signature: String,
        settings: Vec<(&'static str, &'static str)>,
        body: String,
    ) -> Self {
        Self { name, body, settings, signature }
    }

    /// The statement that makes it.
    pub fn create(&self) -> String {
        self.made("CREATE FUNCTION")
    }

    /// The statement that makes it, in the place of one of its name that gives the same.
    pub fn replace(&self) -> String {
        self.made("CREATE OR REPLACE FUNCTION")
    }

    fn made(&self, create: &str) -> String {
        let settings: String = self
            .settings
            .iter()
            .map(|(name, value)| {
                let value = if *name == "search_path" { (*value).to_owned() } else { literal(value) };
                format!(" SET {name} = {value}")
            })
            .collect();
        format!(
            "{create} {}{}{settings} AS {}",
            self.name,
            self.signature,
            dollar_quoted("spectrum", &self.body)
        )
    }

    /// Its settings, as `pg_proc.proconfig` has them.
    pub fn config(&self) -> Vec<String> {
        self.settings.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }
}

/// The signature of a function in plpgsql that runs with its owner's rights and gives this.
fn definer(gives: &str) -> String {
    format!("{gives} LANGUAGE plpgsql SECURITY DEFINER")
}

/// The settings of functions that look names and operators up, and then `more`.
pub(super) fn pinned(
    more: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Vec<(&'static str, &'static str)> {
    // Where a policy hides events, an error instead of sessions of those that it shows.
    [("search_path", PINNED_PATH), ("row_security", "off")].into_iter().chain(more).collect()
}

/// A text between dollar signs, with a tag that the text does not hold.
pub(super) fn dollar_quoted(tag: &str, text: &str) -> String {
    let mut tag = tag.to_owned();
    while text.contains(&format!("${tag}$")) {
        tag.push('_');
    }
    format!("${tag}${text}${tag}$")
}
