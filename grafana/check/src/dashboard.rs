//! The dashboard as its JSON has it; what is not checked or drawn stays JSON.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// A dashboard.
#[derive(Debug, Clone, Deserialize)]
pub struct Dashboard {
    /// What its address is made of.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// Its panels.
    pub panels: Vec<Panel>,
    /// Its variables.
    pub templating: Templating,
}

/// The list of variables.
#[derive(Debug, Clone, Deserialize)]
pub struct Templating {
    /// The variables in the order in which they are shown.
    pub list: Vec<Variable>,
}

/// A variable.
#[derive(Debug, Clone, Deserialize)]
pub struct Variable {
    /// What queries call it.
    pub name: String,
    /// Its kind: `query`, `interval` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// What people see.
    pub label: String,
    /// SQL, a list or a value, by kind.
    pub query: String,
    /// What stands in for All, not quoted by Grafana.
    #[serde(default, rename = "allValue")]
    pub all_value: Option<String>,
    /// 2 is hidden.
    pub hide: u8,
    /// What is chosen when the dashboard opens.
    pub current: Value,
    /// Into how many buckets the bucket `auto` cuts the time range, about.
    #[serde(default)]
    pub auto_count: Option<u32>,
    /// The narrowest bucket of `auto`.
    #[serde(default)]
    pub auto_min: Option<String>,
}

/// A panel.
#[derive(Debug, Clone, Deserialize)]
pub struct Panel {
    /// Its number, once in a dashboard.
    pub id: u32,
    /// The visualization: `stat`, `timeseries` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its title, with variables.
    pub title: String,
    /// What it shows exactly.
    pub description: String,
    /// Where it stands.
    #[serde(rename = "gridPos")]
    pub place: Place,
    /// Its queries.
    pub targets: Vec<Target>,
    /// Units, colours, thresholds and so on.
    #[serde(rename = "fieldConfig")]
    pub fields: FieldConfig,
    /// What the visualization makes of them.
    pub options: Value,
}

/// A place on the grid of 24 columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// How many columns.
    pub w: u32,
    /// How many rows.
    pub h: u32,
}

/// A query.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// The SQL, with variables and macros.
    #[serde(rename = "rawSql")]
    pub sql: String,
    /// `table` or `time_series`.
    pub format: String,
}

/// How fields look.
#[derive(Debug, Clone, Deserialize)]
pub struct FieldConfig {
    /// For all fields.
    pub defaults: Value,
    /// For some of them.
    pub overrides: Vec<Override>,
}

/// How one field looks.
#[derive(Debug, Clone, Deserialize)]
pub struct Override {
    /// Which field.
    pub matcher: Matcher,
    /// What is different.
    pub properties: Vec<Property>,
}

/// Which field an override is for.
#[derive(Debug, Clone, Deserialize)]
pub struct Matcher {
    /// How it is found: here always `byName`.
    pub id: String,
    /// Its name.
    pub options: String,
}

/// A property that an override sets.
#[derive(Debug, Clone, Deserialize)]
pub struct Property {
    /// Which: `unit`, `color` and so on.
    pub id: String,
    /// To what.
    pub value: Value,
}

/// The folder `grafana/`.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of the dashboard's file.
pub fn json() -> Result<String> {
    let path = folder().join("dashboards/sessions.json");
    std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

impl Dashboard {
    /// Reads the dashboard's file.
    pub fn load() -> Result<Self> {
        serde_json::from_str(&json()?).context("the dashboard's JSON")
    }

    /// The variable of this name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.templating.list.iter().find(|variable| variable.name == name)
    }
}

impl FieldConfig {
    /// A property of a field: its override's, else the default.
    pub fn property(&self, field: &str, id: &str) -> Option<&Value> {
        let overridden = self
            .overrides
            .iter()
            .filter(|one| one.matcher.id == "byName" && one.matcher.options == field)
            .flat_map(|one| &one.properties)
            .rfind(|property| property.id == id)
            .map(|property| &property.value);
        overridden.or_else(|| id.split('.').try_fold(&self.defaults, |value, part| value.get(part)))
    }
}
