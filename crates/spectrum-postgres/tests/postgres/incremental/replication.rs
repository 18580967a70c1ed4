//! Events that a replica applies, which fire no ordinary triggers.

use spectrum_postgres::Connection;
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::ServerOptions;

use super::{Maintained, defined};
use crate::refresh::{Database, until};

const COLUMNS: &str = "event_id bigint, user_id text, account_id text, occurred_at timestamptz";

const PARTITIONED: &str = "PARTITION BY RANGE (occurred_at);
    CREATE TABLE warehouse.fact_events_morning PARTITION OF warehouse.fact_events
      FOR VALUES FROM (MINVALUE) TO ('2026-01-05 12:00Z');
    CREATE TABLE warehouse.fact_events_rest PARTITION OF warehouse.fact_events DEFAULT";

/// Changes of every kind, each of which touches what is there.
const CHANGES: [&str; 6] = [
    "INSERT INTO warehouse.fact_events SELECT 100 + i, 'u' || i % 3, 'a', '2026-01-05 10:00Z'::timestamptz + i * INTERVAL '7 min'
     FROM generate_series(1, 30) i",
    "UPDATE warehouse.fact_events SET user_id = 'u9' WHERE event_id % 5 = 0",
    "UPDATE warehouse.fact_events SET occurred_at = occurred_at + INTERVAL '3 hours' WHERE event_id % 4 = 0",
    "DELETE FROM warehouse.fact_events WHERE event_id % 6 = 0",
    "TRUNCATE warehouse.fact_events",
    "INSERT INTO warehouse.fact_events VALUES (500, 'u1', NULL, '2026-01-05 10:00Z'), (501, 'u1', NULL, '2026-01-05 13:00Z')",
];

fn events(database: &Database, partitions: &str) {
    database.run(&format!(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events ({COLUMNS}, PRIMARY KEY (event_id, occurred_at)) {partitions};"
    ));
}

/// Waits until the subscriber has the events of the publisher.
fn until_applied(publisher: &mut Connection, subscriber: &mut Connection) {
    let sql = "SELECT md5(string_agg(e::text, ' ' ORDER BY event_id)) FROM warehouse.fact_events e";
    let wanted: Option<String> = publisher.query_one(sql, &[]).unwrap().get(0);
    until("the subscriber has what was published", || {
        subscriber.query_one(sql, &[]).unwrap().get::<_, Option<String>>(0) == wanted
    });
}

/// Publishes from one database of a server to another, where the sessions are.
fn applied(partitions: &str) {
    let options = ["wal_level = logical", "max_wal_senders = 8", "max_replication_slots = 8"];
    let options = options.iter().fold(ServerOptions::default(), |options, setting| options.setting(setting));
    let server: &'static PrivatePostgres =
        Box::leak(Box::new(PrivatePostgres::start_with(&options).unwrap()));
    let (from, to) = (Database::empty(server), Database::empty(server));
    events(&from, "");
    events(&to, partitions);
    // PostgreSQL's manual, "CREATE SUBSCRIPTION": on one server the slot is made apart, or the command waits for itself.
    from.run(
        "INSERT INTO warehouse.fact_events
         SELECT i, 'u' || i % 3, 'a', '2026-01-05 08:00Z'::timestamptz + i * INTERVAL '11 min' FROM generate_series(1, 20) i;
         CREATE PUBLICATION events FOR TABLE warehouse.fact_events;
         SELECT pg_create_logical_replication_slot('events', 'pgoutput');",
    );
    let maintained = Maintained::deploy(&to, defined(|definition| definition));
    let (mut publisher, mut subscriber) = (from.connect(), to.connect());
    subscriber
        .batch_execute(&format!(
            "CREATE SUBSCRIPTION events CONNECTION 'host={} dbname={} user={}' PUBLICATION events
             WITH (create_slot = false, slot_name = 'events')",
            server.socket_folder().display(),
            from.name(),
            server.user()
        ))
        .unwrap();
    // The copy at the beginning.
    until_applied(&mut publisher, &mut subscriber);
    for change in CHANGES {
        assert!(maintained.notes(&mut subscriber) > 0, "nothing was noted before: {change}");
        maintained.refresh(&mut subscriber);
        assert_eq!(maintained.notes(&mut subscriber), 0);
        publisher.batch_execute(change).unwrap();
        until_applied(&mut publisher, &mut subscriber);
    }
    maintained.refresh(&mut subscriber);
    let events: i64 = subscriber.query_one("SELECT COUNT(*) FROM analytics.mv_sessions", &[]).unwrap().get(0);
    assert_eq!(events, 2);
    // Otherwise the slot keeps the database from being dropped.
    subscriber.batch_execute("DROP SUBSCRIPTION events").unwrap();
}

