//! Two refreshers, and readers who hold on.

use std::sync::Mutex;
use std::time::Duration;

use insta::assert_snapshot;
use spectrum_postgres::{Event, Limits, PgError, RefreshOptions, Stop, refresh};

use super::{Database, hold_lock, told, until, view};

/// Pids and times are not the same twice.
fn steady(text: &str) -> String {
    let blurred: String = text.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    let pid = blurred.split("pid ").map(|part| part.trim_start_matches('#')).collect::<Vec<_>>();
    pid.join("pid ")
}

/// Views that sleep until told otherwise, so that the first refresher is at work when the second comes.
fn with_a_slow_view() -> Database {
    let database = Database::new();
    database.run(
        "CREATE TABLE warehouse.slowness AS SELECT 0 AS seconds;
         CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT pg_sleep(seconds)::text AS slept FROM warehouse.slowness;
         UPDATE warehouse.slowness SET seconds = 120;",
    );
    database
}

fn wait_for_the_slow_view(database: &Database) {
    until("the slow view is in work", || {
        database.run(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%slow' AND state = 'active'
                      AND datname = current_database()",
        ) == "1"
    });
}

fn cancel_the_slow_view(database: &Database) {
    database.run(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
         WHERE query LIKE 'REFRESH%slow' AND state = 'active' AND datname = current_database()",
    );
}

#[test]
fn the_second_refresher_hears_who_is_at_work() {
    let database = with_a_slow_view();
    let error = std::thread::scope(|scope| {
        let first = scope.spawn(|| database.refresh_all());
        wait_for_the_slow_view(&database);
        let second = database.try_refresh(&RefreshOptions::default());
        cancel_the_slow_view(&database);
        first.join().unwrap();
        second.unwrap_err()
    });
    assert!(matches!(error, PgError::Locked { .. }));
    assert_snapshot!(steady(&error.to_string()), @"spectrum refresh (pid , user spectrum) is at work on these sessions, connected since ####-##-## ##:##:## UTC; run the command again later; spectrum deploy and spectrum refresh wait for it with wait");
    // The lock is given back.
    assert!(database.refresh(&RefreshOptions::default()).is_complete());
}

#[test]
fn the_second_refresher_waits_when_asked_to() {
    let database = with_a_slow_view();
    let heard = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| database.refresh_all());
        wait_for_the_slow_view(&database);
        let second = scope.spawn(|| {
            let options = RefreshOptions { wait: true, ..RefreshOptions::default() };
            let mut connection = database.connect();
            refresh(&mut connection, &database.deployment(), &options, &Stop::default(), &mut |event| {
                if let Event::Waiting { holder, .. } = event {
                    heard.lock().unwrap().push(holder.to_owned());
                }
            })
        });
        until("the second waits", || !heard.lock().unwrap().is_empty() || second.is_finished());
        cancel_the_slow_view(&database);
        first.join().unwrap();
        assert!(second.join().unwrap().unwrap().is_complete());
    });
    let heard = heard.into_inner().unwrap();
    assert_eq!(heard.len(), 1, "once is enough: {heard:?}");
    assert!(heard[0].starts_with("spectrum refresh (pid "), "{heard:?}");
}

#[test]
fn a_stop_ends_the_wait() {
    let database = with_a_slow_view();
    let done = std::thread::scope(|scope| {
        let first = scope.spawn(|| database.refresh_all());
        wait_for_the_slow_view(&database);
        let options = RefreshOptions { wait: true, ..RefreshOptions::default() };
        let stop = Stop::default();
        let done = refresh(&mut database.connect(), &database.deployment(), &options, &stop, &mut |event| {
            if matches!(event, Event::Waiting { .. }) {
                stop.request();
            }
        });
        cancel_the_slow_view(&database);
        first.join().unwrap();
        done
    });
    assert!(matches!(done, Err(PgError::Interrupted)), "{done:?}");
}

