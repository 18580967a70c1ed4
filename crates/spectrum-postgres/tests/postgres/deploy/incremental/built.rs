//! Building the tables for the first time.

use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, Mode, StageKind, Stop, deploy, plan_deployment};

use super::{Held, NONE, in_mode, in_parts, incremental, many_events};
use crate::deploy::{definition, events, on_table};

#[test]
fn all_parts_together_are_the_reference() {
    let database = many_events();
    let mut heard = Vec::new();
    let report = database.try_deploy_in_parts(&incremental(), |does| heard.push(does.to_owned())).unwrap();
    assert_eq!((&report.plan.change, report.rows), (&Change::New, 6000));
    // Six ranges of about a thousand events, and one of those without a user.
    assert_eq!(report.parts, Some((7, 2)));
    let parts: Vec<&str> = heard.iter().map(String::as_str).filter(|does| does.contains(", part ")).collect();
    assert_eq!(parts.len(), 7, "{heard:?}");
    // Two connections take them, and either may be heard first.
    assert!(parts[..2].contains(&"building analytics.mv_sessions, part 1 of 7"), "{parts:?}");
    assert_eq!(database.differing(&incremental()), NONE);
    assert_snapshot!(database.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'analytics' AND tablename LIKE 'mv%' ORDER BY 1;"), @r"
    CREATE INDEX mv_session_summary_ended_at_idx ON analytics.mv_session_summary USING btree (ended_at)
    CREATE INDEX mv_session_summary_session_id_idx ON analytics.mv_session_summary USING btree (session_id)
    CREATE INDEX mv_session_summary_started_at_idx ON analytics.mv_session_summary USING btree (started_at)
    CREATE INDEX mv_sessions_key_time_idx ON analytics.mv_sessions USING btree (user_id, account_id, occurred_at)
    CREATE UNIQUE INDEX mv_session_summary_key_ended_at_key ON analytics.mv_session_summary USING btree (user_id, account_id, ended_at)
    CREATE UNIQUE INDEX mv_sessions_event_id_key ON analytics.mv_sessions USING btree (event_id)
    ");
    assert_snapshot!(database.run("SELECT n, r FROM (SELECT relname AS n, relkind AS r FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind IN ('r', 'v', 'm') UNION ALL SELECT proname || '()', 'f' FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace) x ORDER BY 1;"), @r"
    mv_session_summary|r
    mv_sessions|r
    refresh_sessions()|f
    spectrum_changes|r
    spectrum_changes_applied()|f
    spectrum_changes_deleted()|f
    spectrum_changes_inserted()|f
    spectrum_changes_truncated()|f
    spectrum_changes_updated()|f
    spectrum_refresh_log|r
    v_refresh_log|v
    v_session_summary|v
    v_sessions|v
    ");
    assert_snapshot!(database.run("SELECT run_id, relation, method, reason, outcome, rows > 0, rows = 6000, details FROM analytics.v_refresh_log;"), @r#"
    1|analytics.mv_sessions|incremental|built by spectrum deploy|ok|t|t|{"parts": 7}
    1|analytics.mv_session_summary|incremental|built with analytics.mv_sessions|ok|t|f|
    "#);

    let before = database.everything();
    let report = database.deploy_in_parts(&incremental());
    assert_eq!((report.plan.change, report.took.len(), report.parts), (Change::Unchanged, 0, None));
    assert_eq!(database.everything(), before);
}

/// What a snapshot sees of an event whose key changes between two parts is both or neither of its keys.
#[test]
fn what_is_written_during_the_build_is_in_it() {
    let database = many_events();
    let (mut looks, mut held) = (0, None);
    let mut heard = Vec::new();
    let report = std::thread::scope(|scope| {
        let report = database.try_deploy_in_parts(&incremental(), |does| {
            heard.push(does.to_owned());
            if Held::is_time(does, &mut looks) {
                held = Some(Held::after_two_parts(&database));
                let database = &database;
                let held = held.take();
                scope.spawn(move || {
                    Held::until_held(database);
                    database.run(
                        "UPDATE warehouse.fact_events SET user_id = 'u9' WHERE user_id = 'u1';
                         UPDATE warehouse.fact_events SET user_id = 'u1' WHERE user_id = 'u57';
                         UPDATE warehouse.fact_events SET user_id = NULL WHERE event_id IN ('e1', 'e2', 'e3');
                         DELETE FROM warehouse.fact_events WHERE event_id LIKE 'e77%';
                         INSERT INTO warehouse.fact_events SELECT 'new' || n, 'u' || n, 'a', 'new', '2026-01-01Z' FROM generate_series(1, 90) n;
                         UPDATE warehouse.fact_events SET occurred_at = occurred_at + INTERVAL '3 minutes' WHERE account_id = 'a1';",
                    );
                    held.into_iter().for_each(|held| held.release());
                });
            }
        });
        report.unwrap()
    });
    assert_eq!(report.parts, Some((7, 2)));
    assert!(heard.iter().any(|does| does.starts_with("looking for event ids")), "{heard:?}");
    assert_eq!(database.differing(&incremental()), NONE);
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.spectrum_changes;"), "0");
}

/// The sessions take no event without an id, and the refusal is that of a build that finds one at once.
#[test]
fn an_event_without_an_id_that_comes_during_the_build_is_refused() {
    let database = many_events();
    database.run(
        "ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey, ALTER event_id DROP NOT NULL;",
    );
    let (mut looks, mut held) = (0, None);
    let refusal = std::thread::scope(|scope| {
        let report = database.try_deploy_in_parts(&incremental(), |does| {
            if Held::is_time(does, &mut looks) {
                held = Some(Held::after_two_parts(&database));
                let database = &database;
                let held = held.take();
                scope.spawn(move || {
                    Held::until_held(database);
                    database.run(
                        "INSERT INTO warehouse.fact_events SELECT NULL, 'u' || n, 'a0', 'view', '2026-01-01Z' FROM generate_series(1, 60) n;",
                    );
                    held.into_iter().for_each(|held| held.release());
                });
            }
        });
        report.unwrap_err().to_string()
    });
    assert_snapshot!(refusal, @"events without event_id: 60, so nobody could tell which session is whose; give them one, or deploy with mode view on a view without them");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id IS NULL;");
    assert_eq!(database.deploy_in_parts(&incremental()).rows, 6000);
    assert_eq!(database.differing(&incremental()), NONE);
}

#[test]
fn a_table_that_is_emptied_during_the_build() {
    let database = many_events();
    let mut is_emptied = false;
    let report = database.try_deploy_in_parts(&incremental(), |does| {
        if does.starts_with("indexing") && !std::mem::replace(&mut is_emptied, true) {
            database.run(
                "CREATE TABLE moved AS SELECT * FROM warehouse.fact_events LIMIT 5000;
                 TRUNCATE warehouse.fact_events;
                 INSERT INTO warehouse.fact_events SELECT event_id, 'u' || right(user_id, 1), account_id, event_type, occurred_at FROM moved;",
            );
        }
    });
    assert_eq!((report.unwrap().rows, is_emptied), (5000, true));
    assert_eq!(database.differing(&incremental()), NONE);
}

#[test]
fn a_plan_is_a_script_that_does_the_same() {
    let database = many_events();
    let before = database.everything();
    let plan = plan_deployment(&mut database.connect(), &incremental(), &in_parts()).unwrap();
    assert_eq!(database.everything(), before);
    for stage in &plan.stages {
        assert_ne!(stage.steps.len(), 0);
    }
    let script = plan.stages.iter().map(|stage| {
        let sql: String = stage.steps.iter().map(|step| format!("{};\n", step.sql)).collect();
        match stage.kind {
            StageKind::Together | StageKind::Exchange => format!("BEGIN;\n{sql}COMMIT;\n"),
            _ => sql,
        }
    });
    database.run(&script.collect::<String>());
    assert_eq!(database.deploy_in_parts(&incremental()).plan.change, Change::Unchanged);
    assert_eq!(database.differing(&incremental()), NONE);
}

/// One part, no events at all, and keys of other types in an index with the columns in another order.
#[test]
fn small_and_odd_tables() {
    let database = events();
    let options = DeployOptions { create_index: true, ..in_parts() };
    let deployment = in_mode(definition(|d| d), Mode::Incremental);
    let report =
        deploy(&mut database.connect(), &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    assert_eq!((report.parts, report.rows), (Some((1, 2)), 4));
    assert_eq!(database.differing(&deployment), NONE);

    for (key, values) in [
        ("uuid", "md5((n % 40)::text)::uuid"),
        ("int", "n % 40 - 20"),
        ("numeric(20,0)", "18446744073709551615 - n % 40"),
        ("boolean", "n % 3 = 0"),
        ("varchar(10)", "chr(65 + n % 40) || '''\\'"),
        ("text COLLATE \"C\"", "chr(65 + n % 40)"),
        ("text", "NULL"),
    ] {
        let database = events();
        database.run(&format!(
            "DROP TABLE warehouse.fact_events;
             CREATE TABLE warehouse.fact_events (event_id int, user_id int, account_id {key}, occurred_at timestamp);
             INSERT INTO warehouse.fact_events SELECT n, n % 7, {values}, TIMESTAMP '2026-01-01' + n * n % 997 * INTERVAL '9 minutes'
             FROM generate_series(1, 3000) n;
             CREATE INDEX ON warehouse.fact_events (account_id, user_id, occurred_at);"
        ));
        let report =
            deploy(&mut database.connect(), &deployment, &in_parts(), &Stop::default(), &mut |_| ()).unwrap();
        let parts = report.parts.unwrap().0;
        assert!(parts >= 2, "{key}: {parts} parts");
        assert_eq!(database.differing(&deployment), NONE, "{key}");
    }
}

#[test]
fn citext_keys_that_differ_in_case_are_in_one_part() {
    let database = events();
    database.run(
        "CREATE EXTENSION citext SCHEMA public;
         CREATE TABLE warehouse.named (event_id int, user_id public.citext, account_id int, occurred_at timestamptz);
         INSERT INTO warehouse.named
         SELECT n, CASE n % 2 WHEN 0 THEN chr(65 + n / 2 % 26) ELSE chr(97 + n / 2 % 26) END, 1,
                TIMESTAMPTZ '2026-01-01Z' + n * INTERVAL '1 minute'
         FROM generate_series(1, 4000) n;
         CREATE INDEX ON warehouse.named (user_id, account_id, occurred_at);",
    );
    let deployment = in_mode(on_table("warehouse.named", definition(|d| d)), Mode::Incremental);
    let report = database.deploy_in_parts(&deployment);
    assert!(report.parts.unwrap().0 > 3, "{:?}", report.parts);
    // What view mode makes of them is the reference: this one folds case.
    database.run("CREATE TABLE public.tables AS SELECT event_id, session_id FROM analytics.v_sessions;");
    assert_eq!(
        database.run("SELECT COUNT(DISTINCT session_id) FROM public.tables;"),
        report.sessions.to_string()
    );
    database.deploy_in_parts(&in_mode(deployment, Mode::View));
    assert_eq!(
        database.run("SELECT COUNT(*) FROM (SELECT event_id, session_id FROM analytics.v_sessions EXCEPT TABLE public.tables) d;"),
        "0"
    );
}
