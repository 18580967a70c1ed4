//! `status` and `drop` on a real server.

use crate::messages;
use insta::assert_snapshot;
use spectrum_core::IdScheme;
use spectrum_postgres::{
    DeployOptions, Deployment, DropOptions, Mode, RefreshOptions, Stop, deploy, drift, drop_deployment,
    plan_drop, status,
};
use spectrum_testkit::PrivatePostgres;

use crate::deploy::{definition, events};
use crate::refresh::Database;

#[test]
fn status_tells_what_stands_there_and_what_to_do() {
    let database = events();
    let deployment = definition(|d| d);
    assert_snapshot!(status(&mut database.connect(), &deployment).unwrap_err(), @"there is no analytics.mv_sessions here; make it with spectrum deploy");
    database.deploy(&definition(|d| d.gap("5m".parse().unwrap())));
    let found = status(&mut database.connect(), &deployment).unwrap();
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
    assert_eq!(drift(&mut database.connect(), &deployment).unwrap(), ["gap 5m is now 30m"]);

    database.run(
        "REFRESH MATERIALIZED VIEW analytics.mv_session_summary WITH NO DATA; DROP INDEX analytics.mv_sessions_event_id_key;
         CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
         INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, method, reason, outcome, error)
         VALUES (7, 'analytics.mv_sessions', NOW() + INTERVAL '1 second', NOW() + INTERVAL '200 seconds', 'plain', '', 'failed', 'canceled');",
    );
    let found = status(&mut database.connect(), &deployment).unwrap();
    assert!(found.events_index);
    let at = found.refreshes[0].started_at.clone();
    assert_snapshot!(messages(&found.advice).join("\n").replace(&at, "THEN"), @r"
    analytics.mv_sessions has no unique index, so every refresh keeps readers out; run spectrum deploy
    analytics.mv_session_summary holds nothing; run spectrum refresh
    the refresh of analytics.mv_sessions at THEN UTC failed: canceled
    ");
}

/// Maintained sessions: what waits, what the last refresh took in, and nothing of what is said of views only.
#[test]
fn status_of_maintained_sessions() {
    let database = Database::maintained();
    let look = || status(&mut database.connect(), &database.deployment()).unwrap();
    let found = look();
    assert_eq!(found.deployment.mode, Mode::Incremental);
    assert_eq!(found.advice, []);
    assert_eq!((found.refreshes.len(), found.age_seconds), (0, None));
    assert!(found.waiting.unwrap().is_nothing());

    // A transaction that is not there yet waits for nothing.
    database.run("BEGIN; DELETE FROM warehouse.fact_events; ROLLBACK;");
    assert!(look().waiting.unwrap().is_nothing());
    // What a build writes down is not what a refresh took in.
    database.run(
        r#"INSERT INTO analytics.spectrum_refresh_log (run_id, relation, started_at, finished_at, method, reason, outcome, details)
           VALUES (1, 'analytics.mv_sessions', NOW(), NOW(), 'incremental', 'built', 'ok', '{"parts": 3, "steps": {}}')"#,
    );
    assert_eq!(look().refreshes[0].counts, None);
    database.add_event("e5");
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e6', 'u1', 'a', '2026-02-01Z'), ('e7', NULL, 'a', '2026-02-01Z'), ('e8', NULL, 'a', '2026-02-01Z');",
    );
    let waiting = look().waiting.unwrap();
    assert_eq!((waiting.keys, waiting.truncated, waiting.is_nothing()), (Some(2), false, false));
    assert!(waiting.bytes > 0);
    database.run("TRUNCATE warehouse.fact_events");
    assert!(look().waiting.unwrap().truncated);

    // By plain SQL, as pg_cron does it.
    database.run("SELECT * FROM analytics.refresh_sessions()");
    let found = look();
    assert!(found.waiting.unwrap().is_nothing());
    assert!(found.age_seconds.unwrap() < 3600.0);
    let last = found.refreshes.iter().find(|past| past.relation == "analytics.mv_sessions").unwrap();
    let counts = last.counts.as_ref().unwrap();
    assert_eq!((last.method.as_str(), counts.events_removed, counts.sessions_dropped), ("incremental", 4, 3));

    // A failure stays in sight until it is mended, and no longer.
    database.run("INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', 'infinity')");
    assert!(!database.refresh(&RefreshOptions::default()).is_complete());
    let advice = look().advice;
    assert!(
        advice.len() == 1
            && advice[0].to_string().contains(" failed: an event has no finite time: event_id e1 "),
        "{advice:?}"
    );
    database.run("DELETE FROM warehouse.fact_events");
    assert!(database.refresh(&RefreshOptions::default()).is_complete());
    assert_eq!(look().advice, []);

    // Nobody has refreshed for long; as long as nothing waits, that is no matter.
    database.run("UPDATE analytics.spectrum_refresh_log SET started_at = started_at - INTERVAL '2 days'");
    assert_eq!(look().advice, []);
    database.run("INSERT INTO warehouse.fact_events VALUES ('e1', 'u1', 'a', '2026-01-01Z')");
    assert_snapshot!(messages(&look().advice).join("\n"), @"what was written to the events has waited for more than a day, so it seems that nobody refreshes; spectrum refresh with every 1m does, or pg_cron with SELECT * FROM analytics.refresh_sessions()");
    database.run(
        "DROP INDEX warehouse.fact_events_spectrum_key_time_idx; SELECT * FROM analytics.refresh_sessions()",
    );
    assert_snapshot!(messages(&look().advice).join("\n"), @"warehouse.fact_events has no index on key and time, so every refresh reads all events; spectrum deploy with create_index makes one");
}

