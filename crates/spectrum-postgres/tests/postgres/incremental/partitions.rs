//! Partitions that come and go.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, OnDetach, RefreshOptions, Stop, deploy, status,
};
use spectrum_sql::TableName;
use spectrum_testkit::PrivatePostgres;

use super::{Maintained, defined};
use crate::refresh::Database;

pub(super) const COLUMNS: &str =
    "event_id bigint, user_id text, account_id text, occurred_at timestamptz, event_type text";

/// A table by days with two partitions, of which each has events of two keys; a session of one key is in both.
pub(crate) fn by_days(on_detach: OnDetach) -> (Database, Maintained, Connection) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    client
        .batch_execute(&format!(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({COLUMNS}) PARTITION BY RANGE (occurred_at);
             CREATE TABLE warehouse.day_5 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z');
             CREATE TABLE warehouse.day_6 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-06Z') TO ('2026-01-07Z');"
        ))
        .unwrap();
    client
        .batch_execute(&format!("{}; {}", events(1, "2026-01-05 20:00Z"), events(100, "2026-01-06 04:00Z")))
        .unwrap();
    let deployment =
        Deployment { on_detach, carried: vec!["event_type".to_owned()], ..defined(|definition| definition) };
    let mut maintained = Maintained::deploy(&database, deployment);
    if on_detach == OnDetach::Keep {
        client.batch_execute(&with_kept(&maintained.deployment)).unwrap();
        maintained.reference = Some(TableName::parse("warehouse.with_kept").unwrap());
    }
    assert_eq!(maintained.differing(&mut client), Vec::<String>::new());
    (database, maintained, client)
}

/// Makes the view of the events that are there and those that are kept.
pub(super) fn with_kept(deployment: &Deployment) -> String {
    let columns = "event_id, user_id, account_id, occurred_at, event_type";
    format!(
        "CREATE VIEW warehouse.with_kept AS SELECT {columns} FROM warehouse.fact_events
         UNION ALL SELECT {columns} FROM {}",
        deployment.kept_events()
    )
}

/// Twenty-four events of two keys, ten minutes apart, with ids from `first` on.
pub(super) fn events_into(table: &str, first: i64, from: &str) -> String {
    format!(
        "INSERT INTO warehouse.{table} SELECT {first} + i, 'u' || i % 2, 'a', '{from}'::timestamptz + i * INTERVAL '10 min', 'x'
         FROM generate_series(0, 23) i"
    )
}

pub(crate) fn events(first: i64, from: &str) -> String {
    events_into("fact_events", first, from)
}

/// How many events the sessions relation has, and how many sessions there are.
pub(super) fn counted(client: &mut Connection) -> (i64, i64) {
    let sql = "SELECT (SELECT COUNT(*) FROM analytics.mv_sessions), (SELECT COUNT(*) FROM analytics.mv_session_summary)";
    let row = client.query_one(sql, &[]).unwrap();
    (row.get(0), row.get(1))
}

/// A step in SQL, and how many events there are afterwards.
pub(super) fn follow(maintained: &Maintained, client: &mut Connection, steps: &[(&str, i64)]) {
    for (sql, events) in steps {
        client.batch_execute(sql).unwrap();
        maintained.refresh(client);
        assert_eq!(counted(client).0, *events, "{sql}");
        assert_eq!(maintained.notes(client), 0, "{sql}");
    }
}

fn server_version(client: &mut Connection) -> u32 {
    client.query_one("SHOW server_version_num", &[]).unwrap().get::<_, String>(0).parse().unwrap()
}

const DAY_7: &str = "FOR VALUES FROM ('2026-01-07Z') TO ('2026-01-08Z')";

