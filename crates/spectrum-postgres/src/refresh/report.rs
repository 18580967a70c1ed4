//! What became of the views of a run.

use std::time::{Duration, SystemTime};

use postgres::Client;
use postgres::error::SqlState;
use spectrum_sql::TableName;

use super::counts::RefreshCounts;
use super::order::View;
use crate::error::{Result, While};
use crate::message::Message;

/// One run.
#[derive(Clone, Debug, Default)]
pub struct RefreshReport {
    /// The run's number in the refresh log, if it was written.
    pub run_id: Option<i64>,
    /// The views in the order in which they were taken.
    pub views: Vec<Refreshed>,
    /// Why the sessions may lack what was written to the events, each with what to do; nothing when all is well.
    pub missed: Vec<Message>,
    /// What somebody should know though it stopped nothing.
    pub notes: Vec<Message>,
    /// Whether the run was asked to stop before its end.
    pub interrupted: bool,
}

impl RefreshReport {
    /// How many views ended like this.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.views.iter().filter(|view| view.outcome == outcome).count()
    }

    /// Whether every view was refreshed.
    pub fn is_complete(&self) -> bool {
        self.count(Outcome::Ok) == self.views.len()
    }
}

/// What became of one view.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The view.
    pub relation: TableName,
    /// How it was refreshed; `None` when it was not tried.
    pub method: Option<Method>,
    /// Why in this way, or why it was not tried.
    pub reason: String,
    /// How it ended.
    pub outcome: Outcome,
    /// By the server's clock. The view contains what was written to the events before that, if the outcome is
    /// `Ok`.
    pub started_at: SystemTime,
    /// By the server's clock.
    pub finished_at: SystemTime,
    /// How many rows the view has now, if it was refreshed and we may count them.
    pub rows: Option<i64>,
    /// What was taken in, if it is the sessions relation of [`Mode::Incremental`](crate::Mode::Incremental) and is fresh.
    pub counts: Option<RefreshCounts>,
    /// What went wrong.
    pub error: Option<Message>,
    /// Whether it went wrong because events share an id, so that nothing is taken in until the copies are gone.
    pub refused_copies: bool,
}

impl Refreshed {
    /// How long it took.
    pub fn took(&self) -> Duration {
        // Clocks can be set back.
        self.finished_at.duration_since(self.started_at).unwrap_or_default()
    }
}

/// How a view is refreshed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Readers go on; only what differs is written.
    Concurrently,
    /// Readers wait until it is done; everything is written anew.
    Plain,
    /// It is a table; what was noted of the events is taken in, and only what differs is written.
    Incremental,
}

impl Method {
    /// As the refresh log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Concurrently => "concurrently",
            Self::Plain => "plain",
            Self::Incremental => "incremental",
        }
    }
}

/// How the refresh of a view ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is fresh.
    Ok,
    /// It holds what it held before.
    Failed,
    /// It was not tried.
    Skipped,
    /// It was stopped by its caller, and holds what it held before.
    Cancelled,
}

impl Outcome {
    /// As the refresh log has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A view that was not tried.
pub(super) fn skipped(view: &View, reason: String, at: SystemTime) -> Refreshed {
    Refreshed {
        relation: view.name.clone(),
        method: None,
        reason,
        outcome: Outcome::Skipped,
        started_at: at,
        finished_at: at,
        rows: None,
        counts: None,
        error: None,
        refused_copies: false,
    }
}

/// The summary of maintained sessions that are fresh since then: one transaction makes both so.
pub(super) fn maintained_with(sessions: &Refreshed, view: &View) -> Refreshed {
    Refreshed {
        method: Some(Method::Incremental),
        reason: format!("maintained with {}", sessions.relation),
        outcome: Outcome::Ok,
        ..skipped(view, String::new(), sessions.finished_at)
    }
}

/// The server's clock, because the log and the events are dated by it too.
pub(super) fn now(client: &mut Client) -> Result<SystemTime> {
    let row = client.query_one("SELECT clock_timestamp()", &[]).while_doing("asking for the time")?;
    Ok(row.get(0))
}

/// The same, from a server that may still have a request to cancel on its way.
pub(super) fn now_after_cancel(client: &mut Client) -> Result<SystemTime> {
    match now(client) {
        Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => now(client),
        done => done,
    }
}
