//! The default deployment is the original system.

use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, plan_deployment};
use spectrum_testkit::postgres::ORIGINAL_SQL;

use super::{definition, events, on_table};

#[test]
fn the_sessions_are_the_reference_row_for_row() {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events
         SELECT 'g' || n, 'u' || (n * n % 97), 'a' || n % 3, 'view', TIMESTAMPTZ '2026-01-01Z' + n * n % 9973 * INTERVAL '7 minutes'
         FROM generate_series(1, 5000) n;",
    );
    let report = database.deploy(&definition(|d| d));
    assert_eq!((report.plan.change, report.rows), (Change::New, 5004));
    let differing = format!(
        "SELECT COUNT(*) FROM ((({ORIGINAL_SQL}) EXCEPT ALL TABLE analytics.mv_sessions)
                         UNION ALL (TABLE analytics.mv_sessions EXCEPT ALL ({ORIGINAL_SQL}))) d;"
    );
    assert_eq!(database.run(&differing), "0");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "5004");
    assert_snapshot!(database.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'analytics' AND tablename LIKE 'mv%' ORDER BY 1;"), @r"
    CREATE INDEX mv_session_summary_ended_at_idx ON analytics.mv_session_summary USING btree (ended_at)
    CREATE INDEX mv_session_summary_session_id_idx ON analytics.mv_session_summary USING btree (session_id)
    CREATE INDEX mv_session_summary_started_at_idx ON analytics.mv_session_summary USING btree (started_at)
    CREATE UNIQUE INDEX mv_session_summary_key_seq_key ON analytics.mv_session_summary USING btree (user_id, account_id, session_seq)
    CREATE UNIQUE INDEX mv_sessions_event_id_key ON analytics.mv_sessions USING btree (event_id)
    ");
}

#[test]
fn the_summary_has_a_row_a_session() {
    let database = events();
    database.deploy(&definition(|d| d));
    assert_snapshot!(database.run("SET timezone = 'UTC'; SELECT * FROM analytics.v_session_summary ORDER BY user_id, session_seq;"), @r"
    0dc32bd23a542830c84e269d6d375790|u1|a|1|2026-01-01 10:00:00+00|2026-01-01 10:10:00+00|00:10:00|2|e1|e2
    701c624f1caf1a90004704f55153f273|u1|a|2|2026-01-01 12:00:00+00|2026-01-01 12:00:00+00|00:00:00|1|e3|e3
    291c816dcde03c5958a5b503f38e9221|u2|a|1|2026-01-01 10:00:00+00|2026-01-01 10:00:00+00|00:00:00|1|e4|e4
    ");
    assert_snapshot!(database.run("SET timezone = 'UTC'; SELECT * FROM analytics.v_sessions ORDER BY event_id;"), @r"
    u1|a|2026-01-01 10:00:00+00|e1|0dc32bd23a542830c84e269d6d375790
    u1|a|2026-01-01 10:10:00+00|e2|0dc32bd23a542830c84e269d6d375790
    u1|a|2026-01-01 12:00:00+00|e3|701c624f1caf1a90004704f55153f273
    u2|a|2026-01-01 10:00:00+00|e4|291c816dcde03c5958a5b503f38e9221
    ");
}

#[test]
fn psql_shows_a_definition_that_people_can_read() {
    let database = events();
    database.deploy(&definition(|d| d));
    // Since version 16 the server leaves out names of tables that are not needed.
    let mut shown = database.run("SELECT pg_get_viewdef('analytics.mv_sessions');");
    for table in ["fact_events.", "lagged.", "boundaries.", "sessions."] {
        shown = shown.replace(table, "");
    }
    assert_snapshot!(shown, @r"
    WITH lagged AS (
            SELECT user_id,
               account_id,
               event_id,
               occurred_at,
               lag(occurred_at) OVER (PARTITION BY user_id, account_id ORDER BY occurred_at) AS prev_occurred_at
              FROM warehouse.fact_events
           ), boundaries AS (
            SELECT user_id,
               account_id,
               event_id,
               occurred_at,
               prev_occurred_at,
                   CASE
                       WHEN ((prev_occurred_at IS NULL) OR ((occurred_at - prev_occurred_at) > '00:30:00'::interval)) THEN 1
                       ELSE 0
                   END AS is_new_session
              FROM lagged
           ), sessions AS (
            SELECT user_id,
               account_id,
               event_id,
               occurred_at,
               prev_occurred_at,
               is_new_session,
               sum(is_new_session) OVER (PARTITION BY user_id, account_id ORDER BY occurred_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq
              FROM boundaries
           )
    SELECT user_id,
       account_id,
       occurred_at,
       event_id,
       md5(((user_id || account_id) || (session_seq)::text)) AS session_id
      FROM sessions;
    ");
    assert_snapshot!(database.run("SELECT obj_description('analytics.mv_sessions'::regclass);"), @r#"Made by Spectrum 0.1.0: one row an event, with its session_id. {"spectrum":"0.1.0","role":"sessions","layout":2,"definition":{"table":"warehouse.fact_events","event_id":"event_id","time":"occurred_at","key":["user_id","account_id"],"gap":"30m","id":"sequence","columns":[],"deduplicate":false,"drop_null_times":false,"names":{"schema":"analytics","sessions":"mv_sessions","summary":"mv_session_summary","sessions_view":"v_sessions","summary_view":"v_session_summary","refresh_log":"spectrum_refresh_log","refresh_log_view":"v_refresh_log","changes":"spectrum_changes","refresh_function":"refresh_sessions"}}}"#);
}

#[test]
fn a_plan_touches_nothing_and_says_everything() {
    let database = events();
    let before = database.everything();
    let plan =
        plan_deployment(&mut database.connect(), &definition(|d| d), &DeployOptions::default()).unwrap();
    assert_eq!(database.everything(), before);
    // The statements alone do what a deployment does.
    let steps = plan.stages.iter().flat_map(|stage| &stage.steps);
    let script: String = steps.map(|step| format!("{};\n", step.sql)).collect();
    database.run(&script);
    assert_eq!(database.deploy(&definition(|d| d)).plan.change, Change::Unchanged);
}

#[test]
fn events_may_be_a_view_or_carry_more_columns() {
    let database = events();
    database.run(
        "CREATE VIEW warehouse.clicks AS SELECT * FROM warehouse.fact_events WHERE event_type = 'view';",
    );
    let mut deployment = on_table("warehouse.clicks", definition(|d| d));
    deployment.carried = vec!["event_type".into()];
    assert_eq!(database.deploy(&deployment).rows, 3);
    assert_eq!(database.run("SELECT DISTINCT event_type FROM analytics.v_sessions;"), "view");
}