#[test]
fn partitions_that_come_are_watched() {
    let (_database, maintained, mut client) = by_days(OnDetach::Remove);
    let attached = format!(
        "CREATE TABLE warehouse.day_7 ({COLUMNS}); {};
         ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_7 {DAY_7}",
        events_into("day_7", 200, "2026-01-07 00:00Z")
    );
    // Written to before any refresh knows of it, by itself and through the whole.
    let made = format!(
        "CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT;
         {}; {}; UPDATE warehouse.rest SET user_id = 'u0' WHERE event_id = 310",
        events_into("rest", 300, "2026-01-09 01:00Z"),
        events(400, "2026-01-07 23:00Z")
    );
    let moved =
        "UPDATE warehouse.fact_events SET occurred_at = '2026-01-05 00:00Z' WHERE event_id IN (300, 200)";
    let steps = [
        (attached.as_str(), 72),
        ("DELETE FROM warehouse.day_7 WHERE event_id = 205", 71),
        (&made, 119),
        ("DELETE FROM warehouse.rest WHERE event_id = 311", 118),
        (moved, 118),
        ("TRUNCATE warehouse.day_6", 94),
    ];
    follow(&maintained, &mut client, &steps);
}

#[test]
fn partitions_that_go_take_their_events_along() {
    let (_database, maintained, mut client) = by_days(OnDetach::Remove);
    let detach = "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5";
    let attach = "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_5
                  FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";
    // Changed while it was away; what is in it when it comes back counts.
    let changed = "DELETE FROM warehouse.day_5 WHERE event_id < 5; UPDATE warehouse.day_5 SET user_id = 'u7' WHERE event_id = 9";
    let back_at_once = format!("{detach}; DELETE FROM warehouse.day_5 WHERE event_id < 7; {attach}");
    let steps = [
        (detach, 24),
        (changed, 24),
        (attach, 44),
        ("INSERT INTO warehouse.day_5 VALUES (90, 'u0', 'a', '2026-01-05 10:00Z', 'y')", 45),
        (&back_at_once, 43),
        ("DROP TABLE warehouse.day_5", 24),
        // The name comes back, and is another table.
        ("CREATE TABLE warehouse.day_5 PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z');
          INSERT INTO warehouse.day_5 VALUES (91, 'u0', 'a', '2026-01-05 23:59Z', 'y')", 25),
        ("DROP TABLE warehouse.day_5, warehouse.day_6", 0),
    ];
    follow(&maintained, &mut client, &steps);
}

#[test]
fn a_partition_that_is_detached_concurrently_goes() {
    let (database, maintained, mut client) = by_days(OnDetach::Remove);
    if server_version(&mut client) < 140_000 {
        return;
    }
    let detach = "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5 CONCURRENTLY";
    // A reader keeps it from being finished. Until then the partition is in the catalog, and in no query.
    let (mut reader, mut other) = (database.connect(), database.connect());
    reader.batch_execute("BEGIN; SELECT COUNT(*) FROM warehouse.fact_events").unwrap();
    std::thread::scope(|scope| {
        let detaches = scope.spawn(|| other.batch_execute(detach).unwrap());
        crate::refresh::until("the partition is in no query", || {
            client.query_one("SELECT COUNT(*) FROM warehouse.fact_events", &[]).unwrap().get::<_, i64>(0)
                == 24
        });
        let refreshed = client.batch_execute(&maintained.refresh_sql());
        let differing = maintained.differing(&mut client);
        // From here on nobody waits, whatever came out.
        reader.batch_execute("COMMIT").unwrap();
        detaches.join().unwrap();
        refreshed.unwrap();
        assert_eq!(differing, Vec::<String>::new());
    });
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 24);
    let steps = [("DELETE FROM warehouse.fact_events WHERE event_id = 101", 23)];
    follow(&maintained, &mut client, &steps);
}