/// What is done to triggers by hand, and what puts them right: the advice is run as it stands.
#[test]
fn status_finds_triggers_that_do_not_fire() {
    let database = Database::maintained();
    let advice = || messages(&status(&mut database.connect(), &database.deployment()).unwrap().advice);
    let follow = |advice: &str| {
        let (_, sql) = advice.split_once("ALTER TABLE").unwrap();
        let sql = sql.split("; a repair").next().unwrap();
        database.run(&format!("ALTER TABLE{sql};"));
    };
    database.run("ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL");
    let told = advice();
    assert_snapshot!(told.join("\n"), @"not all that is written to warehouse.fact_events is noted, because triggers are disabled; ALTER TABLE warehouse.fact_events ENABLE TRIGGER analytics_spectrum_changes_inserted, ENABLE TRIGGER analytics_spectrum_changes_deleted, ENABLE TRIGGER analytics_spectrum_changes_updated, ENABLE ALWAYS TRIGGER analytics_spectrum_changes_truncated, ENABLE REPLICA TRIGGER analytics_spectrum_changes_applied; a repair then takes in what was missed");
    follow(&told[0]);
    assert_eq!(advice(), [""; 0]);
    // As people do it who do not know that a trigger was made for replicas only.
    database.run("ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL; ALTER TABLE warehouse.fact_events ENABLE TRIGGER ALL");
    let told = advice();
    assert_snapshot!(told.join("\n"), @"triggers of warehouse.fact_events are not enabled as they were made, which ENABLE TRIGGER ALL does, so rows are noted one by one or not where they should be; ALTER TABLE warehouse.fact_events ENABLE ALWAYS TRIGGER analytics_spectrum_changes_truncated, ENABLE REPLICA TRIGGER analytics_spectrum_changes_applied");
    follow(&told[0]);
    assert_eq!(advice(), [""; 0]);
    database
        .run("ALTER TABLE warehouse.fact_events ENABLE ALWAYS TRIGGER analytics_spectrum_changes_inserted");
    assert_eq!(advice(), [""; 0]);
    database.run(
        "DROP TRIGGER analytics_spectrum_changes_inserted ON warehouse.fact_events;
         DROP FUNCTION analytics.refresh_sessions(), analytics.spectrum_changes_inserted() CASCADE",
    );
    assert_snapshot!(advice().join("\n"), @r"
    function analytics.spectrum_changes_inserted() is gone; spectrum deploy makes it again, a repair then takes in what was missed
    function analytics.refresh_sessions() is gone; spectrum deploy makes it again, a repair then takes in what was missed
    not all that is written to warehouse.fact_events is noted, because triggers are missing (analytics_spectrum_changes_inserted); spectrum deploy makes them again, a repair then takes in what was missed
    ");
}

/// Partitions that come and go wait for a refresh; one that is known and not watched is a matter of concern.
#[test]
fn status_of_partitions() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.one PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z');
         CREATE TABLE warehouse.two PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-02-01Z') TO ('2026-03-01Z');",
    );
    let deployment = Deployment { mode: Mode::Incremental, ..definition(|d| d.id(IdScheme::Start)) };
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut database.connect(), &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    let look = || status(&mut database.connect(), &deployment).unwrap();
    let found = look();
    assert_eq!((found.advice, found.waiting.unwrap().is_nothing()), (Vec::new(), true));
    database.run(
        "CREATE TABLE warehouse.three PARTITION OF warehouse.fact_events FOR VALUES FROM ('2026-03-01Z') TO ('2026-04-01Z');
         ALTER TABLE warehouse.fact_events DETACH PARTITION warehouse.one;",
    );
    let found = look();
    let waiting = found.waiting.unwrap();
    let new: Vec<String> = waiting.new_partitions.iter().map(ToString::to_string).collect();
    assert_eq!((new, waiting.gone_partitions), (vec!["warehouse.three".to_owned()], 1));
    assert!(found.advice.is_empty(), "{:?}", found.advice);
    database.run("SELECT * FROM analytics.refresh_sessions()");
    let found = look();
    assert_eq!((found.advice, found.waiting.unwrap().is_nothing()), (Vec::new(), true));
    database.run(
        "DROP TRIGGER analytics_spectrum_changes_updated ON warehouse.two;
         ALTER TABLE warehouse.three DISABLE TRIGGER analytics_spectrum_changes_truncated;",
    );
    assert_snapshot!(messages(&look().advice).join("\n"), @r"
    not all that is written to warehouse.three is noted, because triggers are disabled; ALTER TABLE warehouse.three ENABLE ALWAYS TRIGGER analytics_spectrum_changes_truncated; a repair then takes in what was missed
    not all that is written to warehouse.two is noted, because triggers are missing (analytics_spectrum_changes_updated); spectrum deploy makes them again, a repair then takes in what was missed
    ");
}

