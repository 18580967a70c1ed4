//! What everything that belongs to a deployment is called.

use serde::{Deserialize, Serialize};
use spectrum_sql::TableName;
use spectrum_sql::postgres::RefreshLog;

use crate::deployment::Deployment;
use crate::record::Role;

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

impl Names {
    /// The settings that name relations, each with its value.
    pub(crate) fn relations(&self) -> [(&'static str, &str); 8] {
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

impl Deployment {
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

    /// What makes the refresh log and its view.
    pub(crate) fn refresh_log_sql(&self) -> String {
        RefreshLog::new(&self.refresh_log()).make(&self.refresh_log_view())
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

/// The name of a role's relation.
pub(crate) fn name_of(deployment: &Deployment, role: Role) -> TableName {
    match role {
        Role::Sessions => deployment.sessions(),
        Role::Summary => deployment.summary(),
        Role::SessionsView => deployment.sessions_view(),
        Role::SummaryView => deployment.summary_view(),
        Role::RefreshLog => deployment.refresh_log(),
        Role::RefreshLogView => deployment.refresh_log_view(),
        Role::Changes => deployment.changes(),
        Role::Partitions => deployment.partitions(),
        Role::KeptEvents => deployment.kept_events(),
        Role::BuildParts => deployment.build_parts(),
        Role::NewSessions => beside(&deployment.sessions()),
        Role::NewSummary => beside(&deployment.summary()),
        Role::RefreshFunction => deployment.refresh_function(),
        Role::CaptureFunction | Role::Schema | Role::EventsIndex => deployment.events.clone(),
    }
}

/// The name that a relation has while it is built beside the one whose place it takes.
pub(crate) fn beside(name: &TableName) -> TableName {
    name.beside(name.derived("spectrum_new"))
}