#[test]
fn partitions_of_partitions_are_watched_at_every_level() {
    let (_database, maintained, mut client) = by_days(OnDetach::Remove);
    let halves = "CREATE TABLE warehouse.day_7_even PARTITION OF warehouse.day_7 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                  CREATE TABLE warehouse.day_7_odd PARTITION OF warehouse.day_7 FOR VALUES WITH (MODULUS 2, REMAINDER 1)";
    let tree = format!(
        "CREATE TABLE warehouse.day_7 ({COLUMNS}) PARTITION BY HASH (event_id); {halves}; {};
         ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_7 {DAY_7}",
        events_into("day_7", 200, "2026-01-07 00:00Z")
    );
    let into_the_middle = events_into("day_7", 300, "2026-01-07 10:00Z");
    let steps = [
        tree.as_str(),
        &into_the_middle,
        "UPDATE warehouse.day_7 SET occurred_at = occurred_at + INTERVAL '25 min' WHERE event_id % 3 = 0",
        "DELETE FROM warehouse.day_7 WHERE event_id >= 310",
        "DELETE FROM warehouse.day_7_odd WHERE user_id = 'u0'",
        "TRUNCATE warehouse.day_7",
        &into_the_middle,
        // One half alone, and then the rest of the tree.
        "ALTER TABLE warehouse.day_7 DETACH PARTITION warehouse.day_7_odd",
        "UPDATE warehouse.day_7_even SET occurred_at = occurred_at - INTERVAL '1 hour'",
        "ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_7",
    ];
    let mut counts = Vec::new();
    for sql in steps {
        client.batch_execute(sql).unwrap();
        maintained.refresh(&mut client);
        assert_eq!(maintained.notes(&mut client), 0);
        counts.push(counted(&mut client).0);
    }
    assert_eq!(counts[..4], [72, 96, 96, 82]);
    assert_eq!(counts[5..7], [48, 72]);
    assert_eq!(counts[9], 48);
    assert!(counts[4] < 82 && counts[7] < 72, "both halves have events: {counts:?}");
}

/// A deployment that finds triggers of partitions that were detached under the one before.
#[test]
fn a_new_deployment_finds_what_the_old_one_left() {
    let (database, maintained, mut client) = by_days(OnDetach::Remove);
    client.batch_execute("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5").unwrap();
    maintained.refresh(&mut client);
    let again = Deployment {
        on_detach: OnDetach::Remove,
        ..defined(|definition| definition.gap("20m".parse().unwrap()))
    };
    deploy(
        &mut database.connect(),
        &again,
        &DeployOptions { create_index: true, ..DeployOptions::default() },
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    let triggers = "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'warehouse.day_5'::regclass";
    assert_eq!(client.query_one(triggers, &[]).unwrap().get::<_, i64>(0), 0);
    client
        .batch_execute(
            "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_5 FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')",
        )
        .unwrap();
    client.batch_execute(&maintained.refresh_sql()).unwrap();
    assert_eq!(client.query_one(triggers, &[]).unwrap().get::<_, i64>(0), 5);
    assert_eq!(counted(&mut client).0, 48);
}

/// A crash empties such a partition, and nothing notes that.
#[test]
fn a_partition_that_a_crash_would_empty_is_named_by_every_command() {
    let (database, maintained, mut client) = by_days(OnDetach::Remove);
    client.batch_execute("ALTER TABLE warehouse.day_6 SET UNLOGGED").unwrap();
    let stands = status(&mut client, &maintained.deployment).unwrap();
    let mut advice = stands.advice;
    advice.retain(|advice| advice.to_string().contains("unlogged"));
    assert_snapshot!(messages(&advice).join("\n"), @"warehouse.day_6 is unlogged, so a crash of the server empties it and nothing notes that; ALTER TABLE warehouse.day_6 SET LOGGED");
    let report = database.refresh(&RefreshOptions::default());
    assert!(report.is_complete());
    assert_eq!(report.notes, advice);
    let refusal =
        deploy(&mut client, &maintained.deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ())
            .unwrap_err();
    assert_snapshot!(refusal, @"warehouse.day_6 is unlogged, so a crash of the server empties it and nothing notes that; ALTER TABLE warehouse.day_6 SET LOGGED, or deploy with mode view");
}
