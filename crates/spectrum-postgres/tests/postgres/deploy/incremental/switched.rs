//! Switching modes under a running reader and a running writer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;

use postgres::SimpleQueryMessage;
use spectrum_postgres::Mode;

use super::{NONE, in_mode, incremental, many_events};
use crate::deploy::definition;
use crate::refresh::until;

#[test]
fn a_reader_never_fails_and_never_sees_fewer_rows() {
    let database = many_events();
    let view = in_mode(incremental(), Mode::View);
    database.deploy_in_parts(&view);
    let done = AtomicBool::new(false);
    let (reads, writes) = std::thread::scope(|scope| {
        let (tick, ticks) = sync_channel(3);
        let writer = scope.spawn(|| {
            let ticks = ticks;
            let (mut client, mut written) = (database.connect(), 0);
            // A few between two reads, whatever the machine can do.
            while let Ok(()) = ticks.recv() {
                written += 1;
                let sql = format!(
                    "INSERT INTO warehouse.fact_events VALUES ('w{written}', 'u{}', 'a{}', 'written',
                     TIMESTAMPTZ '2026-01-01Z' + {} * INTERVAL '1 minute')",
                    written % 75,
                    written % 3,
                    written * 37 % 50_000
                );
                client.batch_execute(&sql).unwrap();
            }
            written
        });
        let reader = scope.spawn(|| {
            let tick = tick;
            let (mut client, mut reads) = (database.connect(), 0);
            let mut least = [0_u64; 4];
            while !done.load(Ordering::Relaxed) {
                for (relation, least) in
                    ["mv_sessions", "v_sessions", "mv_session_summary", "v_session_summary"]
                        .iter()
                        .zip(&mut least)
                {
                    let what = if relation.contains("summary") { "SUM(events)" } else { "COUNT(*)" };
                    // Not prepared, as most readers are: names are looked up each time.
                    let rows =
                        client.simple_query(&format!("SELECT {what} FROM analytics.{relation}")).unwrap();
                    let count = rows.iter().find_map(|row| match row {
                        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<u64>().ok(),
                        _ => None,
                    });
                    let count = count.unwrap_or_else(|| panic!("{relation} was empty"));
                    assert!(count >= *least, "{relation} had {least} and has {count} rows");
                    *least = count;
                    reads += 1;
                    tick.send(()).unwrap();
                }
            }
            reads
        });
        for _ in 0..3 {
            database.deploy_in_parts(&incremental());
            database.connect().batch_execute("SELECT * FROM analytics.refresh_sessions()").unwrap();
            database.deploy_in_parts(&view);
        }
        database.deploy_in_parts(&incremental());
        done.store(true, Ordering::Relaxed);
        (reader.join().unwrap(), writer.join().unwrap())
    });
    assert!(reads > 20 && writes > 20, "{reads} reads, {writes} writes");
    database.run("SELECT * FROM analytics.refresh_sessions();");
    assert_eq!(database.differing(&incremental()), NONE);
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), (6000 + writes).to_string());
}

/// Whoever reads two relations can hold one that the exchange waits for, and wait for one that the exchange holds.
#[test]
fn a_reader_of_two_relations_and_the_exchange_do_not_end_each_other() {
    for mode in [Mode::View, Mode::Incremental] {
        let database = many_events();
        database.deploy_in_parts(&in_mode(incremental(), Mode::View));
        let waits = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND NOT granted;";
        let mut reader = database.connect();
        std::thread::scope(|scope| {
            let mut reading = reader.transaction().unwrap();
            reading.batch_execute("SELECT * FROM analytics.mv_sessions").unwrap();
            let deployed = scope.spawn(|| {
                database.deploy_in_parts(&in_mode(definition(|d| d.gap("5m".parse().unwrap())), mode))
            });
            until("the exchange waits", || database.run(waits) == "1");
            reading.batch_execute("SELECT * FROM analytics.mv_session_summary").unwrap();
            reading.commit().unwrap();
            assert_eq!(deployed.join().unwrap().rows, 6000);
        });
    }
}

/// PostgreSQL goes on with the text of a function that it has read, though the function is another by then.
#[test]
fn a_refresh_that_waited_does_not_refresh_by_the_old_definition() {
    let database = many_events();
    database.deploy_in_parts(&incremental());
    let other = in_mode(definition(|d| d.gap("5m".parse().unwrap())), Mode::Incremental);
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted;";
    let waited = std::thread::scope(|scope| {
        let mut call = None;
        database
            .try_deploy_in_parts(&other, |does| {
                if does.starts_with("waiting for writers") {
                    let mut client = database.connect();
                    call = Some(scope.spawn(move || client.query("SELECT * FROM analytics.refresh_sessions()", &[])));
                    until("the refresh waits", || database.run(waits) == "1");
                }
                if does == "writing down the definition" {
                    // Noted, and not taken in yet: for the old definition it would bridge two sessions.
                    database.run("INSERT INTO warehouse.fact_events SELECT 'late', user_id, account_id, 'x', occurred_at + INTERVAL '20 minutes' FROM warehouse.fact_events WHERE event_id = 'e5';");
                }
            })
            .unwrap();
        call.unwrap().join().unwrap()
    });
    let error = waited.unwrap_err();
    assert_eq!(
        error.as_db_error().unwrap().message(),
        "another definition of the sessions was deployed while this refresh waited"
    );
    database.run("SELECT * FROM analytics.refresh_sessions();");
    assert_eq!(database.differing(&other), NONE);
}
