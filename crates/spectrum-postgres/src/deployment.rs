//! What is to stand where: the definition, the names of the relations, and what goes along.

use std::collections::HashSet;
use std::error::Error;

use serde::{Deserialize, Serialize};
use spectrum_core::{DefinitionError, EpochUnit, Gap, GapError, IdScheme, SessionDefinition, SummaryColumn};
use spectrum_sql::postgres::{HISTORY_COLUMNS, OnDetach, SESSION_ID_COLUMNS, SUMMARY_COLUMNS, ruled_columns};
use spectrum_sql::{DEFAULT_EVENTS, NameError, TableName};

use crate::message::{Message, message};
use crate::names::Names;
use crate::remedy::{Command, Remedy};

/// A checked deployment.
#[derive(Clone, PartialEq, Debug)]
pub struct Deployment {
    /// What a session is.
    pub definition: SessionDefinition,
    /// The events table.
    pub events: TableName,
    /// Where the relations stand.
    pub names: Names,
    /// Columns of the events that go along into the sessions relation.
    pub carried: Vec<String>,
    /// Whether of events that share an id only the earliest counts.
    pub deduplicated: bool,
    /// What the numbers of the time column count since 1970, where it holds numbers.
    pub time_unit: Option<EpochUnit>,
    /// Whether events without a time are left out instead of refused.
    pub without_null_times: bool,
    /// How the relations are kept.
    pub mode: Mode,
    /// In [`Mode::Incremental`], what becomes of the events of a partition that goes.
    pub on_detach: OnDetach,
    /// In [`Mode::Incremental`], how old events are that count on when they go.
    pub retention: Option<Gap>,
    /// In [`Mode::Incremental`], for how long what the summary was is kept.
    pub history: Option<Gap>,
    /// In [`Mode::Incremental`], the columns that the rule alone reads, with the types that they had when the deployment was
    /// bound to its events. Nobody need say them.
    pub rule_columns: Vec<(String, String)>,
    /// Views that a refresh takes along.
    pub refreshed: Vec<TableName>,
}

/// How the relations are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Materialized views, computed anew by every refresh.
    #[default]
    View,
    /// Tables that follow what triggers on the events note.
    Incremental,
}

/// Why a deployment was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeploymentError {
    /// The definition was refused.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// A name was refused.
    #[error("{role}: {source}")]
    Name {
        /// Whose name it is.
        role: &'static str,
        /// Why.
        source: NameError,
    },
    /// Ids would depend on what was there before.
    #[error("{}", self.message())]
    NeedsMemory(IdScheme),
    /// Two relations cannot have one name.
    #[error("two of the relations are called '{0}'; give each its own name under [postgres]")]
    SameName(String),
    /// A column would stand twice in a relation.
    #[error(
        "column '{column}' of {role} has the name of a column that Spectrum adds to {relation}; rename it in a view over the events"
    )]
    ColumnTaken {
        /// The column.
        column: String,
        /// Its role among the events.
        role: &'static str,
        /// The relation with the other column.
        relation: &'static str,
    },
    /// A column is carried along though it is there already.
    #[error(
        "column '{0}' is carried along twice; [postgres] columns names each once, without key, time and event id"
    )]
    CarriedTwice(String),
    /// Which of the copies counts can change with any of them.
    #[error("{}", self.message())]
    DeduplicatedIncrementally,
    /// A materialized view has no more than its query gives.
    #[error("{}", self.message())]
    RetentionInViews(Gap),
    /// A refresh of a materialized view does not know what it replaces.
    #[error("{}", self.message())]
    HistoryInViews(Gap),
    /// For how long what was is kept was not understood.
    #[error("[history] keep = {text:?} is neither a time, as in \"30d\", nor \"none\"")]
    History {
        /// What was said.
        text: String,
        /// Why.
        source: GapError,
    },
    /// How old events have to be was not understood.
    #[error("[retention] events = {text:?} is neither an age, as in \"90d\", nor \"none\"")]
    Retention {
        /// What was said.
        text: String,
        /// Why.
        source: GapError,
    },
    /// The file is not TOML, or has other fields.
    #[error("not a definition: {0}")]
    Toml(String),
}

impl DeploymentError {
    /// The text with its causes, and its remedies as data.
    pub fn message(&self) -> Message {
        match self {
            Self::DeduplicatedIncrementally => message![
                "mode incremental needs event ids that are there once, and deduplicate says that they are not; remove the \
                 copies, put a unique index on the event id and say ",
                Remedy::NoDeduplication,
                ", or deploy with ",
                Remedy::ViewMode
            ],
            Self::RetentionInViews(age) => message![
                format!(
                    "[retention] keeps sessions of events that go when they are {age} old, and mode view computes everything from \
                     the events that are there; deploy with "
                ),
                Remedy::IncrementalMode,
                ", or say events = \"none\" under [retention]"
            ],
            Self::HistoryInViews(keep) => message![
                format!(
                    "[history] keeps for {keep} what each refresh replaces, and a refresh in mode view computes everything anew \
                     without knowing that; deploy with "
                ),
                Remedy::IncrementalMode,
                ", or say keep = \"none\" under [history]"
            ],
            Self::NeedsMemory(scheme) => message![
                format!(
                    "ids of the scheme {scheme} need a memory of what was there before, and mode view computes everything from \
                     the events alone; deploy with "
                ),
                Remedy::IncrementalMode,
                ", or take ",
                Remedy::StartIds
            ],
            other => {
                let causes = std::iter::successors(other.source(), |cause| (*cause).source());
                causes.fold(other.to_string(), |text, cause| format!("{text}: {cause}")).into()
            }
        }
    }
}

