//! What an engine under test has to offer: nothing but its answer to a case.

use crate::Case;
use crate::summary::Told;

/// Something that gives events their sessions.
pub trait Engine {
    /// The name that reports and the support table show.
    fn name(&self) -> &str;

    /// Why this engine cannot run `case`, or `None` when it can. The reason is shown to users.
    fn unsupported(&self, case: &Case) -> Option<String>;

    /// Labels the case's events, in any order. Events that were dropped are absent. `Err` is the
    /// message of a refusal, rendered as a user would read it, causes included.
    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String>;

    /// What the sessions of a case tell, which has a summary with columns of its own; asked after [`Self::run`], in any order.
    /// `None` where the engine tells nothing.
    fn told(&self, _case: &Case) -> Option<Result<Vec<Told>, String>> {
        None
    }
}

/// One event and the session an engine filed it under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// The event's id as text, as PostgreSQL's `::TEXT` renders it.
    pub event_id: String,
    /// The session's number within its key, from 1; `None` where an engine does not give it, or the event belongs to no
    /// session.
    pub session_seq: Option<u64>,
    /// The session's id; `None` is SQL's NULL.
    pub session_id: Option<String>,
    /// Why the session began, by its name in [`crate::REASONS`]; `None` where an engine does not give it, the event belongs
    /// to no session, or there is only a gap.
    pub started_by: Option<String>,
}

impl Labelled {
    /// What an event gets that belongs to no session.
    pub fn without_session(event_id: impl Into<String>) -> Self {
        Self { event_id: event_id.into(), session_seq: None, session_id: None, started_by: None }
    }
}
