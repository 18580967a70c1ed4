//! Servers that stop, others who are at work, and limits that are reached.

use std::time::Duration;

use crate::hearing;
use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, Limits, PgError, Server, Stop, deploy};
use spectrum_testkit::PrivatePostgres;

use super::{definition, events, on_table};
use crate::refresh::{hold_lock, until};

/// Events that take a while, so that something can happen in between.
const SLOW: &str = "CREATE VIEW warehouse.slow AS SELECT e.* FROM warehouse.fact_events e, LATERAL pg_sleep(CASE WHEN e.event_id = 'e1' THEN 30 ELSE 0 END);";

#[test]
fn a_server_that_stops_leaves_nothing_and_a_rerun_completes() {
    let postgres = PrivatePostgres::start().unwrap();
    let settings =
        format!("host={} user={} dbname=postgres", postgres.socket_folder().display(), postgres.user());
    let connect = || Server::resolve(Some(&settings), |_| None).unwrap().connect("spectrum deploy");
    postgres
        .run_script(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id int, user_id int, account_id int, occurred_at timestamptz);
             INSERT INTO warehouse.fact_events SELECT n, n % 100, 1, TIMESTAMPTZ '2026-01-01Z' + n * INTERVAL '1 minute'
             FROM generate_series(1, 1000000) n;",
        )
        .unwrap();
    let mut client = connect().unwrap();
    let mut stopped = false;
    let done = deploy(
        &mut client,
        &definition(|d| d.id("encoded".parse().unwrap())),
        &DeployOptions::default(),
        &Stop::default(),
        &mut hearing(|does| {
            // At the last but one of the long steps: much is done, nothing is committed.
            if does.starts_with("building analytics.mv_session_summary") {
                postgres.stop().unwrap();
                stopped = true;
            }
        }),
    );
    assert!(stopped);
    let error = done.unwrap_err();
    assert!(matches!(error, PgError::Lost { .. }), "{error}");
    assert_snapshot!(error, @"lost the connection to the server while building analytics.mv_session_summary; nothing that was not finished is kept. Run the command again");
    postgres.start_again().unwrap();
    assert_eq!(
        postgres.run_script("SELECT COUNT(*) FROM pg_namespace WHERE nspname = 'analytics';").unwrap().trim(),
        "0"
    );
    let report = deploy(
        &mut connect().unwrap(),
        &definition(|d| d.id("encoded".parse().unwrap())),
        &DeployOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    assert_eq!((report.plan.change, report.rows), (Change::New, 1_000_000));
}

#[test]
fn two_at_once_do_not_fight() {
    let database = events();
    database.run(SLOW);
    let mut slow = database.connect();
    let canceller = slow.canceller();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            deploy(
                &mut slow,
                &on_table("warehouse.slow", definition(|d| d)),
                &DeployOptions::default(),
                &Stop::default(),
                &mut |_| (),
            )
        });
        until("the first holds the lock", || {
            database.run("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory';") == "1"
        });
        let error = database.try_deploy(&definition(|d| d)).unwrap_err();
        let PgError::Locked { holder, since } = &error else { panic!("{error}") };
        assert!(holder.starts_with("spectrum refresh (pid ") && since.contains("UTC"), "{error}");
        let sleeping = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep';";
        until("the first is in the midst of it", || database.run(sleeping) == "1");
        canceller.cancel();
        let cancelled = first.join().unwrap().unwrap_err();
        assert!(cancelled.to_string().contains("canceling statement due to user request"), "{cancelled}");
    });
    assert_eq!(database.deploy(&definition(|d| d)).rows, 4);
}

#[test]
fn limits_are_kept() {
    let database = events();
    database.run(SLOW);
    let short = Some(Duration::from_millis(200));
    let limited =
        DeployOptions { limits: Limits { lock: short, statement: short }, ..DeployOptions::default() };
    let error = deploy(
        &mut database.connect(),
        &on_table("warehouse.slow", definition(|d| d)),
        &limited,
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap_err();
    assert_snapshot!(error, @"looking at warehouse.slow: canceling statement due to statement timeout");

    database.deploy(&definition(|d| d));
    // A reader of the old relations that does not end keeps them from being exchanged.
    let mut reader = database.connect();
    let mut reading = reader.transaction().unwrap();
    reading.query("SELECT * FROM analytics.mv_sessions", &[]).unwrap();
    let error = deploy(
        &mut database.connect(),
        &definition(|d| d.gap("5m".parse().unwrap())),
        &limited,
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap_err();
    assert_snapshot!(error, @"dropping the old analytics.mv_sessions: canceling statement due to statement timeout");
    drop(reading);
    deploy(
        &mut database.connect(),
        &definition(|d| d.gap("5m".parse().unwrap())),
        &limited,
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
}

#[test]
fn a_server_that_takes_no_writes_is_told_at_once() {
    let database = events();
    database.run(&format!("ALTER DATABASE {} SET default_transaction_read_only = on;", database.name()));
    assert_snapshot!(database.try_deploy(&definition(|d| d)).unwrap_err(), @"the server takes no writes here (default_transaction_read_only is on); turn that off for this role or database");
}

#[test]
fn whoever_waits_can_be_stopped_and_is_served_in_turn() {
    let database = events();
    database.deploy(&definition(|d| d));
    let mut holder = database.connect();
    hold_lock(&mut holder, "analytics");
    let (options, stop) = (DeployOptions { wait: true, ..DeployOptions::default() }, Stop::default());
    let stopped = deploy(
        &mut database.connect(),
        &definition(|d| d.gap("5m".parse().unwrap())),
        &options,
        &stop,
        &mut hearing(|does| {
            assert!(does.starts_with("waiting for spectrum refresh (pid "), "{does}");
            stop.request();
        }),
    );
    assert!(matches!(stopped, Err(PgError::Interrupted)), "{stopped:?}");

    let options = DeployOptions { wait: true, ..DeployOptions::default() };
    let mut holder = Some(holder);
    let report = deploy(
        &mut database.connect(),
        &definition(|d| d.gap("5m".parse().unwrap())),
        &options,
        &Stop::default(),
        &mut hearing(|_| drop(holder.take())),
    );
    assert_eq!(report.unwrap().sessions, 4);
}

#[test]
fn a_stop_between_two_statements_is_heeded() {
    let database = events();
    let before = database.everything();
    let (options, stop) = (DeployOptions::default(), Stop::default());
    let stopped = deploy(
        &mut database.connect(),
        &definition(|d| d),
        &options,
        &stop,
        &mut hearing(|does| {
            if does.starts_with("building analytics.mv_session_summary") {
                stop.request();
            }
        }),
    );
    assert!(matches!(stopped, Err(PgError::Interrupted)), "{stopped:?}");
    assert_eq!(database.everything(), before);
}
