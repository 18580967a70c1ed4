//! What the summary was, on a real server.

mod asked;
mod deployed;
mod random;
mod repaired;

use spectrum_core::{DefinitionBuilder, SessionDefinition};
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, Mode, PgError, Plan, Stop, VerifyOptions, deploy, verify,
};
use spectrum_testkit::PrivatePostgres;

use crate::refresh::Database;

/// A deployment in mode incremental that keeps for 30 days what the summary was.
fn remembering(change: impl FnOnce(DefinitionBuilder) -> DefinitionBuilder) -> Deployment {
    let definition = change(SessionDefinition::builder()).build().unwrap();
    let plain = Deployment::new(SessionDefinition::default()).unwrap();
    Deployment { mode: Mode::Incremental, history: Some("30d".parse().unwrap()), definition, ..plain }
}

fn deployed(client: &mut Connection, deployment: &Deployment) -> Result<Plan, PgError> {
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(client, deployment, &options, &Stop::default(), &mut |_| ()).map(|report| report.plan)
}

/// An events table without events.
fn events() -> (Database, Connection) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id text, account_id text,
               occurred_at timestamptz, event_type text)",
        )
        .unwrap();
    (database, client)
}

fn event(id: i64, user: &str, at: &str) -> String {
    format!("INSERT INTO warehouse.fact_events VALUES ({id}, '{user}', 'a', '2026-01-05 {at}Z', 't');")
}

/// Writes to the events, refreshes, and says when the refresh ended by the log.
fn after(client: &mut Connection, sql: &str) -> String {
    client.batch_execute(sql).unwrap();
    client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
    last_end(client)
}

/// When the last refresh ended, as text.
fn last_end(client: &mut Connection) -> String {
    let sql = "SELECT MAX(finished_at)::text FROM analytics.spectrum_refresh_log";
    client.query_one(sql, &[]).unwrap().get(0)
}

/// The rows that the summary has, as text.
fn summary(client: &mut Connection) -> Vec<String> {
    rows(client, "analytics.mv_session_summary")
}

/// The rows that it had at a time, as SQL.
fn as_of(client: &mut Connection, time: &str) -> Vec<String> {
    rows(client, &format!("analytics.sessions_as_of({time})"))
}

fn rows(client: &mut Connection, of: &str) -> Vec<String> {
    let sql = format!("SELECT there_row::text FROM {of} AS there_row ORDER BY there_row::text COLLATE \"C\"");
    client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

/// What a verification finds.
fn found(client: &mut Connection, deployment: &Deployment) -> Vec<String> {
    let report = verify(client, deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
    let bad = report.checks.iter().filter(|check| !check.holds());
    bad.map(|check| format!("{}: {}", check.name, check.words)).collect()
}
