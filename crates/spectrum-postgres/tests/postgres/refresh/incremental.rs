//! Sessions that are maintained: what a refresh does, tells and writes down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use spectrum_postgres::{
    CheckName, Event, Limits, Outcome, PgError, RefreshCounts, RefreshOptions, RefreshReport, Stop,
    VerifyOptions, refresh, verify,
};

use super::{Database, all, outcome, told, until, view};

impl Database {
    /// What a refresh tells after some SQL; the sessions must be right then.
    fn tells(&self, sql: &str) -> String {
        self.run(sql);
        let report = self.refresh(&RefreshOptions::default());
        assert!(report.is_complete(), "{}", told(&report));
        self.holds();
        in_words(counts(&report))
    }

    fn holds(&self) {
        let report =
            verify(&mut self.connect(), &self.deployment(), &VerifyOptions::default(), &mut |_| ()).unwrap();
        let of_events = [CheckName::Future, CheckName::NullKeys];
        let wrong: Vec<_> =
            report.checks.iter().filter(|check| !of_events.contains(&check.name) && !check.holds()).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    fn notes(&self) -> String {
        self.run("SELECT COUNT(*) FROM analytics.spectrum_changes")
    }
}

fn counts(report: &RefreshReport) -> &RefreshCounts {
    report.views[0].counts.as_ref().unwrap()
}

/// The counts that are not zero.
fn in_words(counts: &RefreshCounts) -> String {
    let named = counts.named();
    let told: Vec<String> =
        named.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    told.join(", ")
}

/// Ids by number: users u1 and u2 of account a have three sessions, of e1 and e2, of e3, and of e4.
#[test]
fn every_way_in_which_sessions_change_is_told() {
    let database = Database::maintained();
    let insert = |id: &str, user: &str, time: &str| {
        format!("INSERT INTO warehouse.fact_events VALUES ('{id}', '{user}', 'a', '2026-01-01 {time}Z');")
    };
    assert_snapshot!(database.tells(""), @"");
    // Before e3, so it is late, and after e2, so that its session grows.
    assert_snapshot!(database.tells(&insert("e5", "u1", "10:20")), @"keys 1, events_added 1, events_late 1, sessions_extended 1, largest_session 3");
    // From the session of e5 to that of e3 there is no pause of more than 30 minutes any more.
    let bridge = ["10:45", "11:15", "11:45"].map(|time| insert(&format!("b{time}"), "u1", time)).concat();
    assert_snapshot!(database.tells(&bridge), @"keys 1, events_added 3, events_late 3, sessions_merged 1, ids_changed 1, events_renamed 1, largest_session 7");
    assert_snapshot!(database.tells("DELETE FROM warehouse.fact_events WHERE event_id = 'b11:15'"), @"keys 1, events_removed 1, sessions_split 1, ids_changed 1, events_renamed 2, largest_session 4");
    // e3 goes to another user, where it is a session of its own.
    assert_snapshot!(database.tells("UPDATE warehouse.fact_events SET user_id = 'u2' WHERE event_id = 'e3'"), @"keys 2, events_changed 1, sessions_split 1, ids_changed 1, events_renamed 1, largest_session 1");
    // Written, and not another.
    assert_snapshot!(database.tells("UPDATE warehouse.fact_events SET user_id = user_id"), @"");
    assert_snapshot!(database.tells(&insert("e9", "u3", "09:00")), @"keys 1, events_added 1, sessions_created 1, largest_session 1");
    // Before the first session, whose number and id are the next now.
    assert_snapshot!(database.tells(&insert("e0", "u1", "08:00")), @"keys 1, events_added 1, events_late 1, sessions_created 1, ids_changed 2, events_renamed 5, largest_session 1");
    assert_snapshot!(database.tells("DELETE FROM warehouse.fact_events WHERE user_id = 'u3'"), @"keys 1, events_removed 1, sessions_dropped 1");
    assert_snapshot!(database.tells("TRUNCATE warehouse.fact_events"), @"keys 2, events_removed 8, sessions_dropped 5");
    assert_eq!(database.notes(), "0");
}

#[test]
fn steps_are_told_when_there_was_something_to_do() {
    let database = Database::maintained();
    assert!(counts(&database.refresh(&RefreshOptions::default())).steps.is_empty());
    let steps = |sql: &str| {
        database.run(sql);
        let report = database.refresh(&RefreshOptions::default());
        database.holds();
        let steps = counts(&report).steps();
        assert!(steps.iter().all(|(_, milliseconds)| *milliseconds >= 0.0));
        steps.iter().map(|(step, _)| *step).collect::<Vec<_>>().join(", ")
    };
    // Whoever added an event and did nothing else has it in one statement, wherever it is in time.
    let add = |id: &str, user: &str, time: &str| {
        format!("INSERT INTO warehouse.fact_events VALUES ('{id}', '{user}', 'a', '2026-01-01 {time}Z');")
    };
    assert_eq!(steps(&add("e5", "u1", "12:00")), "joining");
    assert_eq!(steps(&(add("e6", "u1", "08:00") + &add("e7", "u2", "23:00"))), "joining");
    assert_eq!(
        steps("DELETE FROM warehouse.fact_events WHERE event_id = 'e6'"),
        "taking, comparing, writing"
    );
    // One change among additions, and a key that an index cannot look up by equality.
    let changed = "UPDATE warehouse.fact_events SET occurred_at = occurred_at - INTERVAL '5 minutes' WHERE event_id = 'e7';";
    assert_eq!(steps(&(add("e8", "u1", "12:10") + changed)), "taking, comparing, writing");
    assert_eq!(
        steps("INSERT INTO warehouse.fact_events VALUES ('e9', NULL, 'a', '2026-01-01 12:00Z')"),
        "taking, comparing, writing"
    );
}

/// Both tables are one refresh; views over either come after, whatever they are called.
#[test]
fn views_over_maintained_tables_come_after_them() {
    let database = Database::maintained();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.a_first AS SELECT COUNT(*) AS n FROM analytics.v_session_summary;
         CREATE MATERIALIZED VIEW analytics.over_sessions AS SELECT COUNT(*) AS n FROM analytics.mv_sessions;
         CREATE MATERIALIZED VIEW analytics.apart AS SELECT 1 AS n;",
    );
    database.add_event("e5");
    let report = database.refresh_all();
    assert_snapshot!(told(&report), @r"
    analytics.mv_sessions incremental ok -: 1 key touched
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    analytics.a_first plain ok 1: no unique index
    analytics.apart plain ok 1: no unique index
    analytics.over_sessions plain ok 1: no unique index
    ");
    assert_eq!(report.run_id, Some(1));
    assert_eq!(
        database.run("SELECT n FROM analytics.a_first UNION ALL SELECT n FROM analytics.over_sessions"),
        "4\n5"
    );
    // One run in the log, in its order, though the function wrote the first two rows and the command the others.
    let logged =
        "SELECT run_id, relation, method, outcome, reason, details->>'events_added', details->'steps' <> '{}'
                  FROM analytics.v_refresh_log ORDER BY run_id, started_at, finished_at";
    assert_snapshot!(database.run(logged), @r"
    1|analytics.mv_sessions|incremental|ok|1 key touched|1|t
    1|analytics.mv_session_summary|incremental|ok|maintained with analytics.mv_sessions||
    1|analytics.a_first|plain|ok|no unique index||
    1|analytics.apart|plain|ok|no unique index||
    1|analytics.over_sessions|plain|ok|no unique index||
    ");
    // The summary is never behind the sessions, which dashboards ask before they call both fresh.
    let fresh = "SELECT COUNT(*) FROM analytics.v_refresh_log sessions JOIN analytics.v_refresh_log summary USING (run_id)
                 WHERE sessions.relation LIKE '%.mv_sessions' AND summary.relation LIKE '%.mv_session_summary'
                   AND sessions.finished_at <= summary.started_at";
    assert_eq!(database.run(fresh), "1");
}

/// Whichever of the two is named, both are refreshed, and nothing else.
#[test]
fn either_table_stands_for_both() {
    let database = Database::maintained();
    database.run("CREATE MATERIALIZED VIEW analytics.other AS SELECT 1 AS n");
    let named = ["analytics.mv_sessions", "analytics.mv_session_summary"].map(|name| {
        let options = RefreshOptions { only: true, views: vec![view(name)], ..RefreshOptions::default() };
        told(&database.refresh(&options))
    });
    assert_eq!(named[0], named[1]);
    assert_snapshot!(named[0], @r"
    analytics.mv_sessions incremental ok -: nothing was noted
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    ");
    let only =
        RefreshOptions { only: true, views: vec![view("analytics.other")], ..RefreshOptions::default() };
    assert_snapshot!(told(&database.refresh(&only)), @"analytics.other plain ok 1: no unique index");
    let schema = RefreshOptions { only: true, ..all() };
    assert_snapshot!(told(&database.refresh(&schema)), @r"
    analytics.mv_sessions incremental ok -: nothing was noted
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    analytics.other plain ok 1: no unique index
    ");
    let plain = RefreshOptions { never_concurrently: true, ..RefreshOptions::default() };
    assert_snapshot!(told(&database.refresh(&plain)), @r"
    analytics.mv_sessions incremental ok -: nothing was noted
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    ");
    // Tables that are not maintained stay refused.
    database.run("CREATE TABLE analytics.mine (n int)");
    let options = RefreshOptions { views: vec![view("analytics.mine")], ..RefreshOptions::default() };
    assert_snapshot!(database.try_refresh(&options).unwrap_err(), @"analytics.mine is a table; only materialized views are refreshed");
}

/// What is unusual about the events that a refresh takes in, counted once, when they come.
#[test]
fn unusual_events_are_counted_when_they_come() {
    let database = Database::maintained();
    let counts = |sql: &str| {
        database.run(sql);
        let view = database.refresh_all().views.swap_remove(0);
        let counts = view.counts.unwrap();
        (counts.events_added, counts.events_future, counts.events_null_key, counts.largest_session)
    };
    let soon = "INSERT INTO warehouse.fact_events VALUES ('f1', 'u9', 'a', now() + INTERVAL '4 minutes'),
                  ('f2', 'u9', 'a', now() + INTERVAL '6 minutes'), ('f3', 'u9', 'a', now() + INTERVAL '9 years')";
    assert_eq!(counts(soon), (3, 2, 0, 2));
    let nobody = "INSERT INTO warehouse.fact_events
                  SELECT 'n' || i, NULL, 'a', TIMESTAMPTZ '2026-02-01 10:00Z' + i * INTERVAL '1 minute' FROM generate_series(1, 7) i";
    assert_eq!(counts(nobody), (7, 0, 7, 7));
    // The events of the key that were there before are not new, and an event that was future once is not counted again.
    assert_eq!(
        counts("INSERT INTO warehouse.fact_events VALUES ('n8', NULL, 'a', '2026-02-01 10:00:30Z')"),
        (1, 0, 1, 8)
    );
    assert_eq!(counts("DELETE FROM warehouse.fact_events WHERE event_id = 'f3'"), (0, 0, 0, 0));
    assert_eq!(counts("SELECT"), (0, 0, 0, 0));
}

/// Who has the copies does not hang on the sentence in which the function says that there are some.
#[test]
fn copies_are_found_whatever_the_function_calls_them() {
    let database = Database::maintained();
    database.run(
        "DO $$ BEGIN EXECUTE pg_catalog.replace(pg_catalog.pg_get_functiondef('analytics.refresh_sessions()'::regprocedure),
           'more than one event has', 'these are not the only events with'); END $$;
         INSERT INTO warehouse.fact_events VALUES ('(e)=(4)', 'u2', 'a', '2026-01-02 10:00Z'), ('(e)=(4)', 'u2', 'a', '2026-01-03 10:00Z');",
    );
    let report = database.refresh(&RefreshOptions::default());
    assert!(report.views[0].refused_copies);
    assert_snapshot!(report.views[0].error.as_ref().unwrap().to_string(), @"more than one event has event_id (e)=(4) (u2, a at 2026-01-02 10:00:00+00; u2, a at 2026-01-03 10:00:00+00), so the sessions stay as they were and what was noted waits; remove the copies, which spectrum verify finds, and keep new ones out with a unique index on event_id");
}

/// A second event with an id, of the same key and of another; a time that is none; and all mended.
#[test]
fn what_no_session_can_be_made_of_is_told_and_waits() {
    let database = Database::maintained();
    database.run("CREATE MATERIALIZED VIEW analytics.reads_it AS SELECT COUNT(*) AS n FROM analytics.mv_session_summary");
    let before = database.run("TABLE analytics.mv_sessions ORDER BY event_id");
    let fails = |sql: &str| {
        database.run(sql);
        let notes = database.notes();
        let report = database.refresh_all();
        assert_eq!(database.notes(), notes, "notes went though the refresh failed");
        assert_eq!(database.run("TABLE analytics.mv_sessions ORDER BY event_id"), before);
        told(&report)
    };
    assert_snapshot!(fails("INSERT INTO warehouse.fact_events VALUES ('e4', 'u2', 'a', '2026-01-02 10:00Z')"), @r"
    analytics.mv_sessions incremental failed -: maintained / more than one event has event_id e4 (u2, a at 2026-01-01 10:00:00+00; u2, a at 2026-01-02 10:00:00+00), so the sessions stay as they were and what was noted waits; remove the copies, which spectrum verify finds, and keep new ones out with a unique index on event_id
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    analytics.reads_it - skipped -: it reads analytics.mv_sessions, which failed
    ");
    database.run("DELETE FROM warehouse.fact_events WHERE occurred_at > '2026-01-02'");
    database.refresh(&RefreshOptions::default());
    // Nothing was noted of u1, so it is the index that keeps this out.
    assert_snapshot!(fails("INSERT INTO warehouse.fact_events VALUES ('e1', 'u9', 'a', '2026-01-02 10:00Z')"), @r"
    analytics.mv_sessions incremental failed -: maintained / more than one event has event_id e1 (u1, a at 2026-01-01 10:00:00+00; u9, a at 2026-01-02 10:00:00+00), so the sessions stay as they were and what was noted waits; remove the copies, which spectrum verify finds, and keep new ones out with a unique index on event_id
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    analytics.reads_it - skipped -: it reads analytics.mv_sessions, which failed
    ");
    database.run("DELETE FROM warehouse.fact_events WHERE user_id = 'u9'");
    assert_snapshot!(fails("INSERT INTO warehouse.fact_events VALUES ('e8', 'u8', 'a', NULL)"), @r"
    analytics.mv_sessions incremental failed -: maintained / an event has no finite time: event_id e8 (No session can be made of it. The sessions stay as they were, and what was noted waits.); Give it one. Events whose time is NULL, and no others, are left out if spectrum deploy is told to drop them.
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    analytics.reads_it - skipped -: it reads analytics.mv_sessions, which failed
    ");
    database.run("UPDATE warehouse.fact_events SET occurred_at = '2026-01-03Z' WHERE user_id = 'u8'");
    assert_snapshot!(told(&database.refresh_all()), @r"
    analytics.mv_sessions incremental ok -: 2 keys touched
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    analytics.reads_it plain ok 1: no unique index
    ");
    database.holds();
    let logged = "SELECT run_id, relation, outcome, error IS NOT NULL FROM analytics.v_refresh_log ORDER BY run_id, started_at, finished_at";
    assert_snapshot!(database.run(logged), @r"
    1|analytics.mv_sessions|failed|t
    1|analytics.mv_session_summary|skipped|f
    1|analytics.reads_it|skipped|f
    2|analytics.mv_sessions|ok|f
    2|analytics.mv_session_summary|ok|f
    3|analytics.mv_sessions|failed|t
    3|analytics.mv_session_summary|skipped|f
    3|analytics.reads_it|skipped|f
    4|analytics.mv_sessions|failed|t
    4|analytics.mv_session_summary|skipped|f
    4|analytics.reads_it|skipped|f
    5|analytics.mv_sessions|ok|f
    5|analytics.mv_session_summary|ok|f
    5|analytics.reads_it|ok|f
    ");
}

/// Stopped before the function is called, and while it waits.
#[test]
fn a_stop_leaves_tables_and_notes_as_they_were() {
    let database = Database::maintained();
    database.add_event("e5");
    let notes = database.notes();
    let mut other = database.server().connect("migration").unwrap();
    other.batch_execute("BEGIN; LOCK TABLE analytics.mv_session_summary").unwrap();
    let stop = Arc::new(Stop::default());
    let report = std::thread::scope(|scope| {
        let run = scope
            .spawn(|| refresh(&mut database.connect(), &database.deployment(), &all(), &stop, &mut |_| ()));
        until("the refresh waits for the summary", || {
            run.is_finished()
                || database.run("SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'analytics.mv_session_summary'::regclass") == "1"
        });
        stop.request();
        run.join().unwrap().unwrap()
    });
    other.batch_execute("ROLLBACK").unwrap();
    assert!(report.interrupted);
    assert_snapshot!(told(&report), @r"
    analytics.mv_sessions incremental cancelled -: maintained / the run was stopped; the sessions are as they were, and what was noted waits
    analytics.mv_session_summary - skipped -: the run was stopped
    ");
    assert_eq!(
        (database.notes(), database.run("SELECT COUNT(*) FROM analytics.mv_sessions")),
        (notes.clone(), "4".into())
    );
    assert_eq!(
        database.run("SELECT relation, outcome FROM analytics.v_refresh_log ORDER BY relation"),
        "analytics.mv_session_summary|skipped\nanalytics.mv_sessions|cancelled"
    );

    let stop = Stop::default();
    let report = refresh(&mut database.connect(), &database.deployment(), &all(), &stop, &mut |event| {
        if matches!(event, Event::RefreshBegun { .. }) {
            stop.request();
        }
    });
    assert_eq!(outcome(&report.unwrap(), "mv_sessions"), Outcome::Cancelled);
    assert_eq!(database.notes(), notes);
    assert!(database.refresh_all().is_complete());
    database.holds();
}

/// A connection that ends in the middle takes nothing with it.
#[test]
fn a_lost_connection_leaves_the_notes() {
    let database = Database::maintained();
    database.add_event("e5");
    let notes = database.notes();
    let mut other = database.server().connect("migration").unwrap();
    other.batch_execute("BEGIN; LOCK TABLE analytics.mv_session_summary").unwrap();
    let error = std::thread::scope(|scope| {
        let run = scope.spawn(|| database.try_refresh(&all()));
        until("its connection is ended", || {
            let ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'analytics.mv_session_summary'::regclass";
            run.is_finished() || database.run(ended) == "t"
        });
        run.join().unwrap().unwrap_err()
    });
    other.batch_execute("ROLLBACK").unwrap();
    assert_snapshot!(error.to_string(), @"lost the connection to the server while refreshing analytics.mv_sessions; nothing that was not finished is kept. Run the command again");
    assert_eq!(database.notes(), notes);
    assert!(database.refresh_all().is_complete());
    database.holds();
}

/// Somebody else calls the function in a transaction that goes on.
#[test]
fn a_call_by_plain_sql_keeps_others_out_and_counts() {
    let database = Database::maintained();
    database.add_event("e5");
    let mut other = database.server().connect("pg_cron").unwrap();
    other.batch_execute("BEGIN; SELECT * FROM analytics.refresh_sessions()").unwrap();
    let error = database.try_refresh(&RefreshOptions::default()).unwrap_err();
    assert!(matches!(error, PgError::Locked { .. }), "{error}");
    assert!(error.to_string().starts_with("pg_cron (pid "), "{error}");
    // By plain SQL one waits for the other, as long as one's lock_timeout says.
    let impatient = "SET lock_timeout = '50ms'; SELECT * FROM analytics.refresh_sessions()";
    let error = database.connect().batch_execute(impatient).unwrap_err();
    assert_eq!(error.code(), Some(&postgres::error::SqlState::LOCK_NOT_AVAILABLE));
    let waiting = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let options = RefreshOptions { wait: true, ..RefreshOptions::default() };
            let mut connection = database.connect();
            refresh(&mut connection, &database.deployment(), &options, &Stop::default(), &mut |event| {
                if matches!(event, Event::Waiting { .. }) {
                    waiting.store(true, Ordering::Relaxed);
                }
            })
        });
        until("the second waits", || waiting.load(Ordering::Relaxed) || run.is_finished());
        other.batch_execute("COMMIT").unwrap();
        run.join().unwrap().unwrap()
    });
    // The first took the event in, and has its own run in the log.
    assert_snapshot!(told(&report), @r"
    analytics.mv_sessions incremental ok -: nothing was noted
    analytics.mv_session_summary incremental ok -: maintained with analytics.mv_sessions
    ");
    assert_eq!(report.run_id, Some(2));
    assert_eq!(
        database.run("SELECT details->>'events_added' FROM analytics.v_refresh_log WHERE details IS NOT NULL ORDER BY run_id"),
        "1\n0"
    );
}

#[test]
fn two_refreshers_take_every_event_once() {
    let database = Database::maintained();
    let reports: Vec<RefreshReport> = std::thread::scope(|scope| {
        let refresher = || {
            let options = RefreshOptions { wait: true, ..RefreshOptions::default() };
            (0..10).map(|_| database.refresh(&options)).collect::<Vec<_>>()
        };
        let both = [scope.spawn(refresher), scope.spawn(refresher)];
        for at in 0..30 {
            database.add_event(&format!("w{at}"));
        }
        both.into_iter().flat_map(|refresher| refresher.join().unwrap()).collect()
    });
    let last = database.refresh(&RefreshOptions::default());
    let added: u64 = reports.iter().chain([&last]).map(|report| counts(report).events_added).sum();
    assert_eq!(added, 30);
    database.holds();
    // Each run has a number of its own.
    assert_eq!(
        database.run("SELECT COUNT(DISTINCT run_id) = 21 AND COUNT(*) = 42 FROM analytics.v_refresh_log"),
        "t"
    );
}

#[test]
fn timeouts_and_locks_are_told() {
    let database = Database::maintained();
    database.add_event("e5");
    let mut other = database.server().connect("migration").unwrap();
    other.batch_execute("BEGIN; LOCK TABLE warehouse.fact_events").unwrap();
    let options = RefreshOptions {
        limits: Limits { lock: Some(Duration::from_millis(200)), ..Limits::default() },
        ..RefreshOptions::default()
    };
    let text = told(&database.refresh(&options));
    assert!(text.contains("mv_sessions incremental failed -: maintained / what it reads could not be locked within 200ms: migration (pid "), "{text}");
    assert!(text.contains("holds AccessExclusiveLock on warehouse.fact_events"), "{text}");
    let options = RefreshOptions {
        limits: Limits { statement: Some(Duration::from_millis(200)), ..Limits::default() },
        ..RefreshOptions::default()
    };
    assert_snapshot!(told(&database.refresh(&options)), @r"
    analytics.mv_sessions incremental failed -: maintained / canceling statement due to statement timeout
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");
    other.batch_execute("ROLLBACK").unwrap();
    assert!(database.refresh(&RefreshOptions::default()).is_complete());
}

/// The session's own default is another, and the function is not where it should be.
#[test]
fn the_isolation_level_is_the_commands_own_and_a_missing_function_is_named() {
    let database = Database::maintained();
    database.run(&format!(
        "ALTER DATABASE {} SET default_transaction_isolation = 'serializable'",
        database.name()
    ));
    database.add_event("e5");
    let report = database.refresh(&RefreshOptions::default());
    assert_eq!(counts(&report).events_added, 1, "{}", told(&report));
    database.run("DROP FUNCTION analytics.refresh_sessions()");
    assert_snapshot!(told(&database.refresh(&RefreshOptions::default())), @r"
    analytics.mv_sessions - failed -:  / there is no analytics.refresh_sessions(), which takes in changes; spectrum deploy makes it
    analytics.mv_session_summary - skipped -: it reads analytics.mv_sessions, which failed
    ");
}
