//! Events without a time, and at infinity.

use spectrum_core::EpochUnit;
use spectrum_postgres::{Connection, Deployment};
use spectrum_testkit::PrivatePostgres;

use super::Maintained;
use super::shape::Shape;
use crate::refresh::Database;

/// All that is kept, as one text.
fn everything(client: &mut Connection) -> String {
    let sql = "SELECT md5(string_agg(x, ' ')) FROM (
                 (SELECT m::text AS x FROM analytics.mv_sessions m) UNION ALL
                 (SELECT m::text FROM analytics.mv_session_summary m) UNION ALL
                 (SELECT m::text FROM analytics.spectrum_changes m) ORDER BY 1) AS rows";
    client.query_one(sql, &[]).unwrap().get(0)
}

/// Why a refresh is refused; it changes nothing.
fn refusal(maintained: &Maintained, client: &mut Connection) -> (String, String) {
    let before = everything(client);
    let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
    assert_eq!(everything(client), before);
    let error = error.as_db_error().unwrap();
    (error.message().to_owned(), error.hint().unwrap().to_owned())
}

/// What makes event 7 an event without a finite time.
const SPOILT: [&str; 3] = ["NULL", "'infinity'", "'-infinity'"];

/// The same where times are numbers.
const SPOILT_NUMBERS: [&str; 4] =
    ["NULL", "9223372036854775807", "-9223372036854775808", "4611686018427387904"];

#[test]
fn events_without_a_finite_time_are_refused_by_name_until_they_are_mended() {
    for (time, partitioned) in
        [("timestamptz", false), ("timestamp", true), ("date", false), ("bigint", false), ("bigint", true)]
    {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let value = match time {
            "date" => "'2026-01-05'::date + i".to_owned(),
            "bigint" => "1767607200000 + i * 420000".to_owned(),
            time => format!("'2026-01-05 10:00'::{time} + i * INTERVAL '7 min'"),
        };
        let unit = (time == "bigint").then_some(EpochUnit::Millisecond);
        let (spoilt, mended) = match unit {
            Some(_) => (&SPOILT_NUMBERS[..], "1767610800000"),
            None => (&SPOILT[..], "'2026-01-05 11:00'"),
        };
        let shape = Shape { time: ("occurred_at", time, &value), partitioned, unit, ..Shape::default() };
        let maintained = shape.deploy(&database, |deployment| deployment);
        let mut client = database.connect();
        for spoilt in spoilt {
            for role in ["origin", "replica"] {
                client
                    .batch_execute(&format!(
                        "SET session_replication_role = {role};
                         UPDATE warehouse.fact_events SET occurred_at = {spoilt} WHERE event_id = 7;
                         RESET session_replication_role; DELETE FROM warehouse.fact_events WHERE event_id = 3; {}",
                        shape.insert(3, 3)
                    ))
                    .unwrap();
                let (message, hint) = refusal(&maintained, &mut client);
                assert_eq!(message, "an event has no finite time: event_id 7");
                assert!(
                    hint.ends_with(
                        "NULL, and no others, are left out if spectrum deploy is told to drop them."
                    ),
                    "{hint}"
                );
                // What is written while it waits is taken along in the end.
                client.batch_execute(&shape.insert(50, 60)).unwrap();
                refusal(&maintained, &mut client);
                client
                    .batch_execute(&format!(
                        "UPDATE warehouse.fact_events SET occurred_at = {mended} WHERE event_id = 7;"
                    ))
                    .unwrap();
                maintained.refresh(&mut client);
                assert_eq!(maintained.notes(&mut client), 0);
                client.batch_execute("DELETE FROM warehouse.fact_events WHERE event_id >= 50").unwrap();
                // Or taken away again, which leaves nothing to refuse.
                client
                    .batch_execute(&format!(
                        "INSERT INTO warehouse.fact_events (event_id, user_id, occurred_at) VALUES (99, 'new', {spoilt})"
                    ))
                    .unwrap();
                refusal(&maintained, &mut client);
                client.batch_execute("DELETE FROM warehouse.fact_events WHERE event_id = 99").unwrap();
                maintained.refresh(&mut client);
                assert_eq!(maintained.notes(&mut client), 0);
            }
        }
    }
}