#[test]
fn what_a_subscription_applies_is_noticed() {
    applied("");
}

#[test]
fn what_a_subscription_applies_to_partitions_is_noticed() {
    applied(PARTITIONED);
}

/// Every change is noted once, whether a session is an ordinary one or that of a replica.
#[test]
fn nothing_is_noted_twice() {
    for partitions in ["", PARTITIONED] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        events(&database, partitions);
        let maintained = Maintained::deploy(&database, defined(|definition| definition));
        let mut client = database.connect();
        let tables: &[&str] = match partitions {
            "" => &["fact_events"],
            _ => &["fact_events", "fact_events_morning"],
        };
        for role in ["origin", "replica"] {
            client.batch_execute(&format!("SET session_replication_role = {role}")).unwrap();
            for table in tables {
                let noted = |client: &mut Connection, sql: &str| {
                    client.batch_execute(&sql.replace("EVENTS", &format!("warehouse.{table}"))).unwrap();
                    let notes = maintained.notes(client);
                    maintained.refresh(client);
                    assert_eq!(maintained.notes(client), 0);
                    notes
                };
                let at = "'2026-01-05 10:00Z'";
                let insert = format!(
                    "INSERT INTO EVENTS VALUES (1, 'u', 'a', {at}), (2, 'u', 'a', {at}), (3, 'v', 'a', {at})"
                );
                // A statement notes a key once, and what is applied notes a row, an update twice.
                let (inserted, updated, deleted) = if role == "origin" { (2, 1, 2) } else { (3, 4, 3) };
                assert_eq!(noted(&mut client, &insert), inserted, "{role} {table}");
                let update =
                    "UPDATE EVENTS SET occurred_at = occurred_at + INTERVAL '1 hour' WHERE user_id = 'u'";
                assert_eq!(noted(&mut client, update), updated, "{role} {table}");
                let nothing = "UPDATE EVENTS SET occurred_at = occurred_at WHERE false";
                assert_eq!(noted(&mut client, nothing), 0, "{role} {table}");
                assert_eq!(noted(&mut client, "DELETE FROM EVENTS"), deleted, "{role} {table}");
                noted(&mut client, &insert);
                // A TRUNCATE fires the triggers of the table and of its partitions.
                assert!((1..=3).contains(&noted(&mut client, "TRUNCATE EVENTS")), "{role} {table}");
                let left: i64 =
                    client.query_one("SELECT COUNT(*) FROM analytics.mv_sessions", &[]).unwrap().get(0);
                assert_eq!(left, 0);
            }
        }
    }
}

/// An update that moves rows from a partition to another is a deletion and an insertion to a replica.
#[test]
fn rows_that_a_replica_moves_between_partitions_are_followed() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    events(&database, PARTITIONED);
    let maintained = Maintained::deploy(&database, defined(|definition| definition));
    let mut client = database.connect();
    client.batch_execute("SET session_replication_role = replica").unwrap();
    for change in CHANGES {
        client.batch_execute(change).unwrap();
        maintained.refresh(&mut client);
    }
}
