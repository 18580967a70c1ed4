//! The index on the events.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{
    Change, DeployOptions, Deployment, DropOptions, Names, Stop, deploy, drop_deployment,
};

use super::{definition, events};

fn creating() -> DeployOptions {
    DeployOptions { create_index: true, ..DeployOptions::default() }
}

#[test]
fn an_index_is_missed_made_and_found() {
    let database = events();
    let report = database.deploy(&definition(|d| d));
    assert_snapshot!(messages(&report.plan.notes).join("\n"), @"warehouse.fact_events has no index on (user_id, account_id, occurred_at), so every build and refresh sorts all events; create_index makes one (about less than a megabyte), which every insert then keeps up");
    let report =
        deploy(&mut database.connect(), &definition(|d| d), &creating(), &Stop::default(), &mut |_| ())
            .unwrap();
    assert_eq!((report.plan.change, report.took.len()), (Change::Unchanged, 2));
    assert_snapshot!(database.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'warehouse';"), @"CREATE INDEX fact_events_spectrum_key_time_idx ON warehouse.fact_events USING btree (user_id, account_id, occurred_at)");
    let report =
        deploy(&mut database.connect(), &definition(|d| d), &creating(), &Stop::default(), &mut |_| ())
            .unwrap();
    assert_eq!((report.plan.notes.len(), report.took.len()), (0, 0));
    drop_deployment(&mut database.connect(), &definition(|d| d), &DropOptions::default()).unwrap();
    assert_eq!(database.run("SELECT COUNT(*) FROM pg_indexes WHERE schemaname = 'warehouse';"), "0");
}

#[test]
fn key_columns_may_stand_in_any_order() {
    let database = events();
    database.run("CREATE INDEX ON warehouse.fact_events (account_id, user_id, occurred_at, event_type);");
    assert!(database.deploy(&definition(|d| d)).plan.notes.is_empty());
}

#[test]
fn partitions_are_indexed_one_by_one() {
    let database = events();
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME TO plain;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, event_type text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.p1 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
         CREATE TABLE warehouse.p2 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z')
           PARTITION BY LIST (event_type);
         CREATE TABLE warehouse.p2_rest PARTITION OF warehouse.p2 DEFAULT;
         INSERT INTO warehouse.fact_events TABLE warehouse.plain;
         INSERT INTO warehouse.fact_events VALUES ('e5', 'u2', 'a', 'view', '2026-02-01 00:00Z'), ('e6', 'u2', 'a', 'view', '2026-01-31 23:40Z');",
    );
    let report =
        deploy(&mut database.connect(), &definition(|d| d), &creating(), &Stop::default(), &mut |_| ())
            .unwrap();
    assert_eq!((report.rows, report.sessions), (6, 4)); // e5 and e6 are one session over two partitions
    let valid = "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'warehouse' ORDER BY 1;";
    assert_snapshot!(database.run(valid), @r"
    fact_events_spectrum_key_time_idx|t
    p1_spectrum_key_time_idx|t
    p2_rest_spectrum_key_time_idx|t
    p2_spectrum_key_time_idx|t
    ");
    assert!(database.deploy(&definition(|d| d)).plan.notes.is_empty());
}

/// Of another key, and of the same table.
#[test]
fn an_index_whose_name_is_taken_has_another_and_is_dropped_with_its_own_deployment() {
    let database = events();
    let first = definition(|d| d);
    let second = Deployment {
        names: Names { schema: "by_user".to_owned(), ..first.names.clone() },
        ..definition(|d| d.key(["user_id"]))
    };
    let make = |deployment: &Deployment| {
        deploy(&mut database.connect(), deployment, &creating(), &Stop::default(), &mut |_| ()).unwrap()
    };
    let indexes = || {
        database.run("SELECT indexrelid::regclass, substring(pg_get_indexdef(indexrelid) FROM '[(].*') FROM pg_index WHERE indrelid = 'warehouse.fact_events'::regclass ORDER BY indexrelid::regclass::text COLLATE \"C\";")
    };
    let drop_one = |deployment: &Deployment| {
        drop_deployment(&mut database.connect(), deployment, &DropOptions::default()).unwrap();
    };
    make(&first);
    make(&second);
    assert_snapshot!(indexes(), @r"
    warehouse.fact_events_spectrum_key_time_idx|(user_id, account_id, occurred_at)
    warehouse.fact_events_spectrum_key_time_idx2|(user_id, occurred_at)
    ");
    assert_eq!(make(&second).plan.notes.len(), 0);
    drop_one(&second);
    assert_snapshot!(indexes(), @"warehouse.fact_events_spectrum_key_time_idx|(user_id, account_id, occurred_at)");
    make(&second);
    drop_one(&first);
    assert_snapshot!(indexes(), @"warehouse.fact_events_spectrum_key_time_idx2|(user_id, occurred_at)");

    // Another key of one deployment: what it made before goes with it too.
    make(&Deployment { names: second.names.clone(), ..first.clone() });
    assert_eq!(indexes().lines().count(), 2);
    drop_one(&second);
    assert_eq!(indexes(), "");
}

#[test]
fn indexes_of_partitions_whose_names_are_taken_have_others() {
    let database = events();
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME TO plain;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, event_type text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.p1 PARTITION OF warehouse.fact_events DEFAULT;
         CREATE INDEX p1_spectrum_key_time_idx ON warehouse.p1 (event_type);",
    );
    let deployment = definition(|d| d);
    for _ in 0..2 {
        deploy(&mut database.connect(), &deployment, &creating(), &Stop::default(), &mut |_| ()).unwrap();
    }
    let valid = "SELECT i.indexrelid::regclass, i.indisvalid, h.inhparent::regclass FROM pg_index i
                 LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
                 WHERE i.indrelid IN ('warehouse.fact_events'::regclass, 'warehouse.p1'::regclass) ORDER BY indexrelid::regclass::text COLLATE \"C\";";
    assert_snapshot!(database.run(valid), @r"
    warehouse.fact_events_spectrum_key_time_idx|t|
    warehouse.p1_spectrum_key_time_idx|t|
    warehouse.p1_spectrum_key_time_idx2|t|warehouse.fact_events_spectrum_key_time_idx
    ");
}
