//! `state.json`: what a state is of, and which files it consists of.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_schema::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use spectrum_core::{RuleParts, SessionDefinition, SummaryColumn};

use super::error::StateError;
use super::homes::Home;
use super::leaves::Leaf;
use super::part::{Part, md5};
use crate::null_keys::NullKey;

/// Counts up when states are written in another way.
const LAYOUT: u32 = 3;

/// A state's content. By default it is none: that before the first run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The number of the run that wrote it, from 1.
    pub(super) run: u64,
    pub(super) definition: RecordedDefinition,
    pub(super) times: RecordedTimes,
    /// The types of the key columns, as the sessions table has them.
    pub(super) key_types: Vec<String>,
    /// The latest instant of any event taken.
    pub(super) latest: Option<i64>,
    /// Events that were taken and belong to sessions.
    pub(super) events: u64,
    /// By the ends of their sessions. The first leaf goes back as far as sessions do.
    pub(super) sessions: Vec<Leaf>,
    pub(super) files: Option<Part>,
    /// How many sessions each key has had, where ids are numbered.
    pub(super) keys: Vec<Part>,
    /// Ids that became others, where ids stay.
    pub(super) aliases: Option<Part>,
    /// The folders in which its runs were made.
    pub(super) homes: Vec<Home>,
}

/// A definition as far as sessions and ids depend on it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedDefinition {
    key: Vec<String>,
    time: String,
    id: String,
    /// What becomes of events with a NULL in their key.
    null_key: String,
    /// The settings that are not as they are by default, and the gap.
    rule: BTreeMap<String, String>,
    /// What the summary tells besides, a column each as it is written.
    summary: Vec<String>,
}

/// What instants count.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedTimes {
    unit: String,
    zone: Option<String>,
    pub(super) days: bool,
}

/// The file: the state, and what shows that nobody changed it.
#[derive(Serialize, Deserialize)]
struct Sealed {
    spectrum: String,
    layout: u32,
    md5: String,
    state: Box<RawValue>,
}

impl Manifest {
    pub(super) fn to_json(&self) -> Result<String, StateError> {
        let cannot = |error: serde_json::Error| StateError::damaged("state.json", error);
        let state = serde_json::value::to_raw_value(self).map_err(cannot)?;
        let sealed = Sealed {
            spectrum: env!("CARGO_PKG_VERSION").to_owned(),
            layout: LAYOUT,
            md5: md5(state.get().as_bytes()),
            state,
        };
        serde_json::to_string(&sealed).map_err(cannot)
    }

    pub(super) fn from_json(text: &str, folder: &Path, name: &Path) -> Result<Self, StateError> {
        let sealed: Sealed = serde_json::from_str(text).map_err(|error| StateError::damaged(name, error))?;
        if sealed.layout != LAYOUT {
            return Err(StateError::OtherLayout {
                folder: folder.to_path_buf(),
                version: sealed.spectrum,
                layout: sealed.layout,
                known: LAYOUT,
            });
        }
        if md5(sealed.state.get().as_bytes()) != sealed.md5 {
            return Err(StateError::damaged(name, "its content has another MD5 than it says"));
        }
        serde_json::from_str(sealed.state.get()).map_err(|error| StateError::damaged(name, error))
    }

    /// How many sessions there are.
    pub(super) fn session_count(&self) -> u64 {
        self.sessions.iter().map(|leaf| leaf.part.rows).sum()
    }

    /// The type of a key column, unless no session has had one yet.
    pub(super) fn key_type(&self, column: usize) -> Option<DataType> {
        let text = self.key_types.get(column).filter(|_| self.session_count() > 0)?;
        text.parse().ok()
    }

    /// All files that it names.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        let leaves = self.sessions.iter().map(|leaf| &leaf.part);
        leaves.chain(&self.files).chain(&self.keys).chain(&self.aliases)
    }
}

