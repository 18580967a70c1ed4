//! What stands in the way of mode incremental. Nothing is left of a refused deployment.

use insta::assert_snapshot;
use spectrum_postgres::{Mode, Stop, deploy};

use super::{NONE, in_mode, in_parts, incremental, many_events};
use crate::deploy::{definition, events, on_table};

#[test]
fn tables_that_cannot_have_triggers() {
    let database = many_events();
    database.run("CREATE VIEW warehouse.seen AS SELECT * FROM warehouse.fact_events;");
    let of_view = in_mode(on_table("warehouse.seen", definition(|d| d)), Mode::Incremental);
    assert_snapshot!(database.refusal(&of_view), @"warehouse.seen is a view, and mode incremental needs triggers that only tables have; deploy on the table, or deploy with mode view");

    let database = events();
    assert_snapshot!(database.refusal(&incremental()), @"warehouse.fact_events has no index on (user_id, account_id, occurred_at), so every build and refresh sorts all events; create_index makes one (about less than a megabyte), which every insert then keeps up; mode incremental cannot do without it");

    database.run(
        "CREATE EXTENSION postgres_fdw;
         CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
         CREATE TABLE warehouse.divided (event_id text, user_id text, account_id text, occurred_at timestamptz) PARTITION BY RANGE (occurred_at);
         CREATE INDEX ON ONLY warehouse.divided (user_id, account_id, occurred_at);
         CREATE FOREIGN TABLE warehouse.old PARTITION OF warehouse.divided FOR VALUES FROM (MINVALUE) TO ('2026-01-01') SERVER elsewhere;",
    );
    let divided = in_mode(on_table("warehouse.divided", definition(|d| d)), Mode::Incremental);
    assert_snapshot!(database.refusal(&divided), @"warehouse.old is a foreign table, on which nothing notes changes; detach it, or deploy with mode view");
}

#[test]
fn a_table_that_a_crash_empties() {
    let database = many_events();
    database.run("ALTER TABLE warehouse.fact_events SET UNLOGGED;");
    assert_snapshot!(database.refusal(&incremental()), @"warehouse.fact_events is unlogged, so a crash of the server empties it and nothing notes that; ALTER TABLE warehouse.fact_events SET LOGGED, or deploy with mode view");
}

#[test]
fn somebody_elses_table() {
    let database = many_events();
    let role = format!("nobody_{}", database.name());
    database.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {} TO {role}; GRANT USAGE ON SCHEMA warehouse TO {role};
         GRANT SELECT ON warehouse.fact_events TO {role};",
        database.name()
    ));
    let before = database.everything();
    let mut client = database.server_as(&role).connect("spectrum deploy").unwrap();
    let refusal =
        deploy(&mut client, &incremental(), &in_parts(), &Stop::default(), &mut |_| ()).unwrap_err();
    assert_snapshot!(refusal.to_string().replace(&role, "ROLE"), @"mode incremental puts triggers on warehouse.fact_events, which its owner spectrum may and this role may not; connect as spectrum, or GRANT spectrum TO ROLE, or deploy with mode view");
    assert_eq!(database.everything(), before);
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

#[test]
fn events_of_which_no_session_can_be_made() {
    let database = many_events();
    database.run("UPDATE warehouse.fact_events SET occurred_at = NULL WHERE event_id = 'e7'; UPDATE warehouse.fact_events SET occurred_at = 'infinity' WHERE event_id = 'e8';");
    assert_snapshot!(database.refusal(&incremental()), @r"
    events without a time: 1 of 6000 (event_id e7); fix them, or leave them out with without_null_times
    events at infinity: 1 (event_id e8), from where no gap can be counted; fix them (UPDATE warehouse.fact_events SET occurred_at = ... WHERE NOT ISFINITE(occurred_at)) or deploy with mode view on a view without them
    ");
}

#[test]
fn event_ids_that_are_there_twice_are_named_and_can_be_mended() {
    let database = many_events();
    database.run(
        "ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey;
         INSERT INTO warehouse.fact_events SELECT event_id, 'copy', account_id, event_type, occurred_at FROM warehouse.fact_events WHERE event_id IN ('e11', 'e12');",
    );
    let refusal = database.try_deploy_in_parts(&incremental(), |_| ()).unwrap_err();
    assert_snapshot!(refusal, @"2 event_id values stand for more than one event in warehouse.fact_events, such as e11 (2 times), e12 (2 times); 2 of them for different events: e11 for (user_id copy, account_id a1, occurred_at 2026-01-01 14:07:00+00) and (user_id u60, account_id a1, occurred_at 2026-01-01 14:07:00+00); e12 for (user_id copy, account_id a0, occurred_at 2026-01-01 16:48:00+00) and (user_id u22, account_id a0, occurred_at 2026-01-01 16:48:00+00); give each event its own id; a unique index on event_id then keeps others out");
    database.run("DELETE FROM warehouse.fact_events WHERE user_id = 'copy';");
    let report =
        database.try_deploy_in_parts(&incremental(), |does| assert!(!does.contains(", part "), "{does}"));
    assert_eq!(report.unwrap().rows, 6000);
    assert_eq!(database.differing(&incremental()), NONE);
}

/// Between the first look and the triggers, or during the build, nobody keeps such events out.
#[test]
fn bad_events_that_come_during_the_build_can_be_mended() {
    for when in ["waiting for writers", "analyzing"] {
        let database = many_events();
        let refusal = database.try_deploy_in_parts(&incremental(), |does| {
            if does.starts_with(when) {
                database.run("INSERT INTO warehouse.fact_events VALUES ('bad', 'u1', 'a1', 'bad', NULL);");
            }
        });
        let refusal = refusal.unwrap_err().to_string();
        assert!(refusal.contains("event_id bad"), "{when}: {refusal}");
        database.run("UPDATE warehouse.fact_events SET occurred_at = '2026-01-01Z' WHERE event_id = 'bad';");
        database.deploy_in_parts(&incremental());
        assert_eq!(database.differing(&incremental()), NONE, "{when}");
    }
}

#[test]
fn a_function_that_somebody_else_made() {
    let database = many_events();
    database.run("CREATE SCHEMA analytics; CREATE FUNCTION analytics.refresh_sessions() RETURNS int LANGUAGE sql AS 'SELECT 1';");
    assert_snapshot!(database.refusal(&incremental()), @"analytics.refresh_sessions() is a function that Spectrum did not make, so it stays as it is; rename it, or choose another name with refresh_function or changes under [postgres] in spectrum.toml. If it is Spectrum's and lost its comment, spectrum deploy with adopt looks whether it is what the definition gives, and takes it");
    // Views need no function.
    database.deploy(&in_mode(incremental(), Mode::View));
    assert_eq!(database.run("SELECT analytics.refresh_sessions();"), "1");
}
