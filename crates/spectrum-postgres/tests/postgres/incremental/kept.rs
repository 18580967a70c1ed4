//! Events of partitions that went, where they are kept.

use spectrum_postgres::{Connection, OnDetach};

use super::partitions::{by_days, counted, follow};

fn ids_kept(client: &mut Connection) -> Vec<i64> {
    let sql = "SELECT event_id FROM analytics.spectrum_changes_kept_events ORDER BY 1";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn events_of_partitions_that_go_are_kept() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    let before = counted(&mut client);
    let steps = [
        ("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5", 48),
        // Beside kept events: one that extends their last session, and one between sessions.
        ("INSERT INTO warehouse.fact_events VALUES (900, 'u0', 'a', '2026-01-06 00:00Z', 'y')", 49),
        ("DELETE FROM warehouse.fact_events WHERE event_id = 900 OR event_id < 110", 38),
        ("TRUNCATE warehouse.fact_events", 24),
        // What is done to the table that was detached is nothing to the sessions any more.
        ("DELETE FROM warehouse.day_5 WHERE event_id = 3", 24),
    ];
    assert_eq!(before.0, 48);
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client).len(), 24);
    // Back again: its rows are the events, and what it lost meanwhile is lost.
    let attach = "ALTER TABLE warehouse.fact_events ATTACH PARTITION warehouse.day_5
                  FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')";
    let steps = [(attach, 23), ("DELETE FROM warehouse.fact_events WHERE event_id < 10", 15)];
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
}

#[test]
fn events_that_were_deleted_are_not_kept_with_their_partition() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    // All of it between two refreshes.
    client
        .batch_execute(
            "DELETE FROM warehouse.fact_events WHERE event_id IN (1, 2, 101, 102);
             UPDATE warehouse.fact_events SET event_id = 1000 + event_id WHERE event_id IN (3, 103);
             SET session_replication_role = replica;
             DELETE FROM warehouse.fact_events WHERE event_id IN (4, 104);
             UPDATE warehouse.fact_events SET event_id = 1000 + event_id WHERE event_id IN (5, 105);
             RESET session_replication_role;
             ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5;
             DROP TABLE warehouse.day_6",
        )
        .unwrap();
    maintained.refresh(&mut client);
    let kept = ids_kept(&mut client);
    let gone = [1, 2, 3, 4, 5, 101, 102, 103, 104, 105];
    assert_eq!(kept.iter().filter(|id| gone.contains(id)).count(), 0, "{kept:?}");
    // The detached table has the new ids; those of the dropped one were never seen.
    assert!(kept.contains(&1003) && kept.contains(&1005) && !kept.contains(&1103), "{kept:?}");
    assert_eq!(kept.len(), 21 + 19);
    assert_eq!(counted(&mut client).0, 40);
}

#[test]
fn a_dropped_partition_is_kept_and_can_be_written_again() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    // An event that no refresh has seen goes with its table.
    client
        .batch_execute(
            "CREATE TABLE warehouse.archive AS SELECT * FROM warehouse.day_5;
             INSERT INTO warehouse.day_5 VALUES (950, 'u0', 'a', '2026-01-05 23:59Z', 'y'); DROP TABLE warehouse.day_5",
        )
        .unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 48);
    assert_eq!(ids_kept(&mut client).len(), 24);
    let steps = [
        (
            "CREATE TABLE warehouse.day_5_again PARTITION OF warehouse.fact_events
            FOR VALUES FROM ('2026-01-05Z') TO ('2026-01-06Z')",
            48,
        ),
        ("INSERT INTO warehouse.fact_events SELECT * FROM warehouse.archive WHERE event_id < 13", 48),
        ("INSERT INTO warehouse.day_5_again SELECT * FROM warehouse.archive WHERE event_id >= 13", 48),
    ];
    follow(&maintained, &mut client, &steps);
    assert_eq!(ids_kept(&mut client), Vec::<i64>::new());
    let steps = [("DELETE FROM warehouse.fact_events WHERE event_id < 10", 39)];
    follow(&maintained, &mut client, &steps);
}

/// A table that was detached and changed its shape is read no more; what the sessions relation has of it is kept.
#[test]
fn a_detached_partition_that_cannot_be_read_is_kept_as_it_was_seen() {
    let (_database, maintained, mut client) = by_days(OnDetach::Keep);
    client
        .batch_execute(
            "DELETE FROM warehouse.fact_events WHERE event_id = 3;
             ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_5;
             ALTER TABLE warehouse.day_5 DROP COLUMN event_type",
        )
        .unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 47);
    assert_eq!(ids_kept(&mut client).len(), 23);
}
