//! The refresh log: a row a view and run, in the database itself, where dashboards find it.

use postgres::Client;
use postgres::error::SqlState;

use super::report::{Method, Outcome, Refreshed};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use spectrum_sql::postgres::REFRESH_LOG_KEPT;
use spectrum_sql::{TableName, identifier};

/// What makes the log and its view, if they are not there. The indexes are for whoever wants what is old gone, and for
/// dashboards that ask how each relation's last refreshes ended.
pub(crate) fn refresh_log_sql(deployment: &Deployment) -> String {
    let (log, view) = (deployment.refresh_log(), deployment.refresh_log_view());
    let [started_at, latest, failed] =
        ["started_at_idx", "latest_idx", "failed_idx"].map(|suffix| identifier(&log.derived(suffix)));
    let check = identifier(&log.derived("method_check"));
    format!(
        "\
CREATE TABLE IF NOT EXISTS {log} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL,
  relation text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL,
  method text CHECK (method IN ('concurrently', 'plain', 'incremental')),
  reason text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('ok', 'failed', 'skipped', 'cancelled')),
  rows bigint,
  error text,
  details jsonb);
ALTER TABLE {log} ADD COLUMN IF NOT EXISTS details jsonb,
  DROP CONSTRAINT IF EXISTS {check},
  ADD CONSTRAINT {check} CHECK (method IN ('concurrently', 'plain', 'incremental'));
CREATE INDEX IF NOT EXISTS {started_at} ON {log} (started_at);
CREATE INDEX IF NOT EXISTS {latest} ON {log} (relation, started_at, run_id);
CREATE INDEX IF NOT EXISTS {failed} ON {log} (relation, started_at) WHERE outcome = 'failed';
CREATE OR REPLACE VIEW {view} AS
SELECT run_id, relation, started_at, finished_at, finished_at - started_at AS duration,
       method, reason, outcome, rows, error, details
FROM {log};
"
    )
}

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
        // The lock keeps others from taking the same number. Rows stand in the order of their runs.
        let latest = format!("SELECT run_id FROM {} ORDER BY id DESC LIMIT 1", log.table);
        let latest = client.query_opt(&latest, &[]).while_doing("reading the refresh log");
        log.run_id = log.tolerate(latest)?.map(|row| row.map_or(1, |row| row.get::<_, i64>(0) + 1));
        Ok(log)
    }

    /// Adds what became of a view. Of maintained tables only what went wrong: what they took in, the function that
    /// refreshed them has written down itself, in its own transaction and under this run's number.
    pub(super) fn write(&mut self, client: &mut Client, view: &Refreshed) -> Result<()> {
        if view.method == Some(Method::Incremental) && view.outcome == Outcome::Ok {
            return Ok(());
        }
        let Some(run_id) = self.run_id.filter(|_| self.writing) else { return Ok(()) };
        let insert = format!(
            "INSERT INTO {} (run_id, relation, started_at, finished_at, method, reason, outcome, rows, error)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.table
        );
        let mut once = || {
            let (relation, method) = (view.relation.to_string(), view.method.map(|method| method.name()));
            let (reason, outcome) = (&view.reason, view.outcome.name());
            let (started_at, finished_at, rows, error) =
                (view.started_at, view.finished_at, view.rows, &view.error);
            client
                .execute(
                    &insert,
                    &[&run_id, &relation, &started_at, &finished_at, &method, reason, &outcome, &rows, error],
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
        let delete =
            format!("DELETE FROM {} WHERE started_at < now() - INTERVAL '{REFRESH_LOG_KEPT}'", self.table);
        let deleted = client.execute(&delete, &[]).while_doing("clearing the refresh log");
        self.tolerate(deleted).map(drop)
    }

    /// The run's number, if there is a log.
    pub(super) fn run_id(&self) -> Option<i64> {
        self.run_id
    }

    /// What is wrong with the log.
    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaint.iter().cloned().collect()
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