impl RecordedDefinition {
    pub(super) fn of(definition: &SessionDefinition, null_key: NullKey) -> Self {
        let gap = ("gap", definition.gap().to_string());
        let rule = std::iter::once(gap).chain(definition.rule().settings());
        Self {
            key: definition.key().to_vec(),
            time: definition.time().to_owned(),
            id: definition.id().to_string(),
            null_key: match null_key {
                NullKey::Group => "group",
                NullKey::Drop | NullKey::Refuse => "left out",
            }
            .to_owned(),
            rule: rule.map(|(name, text)| (name.to_owned(), text)).collect(),
            summary: definition.summary().iter().map(ToString::to_string).collect(),
        }
    }

    /// What becomes of events with a NULL in their key.
    pub(super) fn null_key(&self) -> NullKey {
        if self.null_key == "group" { NullKey::Group } else { NullKey::Drop }
    }

    /// The definition; whatever no state depends on has its default.
    pub(super) fn read(&self, folder: &Path) -> Result<SessionDefinition, StateError> {
        let damaged = |error: &dyn std::error::Error| StateError::damaged(folder.join("state.json"), error);
        let mut parts = RuleParts::default();
        for (setting, text) in &self.rule {
            parts.set(setting, text).map_err(|error| damaged(&error))?;
        }
        let id = self.id.parse().map_err(|error| damaged(&error))?;
        let builder = SessionDefinition::builder().key(self.key.clone()).time(&self.time).id(id);
        let summary = SummaryColumn::read_all(&self.summary.join("\n")).map_err(|error| damaged(&error))?;
        builder.rule(parts).summary(summary).build().map_err(|error| damaged(&error))
    }

    /// What is otherwise in another, in words.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let mut words = Vec::new();
        let mut compare = |name: &str, before: &str, now: &str| {
            if before != now {
                words.push(format!("{name} is {before} there and {now} here"));
            }
        };
        compare("key", &self.key.join(","), &now.key.join(","));
        compare("time", &self.time, &now.time);
        compare("id", &self.id, &now.id);
        compare("null_key", &self.null_key, &now.null_key);
        let names: std::collections::BTreeSet<&String> = self.rule.keys().chain(now.rule.keys()).collect();
        for name in names {
            let said =
                |rule: &BTreeMap<String, String>| rule.get(name).map_or("not set", String::as_str).to_owned();
            compare(name, &said(&self.rule), &said(&now.rule));
        }
        let without = |summary: &[String], other: &[String]| -> Vec<String> {
            summary.iter().filter(|column| !other.contains(column)).cloned().collect()
        };
        let (gone, new) = (without(&self.summary, &now.summary), without(&now.summary, &self.summary));
        words.extend(gone.iter().map(|column| format!("summary column {column} is not here")));
        words.extend(new.iter().map(|column| format!("summary column {column} is not there")));
        if gone.is_empty() && new.is_empty() && self.summary != now.summary {
            words.push("the summary's columns are in another order here".to_owned());
        }
        words
    }
}

impl RecordedTimes {
    pub(super) fn of(time_type: &DataType, days: bool) -> Self {
        let (unit, zone) = match time_type {
            DataType::Timestamp(unit, zone) => (*unit, zone.as_deref().map(str::to_owned)),
            _ => (TimeUnit::Microsecond, None),
        };
        Self { unit: name_of(unit).to_owned(), zone, days }
    }

    pub(super) fn unit(&self) -> TimeUnit {
        match self.unit.as_str() {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            _ => TimeUnit::Nanosecond,
        }
    }

    pub(super) fn is_zoned(&self) -> bool {
        self.zone.is_some()
    }

    pub(super) fn zone(&self) -> Option<std::sync::Arc<str>> {
        self.zone.as_deref().map(Into::into)
    }

    pub(super) fn data_type(&self) -> DataType {
        DataType::Timestamp(self.unit(), self.zone())
    }
}

fn name_of(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}
