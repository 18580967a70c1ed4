//! What is to stand where: the definition, the names of the relations, and what goes along.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use spectrum_core::{DefinitionError, SessionDefinition};
use spectrum_sql::postgres::{OnDetach, SUMMARY_COLUMNS};
use spectrum_sql::{NameError, TableName};

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
    /// Whether events without a time are left out instead of refused.
    pub without_null_times: bool,
    /// How the relations are kept.
    pub mode: Mode,
    /// In [`Mode::Incremental`], what becomes of the events of a partition that goes.
    pub on_detach: OnDetach,
    /// Whether `mode` was said, and is not what it is for want of anything else: then a deployment that stands keeps
    /// its own. Any mode but the default counts as said.
    pub mode_is_said: bool,
    /// The same of `on_detach`.
    pub on_detach_is_said: bool,
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

/// The names of the relations, all in one schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The schema of all of them.
    pub schema: String,
    /// A row an event.
    pub sessions: String,
    /// A row a session.
    pub summary: String,
    /// A plain view of the first, for tools that list no materialized views.
    pub sessions_view: String,
    /// A plain view of the second.
    pub summary_view: String,
    /// A row a relation and refresh.
    pub refresh_log: String,
    /// A plain view of the log, for dashboards.
    pub refresh_log_view: String,
    /// In [`Mode::Incremental`], what the triggers note. Other things of that mode have names that begin with it.
    pub changes: String,
    /// In [`Mode::Incremental`], the function that refreshes.
    pub refresh_function: String,
}

/// Why a deployment was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
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
    #[error(
        "mode incremental needs event ids that are there once, and deduplicate says that they are not; remove the copies and \
         put a unique index on the event id, or deploy with --mode view"
    )]
    DeduplicatedIncrementally,
    /// The file is not TOML, or has other fields.
    #[error("not a definition: {0}")]
    Toml(String),
}

impl Default for Names {
    fn default() -> Self {
        Self {
            schema: "analytics".into(),
            sessions: "mv_sessions".into(),
            summary: "mv_session_summary".into(),
            sessions_view: "v_sessions".into(),
            summary_view: "v_session_summary".into(),
            refresh_log: "spectrum_refresh_log".into(),
            refresh_log_view: "v_refresh_log".into(),
            changes: "spectrum_changes".into(),
            refresh_function: "refresh_sessions".into(),
        }
    }
}

