//! New partitions that others write into while a refresh meets them.

use std::sync::atomic::{AtomicBool, Ordering};

use spectrum_postgres::{Connection, DeployOptions, OnDetach, Stop, deploy};

use super::Maintained;
use super::partitions::{by_days, counted, events, events_into};
use crate::refresh::{Database, until};

const DAY_7: &str = "CREATE TABLE warehouse.day_7 PARTITION OF warehouse.fact_events
    FOR VALUES FROM ('2026-01-07Z') TO ('2026-01-08Z')";

/// A day more with events, into which somebody writes who has not committed yet.
fn with_busy_day(on_detach: OnDetach) -> (Database, Maintained, Connection, Connection) {
    let (database, maintained, mut client) = by_days(on_detach);
    client.batch_execute(&format!("{DAY_7}; {}", events_into("day_7", 200, "2026-01-07 00:00Z"))).unwrap();
    // Whoever waits for somebody else's transaction here waits for ever.
    client.batch_execute("SET statement_timeout = '20s'").unwrap();
    let mut writer = database.connect();
    writer
        .batch_execute("BEGIN; INSERT INTO warehouse.day_7 VALUES (290, 'u0', 'a', '2026-01-07 12:00Z', 'x')")
        .unwrap();
    (database, maintained, client, writer)
}

fn triggers_of_day_7(client: &mut Connection) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'warehouse.day_7'::regclass";
    client.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn a_partition_that_is_written_into_is_taken_in_and_watched_later() {
    let (_database, maintained, mut client, mut writer) = with_busy_day(OnDetach::Remove);
    maintained.refresh(&mut client);
    assert_eq!((counted(&mut client).0, triggers_of_day_7(&mut client)), (72, 0));
    // Nothing notes any of this.
    for (sql, there) in [
        ("DELETE FROM warehouse.day_7 WHERE event_id < 205", 67),
        ("INSERT INTO warehouse.day_7 VALUES (291, 'u1', 'a', '2026-01-07 05:00Z', 'y')", 68),
        ("UPDATE warehouse.day_7 SET user_id = 'u7' WHERE event_id % 3 = 0", 68),
        (
            "UPDATE warehouse.day_7 SET occurred_at = occurred_at + INTERVAL '40 min' WHERE event_id % 4 = 0",
            68,
        ),
        ("UPDATE warehouse.day_7 SET event_type = 'z' WHERE event_id % 5 = 0", 68),
        ("UPDATE warehouse.day_7 SET event_id = event_id + 1000 WHERE event_id % 7 = 0", 68),
        ("DELETE FROM warehouse.day_7", 48),
    ] {
        client.batch_execute(sql).unwrap();
        maintained.refresh(&mut client);
        assert_eq!((counted(&mut client).0, triggers_of_day_7(&mut client)), (there, 0), "{sql}");
    }
    writer.batch_execute("COMMIT").unwrap();
    maintained.refresh(&mut client);
    assert_eq!((counted(&mut client).0, triggers_of_day_7(&mut client)), (49, 5));
    maintained.refresh(&mut client);
    assert_eq!(maintained.notes(&mut client), 0);
    client.batch_execute("DELETE FROM warehouse.day_7").unwrap();
    assert_eq!(maintained.notes(&mut client), 1);
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 48);
}

/// A refresh that waited for the partition's lock would keep out all who come after it.
#[test]
fn whoever_writes_into_a_new_partition_is_not_held_up() {
    let (database, maintained, mut client, mut writer) = with_busy_day(OnDetach::Remove);
    let mut other = database.connect();
    other.batch_execute("SET lock_timeout = '10s'").unwrap();
    let refreshed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let refreshing = scope.spawn(|| {
            let done = client.batch_execute(&maintained.refresh_sql());
            refreshed.store(true, Ordering::SeqCst);
            done
        });
        let waits =
            "SELECT COUNT(*) FROM pg_locks WHERE relation = 'warehouse.day_7'::regclass AND NOT granted;";
        until("the refresh waits or is done", || {
            refreshed.load(Ordering::SeqCst) || database.run(waits) != "0"
        });
        let written = other.batch_execute(&events_into("day_7", 300, "2026-01-07 01:00Z"));
        writer.batch_execute("COMMIT").unwrap();
        written.unwrap();
        refreshing.join().unwrap().unwrap();
    });
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 48 + 24 + 1 + 24);
}

/// The writer holds what the refresh needs, and then waits for the refresh.
#[test]
fn a_writer_that_makes_the_next_partition_is_not_ended() {
    let (database, maintained, mut client, mut writer) = with_busy_day(OnDetach::Remove);
    let refreshed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let refreshing = scope.spawn(|| {
            let done = client.batch_execute(&maintained.refresh_sql());
            refreshed.store(true, Ordering::SeqCst);
            done
        });
        let waits =
            "SELECT COUNT(*) FROM pg_locks WHERE relation = 'warehouse.day_7'::regclass AND NOT granted;";
        until("the refresh waits or is done", || {
            refreshed.load(Ordering::SeqCst) || database.run(waits) != "0"
        });
        let made = writer.batch_execute(
            "CREATE TABLE warehouse.day_8 PARTITION OF warehouse.fact_events
             FOR VALUES FROM ('2026-01-08Z') TO ('2026-01-09Z'); COMMIT",
        );
        made.unwrap();
        refreshing.join().unwrap().unwrap();
    });
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 48 + 24 + 1);
}

