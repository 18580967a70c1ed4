//! On a schedule.

use std::sync::Mutex;
use std::time::Duration;

use spectrum_postgres::{Event, Outcome, RefreshOptions, Stop, Tick, refresh_every};

use super::{Database, Stopping, all, hold_lock, until};

/// What was heard, in short.
type Heard = Mutex<Vec<String>>;

fn in_short(tick: &Tick<'_>) -> Option<String> {
    Some(match tick {
        Tick::Ran(report) => format!("ran {}", if report.is_complete() { "whole" } else { "in part" }),
        Tick::Failed(error) => format!("failed {error}"),
        Tick::Lost { again_in, .. } => format!("lost, again in {again_in:?}"),
        Tick::Missed(starts) => format!("missed {}", starts.min(&1)),
        Tick::Event(Event::RefreshEnded(view)) if view.outcome == Outcome::Cancelled => "cancelled".into(),
        _ => return None,
    })
}

fn count(heard: &Heard, what: &str) -> usize {
    heard.lock().unwrap().iter().filter(|text| *text == what).count()
}

/// A schedule that runs while `meanwhile` does, and is stopped then.
fn scheduled(database: &Database, every: Duration, meanwhile: impl FnOnce(&Heard)) -> Vec<String> {
    scheduled_with(database, every, &RefreshOptions::default(), meanwhile)
}

fn scheduled_with(
    database: &Database,
    every: Duration,
    options: &RefreshOptions,
    meanwhile: impl FnOnce(&Heard),
) -> Vec<String> {
    let (heard, stop) = (Heard::default(), Stop::default());
    std::thread::scope(|scope| {
        let schedule = scope.spawn(|| {
            refresh_every(&database.server(), &database.deployment(), options, every, &stop, &mut |tick| {
                heard.lock().unwrap().extend(in_short(&tick));
            })
        });
        let stopping = Stopping(&stop);
        meanwhile(&heard);
        drop(stopping);
        schedule.join().unwrap().unwrap();
    });
    heard.into_inner().unwrap()
}

#[test]
fn every_run_takes_in_what_is_new_over_one_connection() {
    let database = Database::new();
    let sessions = || database.run("SELECT COUNT(*) FROM analytics.mv_sessions");
    scheduled(&database, Duration::from_millis(300), |heard| {
        until("the first run", || count(heard, "ran whole") >= 1);
        let backends = "SELECT string_agg(pid::text, ',') FROM pg_stat_activity
                        WHERE application_name = 'spectrum refresh' AND datname = current_database()";
        let before = database.run(backends);
        database.add_event("e5");
        until("e5 is in", || sessions() == "5");
        database.add_event("e6");
        until("e6 is in", || sessions() == "6");
        assert_eq!(database.run(backends), before);
    });
}

/// A stop while nothing runs ends the wait, which is an hour here.
#[test]
fn a_stop_between_two_runs_ends_at_once() {
    let database = Database::new();
    let heard = scheduled(&database, Duration::from_secs(3600), |heard| {
        until("the first run", || count(heard, "ran whole") == 1);
    });
    assert_eq!(heard, ["ran whole"]);
}

#[test]
fn starts_that_come_during_a_run_are_left_out() {
    let database = Database::new();
    database.run("CREATE MATERIALIZED VIEW analytics.slow AS SELECT pg_sleep(0.4)::text AS slept");
    let heard = scheduled_with(&database, Duration::from_millis(100), &all(), |heard| {
        until("two runs", || count(heard, "ran whole") >= 2);
    });
    assert!(heard.starts_with(&["ran whole", "missed 1", "ran whole"].map(String::from)), "{heard:?}");
}

/// Whoever else holds the lock, this run is left out and the next is tried.
#[test]
fn somebody_else_at_work_costs_one_run() {
    let database = Database::new();
    let mut other = database.server().connect("somebody else").unwrap();
    hold_lock(&mut other, "analytics");
    let heard = scheduled(&database, Duration::from_millis(200), |heard| {
        until("a run is left out", || {
            heard.lock().unwrap().iter().any(|text| text.starts_with("failed somebody else"))
        });
        drop(other);
        until("a run", || count(heard, "ran whole") >= 1);
    });
    assert!(!heard.iter().any(|text| text.starts_with("lost")), "{heard:?}");
}

/// The server ends every connection; the schedule comes back by itself.
#[test]
fn a_connection_that_was_lost_is_made_again() {
    let database = Database::new();
    let heard = scheduled(&database, Duration::from_millis(300), |heard| {
        until("the first run", || count(heard, "ran whole") >= 1);
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'spectrum refresh' AND datname = current_database()",
        );
        until("the loss is noticed", || heard.lock().unwrap().iter().any(|text| text.starts_with("lost")));
        let before = count(heard, "ran whole");
        until("a run after it", || count(heard, "ran whole") > before);
    });
    // A second at first, but no longer than the interval.
    assert!(heard.contains(&"lost, again in 300ms".to_owned()), "{heard:?}");
}

#[test]
fn a_stop_during_a_run_cancels_the_view_and_ends() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.slow AS
           SELECT COUNT(*) AS events, CASE WHEN COUNT(*) > 4 THEN pg_sleep(120)::text END AS slept
           FROM analytics.mv_sessions",
    );
    database.add_event("e5");
    let heard = scheduled_with(&database, Duration::from_secs(3600), &all(), |_| {
        until("the slow view is in work", || {
            database.run(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%slow' AND state = 'active'
                          AND datname = current_database()",
            ) == "1"
        });
    });
    assert_eq!(heard, ["cancelled", "ran in part"]);
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    assert_eq!(
        database.run("SELECT outcome FROM analytics.v_refresh_log WHERE relation LIKE '%slow'"),
        "cancelled"
    );
}

/// A slip in what was asked for is no reason to go on for ever.
#[test]
fn a_first_run_that_is_refused_ends_the_schedule() {
    let database = Database::new();
    let options =
        RefreshOptions { views: vec![super::view("analytics.nowhere")], ..RefreshOptions::default() };
    let (server, deployment, every) = (database.server(), database.deployment(), Duration::from_secs(1));
    let done = refresh_every(&server, &deployment, &options, every, &Stop::default(), &mut |_| ());
    let error = done.unwrap_err().to_string();
    assert!(error.contains("analytics.nowhere"), "{error}");
}
