//! Tables that inherit from the events, and what nothing can watch.

use spectrum_postgres::OnDetach;
use spectrum_testkit::PrivatePostgres;

use super::partitions::{COLUMNS, by_days, counted, events, events_into, follow};
use super::{Maintained, defined};
use crate::refresh::Database;

#[test]
fn tables_that_inherit_are_watched_like_partitions() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({COLUMNS});
             CREATE TABLE warehouse.web (agent text) INHERITS (warehouse.fact_events);
             {};",
            events(1, "2026-01-05 20:00Z")
        ))
        .unwrap();
    let maintained = Maintained::deploy(&database, defined(|definition| definition));
    let child = format!(
        "CREATE TABLE warehouse.app ({COLUMNS}); {}; ALTER TABLE warehouse.app INHERIT warehouse.fact_events",
        events_into("app", 200, "2026-01-05 21:00Z")
    );
    let steps = [
        ("INSERT INTO warehouse.web VALUES (50, 'u0', 'a', '2026-01-06 00:10Z', 'x', 'curl')", 25),
        // Through the parent, whose rows and whose children's it reaches.
        ("UPDATE warehouse.fact_events SET occurred_at = occurred_at + INTERVAL '2 hours' WHERE event_id IN (2, 50)", 25),
        ("UPDATE warehouse.web SET user_id = 'u1'", 25),
        (&child, 49),
        ("DELETE FROM warehouse.app WHERE event_id < 205", 44),
        ("DELETE FROM ONLY warehouse.fact_events WHERE event_id < 5", 40),
        ("DELETE FROM warehouse.fact_events WHERE event_id IN (6, 50, 210)", 37),
        ("SET session_replication_role = replica; DELETE FROM warehouse.fact_events WHERE event_id IN (7, 211);
          RESET session_replication_role", 35),
        ("TRUNCATE warehouse.web", 35),
        ("ALTER TABLE warehouse.app NO INHERIT warehouse.fact_events", 18),
        ("TRUNCATE warehouse.fact_events", 0),
    ];
    follow(&maintained, &mut client, &steps);
}

#[test]
fn what_nothing_can_watch_is_refused_by_name() {
    // A table that stood alone when it was deployed.
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(&format!("CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events ({COLUMNS})"))
        .unwrap();
    let maintained = Maintained::deploy(&database, defined(|definition| definition));
    client.batch_execute("CREATE TABLE warehouse.web () INHERITS (warehouse.fact_events)").unwrap();
    let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
    let error = error.as_db_error().unwrap();
    insta::assert_snapshot!(format!("{}\n{}\n{}", error.message(), error.detail().unwrap(), error.hint().unwrap()), @r"
    tables inherit from warehouse.fact_events that did not when it was deployed, and nothing notes their changes
    The sessions stay as they were, and what was noted waits.
    Run spectrum drop and spectrum deploy, which watches them too.
    ");
    client.batch_execute("ALTER TABLE warehouse.web NO INHERIT warehouse.fact_events").unwrap();
    maintained.refresh(&mut client);

    let (_database, maintained, mut client) = by_days(OnDetach::Remove);
    client
        .batch_execute(
            "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
             CREATE FOREIGN TABLE warehouse.far PARTITION OF warehouse.fact_events DEFAULT SERVER far;
             DELETE FROM warehouse.day_5 WHERE event_id = 1",
        )
        .unwrap();
    let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
    let error = error.as_db_error().unwrap();
    insta::assert_snapshot!(format!("{}\n{}\n{}", error.message(), error.detail().unwrap(), error.hint().unwrap()), @r"
    warehouse.far is a foreign table, on which nothing notes changes
    The sessions stay as they were, and what was noted waits.
    Detach it, or deploy in mode view.
    ");
    assert_eq!(counted(&mut client).0, 48);
    client.batch_execute("DROP FOREIGN TABLE warehouse.far").unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 47);
}