/// A reader whose transaction goes on stands in the way of a plain refresh, and not of a concurrent one.
#[test]
fn a_long_reader_and_the_lock_timeout() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.plain AS SELECT COUNT(*) AS events FROM analytics.mv_sessions",
    );
    let mut reader = database.server().connect("long reader").unwrap();
    reader
        .batch_execute("BEGIN; SELECT * FROM analytics.plain; SELECT * FROM analytics.mv_sessions")
        .unwrap();
    let options = RefreshOptions {
        views: vec![view("analytics.plain")],
        limits: Limits { lock: Some(Duration::from_millis(200)), ..Limits::default() },
        ..RefreshOptions::default()
    };
    let report = database.refresh(&options);
    assert_snapshot!(steady(&told(&report)), @"
    analytics.mv_sessions concurrently ok #: unique index mv_sessions_event_id_key
    analytics.mv_session_summary concurrently ok #: unique index mv_session_summary_key_seq_key
    analytics.plain plain failed -: no unique index / it could not be locked within ###ms: long reader (pid , user spectrum, idle in transaction, in a transaction since ####-##-## ##:##:## UTC) holds AccessShareLock on analytics.plain
    ");
    reader.batch_execute("COMMIT").unwrap();
    assert!(database.refresh(&options).is_complete());
}

/// Somebody has locked the events themselves.
#[test]
fn a_lock_on_what_a_view_reads_is_found_too() {
    let database = Database::new();
    let mut other = database.server().connect("migration").unwrap();
    other.batch_execute("BEGIN; LOCK TABLE warehouse.fact_events").unwrap();
    let options = RefreshOptions {
        limits: Limits { lock: Some(Duration::from_millis(200)), ..Limits::default() },
        ..RefreshOptions::default()
    };
    let report = database.refresh(&options);
    assert_snapshot!(steady(&told(&report)), @"
    analytics.mv_sessions concurrently failed -: unique index mv_sessions_event_id_key / it could not be locked within ###ms: migration (pid , user spectrum, idle in transaction, in a transaction since ####-##-## ##:##:## UTC) holds AccessExclusiveLock on warehouse.fact_events
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");
}

#[test]
fn a_lock_that_was_left_behind_can_be_freed() {
    let database = Database::new();
    // As a pooler leaves it: held by a session that is kept for others.
    let mut left = database.connect();
    hold_lock(&mut left, "analytics");
    let error = database.try_refresh(&RefreshOptions::default()).unwrap_err().to_string();
    let (_, remedy) = error.split_once("any more, ").unwrap();
    let (remedy, _) = remedy.split_once(" frees the lock").unwrap();
    assert_snapshot!(steady(&error.replace(remedy, "REMEDY")), @"spectrum refresh (pid , user spectrum) is at work on these sessions, connected since ####-##-## ##:##:## UTC, idle since ####-##-## ##:##:## UTC (if no command works there any more, REMEDY frees the lock); run the command again later; spectrum deploy and spectrum refresh wait for it with wait");
    assert!(remedy.starts_with("SELECT pg_catalog.pg_terminate_backend("), "{remedy}");
    database.run(remedy);
    until("the lock is free", || {
        database.run(
            "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE locktype = 'advisory' AND datname = current_database()",
        ) == "0"
    });
    assert!(database.refresh(&RefreshOptions::default()).is_complete());
}

#[test]
fn a_lock_that_is_lost_on_the_way_is_told() {
    let database = Database::new();
    database.run(
        "CREATE FUNCTION public.lose() RETURNS event_trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_catalog.pg_advisory_unlock_all(); END $$;
         CREATE EVENT TRIGGER lose ON ddl_command_end WHEN TAG IN ('REFRESH MATERIALIZED VIEW')
           EXECUTE FUNCTION public.lose();",
    );
    let error = database.try_refresh(&RefreshOptions::default()).unwrap_err();
    assert_snapshot!(error.to_string(), @"the lock on these sessions was lost before the work was done, so others may have been at work on them meanwhile: the connection did not keep its session, as behind a pooler in transaction mode; connect to the server itself, and run spectrum verify");
}