/// Its events are in the sessions, so they are kept as those of any other.
#[test]
fn events_of_a_partition_that_was_never_watched_are_kept() {
    let (_database, maintained, mut client, mut writer) = with_busy_day(OnDetach::Keep);
    maintained.refresh(&mut client);
    assert_eq!((counted(&mut client).0, triggers_of_day_7(&mut client)), (72, 0));
    writer.batch_execute("ROLLBACK").unwrap();
    client.batch_execute("ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.day_7").unwrap();
    maintained.refresh(&mut client);
    assert_eq!(counted(&mut client).0, 72);
    let kept = "SELECT COUNT(*) FROM analytics.spectrum_changes_kept_events";
    assert_eq!(client.query_one(kept, &[]).unwrap().get::<_, i64>(0), 24);
}

/// A deployment has to follow, too, and finds nothing missing of a partition that the next refresh is going to watch.
#[test]
fn a_deployment_leaves_such_a_partition_to_the_refresh() {
    let (database, maintained, mut client, mut writer) = with_busy_day(OnDetach::Remove);
    maintained.refresh(&mut client);
    let plan = deploy(
        &mut database.connect(),
        &maintained.deployment,
        &DeployOptions::default(),
        &Stop::default(),
        &mut |_| (),
    );
    assert_eq!(plan.unwrap().plan.stages, []);
    writer.batch_execute("ROLLBACK").unwrap();
    maintained.refresh(&mut client);
    assert_eq!(triggers_of_day_7(&mut client), 5);
}

/// Partitions that come one after the other, each written into by itself and through the whole from the first.
#[test]
fn partitions_that_come_while_others_write_and_refresh() {
    let (database, maintained, mut client) = by_days(OnDetach::Remove);
    let written = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|writer: i64| {
                let mut client = database.connect();
                scope.spawn(move || {
                    for step in 0..1200_i64 {
                        let (day, id) = (7 + step / 120, 10_000 * (writer + 1) + step);
                        if writer == 0 && step % 120 == 0 {
                            let make = format!(
                                "CREATE TABLE warehouse.day_{day} PARTITION OF warehouse.fact_events
                                 FOR VALUES FROM ('2026-01-{day:02}Z') TO ('2026-01-{:02}Z')",
                                day + 1
                            );
                            client.batch_execute(&make).unwrap();
                        }
                        let table =
                            if step % 2 == 0 { "fact_events".to_owned() } else { format!("day_{day}") };
                        let sql = match step % 5 {
                            0..3 => format!(
                                "INSERT INTO warehouse.{table} VALUES ({id}, 'u{}', 'a',
                                   '2026-01-{day:02}Z'::timestamptz + {} * INTERVAL '11 min', 'x')",
                                step % 4,
                                (step * 7 + writer * 13) % 130
                            ),
                            3 => format!("DELETE FROM warehouse.{table} WHERE event_id % 17 = {}", step % 17),
                            _ => format!(
                                "UPDATE warehouse.{table} SET user_id = 'u{}' WHERE event_id % 13 = {}",
                                step % 3,
                                step % 13
                            ),
                        };
                        // Before its partition is there it cannot be written into.
                        let mut done = client.batch_execute(&sql);
                        for _ in 0..500 {
                            match &done {
                                Err(error) if writer > 0 && is_missing(error) => {
                                    std::thread::sleep(std::time::Duration::from_millis(10));
                                    done = client.batch_execute(&sql);
                                }
                                _ => break,
                            }
                        }
                        done.unwrap();
                    }
                })
            })
            .collect();
        let refreshing = scope.spawn(|| {
            let mut client = database.connect();
            let mut refreshes = 0;
            while !written.load(Ordering::SeqCst) {
                client.batch_execute(&maintained.refresh_sql()).unwrap();
                refreshes += 1;
            }
            refreshes
        });
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        written.store(true, Ordering::SeqCst);
        assert!(refreshing.join().unwrap() > 5);
        ended.into_iter().for_each(|ended| ended.unwrap());
    });
    maintained.refresh(&mut client);
    maintained.refresh(&mut client);
    assert_eq!(maintained.notes(&mut client), 0);
    client.batch_execute(&events(90_000, "2026-01-08 03:00Z")).unwrap();
    maintained.refresh(&mut client);
}

fn is_missing(error: &postgres::Error) -> bool {
    use postgres::error::SqlState;
    let codes = [&SqlState::UNDEFINED_TABLE, &SqlState::CHECK_VIOLATION];
    error.code().is_some_and(|code| codes.contains(&code))
}
