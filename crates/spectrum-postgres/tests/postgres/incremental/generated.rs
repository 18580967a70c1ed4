//! Columns that PostgreSQL computes from others.

use insta::assert_snapshot;
use spectrum_postgres::{Connection, DeployOptions, Deployment, Mode, Stop, deploy};
use spectrum_testkit::PrivatePostgres;

use super::{Maintained, defined};
use crate::refresh::Database;

/// Events whose key, time, id and carried column are all computed, and kept in this way.
fn events(kept: &str) -> Database {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (
           number bigint, name text, account_id text, minute int, kind text,
           event_id bigint GENERATED ALWAYS AS (number * 10) {kept},
           user_id text GENERATED ALWAYS AS (lower(name)) {kept},
           occurred_at timestamp GENERATED ALWAYS AS (TIMESTAMP '2026-01-05' + minute * INTERVAL '1 minute') {kept},
           event_type text GENERATED ALWAYS AS (kind || '!') {kept});
         INSERT INTO warehouse.fact_events (number, name, account_id, minute, kind)
         SELECT n, 'U' || n % 3, 'a', n * 11, 'view' FROM generate_series(1, 60) n;"
    ));
    database
}

fn carrying() -> Deployment {
    Deployment { carried: vec!["event_type".to_owned()], ..defined(|definition| definition) }
}

#[test]
fn updates_of_what_stored_columns_are_computed_from_are_followed() {
    let database = events("STORED");
    let maintained = Maintained::deploy(&database, carrying());
    let mut client = database.connect();
    for role in ["origin", "replica"] {
        client.batch_execute(&format!("SET session_replication_role = {role}")).unwrap();
        for change in [
            "UPDATE warehouse.fact_events SET name = 'U7' WHERE number % 5 = 0",
            "UPDATE warehouse.fact_events SET minute = minute + 45 WHERE number % 4 = 0",
            "UPDATE warehouse.fact_events SET number = number + 1000 WHERE number % 7 = 0",
            "UPDATE warehouse.fact_events SET kind = 'click' || number WHERE number % 2 = 0",
            "INSERT INTO warehouse.fact_events (number, name, account_id, minute, kind) SELECT MAX(number) + 1, 'U1', 'a', 5, 'x' FROM warehouse.fact_events",
            "DELETE FROM warehouse.fact_events WHERE number % 11 = 0",
        ] {
            client.batch_execute(change).unwrap();
            assert!(maintained.notes(&mut client) > 0, "{role}: {change}");
            maintained.refresh(&mut client);
        }
    }
}

fn server_version(client: &mut Connection) -> u32 {
    client.query_one("SHOW server_version_num", &[]).unwrap().get::<_, String>(0).parse().unwrap()
}

/// Columns that are computed when they are read, new in PostgreSQL 18, are NULL to triggers.
#[test]
fn columns_that_triggers_do_not_see_are_refused_by_name() {
    let version = server_version(&mut Database::empty(PrivatePostgres::shared().unwrap()).connect());
    if version < 180_000 {
        return;
    }
    let database = events("VIRTUAL");
    let options = DeployOptions::default();
    database
        .run("ALTER TABLE warehouse.fact_events ADD account text GENERATED ALWAYS AS (account_id) VIRTUAL;");
    let refusal =
        deploy(&mut database.connect(), &carrying(), &options, &Stop::default(), &mut |_| ()).unwrap_err();
    // What else is said is about the index that no such column can have.
    let refusal = refusal.to_string();
    let named: Vec<&str> = refusal.lines().filter(|line| line.contains("VIRTUAL")).collect();
    assert_snapshot!(named.join("\n"), @r"
    column 'user_id' of warehouse.fact_events is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as STORED, or deploy with mode view
    column 'occurred_at' of warehouse.fact_events is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as STORED, or deploy with mode view
    column 'event_id' of warehouse.fact_events is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as STORED, or deploy with mode view
    column 'event_type' of warehouse.fact_events is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as STORED, or deploy with mode view
    ");
    let view = Deployment { mode: Mode::View, ..carrying() };
    let report = deploy(&mut database.connect(), &view, &options, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!(report.rows, 60);
    // What is not read may be computed in any way.
    let kept = events("STORED");
    kept.run("ALTER TABLE warehouse.fact_events ADD account text GENERATED ALWAYS AS (account_id) VIRTUAL;");
    let maintained = Maintained::deploy(&kept, carrying());
    kept.run("UPDATE warehouse.fact_events SET account_id = 'b' WHERE number < 9;");
    maintained.refresh(&mut kept.connect());
}
