//! The refresh log.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, RefreshOptions, Stop, Wanted, deploy};

use super::{Database, view};

#[test]
fn a_row_a_view_and_run() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.fails AS
           SELECT 1 / (5 - COUNT(*)) AS n FROM analytics.mv_sessions;
         CREATE MATERIALIZED VIEW analytics.reads_it AS SELECT n FROM analytics.fails;",
    );
    let first = database.refresh_all();
    database.add_event("e5");
    let second = database.refresh_all();
    assert_eq!((first.run_id, second.run_id), (Some(1), Some(2)));
    let logged = database.run(
        "SELECT run_id, relation, method, outcome, rows, reason, error FROM analytics.v_refresh_log
         ORDER BY run_id, started_at, relation",
    );
    assert_snapshot!(logged, @"
    1|analytics.mv_sessions|concurrently|ok|4|unique index mv_sessions_event_id_key|
    1|analytics.mv_session_summary|concurrently|ok|3|unique index mv_session_summary_key_seq_key|
    1|analytics.fails|plain|ok|1|no unique index|
    1|analytics.reads_it|plain|ok|1|no unique index|
    2|analytics.mv_sessions|concurrently|ok|5|unique index mv_sessions_event_id_key|
    2|analytics.mv_session_summary|concurrently|ok|4|unique index mv_session_summary_key_seq_key|
    2|analytics.fails|plain|failed||no unique index|division by zero
    2|analytics.reads_it||skipped||it reads analytics.fails, which failed|
    ");
    // Each began after the one before it had ended, and took the time between.
    let consistent = database.run(
        "SELECT bool_and(duration = finished_at - started_at AND duration >= '0' AND started_at >= before),
                bool_and(finished_at BETWEEN now() - INTERVAL '10 minutes' AND now())
         FROM (SELECT *, COALESCE(LAG(finished_at) OVER (ORDER BY started_at, finished_at), '-infinity') AS before
               FROM analytics.v_refresh_log) l",
    );
    assert_eq!(consistent, "t|t");
}

/// Dashboards read the view by these names.
#[test]
fn the_view_for_dashboards_has_the_columns_they_know() {
    let columns = Database::new().run(
        "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position)
         FROM information_schema.columns WHERE table_schema = 'analytics' AND table_name = 'v_refresh_log'",
    );
    assert_snapshot!(columns, @"run_id bigint, relation text, started_at timestamp with time zone, finished_at timestamp with time zone, duration interval, method text, reason text, outcome text, rows bigint, error text, details jsonb");
}

#[test]
fn rows_of_more_than_ninety_days_go() {
    let database = Database::new();
    database.run(
        "INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome)
         SELECT age, 'old', now() - make_interval(days => age), now() - make_interval(days => age), '', 'ok'
         FROM unnest(ARRAY[89, 91, 400]) AS age",
    );
    let report = database.refresh(&RefreshOptions::default());
    assert_eq!(
        database.run("SELECT run_id FROM analytics.spectrum_refresh_log WHERE relation = 'old'"),
        "89"
    );
    assert_eq!(report.run_id, Some(401));
}

/// Whoever calls the function, as pg_cron does, needs no other job.
#[test]
fn rows_of_more_than_ninety_days_go_where_a_function_refreshes() {
    let database = Database::maintained();
    database.run(
        "INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, reason, outcome)
         SELECT age, 'old', now() - make_interval(days => age), now() - make_interval(days => age), '', 'ok'
         FROM unnest(ARRAY[89, 91, 400]) AS age;
         SELECT * FROM analytics.refresh_sessions();",
    );
    let left = "SELECT run_id, relation FROM analytics.spectrum_refresh_log ORDER BY id";
    assert_eq!(database.run(left), "89|old\n401|analytics.mv_sessions\n401|analytics.mv_session_summary");
}

/// A log of an older version has one index.
#[test]
fn a_log_without_its_indexes_is_given_them() {
    for database in [Database::new(), Database::maintained()] {
        let indexes = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
                       WHERE relkind = 'i' AND relname LIKE 'spectrum_refresh_log%'";
        let there = database.run(indexes);
        assert_eq!(there.split(' ').count(), 4, "{there}");
        database.run(
            "DROP INDEX analytics.spectrum_refresh_log_failed_idx, analytics.spectrum_refresh_log_latest_idx",
        );
        let again = || {
            let options = DeployOptions::default();
            deploy(&mut database.connect(), Wanted::default(), &options, &Stop::default(), &mut |_| ())
                .unwrap()
                .plan
                .change
        };
        assert_eq!((again(), database.run(indexes)), (Change::Completed, there));
        assert_eq!(again(), Change::Unchanged);
    }
}

#[test]
fn without_a_log_the_run_goes_on_and_says_so_once() {
    let database = Database::new();
    database.run("DROP TABLE analytics.spectrum_refresh_log CASCADE");
    let report = database.refresh(&RefreshOptions::default());
    assert!(report.is_complete());
    assert_eq!(report.run_id, None);
    assert_snapshot!(messages(&report.notes).join("\n"), @"the refresh log is not kept: there is no analytics.spectrum_refresh_log; spectrum deploy makes it");

    // Somebody else's table under that name.
    database.run("CREATE TABLE analytics.spectrum_refresh_log (id int, run_id bigint)");
    let report = database
        .refresh(&RefreshOptions { views: vec![view("analytics.mv_sessions")], ..Default::default() });
    assert!(report.is_complete());
    assert_snapshot!(messages(&report.notes).join("\n"), @r#"the refresh log is not kept: writing the refresh log: column "relation" of relation "spectrum_refresh_log" does not exist"#);
}
