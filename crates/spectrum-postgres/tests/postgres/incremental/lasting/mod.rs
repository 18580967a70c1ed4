//! Ids that last, on a real server.

mod histories;
mod kept;
mod model;
mod random;
mod retention;
mod steps;
mod types;

use spectrum_core::{DefinitionBuilder, SessionDefinition};
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, Mode, PgError, Stop, VerifyOptions, deploy, verify,
};
use spectrum_testkit::PrivatePostgres;

use crate::refresh::Database;

/// A deployment in mode incremental whose ids last.
fn lasting(change: impl FnOnce(DefinitionBuilder) -> DefinitionBuilder) -> Deployment {
    let builder = SessionDefinition::builder().id("persistent".parse().unwrap());
    let definition = change(builder).build().unwrap();
    let plain = Deployment::new(SessionDefinition::default()).unwrap();
    Deployment { mode: Mode::Incremental, definition, ..plain }
}

/// Deploys it, with what else is said.
fn deployed(client: &mut Connection, deployment: &Deployment, keep_ids: bool) -> Result<(), PgError> {
    let options = DeployOptions { create_index: true, keep_ids, ..DeployOptions::default() };
    deploy(client, deployment, &options, &Stop::default(), &mut |_| ()).map(drop)
}

/// An events table without events, and the sessions of it.
fn empty(deployment: &Deployment) -> (Database, Connection) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id text, account_id text,
               occurred_at timestamptz, event_type text)",
        )
        .unwrap();
    deployed(&mut client, deployment, false).unwrap();
    (database, client)
}

/// Writes to the events, refreshes, and gives every id that was given as `first minute of its session when it was founded:
/// what it stands for now`, with the letters of the ids in the order in which they were founded.
fn after(client: &mut Connection, sql: &str) -> Vec<String> {
    client.batch_execute(sql).unwrap();
    client.batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
    resolved(client)
}

fn resolved(client: &mut Connection) -> Vec<String> {
    let sql = "
        WITH lettered AS (
          SELECT *, CHR(64 + DENSE_RANK() OVER (ORDER BY founded_no)::int) AS letter FROM analytics.session_ids)
        SELECT i.letter || ' ' || i.state || CASE WHEN i.state = 'alias' THEN ' of ' || c.letter ELSE '' END
               || COALESCE(' at ' || TO_CHAR(i.anchored_at AT TIME ZONE 'UTC', 'HH24:MI'), '')
               || COALESCE(': ' || (SELECT STRING_AGG(s.event_id::text, ' ' ORDER BY s.occurred_at, s.event_id)
                                    FROM analytics.mv_sessions s WHERE s.session_id = i.session_id), '')
        FROM lettered i LEFT JOIN lettered c ON c.session_id = i.current_id ORDER BY i.founded_no";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

/// Everything that a verification finds.
fn found(client: &mut Connection, deployment: &Deployment) -> Vec<String> {
    let report = verify(client, deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
    let bad = report.checks.iter().filter(|check| !check.holds());
    bad.map(|check| format!("{}: {}", check.name, check.words)).collect()
}

fn event(id: i64, at: &str) -> String {
    format!("INSERT INTO warehouse.fact_events VALUES ({id}, 'u', 'a', '2026-01-05 {at}Z', 't');")
}