/// [`OnDetach`] as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnDetachName {
    #[default]
    Remove,
    Keep,
}

impl From<OnDetachName> for OnDetach {
    fn from(name: OnDetachName) -> Self {
        match name {
            OnDetachName::Remove => Self::Remove,
            OnDetachName::Keep => Self::Keep,
        }
    }
}

impl From<OnDetach> for OnDetachName {
    fn from(policy: OnDetach) -> Self {
        match policy {
            OnDetach::Remove => Self::Remove,
            OnDetach::Keep => Self::Keep,
        }
    }
}

impl Deployment {
    /// The deployment of a definition under the default names, that of the events table among them.
    ///
    /// # Errors
    /// When the names do not fit together.
    pub fn new(definition: SessionDefinition) -> Result<Self, DeploymentError> {
        Self {
            events: table_named("events.table", DEFAULT_EVENTS)?,
            names: Names::default(),
            carried: Vec::new(),
            deduplicated: false,
            time_unit: None,
            without_null_times: false,
            mode: Mode::default(),
            on_detach: OnDetach::default(),
            retention: None,
            history: None,
            rule_columns: Vec::new(),
            refreshed: Vec::new(),
            definition,
        }
        .checked()
    }

    /// The deployment, if its names fit together.
    ///
    /// # Errors
    /// A [`DeploymentError`] that names the value and the rule.
    pub fn checked(self) -> Result<Self, DeploymentError> {
        let names = &self.names;
        let mut seen = HashSet::new();
        for (role, name) in names.relations() {
            TableName::new(&names.schema, name).map_err(|source| DeploymentError::Name { role, source })?;
            if !seen.insert(name) {
                return Err(DeploymentError::SameName(name.to_owned()));
            }
        }
        self.check_columns()?;
        if self.definition.id().needs_memory() && self.mode == Mode::View {
            return Err(DeploymentError::NeedsMemory(self.definition.id()));
        }
        if let (Mode::View, Some(age)) = (self.mode, self.retention) {
            return Err(DeploymentError::RetentionInViews(age));
        }
        if let (Mode::View, Some(keep)) = (self.mode, self.history) {
            return Err(DeploymentError::HistoryInViews(keep));
        }
        if self.mode == Mode::Incremental && self.deduplicated {
            return Err(DeploymentError::DeduplicatedIncrementally);
        }
        Ok(self)
    }

    fn check_columns(&self) -> Result<(), DeploymentError> {
        let definition = &self.definition;
        let key = definition.key().iter().map(|name| (name, "the key"));
        let time_and_id = [(definition.time(), "the time"), (definition.event_id(), "the event id")];
        let own = time_and_id.iter().map(|(name, role)| (*name, *role));
        let carried = self.carried.iter().map(|name| (name.as_str(), "[postgres] columns"));
        let taken = |column: &str, role, relation| {
            Err(DeploymentError::ColumnTaken { column: column.to_owned(), role, relation })
        };
        let of_rule = ruled_columns(definition);
        for (column, role) in key.clone().map(|(name, role)| (name.as_str(), role)).chain(own).chain(carried)
        {
            if column == "session_id" || of_rule.iter().any(|(name, _)| *name == column) {
                return taken(column, role, "the sessions relation");
            }
        }
        let told =
            definition.summary().iter().flat_map(SummaryColumn::reads).map(|(read, _)| read.name.as_str());
        let mut told =
            told.filter(|name| *name == "session_id" || of_rule.iter().any(|(own, _)| own == name));
        if let Some(column) = told.next() {
            return taken(column, "[summary.columns]", "the sessions relation");
        }
        for (column, role) in key {
            if SUMMARY_COLUMNS.contains(&column.as_str()) {
                return taken(column, role, "the summary relation");
            }
            if definition.id().needs_memory() && SESSION_ID_COLUMNS.contains(&column.as_str()) {
                return taken(column, role, "the table of ids");
            }
            if self.history.is_some() && HISTORY_COLUMNS.contains(&column.as_str()) {
                return taken(column, role, "the table of history");
            }
        }
        let mut told = definition.summary().iter().map(|column| column.name.as_str());
        if let Some(column) = told.find(|name| self.history.is_some() && HISTORY_COLUMNS.contains(name)) {
            return taken(column, "[summary.columns]", "the table of history");
        }
        let mut seen: HashSet<&str> = definition.key().iter().map(String::as_str).collect();
        seen.extend([definition.time(), definition.event_id()]);
        match self.carried.iter().find(|column| !seen.insert(column)) {
            Some(column) => Err(DeploymentError::CarriedTwice(column.clone())),
            None => Ok(()),
        }
    }

    /// Whether events that went are kept and count on; `is_divided` says whether the events are in partitions.
    pub(crate) fn keeps_events(&self, is_divided: bool) -> bool {
        self.retention.is_some() || (is_divided && self.on_detach == OnDetach::Keep)
    }

    /// A command about this deployment.
    pub(crate) fn command(&self, command: Command) -> Remedy {
        Remedy::Run { command, schema: self.schema_to_say(), with: None }
    }

    /// The repair of this deployment.
    pub(crate) fn repair(&self) -> Remedy {
        Remedy::Repair { schema: self.schema_to_say() }
    }

    /// The schema, where it is not the one that is looked at anyway; other names are in a definition file.
    fn schema_to_say(&self) -> Option<String> {
        let schema = &self.names.schema;
        (*schema != Names::default().schema).then(|| schema.clone())
    }
}

pub(crate) fn table_named(role: &'static str, text: &str) -> Result<TableName, DeploymentError> {
    TableName::parse(text).map_err(|source| DeploymentError::Name { role, source })
}
