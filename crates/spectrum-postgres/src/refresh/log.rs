//! What a run of refreshes writes into the refresh log.

use postgres::Client;
use postgres::error::SqlState;
use spectrum_sql::postgres::RefreshLog;
use spectrum_sql::{TableName, identifier};

use super::report::{Method, Outcome, Refreshed};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};

/// The log of one run. When it cannot be written the run goes on, and says so once.
pub(super) struct Log {
    table: TableName,
    us: String,
    run_id: Option<i64>,
    writing: bool,
    complaint: Option<String>,
}

impl Log {
    /// Begins a run.
    pub(super) fn open(client: &mut Client, deployment: &Deployment) -> Result<Self> {
        let table = deployment.refresh_log();
        let us = client.query_one("SELECT current_user::text", &[]).while_doing("asking who we are")?;
        let mut log = Self { us: us.get(0), run_id: None, writing: true, complaint: None, table };
        let next = RefreshLog::new(&log.table).next_run();
        let next = client.query_one(&next, &[]).while_doing("reading the refresh log");
        log.run_id = log.tolerate(next)?.map(|row| row.get(0));
        Ok(log)
    }

    /// Adds what became of a view. Of maintained tables only the failures: the function that refreshed them
    /// has recorded itself what it took in, in its own transaction and under this run's number.
    pub(super) fn write(&mut self, client: &mut Client, view: &Refreshed) -> Result<()> {
        if view.method == Some(Method::Incremental) && view.outcome == Outcome::Ok {
            return Ok(());
        }
        let Some(run_id) = self.run_id.filter(|_| self.writing) else { return Ok(()) };
        let insert = RefreshLog::new(&self.table).row();
        let mut once = || {
            let (relation, method) = (view.relation.to_string(), view.method.map(|method| method.name()));
            let (reason, outcome) = (&view.reason, view.outcome.name());
            let (started_at, finished_at, rows, error) =
                (view.started_at, view.finished_at, view.rows, view.error.as_ref().map(ToString::to_string));
            client
                .execute(
                    &insert,
                    &[
                        &run_id,
                        &relation,
                        &started_at,
                        &finished_at,
                        &method,
                        reason,
                        &outcome,
                        &rows,
                        &error,
                    ],
                )
                .while_doing("writing the refresh log")
        };
        let written = match once() {
            // A request to cancel the view itself may come so late that it meets this instead.
            Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => once(),
            written => written,
        };
        self.tolerate(written).map(drop)
    }

    /// Ends the run: rows older than can be of use go.
    pub(super) fn close(&mut self, client: &mut Client) -> Result<()> {
        if !self.writing {
            return Ok(());
        }
        let delete = RefreshLog::new(&self.table).without_old();
        let deleted = client.execute(&delete, &[]).while_doing("clearing the refresh log");
        self.tolerate(deleted).map(drop)
    }

    /// The run's number, if there is a log.
    pub(super) fn run_id(&self) -> Option<i64> {
        self.run_id
    }

    /// What is wrong with the log.
    pub(super) fn complaint(&self) -> Option<String> {
        self.complaint.clone()
    }

    /// The value; an error is noted, unless the connection is gone, and the rest of the run is not logged.
    fn tolerate<T>(&mut self, done: Result<T>) -> Result<Option<T>> {
        let error = match done {
            Ok(value) => return Ok(Some(value)),
            Err(error @ PgError::Lost { .. }) => return Err(error),
            Err(error) => error,
        };
        let (table, us) = (&self.table, identifier(&self.us));
        let remedy = match error.code() {
            Some(code) if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::INVALID_SCHEMA_NAME => {
                format!("there is no {table}; spectrum deploy makes it")
            }
            Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                format!("role {us} may not write it; GRANT SELECT, INSERT, DELETE ON {table} TO {us}")
            }
            _ => error.to_string(),
        };
        self.complaint = Some(format!("the refresh log is not kept: {remedy}"));
        self.writing = false;
        Ok(None)
    }
}
