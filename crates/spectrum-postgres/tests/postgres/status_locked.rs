//! `status` while somebody has locked what it reads.

use std::time::Duration;

use spectrum_postgres::{Connection, Status, status_within};

use crate::refresh::Database;

/// A session that has run this and not ended its transaction.
fn holding(database: &Database, sql: &str) -> (Connection, i32) {
    let mut holder = database.connect();
    holder.batch_execute(&format!("SET application_name = 'a migration'; BEGIN; {sql}")).unwrap();
    let pid = holder.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).unwrap().get(0);
    (holder, pid)
}

fn look(database: &Database) -> Status {
    let mut connection = database.connect();
    // Without a limit of its own this would never end.
    connection.batch_execute("SET statement_timeout = '60s'; SET lock_timeout = '50s'").unwrap();
    let found = status_within(&mut connection, &database.deployment(), Duration::from_millis(200)).unwrap();
    let after: String = connection.query_one("SHOW lock_timeout", &[]).unwrap().get(0);
    assert_eq!(after, "50s");
    found
}

/// What is locked, each with the beginning of who has locked it.
fn locked(found: &Status) -> Vec<(String, String)> {
    let by = |by: &Option<String>| by.clone().unwrap().split(", in a transaction").next().unwrap().to_owned();
    found.locked.iter().map(|locked| (locked.relation.to_string(), by(&locked.by))).collect()
}

#[test]
fn each_relation_that_is_locked_is_named_and_the_rest_is_told() {
    for relation in [
        "analytics.mv_sessions",
        "analytics.mv_session_summary",
        "analytics.spectrum_refresh_log",
        "analytics.spectrum_changes",
    ] {
        let database = Database::maintained();
        let (_holder, pid) = holding(&database, &format!("LOCK TABLE {relation} IN ACCESS EXCLUSIVE MODE"));
        let found = look(&database);
        let by = format!("a migration (pid {pid}, user spectrum");
        assert_eq!(locked(&found), [(relation.to_owned(), by)], "{relation}");
        assert!(found.locked[0].by.as_ref().unwrap().contains(", in a transaction since 20"));

        // What is not locked is there.
        let bytes: Vec<bool> = found.relations.iter().map(|relation| relation.bytes.is_some()).collect();
        assert_eq!(bytes, [relation != "analytics.mv_sessions", relation != "analytics.mv_session_summary"]);
        assert_eq!(found.waiting.unwrap().keys.is_some(), relation != "analytics.spectrum_changes");
        assert_eq!(found.events, Some(4));
    }
}

#[test]
fn all_that_is_locked_at_once_is_named() {
    let database = Database::maintained();
    let (_holder, _) = holding(
        &database,
        "LOCK TABLE analytics.mv_sessions, analytics.mv_session_summary, analytics.spectrum_refresh_log,
           analytics.spectrum_changes, warehouse.fact_events
         IN ACCESS EXCLUSIVE MODE",
    );
    let found = look(&database);
    assert_eq!(found.locked.len(), 4, "{:?}", found.locked);
    assert!(found.refreshes.is_empty() && found.age_seconds.is_none());
}

#[test]
fn events_indexes_partitions_and_whoever_waits_in_front_are_named_too() {
    // The events are measured where the planner does not know yet how many they are.
    let database = Database::new();
    let (_holder, _) = holding(&database, "LOCK TABLE warehouse.fact_events IN ACCESS EXCLUSIVE MODE");
    let found = look(&database);
    assert_eq!((locked(&found)[0].0.as_str(), found.events), ("warehouse.fact_events", None));

    let database = Database::new();
    let (_holder, _) = holding(&database, "REINDEX INDEX analytics.mv_sessions_event_id_key");
    assert_eq!(locked(&look(&database))[0].0, "analytics.mv_sessions_event_id_key");

    let database = Database::new();
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME TO old;
         CREATE TABLE warehouse.fact_events (LIKE warehouse.old) PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.january PARTITION OF warehouse.fact_events DEFAULT",
    );
    let (_holder, _) = holding(&database, "LOCK TABLE ONLY warehouse.january IN ACCESS EXCLUSIVE MODE");
    assert_eq!(locked(&look(&database))[0].0, "warehouse.january");

    // A reader keeps no reader waiting, but whoever waits for the reader does.
    let database = Database::new();
    let (_reader, _) = holding(&database, "SELECT FROM analytics.mv_sessions");
    let mut waiting = database.connect();
    let pid: i32 = waiting.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).unwrap().get(0);
    let canceller = waiting.canceller();
    std::thread::scope(|scope| {
        let waits =
            scope.spawn(move || waiting.batch_execute("REFRESH MATERIALIZED VIEW analytics.mv_sessions"));
        crate::refresh::until("it waits", || {
            database.run(&format!("SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pid = {pid}")) == "1"
        });
        let found = look(&database);
        canceller.cancel();
        drop(waits.join());
        assert!(locked(&found)[0].1.contains(&format!("pid {pid}")), "{:?}", found.locked);
    });
}
