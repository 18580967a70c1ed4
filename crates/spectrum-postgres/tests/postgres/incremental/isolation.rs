//! A refresh beside one other transaction, step by step.

use postgres::error::SqlState;
use spectrum_postgres::Connection;
use spectrum_testkit::PrivatePostgres;

use super::{Maintained, defined};
use crate::refresh::{Database, until};

/// Two events of one session.
fn two_events() -> (Database, Maintained) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z');",
    );
    let maintained = Maintained::deploy(&database, defined(|definition| definition));
    (database, maintained)
}

fn insert(id: &str, time: &str) -> String {
    format!("INSERT INTO warehouse.fact_events VALUES ('{id}', 'u1', 'a', '2026-01-01 {time}Z')")
}

/// The event ids in the sessions relation.
fn sessions(client: &mut Connection) -> Vec<String> {
    let rows = client.query("SELECT event_id FROM analytics.mv_sessions ORDER BY 1", &[]).unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Waits until somebody waits for a lock in this database.
fn until_one_waits(client: &mut Connection) {
    until("somebody waits for a lock", || {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        client.query_one(sql, &[]).unwrap().get::<_, i64>(0) == 1
    });
}

#[test]
fn what_commits_after_a_refresh_is_in_the_next() {
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let (database, maintained) = two_events();
        let (mut writer, mut client) = (database.connect(), database.connect());
        // The writer's snapshot is older than both events that follow, and its event than both refreshes.
        writer.batch_execute(&format!("BEGIN ISOLATION LEVEL {isolation}; SELECT 1")).unwrap();
        client.batch_execute(&insert("e3", "10:50")).unwrap();
        writer.batch_execute(&insert("late", "10:30")).unwrap();
        maintained.refresh(&mut client);
        assert_eq!(sessions(&mut client), ["e1", "e2", "e3"], "{isolation}");
        assert_eq!(maintained.notes(&mut client), 0);
        writer.batch_execute("COMMIT").unwrap();
        assert_eq!(maintained.notes(&mut client), 1, "{isolation}");
        maintained.refresh(&mut client);
        assert_eq!(sessions(&mut client), ["e1", "e2", "e3", "late"], "{isolation}");
        let one: i64 =
            client.query_one("SELECT COUNT(*) FROM analytics.mv_session_summary", &[]).unwrap().get(0);
        assert_eq!(one, 1, "the late event bridges, under {isolation}");
        assert_eq!(maintained.notes(&mut client), 0);
    }
}

#[test]
fn what_a_prepared_transaction_commits_is_in_the_next() {
    let server =
        spectrum_testkit::postgres::ServerOptions::default().setting("max_prepared_transactions = 2");
    let server = Box::leak(Box::new(PrivatePostgres::start_with(&server).unwrap()));
    let database = Database::empty(server);
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);",
    );
    let maintained = Maintained::deploy(&database, defined(|definition| definition));
    let mut client = database.connect();
    client.batch_execute(&format!("BEGIN; {}; PREPARE TRANSACTION 'later'", insert("e1", "10:00"))).unwrap();
    maintained.refresh(&mut client);
    assert_eq!(sessions(&mut client).len(), 0);
    client.batch_execute("COMMIT PREPARED 'later'").unwrap();
    maintained.refresh(&mut client);
    assert_eq!(sessions(&mut client), ["e1"]);
}

#[test]
fn a_refresh_wants_to_see_what_was_done_before_it() {
    let (database, maintained) = two_events();
    let mut client = database.connect();
    for isolation in ["REPEATABLE READ", "SERIALIZABLE"] {
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {isolation}")).unwrap();
        let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(
            (error.message(), error.hint().unwrap()),
            (
                format!("a refresh needs a transaction that is READ COMMITTED, and this one is {isolation}")
                    .as_str(),
                "Begin it with BEGIN ISOLATION LEVEL READ COMMITTED."
            )
        );
        client.batch_execute("ROLLBACK").unwrap();
    }
    client
        .batch_execute(
            "SET default_transaction_isolation = 'serializable'; BEGIN ISOLATION LEVEL READ COMMITTED",
        )
        .unwrap();
    client.batch_execute(&maintained.refresh_sql()).unwrap();
    client.batch_execute("COMMIT").unwrap();
}