#[test]
fn events_without_a_time_are_left_out_where_that_was_asked_for() {
    for partitioned in [false, true] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let shape = Shape { partitioned, ..Shape::default() };
        let maintained =
            shape.deploy(&database, |deployment| Deployment { without_null_times: true, ..deployment });
        let mut client = database.connect();
        let steps = [
            "UPDATE warehouse.fact_events SET occurred_at = NULL WHERE event_id IN (7, 8)",
            "INSERT INTO warehouse.fact_events (event_id, user_id) VALUES (90, 'u1'), (91, NULL)",
            "UPDATE warehouse.fact_events SET user_id = 'u2' WHERE occurred_at IS NULL",
            "UPDATE warehouse.fact_events SET occurred_at = '2026-01-05 11:00Z' WHERE event_id IN (7, 90)",
            "DELETE FROM warehouse.fact_events WHERE event_id < 9",
            "SET session_replication_role = replica;
             UPDATE warehouse.fact_events SET occurred_at = NULL WHERE event_id IN (10, 11);
             UPDATE warehouse.fact_events SET occurred_at = '2026-01-05 11:00Z' WHERE event_id = 91;
             INSERT INTO warehouse.fact_events (event_id, user_id) VALUES (92, 'u1');
             DELETE FROM warehouse.fact_events WHERE event_id = 11; RESET session_replication_role",
        ];
        for step in steps {
            client.batch_execute(step).unwrap();
            maintained.refresh(&mut client);
            assert_eq!(maintained.notes(&mut client), 0, "{step}");
        }
        let events: i64 = client.query_one("SELECT COUNT(*) FROM analytics.mv_sessions", &[]).unwrap().get(0);
        assert_eq!(events, 40 - 8 + 2 - 2);
        client
            .batch_execute("UPDATE warehouse.fact_events SET occurred_at = 'infinity' WHERE event_id = 30")
            .unwrap();
        let (message, hint) = refusal(&maintained, &mut client);
        assert_eq!(
            (message.as_str(), hint.as_str()),
            ("an event has no finite time: event_id 30", "Give it a time, or none.")
        );
        client
            .batch_execute("UPDATE warehouse.fact_events SET occurred_at = NULL WHERE event_id = 30")
            .unwrap();
        maintained.refresh(&mut client);
    }
}

/// A partition that comes with such events, of which one key has no others.
#[test]
fn partitions_that_come_without_times_are_refused_or_left_out() {
    for without_null_times in [false, true] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let mut client = database.connect();
        client
            .batch_execute(
                "CREATE SCHEMA warehouse;
                 CREATE TABLE warehouse.fact_events (event_id bigint, user_id text, account_id text, occurred_at timestamptz)
                   PARTITION BY LIST (account_id);
                 CREATE TABLE warehouse.a PARTITION OF warehouse.fact_events FOR VALUES IN ('a');
                 INSERT INTO warehouse.fact_events VALUES (1, 'u1', 'a', '2026-01-05 10:00Z')",
            )
            .unwrap();
        let deployment = super::defined(|definition| definition);
        let maintained = Maintained::deploy(&database, Deployment { without_null_times, ..deployment });
        client
            .batch_execute(
                "CREATE TABLE warehouse.b (LIKE warehouse.a);
                 INSERT INTO warehouse.b VALUES (2, 'u2', 'b', NULL), (3, 'u3', 'b', NULL), (4, 'u3', 'b', '2026-01-05 10:00Z');
                 ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.b FOR VALUES IN ('b')",
            )
            .unwrap();
        if !without_null_times {
            let (message, _) = refusal(&maintained, &mut client);
            assert!(message.starts_with("an event has no finite time: event_id "), "{message}");
            client.batch_execute("DELETE FROM warehouse.b WHERE occurred_at IS NULL").unwrap();
        }
        maintained.refresh(&mut client);
        let events: i64 = client.query_one("SELECT COUNT(*) FROM analytics.mv_sessions", &[]).unwrap().get(0);
        assert_eq!(events, 2);
        assert_eq!(maintained.notes(&mut client), 0);
    }
}
