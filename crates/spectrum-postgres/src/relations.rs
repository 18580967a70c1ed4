//! What the relations of a deployment are called, with their schema.

use spectrum_sql::TableName;
use spectrum_sql::postgres::{IncrementalNames, RefreshLog};

use crate::deployment::Deployment;
use crate::role::Role;

impl Deployment {
    /// A relation of the deployment's schema.
    fn relation(&self, name: &str) -> TableName {
        // Checked names of a checked deployment cannot be refused here.
        TableName::new(&self.names.schema, name).unwrap_or_else(|_| self.events.beside(name))
    }

    /// The relation with one row per event.
    pub fn sessions(&self) -> TableName {
        self.relation(&self.names.sessions)
    }

    /// The relation with one row per session.
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

    /// Where ids last, the ids that were given.
    pub fn session_ids(&self) -> TableName {
        self.relation(&self.names.session_ids)
    }

    /// The plain view of those that stand for a session with another id now.
    pub fn session_aliases_view(&self) -> TableName {
        self.relation(&self.names.session_aliases_view)
    }

    /// Where it is kept, what the summary was.
    pub fn session_history(&self) -> TableName {
        self.relation(&self.names.session_history)
    }

    /// The function that gives the summary as of a time.
    pub fn sessions_as_of(&self) -> TableName {
        self.relation(&self.names.sessions_as_of)
    }

    /// The plain view of [`Self::refresh_log`].
    pub fn refresh_log_view(&self) -> TableName {
        self.relation(&self.names.refresh_log_view)
    }

    /// The names of everything that maintains the relations.
    pub(crate) fn maintained_names(&self) -> IncrementalNames {
        IncrementalNames {
            sessions: self.sessions(),
            summary: self.summary(),
            changes: self.changes(),
            partitions: self.partitions(),
            kept: self.kept_events(),
            refresh: self.refresh_function(),
            log: self.refresh_log(),
            ids: self.session_ids(),
            history: self.session_history(),
            as_of: self.sessions_as_of(),
        }
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
        Role::SessionIds => deployment.session_ids(),
        Role::SessionAliasesView => deployment.session_aliases_view(),
        Role::SessionHistory => deployment.session_history(),
        Role::AsOfFunction => deployment.sessions_as_of(),
        Role::CaptureFunction | Role::Schema | Role::EventsIndex => deployment.events.clone(),
    }
}

/// The name that a relation has while it is built beside the one whose place it takes.
pub(crate) fn beside(name: &TableName) -> TableName {
    name.beside(name.derived("spectrum_new"))
}