#[test]
fn a_truncate_waits_for_a_refresh_and_a_refresh_for_a_truncate() {
    let (database, maintained) = two_events();
    let (mut client, mut other, mut watcher) = (database.connect(), database.connect(), database.connect());
    client.batch_execute(&format!("BEGIN; {}; {}", insert("e3", "10:20"), maintained.refresh_sql())).unwrap();
    std::thread::scope(|scope| {
        let truncates = scope.spawn(|| other.batch_execute("TRUNCATE warehouse.fact_events").unwrap());
        until_one_waits(&mut watcher);
        client.batch_execute("COMMIT").unwrap();
        truncates.join().unwrap();
    });
    assert_eq!(sessions(&mut client), ["e1", "e2", "e3"]);
    maintained.refresh(&mut client);
    assert_eq!(sessions(&mut client).len(), 0);

    client.batch_execute(&insert("e4", "11:00")).unwrap();
    maintained.refresh(&mut client);
    other
        .batch_execute(&format!("BEGIN; TRUNCATE warehouse.fact_events; {}", insert("e5", "12:00")))
        .unwrap();
    std::thread::scope(|scope| {
        let refreshes = scope.spawn(|| maintained.refresh(&mut client));
        until_one_waits(&mut watcher);
        other.batch_execute("COMMIT").unwrap();
        refreshes.join().unwrap();
    });
    assert_eq!(sessions(&mut watcher), ["e5"]);
    assert_eq!(maintained.notes(&mut watcher), 0);
}

#[test]
fn one_refresh_waits_for_the_other() {
    let (database, maintained) = two_events();
    let (mut first, mut second, mut watcher) = (database.connect(), database.connect(), database.connect());
    // It has nothing to do, so no row keeps the other waiting.
    first.batch_execute(&format!("BEGIN; {}", maintained.refresh_sql())).unwrap();
    watcher.batch_execute(&insert("e4", "10:30")).unwrap();
    std::thread::scope(|scope| {
        let sql = maintained.refresh_sql();
        let waits = scope.spawn(move || second.query_one(&sql, &[]).unwrap().get::<_, i64>("events_added"));
        until_one_waits(&mut watcher);
        first.batch_execute("COMMIT").unwrap();
        assert_eq!(waits.join().unwrap(), 1, "the event that came after the first refresh");
    });
    assert_eq!(maintained.differing(&mut watcher), Vec::<String>::new());
    assert_eq!(sessions(&mut watcher), ["e1", "e2", "e4"]);
    assert_eq!(maintained.notes(&mut watcher), 0);
}

