//! Views that fail, and what that does to others.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use spectrum_postgres::{Event, Limits, Outcome, RefreshOptions, Stop, refresh};

use super::{Database, all, outcome, told, until, view};

/// A view that divides by zero once an event e5 is there, two views that read it, one through a plain view, and one
/// that has nothing to do with it.
fn with_a_failing_view() -> Database {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.fails AS
           SELECT 1 / (5 - COUNT(*)) AS n FROM analytics.mv_sessions;
         CREATE VIEW analytics.between AS SELECT n FROM analytics.fails;
         CREATE MATERIALIZED VIEW analytics.a_reads_it AS SELECT n FROM analytics.between;
         CREATE MATERIALIZED VIEW analytics.b_reads_that AS SELECT n FROM analytics.a_reads_it;
         CREATE MATERIALIZED VIEW analytics.stands_alone AS SELECT COUNT(*) AS events FROM analytics.mv_sessions;",
    );
    database.add_event("e5");
    database
}

#[test]
fn a_failing_view_stops_only_those_that_read_it() {
    let database = with_a_failing_view();
    let report = database.refresh_all();
    assert_snapshot!(told(&report), @"
    analytics.mv_sessions concurrently ok 5: unique index mv_sessions_event_id_key
    analytics.mv_session_summary concurrently ok 4: unique index mv_session_summary_key_seq_key
    analytics.fails plain failed -: no unique index / division by zero
    analytics.a_reads_it - skipped -: it reads analytics.fails, which failed
    analytics.b_reads_that - skipped -: it reads analytics.fails, which failed
    analytics.stands_alone plain ok 1: no unique index
    ");
    assert!(!report.is_complete());
    assert_eq!(database.run("SELECT events FROM analytics.stands_alone"), "5");
    // What failed holds what it held.
    assert_eq!(database.run("SELECT n FROM analytics.fails"), "1");
}

#[test]
fn a_slow_view_meets_the_statement_timeout_and_others_do_not() {
    let database = Database::new();
    // Slow only once e5 is there, so that it can be made.
    database.run(
        "CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT CASE WHEN COUNT(*) > 4 THEN pg_sleep(120)::text END AS slept FROM analytics.mv_sessions;
         CREATE MATERIALIZED VIEW analytics.swift AS SELECT COUNT(*) AS events FROM analytics.mv_sessions;",
    );
    database.add_event("e5");
    let report = database.refresh(&RefreshOptions {
        limits: Limits { statement: Some(Duration::from_millis(1500)), ..Limits::default() },
        ..all()
    });
    assert_eq!(outcome(&report, "slow"), Outcome::Failed);
    assert_eq!(outcome(&report, "swift"), Outcome::Ok);
    let slow = report.views.iter().find(|view| view.relation.name() == "slow").unwrap();
    assert_snapshot!(slow.error.as_ref().unwrap().to_string(), @"canceling statement due to statement timeout");
    // The timeout was for the views, not for the session.
    let mut connection = database.connect();
    let options = RefreshOptions {
        only: true,
        views: vec![view("analytics.swift")],
        limits: Limits { statement: Some(Duration::from_millis(1500)), ..Limits::default() },
        ..RefreshOptions::default()
    };
    let stop = Stop::default();
    refresh(&mut connection, &database.deployment(), &options, &stop, &mut |_| ()).unwrap();
    let timeout: String = connection.query_one("SHOW statement_timeout", &[]).unwrap().get(0);
    assert_eq!(timeout, "0");
}

/// A refresh on a thread of its own, stopped while the slow view is in work.
#[test]
fn a_stop_cancels_the_view_in_work_and_leaves_it_as_it_was() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT COUNT(*) AS events, CASE WHEN COUNT(*) > 4 THEN pg_sleep(120)::text END AS slept
           FROM analytics.mv_sessions;
         CREATE MATERIALIZED VIEW analytics.z_after AS SELECT COUNT(*) AS events FROM analytics.mv_sessions;",
    );
    database.add_event("e5");
    let stop = Arc::new(Stop::default());
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let mut connection = database.connect();
            // The request comes from within, before the statement has left: it must reach the server all the same.
            refresh(&mut connection, &database.deployment(), &all(), &stop, &mut |event| {
                if matches!(event, Event::RefreshBegun { relation, .. } if relation.name() == "slow") {
                    let stop = Arc::clone(&stop);
                    std::thread::spawn(move || stop.request());
                }
            })
        });
        run.join().unwrap().unwrap()
    });
    assert!(report.interrupted);
    assert_snapshot!(told(&report), @"
    analytics.mv_sessions concurrently ok 5: unique index mv_sessions_event_id_key
    analytics.mv_session_summary concurrently ok 4: unique index mv_session_summary_key_seq_key
    analytics.slow plain cancelled -: no unique index / the run was stopped; the view holds what it held before
    analytics.z_after - skipped -: the run was stopped
    ");
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    let logged = database.run(
        "SELECT relation, outcome FROM analytics.v_refresh_log
         WHERE run_id = (SELECT MAX(run_id) FROM analytics.v_refresh_log) ORDER BY started_at",
    );
    assert_snapshot!(logged, @"
    analytics.mv_sessions|ok
    analytics.mv_session_summary|ok
    analytics.slow|cancelled
    analytics.z_after|skipped
    ");
}

/// A stop that comes when a view is about to begin finds no statement to cancel, so none may begin.
#[test]
fn a_stop_just_before_a_view_begins_is_not_lost() {
    let database = Database::new();
    let stop = Stop::default();
    let options = RefreshOptions::default();
    let mut connection = database.connect();
    let report = refresh(&mut connection, &database.deployment(), &options, &stop, &mut |event| {
        if matches!(event, Event::RefreshBegun { .. }) {
            stop.request();
        }
    });
    assert_snapshot!(told(&report.unwrap()), @"
    analytics.mv_sessions concurrently cancelled -: unique index mv_sessions_event_id_key / the run was stopped; the view holds what it held before
    analytics.mv_session_summary - skipped -: the run was stopped
    ");
}

/// The connection ends in the middle: what was done is done, what was not is as it was, and a second run completes.
#[test]
fn a_lost_connection_leaves_nothing_half_made() {
    let database = Database::new();
    database.run(
        "CREATE TABLE warehouse.slowness AS SELECT 120 AS seconds;
         CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT COUNT(*) AS events, CASE WHEN COUNT(*) > 4 THEN pg_sleep(MAX(seconds))::text END AS slept
           FROM analytics.mv_sessions, warehouse.slowness;",
    );
    database.add_event("e5");
    let error = std::thread::scope(|scope| {
        let run = scope.spawn(|| database.try_refresh(&all()));
        until("the slow view is in work", || {
            let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND query LIKE 'REFRESH%slow' AND state = 'active'";
            database.run(ended) == "t"
        });
        run.join().unwrap().unwrap_err()
    });
    assert_snapshot!(error.to_string(), @"lost the connection to the server while refreshing analytics.slow; nothing that was not finished is kept. Run the command again");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions"), "5");
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    database.run("UPDATE warehouse.slowness SET seconds = 0");
    assert!(database.refresh_all().is_complete());
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "5");
}
