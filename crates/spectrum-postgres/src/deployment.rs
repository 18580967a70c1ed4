//! What is to stand where: the definition, the names of the relations, and what goes along.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use spectrum_core::{DefinitionError, SessionDefinition};
use spectrum_sql::postgres::{OnDetach, SUMMARY_COLUMNS};
use spectrum_sql::{DEFAULT_EVENTS, NameError, TableName};

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
        "mode incremental needs event ids that are there once, and deduplicate says that they are not; remove the copies, put \
         a unique index on the event id and say --no-dedup, or deploy with --mode view"
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
            events: name_of("events.table", DEFAULT_EVENTS)?,
            names: Names::default(),
            carried: Vec::new(),
            deduplicated: false,
            without_null_times: false,
            mode: Mode::default(),
            on_detach: OnDetach::default(),
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

    /// A command of Spectrum about this deployment, as people type it; names but that of the schema are in a definition
    /// file.
    pub fn command(&self, command: &str) -> String {
        let schema = &self.names.schema;
        match *schema == Names::default().schema {
            true => format!("spectrum {command}"),
            false => format!("spectrum {command} --schema {}", shell_word(schema)),
        }
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

/// A word for the shell, in quotes where it needs them.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

pub(crate) fn name_of(role: &'static str, text: &str) -> Result<TableName, DeploymentError> {
    TableName::parse(text).map_err(|source| DeploymentError::Name { role, source })
}