/// What foreign keys do to events is done by statements of their own.
#[test]
fn cascades_are_noticed() {
    for (partitions, deferred) in
        [("", ""), ("", "DEFERRABLE INITIALLY DEFERRED"), ("PARTITION BY HASH (event_id)", "")]
    {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let mut client = database.connect();
        let halves = match partitions {
            "" => "",
            _ => "CREATE TABLE warehouse.half PARTITION OF warehouse.fact_events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                  CREATE TABLE warehouse.other PARTITION OF warehouse.fact_events FOR VALUES WITH (MODULUS 2, REMAINDER 1);",
        };
        client
            .batch_execute(&format!(
                "CREATE SCHEMA warehouse;
                 CREATE TABLE warehouse.users (id text PRIMARY KEY);
                 CREATE TABLE warehouse.accounts (id text PRIMARY KEY);
                 CREATE TABLE warehouse.fact_events (event_id text,
                   user_id text REFERENCES warehouse.users ON DELETE CASCADE ON UPDATE CASCADE {deferred},
                   account_id text REFERENCES warehouse.accounts ON DELETE SET NULL {deferred},
                   occurred_at timestamptz) {partitions}; {halves}
                 INSERT INTO warehouse.users SELECT 'u' || i FROM generate_series(0, 9) i;
                 INSERT INTO warehouse.accounts SELECT 'a' || i FROM generate_series(0, 2) i;
                 INSERT INTO warehouse.fact_events SELECT 'e' || i, 'u' || i % 10, 'a' || i % 3,
                   '2026-01-05 10:00Z'::timestamptz + i * INTERVAL '3 min' FROM generate_series(1, 60) i"
            ))
            .unwrap();
        let maintained = Maintained::deploy(&database, defined(|definition| definition));
        let steps = [
            ("DELETE FROM warehouse.users WHERE id IN ('u1', 'u2', 'u3')", 42),
            ("UPDATE warehouse.users SET id = 'new ' || id WHERE id > 'u6'", 42),
            ("DELETE FROM warehouse.accounts WHERE id < 'a2'", 42),
            ("DELETE FROM warehouse.users", 0),
        ];
        for (step, left) in steps {
            client.batch_execute(step).unwrap();
            maintained.refresh(&mut client);
            assert_eq!(sessions(&mut client).len(), left, "{step}");
        }
    }
}

#[test]
fn events_that_cannot_be_told_apart_are_refused() {
    let (database, maintained) = two_events();
    let mut client = database.connect();
    for (id, message, key) in [
        ("'e1'", "more than one event has event_id e1", "Key (event_id)=(e1) is duplicated. "),
        ("NULL", "an event has no event_id", ""),
    ] {
        client
            .batch_execute(&format!(
                "INSERT INTO warehouse.fact_events VALUES ({id}, 'u1', 'a', '2026-01-01 10:20Z')"
            ))
            .unwrap();
        let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!((error.message(), error.code()), (message, &SqlState::UNIQUE_VIOLATION));
        let detail = format!("{key}The sessions stay as they were, and what was noted waits.");
        assert_eq!(error.detail(), Some(detail.as_str()));
        assert_eq!((sessions(&mut client).len(), maintained.notes(&mut client)), (2, 1));
        client
            .batch_execute("DELETE FROM warehouse.fact_events WHERE occurred_at > '2026-01-01 10:15Z'")
            .unwrap();
        maintained.refresh(&mut client);
    }
    // The other event with that id has another key, at which nobody looks.
    client.batch_execute(&insert("e1", "10:20").replace("u1", "u2")).unwrap();
    let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
    let error = error.as_db_error().unwrap();
    let message = "more than one event has event_id e1";
    assert_eq!((error.message(), error.code()), (message, &SqlState::UNIQUE_VIOLATION));
    assert_eq!((sessions(&mut client).len(), maintained.notes(&mut client)), (2, 1));
    client.batch_execute("DELETE FROM warehouse.fact_events WHERE user_id = 'u2'").unwrap();
    maintained.refresh(&mut client);
}

/// A refresh that fails, or is rolled back, gives back what it took.
#[test]
fn a_refresh_that_is_rolled_back_leaves_the_notes() {
    let (database, maintained) = two_events();
    let mut client = database.connect();
    client.batch_execute(&insert("e3", "10:20")).unwrap();
    client.batch_execute(&format!("BEGIN; {}; ROLLBACK", maintained.refresh_sql())).unwrap();
    assert_eq!(sessions(&mut client), ["e1", "e2"]);
    assert_eq!(maintained.notes(&mut client), 1);
    // Twice in one transaction, with an event of its own between.
    let sql = maintained.refresh_sql();
    client.batch_execute(&format!("BEGIN; {sql}; {}; {sql}; COMMIT", insert("e4", "10:30"))).unwrap();
    assert_eq!(sessions(&mut client), ["e1", "e2", "e3", "e4"]);
    assert_eq!(maintained.differing(&mut client), Vec::<String>::new());
    assert_eq!(maintained.notes(&mut client), 0);
}