/// The parts of a `spectrum.toml` that only a database needs.
#[derive(Deserialize, Default)]
struct DeploymentFile {
    #[serde(default)]
    postgres: PostgresTable,
    #[serde(default)]
    refresh: RefreshTable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PostgresTable {
    columns: Vec<String>,
    deduplicate: bool,
    drop_null_times: bool,
    mode: Option<Mode>,
    on_detach: Option<OnDetachName>,
    schema: Option<String>,
    sessions: Option<String>,
    summary: Option<String>,
    sessions_view: Option<String>,
    summary_view: Option<String>,
    refresh_log: Option<String>,
    refresh_log_view: Option<String>,
    changes: Option<String>,
    refresh_function: Option<String>,
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RefreshTable {
    #[serde(default)]
    views: Vec<String>,
}

impl Deployment {
    /// The deployment of a definition under the default names.
    ///
    /// # Errors
    /// When the names do not fit together.
    pub fn new(definition: SessionDefinition) -> Result<Self, DeploymentError> {
        Self::from_toml(definition, "")
    }

    /// Reads `[postgres]` and `[refresh]` of a `spectrum.toml`; its other tables are the definition's.
    ///
    /// # Errors
    /// When the text is not TOML, has a field that is not known, or names that do not fit together.
    pub fn from_toml(definition: SessionDefinition, text: &str) -> Result<Self, DeploymentError> {
        let file: DeploymentFile =
            toml::from_str(text).map_err(|e| DeploymentError::Toml(e.to_string().trim_end().to_owned()))?;
        let default = Names::default();
        let named = file.postgres;
        let names = Names {
            schema: named.schema.unwrap_or(default.schema),
            sessions: named.sessions.unwrap_or(default.sessions),
            summary: named.summary.unwrap_or(default.summary),
            sessions_view: named.sessions_view.unwrap_or(default.sessions_view),
            summary_view: named.summary_view.unwrap_or(default.summary_view),
            refresh_log: named.refresh_log.unwrap_or(default.refresh_log),
            refresh_log_view: named.refresh_log_view.unwrap_or(default.refresh_log_view),
            changes: named.changes.unwrap_or(default.changes),
            refresh_function: named.refresh_function.unwrap_or(default.refresh_function),
        };
        let events = name_of("events.table", definition.table())?;
        let refreshed = file.refresh.views.iter().map(|view| name_of("refresh.views", view));
        Self {
            events,
            names,
            carried: named.columns,
            deduplicated: named.deduplicate,
            without_null_times: named.drop_null_times,
            mode: named.mode.unwrap_or_default(),
            on_detach: named.on_detach.unwrap_or_default().into(),
            mode_is_said: named.mode.is_some(),
            on_detach_is_said: named.on_detach.is_some(),
            refreshed: refreshed.collect::<Result<_, _>>()?,
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
        if self.mode == Mode::Incremental && self.deduplicated {
            return Err(DeploymentError::DeduplicatedIncrementally);
        }
        Ok(self)
    }

    /// The deployment with the mode and the policy of another one where it says none itself.
    #[must_use]
    pub(crate) fn kept_as(self, standing: &Self) -> Self {
        let mode = if self.mode_is_said || self.mode != Mode::default() { self.mode } else { standing.mode };
        let policy_is_said = self.on_detach_is_said || self.on_detach != OnDetach::default();
        let on_detach = if policy_is_said { self.on_detach } else { standing.on_detach };
        Self { mode, on_detach, ..self }
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
        for (column, role) in key.clone().map(|(name, role)| (name.as_str(), role)).chain(own).chain(carried)
        {
            if column == "session_id" {
                return taken(column, role, "the sessions relation");
            }
        }
        for (column, role) in key {
            if SUMMARY_COLUMNS.contains(&column.as_str()) {
                return taken(column, role, "the summary relation");
            }
        }
        let mut seen: HashSet<&str> = definition.key().iter().map(String::as_str).collect();
        seen.extend([definition.time(), definition.event_id()]);
        match self.carried.iter().find(|column| !seen.insert(column)) {
            Some(column) => Err(DeploymentError::CarriedTwice(column.clone())),
            None => Ok(()),
        }
    }

    /// A relation of the deployment's schema.
    fn relation(&self, name: &str) -> TableName {
        // Checked names of a checked deployment cannot be refused here.
        TableName::new(&self.names.schema, name).unwrap_or_else(|_| self.events.beside(name))
    }

    /// The relation with a row an event.
    pub fn sessions(&self) -> TableName {
        self.relation(&self.names.sessions)
    }

    /// The relation with a row a session.
    pub fn summary(&self) -> TableName {
        self.relation(&self.names.summary)
    }

    /// The plain view of [`Self::sessions`].
    pub fn sessions_view(&self) -> TableName {
        self.relation(&self.names.sessions_view)
    }

    /// The plain view of [`Self::summary`].
    pub fn summary_view(&self) -> TableName {
        self.relation(&self.names.summary_view)
    }

    /// The table of refreshes.
    pub fn refresh_log(&self) -> TableName {
        self.relation(&self.names.refresh_log)
    }

    /// What the triggers note.
    pub fn changes(&self) -> TableName {
        self.relation(&self.names.changes)
    }

    /// The partitions that are known.
    pub fn partitions(&self) -> TableName {
        self.beside_changes("partitions")
    }

    /// The events of partitions that went and are kept.
    pub fn kept_events(&self) -> TableName {
        self.beside_changes("kept_events")
    }

    /// The parts of a build that is not finished.
    pub fn build_parts(&self) -> TableName {
        self.beside_changes("build_parts")
    }

    fn beside_changes(&self, suffix: &str) -> TableName {
        let changes = self.changes();
        changes.beside(changes.derived(suffix))
    }

    /// The function that refreshes.
    pub fn refresh_function(&self) -> TableName {
        self.relation(&self.names.refresh_function)
    }

    /// The plain view of [`Self::refresh_log`].
    pub fn refresh_log_view(&self) -> TableName {
        self.relation(&self.names.refresh_log_view)
    }
}

impl Names {
    fn relations(&self) -> [(&'static str, &str); 8] {
        [
            ("postgres.sessions", &self.sessions),
            ("postgres.summary", &self.summary),
            ("postgres.sessions_view", &self.sessions_view),
            ("postgres.summary_view", &self.summary_view),
            ("postgres.refresh_log", &self.refresh_log),
            ("postgres.refresh_log_view", &self.refresh_log_view),
            ("postgres.changes", &self.changes),
            ("postgres.refresh_function", &self.refresh_function),
        ]
    }
}

fn name_of(role: &'static str, text: &str) -> Result<TableName, DeploymentError> {
    TableName::parse(text).map_err(|source| DeploymentError::Name { role, source })
}