/// A role that may read nothing but the view of refreshes, and one that may not even do that.
#[test]
fn status_tells_what_a_role_may_see() {
    let database = Database::maintained();
    database.add_event("e5");
    database.refresh(&RefreshOptions::default());
    database.run(
        "CREATE ROLE status_looker LOGIN; CREATE ROLE status_stranger LOGIN; GRANT USAGE ON SCHEMA analytics TO status_looker;
         GRANT SELECT ON analytics.v_refresh_log TO status_looker;",
    );
    let as_role = |role: &str| {
        let mut connection = database.server_as(role).connect("spectrum status").unwrap();
        status(&mut connection, &database.deployment()).unwrap()
    };
    let unseen = |found: &spectrum_postgres::Status| {
        found.unseen.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let looker = as_role("status_looker");
    assert_eq!(unseen(&looker), "analytics.spectrum_changes");
    assert_eq!((looker.refreshes.len(), looker.waiting.as_ref().unwrap().keys), (2, None));
    assert!(looker.age_seconds.is_some() && looker.advice.is_empty(), "{looker:?}");
    let stranger = as_role("status_stranger");
    assert_eq!(unseen(&stranger), "analytics.v_refresh_log analytics.spectrum_changes");
    assert_eq!((stranger.refreshes.len(), stranger.age_seconds), (0, None));
    assert_eq!(stranger.relations.len(), 2);
    database.run("DROP OWNED BY status_looker; DROP ROLE status_looker, status_stranger;");
}

#[test]
fn drop_takes_what_spectrum_made_and_nothing_else() {
    let database = events();
    let deployment = definition(|d| d);
    let before = database.everything();
    let index = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut database.connect(), &deployment, &index, &Stop::default(), &mut |_| ()).unwrap();
    let there = database.everything();
    let plan = plan_drop(&mut database.connect(), &deployment, &DropOptions::default()).unwrap();
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
    drop_deployment(&mut database.connect(), &deployment, &DropOptions::default()).unwrap();
    assert_eq!(database.everything(), before);
    assert!(
        drop_deployment(&mut database.connect(), &deployment, &DropOptions::default())
            .unwrap()
            .goes
            .is_empty()
    );
}

#[test]
fn drop_leaves_a_schema_that_others_use_and_asks_before_it_takes_their_views() {
    let database = events();
    let deployment = definition(|d| d);
    database.deploy(&deployment);
    database.run("CREATE VIEW analytics.mine AS SELECT * FROM analytics.v_sessions; CREATE TABLE analytics.other (x int);");
    assert_snapshot!(drop_deployment(&mut database.connect(), &deployment, &DropOptions::default()).unwrap_err(), @"what would be dropped is read by analytics.mine (a view), which Spectrum did not make; drop that first, or let it go too with cascade");
    let dropped = drop_deployment(
        &mut database.connect(),
        &deployment,
        &DropOptions { cascade: true, ..DropOptions::default() },
    )
    .unwrap();
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
    let refusal = drop_deployment(
        &mut database.connect(),
        &definition(|d| d),
        &DropOptions { cascade: true, ..DropOptions::default() },
    )
    .unwrap_err();
    assert!(refusal.to_string().contains("Spectrum did not make"), "{refusal}");
    assert_eq!(database.everything(), before);
}
