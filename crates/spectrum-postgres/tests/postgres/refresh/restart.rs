//! The server stops as in a crash, and comes back.

use std::sync::Mutex;
use std::time::Duration;

use spectrum_postgres::{PgError, RefreshOptions, Stop, Tick, refresh_every};

use super::{Database, Stopping, all, until};

#[test]
fn a_server_that_stops_in_mid_refresh_leaves_nothing_half_made() {
    let (database, server) = Database::on_its_own_server();
    // The server of the tests does not wait for the disk when it commits; a checkpoint does.
    database.run(
        "CREATE TABLE warehouse.slowness AS SELECT 0 AS seconds;
         CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT COUNT(*) AS events, pg_sleep(MAX(seconds))::text AS slept
           FROM analytics.mv_sessions, warehouse.slowness;
         UPDATE warehouse.slowness SET seconds = 120;
         CHECKPOINT;",
    );
    database.add_event("e5");
    let error = std::thread::scope(|scope| {
        let run = scope.spawn(|| database.try_refresh(&all()));
        until("the slow view is in work", || {
            let working =
                "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%slow' AND state = 'active'";
            database.run(working) == "1"
        });
        database.run("CHECKPOINT");
        server.stop().unwrap();
        run.join().unwrap().unwrap_err()
    });
    assert!(matches!(error, PgError::Lost { .. }), "{error:?}");
    server.start_again().unwrap();
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions"), "5");
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    database.run("UPDATE warehouse.slowness SET seconds = 0");
    assert!(database.refresh_all().is_complete());
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "5");
}

#[test]
fn a_schedule_outlives_the_server() {
    let (database, server) = Database::on_its_own_server();
    let (heard, stop) = (Mutex::new(Vec::new()), Stop::default());
    let count = |what: &str| heard.lock().unwrap().iter().filter(|heard| **heard == what).count();
    std::thread::scope(|scope| {
        let schedule = scope.spawn(|| {
            let every = Duration::from_millis(500);
            let (server, deployment, options) =
                (database.server(), database.deployment(), RefreshOptions::default());
            refresh_every(&server, &deployment, &options, every, &stop, &mut |tick| {
                heard.lock().unwrap().push(match tick {
                    Tick::Ran(_) => "ran",
                    Tick::Lost { .. } => "lost",
                    _ => "other",
                });
            })
        });
        let stopping = Stopping(&stop);
        until("the first run", || count("ran") >= 1);
        database.run("CHECKPOINT");
        server.stop().unwrap();
        // Once when the connection breaks, and again because nobody answers.
        until("the server is missed", || count("lost") >= 2);
        let before = count("ran");
        server.start_again().unwrap();
        until("a run after it", || count("ran") > before);
        database.add_event("e5");
        until("e5 is in", || database.run("SELECT COUNT(*) FROM analytics.mv_sessions") == "5");
        drop(stopping);
        schedule.join().unwrap().unwrap();
    });
}
