//! `status` and `drop` on a real server.

use insta::assert_snapshot;
use spectrum_postgres::{DeployOptions, deploy, drift, drop_deployment, plan_drop, status};

use crate::deploy::{definition, events};

#[test]
fn status_tells_what_stands_there_and_what_to_do() {
    let database = events();
    let deployment = definition(|d| d);
    assert_snapshot!(status(&mut *database.connect(), &deployment).unwrap_err(), @"there is no analytics.mv_sessions here; make it with spectrum deploy");
    database.deploy(&definition(|d| d.gap("5m")));
    let found = status(&mut *database.connect(), &deployment).unwrap();
    // What is deployed is read from the database, whatever was asked for.
    assert_eq!(found.deployment.definition.gap().to_string(), "5m");
    assert_eq!(
        found.relations.iter().map(|r| (r.populated, r.unique_index, r.rows)).collect::<Vec<_>>(),
        [(true, true, 4), (true, true, 4)]
    );
    assert_eq!(found.refreshes.len(), 2);
    assert!(found.age_seconds.unwrap() < 3600.0);
    assert!(!found.events_index);
    assert_eq!(found.advice.len(), 1, "{:?}", found.advice);
    assert_eq!(drift(&mut *database.connect(), &deployment).unwrap(), ["gap 5m is now 30m"]);

    database.run(
        "REFRESH MATERIALIZED VIEW analytics.mv_session_summary WITH NO DATA; DROP INDEX analytics.mv_sessions_event_id_key;
         CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
         INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, method, reason, outcome, error)
         VALUES (7, 'analytics.mv_sessions', NOW() + INTERVAL '1 second', NOW() + INTERVAL '200 seconds', 'plain', '', 'failed', 'canceled');",
    );
    let found = status(&mut *database.connect(), &deployment).unwrap();
    assert!(found.events_index);
    let at = found.refreshes[0].started_at.clone();
    assert_snapshot!(found.advice.join("\n").replace(&at, "THEN"), @r"
    analytics.mv_sessions has no unique index, so every refresh keeps readers out; run spectrum deploy
    analytics.mv_session_summary holds nothing; run spectrum refresh
    the refresh of analytics.mv_sessions at THEN UTC failed: canceled
    ");
}

#[test]
fn drop_takes_what_spectrum_made_and_nothing_else() {
    let database = events();
    let deployment = definition(|d| d);
    let before = database.everything();
    let index = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut database.connect(), &deployment, &index, |_| ()).unwrap();
    let there = database.everything();
    let plan = plan_drop(&mut *database.connect(), &deployment, false).unwrap();
    assert_eq!(database.everything(), there);
    assert_snapshot!(plan.goes.join("\n"), @r"
    view analytics.v_refresh_log
    table analytics.spectrum_refresh_log
    view analytics.v_session_summary
    view analytics.v_sessions
    materialized view analytics.mv_session_summary
    materialized view analytics.mv_sessions
    index warehouse.fact_events_spectrum_key_time_idx
    schema analytics
    ");
    drop_deployment(&mut database.connect(), &deployment, false, 0).unwrap();
    assert_eq!(database.everything(), before);
    assert!(drop_deployment(&mut database.connect(), &deployment, false, 0).unwrap().goes.is_empty());
}

#[test]
fn drop_leaves_a_schema_that_others_use_and_asks_before_it_takes_their_views() {
    let database = events();
    let deployment = definition(|d| d);
    database.deploy(&deployment);
    database.run("CREATE VIEW analytics.mine AS SELECT * FROM analytics.v_sessions; CREATE TABLE analytics.other (x int);");
    assert_snapshot!(drop_deployment(&mut database.connect(), &deployment, false, 0).unwrap_err(), @"what would be dropped is read by analytics.mine (a view), which Spectrum did not make; drop that first, or let it go too with --cascade");
    let dropped = drop_deployment(&mut database.connect(), &deployment, true, 0).unwrap();
    assert_eq!(dropped.goes[0], "view analytics.mine");
    assert_eq!(
        database.run("SELECT relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace;"),
        "other"
    );
}

#[test]
fn drop_does_not_touch_what_others_made_under_these_names() {
    let database = events();
    database.run("CREATE SCHEMA analytics; CREATE TABLE analytics.mv_sessions (mine int);");
    let before = database.everything();
    let refusal = drop_deployment(&mut database.connect(), &definition(|d| d), true, 0).unwrap_err();
    assert!(refusal.to_string().contains("Spectrum did not make"), "{refusal}");
    assert_eq!(database.everything(), before);
}
