//! The names that a deployment gives to what it makes.

use serde::{Deserialize, Serialize};

/// The names of the relations, all in one schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The schema of all of them.
    pub schema: String,
    /// One row per event.
    pub sessions: String,
    /// One row per session.
    pub summary: String,
    /// A plain view of the first, for tools that list no materialized views.
    pub sessions_view: String,
    /// A plain view of the second.
    pub summary_view: String,
    /// One row per relation and refresh.
    pub refresh_log: String,
    /// A plain view of the log, for dashboards.
    pub refresh_log_view: String,
    /// In [`Mode::Incremental`](crate::Mode::Incremental), what the triggers note. Other things of that mode have names that begin with it.
    pub changes: String,
    /// In [`Mode::Incremental`](crate::Mode::Incremental), the function that refreshes.
    pub refresh_function: String,
    /// Where ids last, the ids that were given. Records leave it out where it is what it always was.
    #[serde(skip_serializing_if = "is_default_session_ids")]
    pub session_ids: String,
    /// A plain view of those that stand for a session with another id now.
    #[serde(skip_serializing_if = "is_default_session_aliases_view")]
    pub session_aliases_view: String,
    /// Where it is kept, what the summary was.
    #[serde(skip_serializing_if = "is_default_session_history")]
    pub session_history: String,
    /// The function that gives the summary as of a time.
    #[serde(skip_serializing_if = "is_default_sessions_as_of")]
    pub sessions_as_of: String,
}

const SESSION_IDS: &str = "session_ids";
const SESSION_ALIASES_VIEW: &str = "v_session_aliases";
const SESSION_HISTORY: &str = "session_history";
const SESSIONS_AS_OF: &str = "sessions_as_of";

fn is_default_session_ids(name: &String) -> bool {
    name == SESSION_IDS
}

fn is_default_session_aliases_view(name: &String) -> bool {
    name == SESSION_ALIASES_VIEW
}

fn is_default_session_history(name: &String) -> bool {
    name == SESSION_HISTORY
}

fn is_default_sessions_as_of(name: &String) -> bool {
    name == SESSIONS_AS_OF
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
            session_ids: SESSION_IDS.into(),
            session_aliases_view: SESSION_ALIASES_VIEW.into(),
            session_history: SESSION_HISTORY.into(),
            sessions_as_of: SESSIONS_AS_OF.into(),
        }
    }
}

impl Names {
    /// The settings that name relations, each with its value.
    pub(crate) fn relations(&self) -> [(&'static str, &str); 12] {
        [
            ("postgres.sessions", &self.sessions),
            ("postgres.summary", &self.summary),
            ("postgres.sessions_view", &self.sessions_view),
            ("postgres.summary_view", &self.summary_view),
            ("postgres.refresh_log", &self.refresh_log),
            ("postgres.refresh_log_view", &self.refresh_log_view),
            ("postgres.changes", &self.changes),
            ("postgres.refresh_function", &self.refresh_function),
            ("postgres.session_ids", &self.session_ids),
            ("postgres.session_aliases_view", &self.session_aliases_view),
            ("postgres.session_history", &self.session_history),
            ("postgres.sessions_as_of", &self.sessions_as_of),
        ]
    }
}
