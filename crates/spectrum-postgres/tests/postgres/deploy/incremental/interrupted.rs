//! Builds that do not come to their end, and what becomes of them.

use crate::hearing;
use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{
    Change, DeployOptions, DropOptions, Mode, PgError, RefreshOptions, Server, Stop, VerifyOptions, Wanted,
    deploy, drop_deployment, plan_drop, status, verify,
};
use spectrum_testkit::PrivatePostgres;

use super::{Held, MANY_EVENTS, NONE, differing, in_mode, in_parts, incremental, many_events};
use crate::deploy::{Database, definition};

/// A build of seven parts of which two are done, whose connection is then terminated.
fn killed(database: &Database, deployment: &spectrum_postgres::Deployment) -> PgError {
    let mut looks = 0;
    std::thread::scope(|scope| {
        let one = DeployOptions { connections: 1, ..in_parts() };
        let done = deploy(
            &mut database.connect(),
            deployment,
            &one,
            &Stop::default(),
            &mut hearing(|does| {
                if Held::is_time(does, &mut looks) {
                    let held = Held::after_two_parts(database);
                    scope.spawn(move || {
                    Held::until_held(database);
                    database.run(
                        "SELECT COUNT(pg_terminate_backend(l.pid)) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objid = 7 AND NOT l.granted;",
                    );
                    held.release();
                });
                }
            }),
        );
        let error = done.unwrap_err();
        database.run("DROP FUNCTION public.hold() CASCADE;");
        error
    })
}

#[test]
fn a_build_that_was_killed_goes_on() {
    let database = many_events();
    let error = killed(&database, &incremental());
    assert!(matches!(error, PgError::Lost { .. }), "{error}");
    assert_eq!(
        database.run("SELECT COUNT(done_at), COUNT(*) FROM analytics.spectrum_changes_build_parts;"),
        "2|7"
    );
    // Whoever asks is told, and what is written goes on being noted.
    let refused = status(&mut database.connect(), &incremental()).unwrap_err();
    assert_snapshot!(refused, @"a build of analytics.mv_sessions was begun and not finished; run spectrum deploy to go on, or spectrum drop");
    database.run("UPDATE warehouse.fact_events SET occurred_at = occurred_at + INTERVAL '1 hour' WHERE user_id < 'u3'; DELETE FROM warehouse.fact_events WHERE event_id LIKE 'e5%';");

    let mut heard = Vec::new();
    // Nobody says what is wanted: what the build was begun for.
    let hear = |does: &str| heard.push(does.to_owned());
    let report =
        deploy(&mut database.connect(), Wanted::default(), &in_parts(), &Stop::default(), &mut hearing(hear))
            .unwrap();
    assert_eq!(report.plan.change, Change::New);
    assert_snapshot!(messages(&report.plan.notes).join("\n"), @"going on with a build that was begun before: 2 of 7 parts were done");
    let parts: Vec<&String> = heard.iter().filter(|does| does.contains(", part ")).collect();
    assert_eq!(parts.len(), 5, "{heard:?}");
    assert!(!parts.iter().any(|does| does.contains("part 1 of") || does.contains("part 2 of")), "{parts:?}");
    assert_eq!(database.differing(&incremental()), NONE);
    assert_eq!(database.deploy_in_parts(&incremental()).plan.change, Change::Unchanged);
}

#[test]
fn a_build_of_another_definition_begins_anew() {
    let database = many_events();
    killed(&database, &incremental());
    let other = in_mode(definition(|d| d.gap("5m".parse().unwrap()).key(["user_id"])), Mode::Incremental);
    database.run("CREATE INDEX ON warehouse.fact_events (user_id, occurred_at);");
    let report = database.deploy_in_parts(&other);
    assert_eq!((report.plan.change, report.plan.notes.len()), (Change::New, 0));
    assert_eq!(database.differing(&other), NONE);

    // One beside tables that stand, and the first definition again.
    killed(&database, &incremental());
    assert_eq!(database.run("SELECT COUNT(*) > 0 FROM analytics.mv_sessions;"), "t");
    let call = database.connect().query("SELECT * FROM analytics.refresh_sessions()", &[]).unwrap_err();
    let call = call.as_db_error().unwrap();
    assert_snapshot!(format!("{}; {}", call.message(), call.hint().unwrap()), @"analytics.mv_sessions is being built anew, and cannot be refreshed meanwhile; If spectrum deploy is not running, it was interrupted: run it again, and it goes on.");
    let report = database.deploy_in_parts(&other);
    assert_eq!(
        report.plan.change,
        Change::Exchanged(vec!["a build was begun and not finished, which ended the notes".into()])
    );
    assert_eq!(database.differing(&other), NONE);
    database.run("SELECT * FROM analytics.refresh_sessions();");
}

#[test]
fn a_mode_that_is_changed_back_leaves_nothing_of_the_build() {
    let database = many_events();
    killed(&database, &incremental());
    let view = in_mode(incremental(), Mode::View);
    database.deploy_in_parts(&view);
    assert_eq!(database.differing(&view), NONE);
    assert_eq!(database.run(LEFT), "0|0|0");
    assert_eq!(database.deploy_in_parts(&view).plan.change, Change::Unchanged);
}

#[test]
fn drop_takes_a_build_that_is_not_finished() {
    let database = many_events();
    let before = database.everything();
    killed(&database, &incremental());
    let plan = plan_drop(&mut database.connect(), &incremental(), &DropOptions::default()).unwrap();
    assert_snapshot!(plan.goes.join("\n"), @r"
trigger analytics_spectrum_changes_applied on warehouse.fact_events
trigger analytics_spectrum_changes_deleted on warehouse.fact_events
trigger analytics_spectrum_changes_inserted on warehouse.fact_events
trigger analytics_spectrum_changes_truncated on warehouse.fact_events
trigger analytics_spectrum_changes_updated on warehouse.fact_events
function analytics.spectrum_changes_applied()
function analytics.spectrum_changes_deleted()
function analytics.spectrum_changes_inserted()
function analytics.spectrum_changes_truncated()
function analytics.spectrum_changes_updated()
table analytics.mv_session_summary_spectrum_new
table analytics.mv_sessions_spectrum_new
table analytics.spectrum_changes_build_parts
table analytics.spectrum_changes
view analytics.v_refresh_log
table analytics.spectrum_refresh_log
schema analytics
");
    drop_deployment(&mut database.connect(), &incremental(), &DropOptions::default()).unwrap();
    assert_eq!(database.everything(), before);
    assert_eq!(database.run(LEFT), "0|0|0");
}

/// Triggers on the events, functions, and tables beside the relations.
const LEFT: &str = "SELECT (SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'warehouse.fact_events'::regclass),
    (SELECT COUNT(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'analytics'),
    (SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'analytics' AND (relname LIKE '%spectrum_new%' OR relname LIKE 'spectrum_changes%'));";

#[test]
fn a_stop_ends_all_connections_at_once() {
    let database = many_events();
    let (mut looks, stop) = (0, Stop::default());
    let mut held = None;
    let stopped = std::thread::scope(|scope| {
        deploy(
            &mut database.connect(),
            &incremental(),
            &in_parts(),
            &stop,
            &mut hearing(|does| {
                if Held::is_time(does, &mut looks) {
                    held = Some(Held::after_two_parts(&database));
                    scope.spawn(|| {
                        Held::until_held(&database);
                        stop.request();
                    });
                }
            }),
        )
    });
    assert!(matches!(stopped, Err(PgError::Interrupted)), "{stopped:?}");
    // The lock is still held, so whoever waited for it was cancelled and did not get it.
    drop(held);
    database.run("DROP FUNCTION public.hold() CASCADE;");
    let report = database.deploy_in_parts(&incremental());
    // Two connections can be at work on the second and the third part when the first is done.
    let notes = messages(&report.plan.notes).join("\n");
    let done = [2, 3]
        .map(|done| format!("going on with a build that was begun before: {done} of 7 parts were done"));
    assert!(done.contains(&notes), "{notes}");
    assert_eq!(database.differing(&incremental()), NONE);
}

#[test]
fn a_server_that_crashes_loses_no_part_that_was_done() {
    let postgres = PrivatePostgres::start().unwrap();
    let settings =
        format!("host={} user={} dbname=postgres", postgres.socket_folder().display(), postgres.user());
    let connect = || Server::resolve(Some(&settings), |_| None).unwrap().connect("spectrum deploy").unwrap();
    postgres.run_script(MANY_EVENTS).unwrap();
    let one = DeployOptions { connections: 1, ..in_parts() };
    let mut client = connect();
    let done = deploy(
        &mut client,
        &incremental(),
        &one,
        &Stop::default(),
        &mut hearing(|does| {
            if does.ends_with("part 4 of 7") {
                postgres.stop().unwrap();
            }
        }),
    );
    assert!(matches!(done, Err(PgError::Lost { .. })), "{done:?}");
    postgres.start_again().unwrap();
    // Part 3 was done before part 4 began.
    let parts =
        "SELECT COUNT(done_at) BETWEEN 3 AND 6, COUNT(done_at) FROM analytics.spectrum_changes_build_parts";
    let row = connect().query_one(parts, &[]).unwrap();
    assert!(row.get::<_, bool>(0), "{} parts are done", row.get::<_, i64>(1));
    postgres
        .run_script("DELETE FROM warehouse.fact_events WHERE account_id = 'a1' AND user_id < 'u4';")
        .unwrap();
    let mut heard = Vec::new();
    deploy(
        &mut connect(),
        &incremental(),
        &one,
        &Stop::default(),
        &mut hearing(|does| heard.push(does.to_owned())),
    )
    .unwrap();
    assert!(!heard.iter().any(|does| does.ends_with("part 3 of 7")), "{heard:?}");
    assert_eq!(differing(&mut connect(), &incremental()), NONE);
}

/// While another key is built over the sessions, what is noted is of that one, and no command stumbles over it.
#[test]
fn status_after_a_killed_redeploy_says_what_refresh_says() {
    let database = many_events();
    let first = in_mode(definition(|d| d), Mode::Incremental);
    database.deploy_in_parts(&first);
    database.run("CREATE INDEX ON warehouse.fact_events (user_id, occurred_at);");
    killed(&database, &in_mode(definition(|d| d.key(["user_id"])), Mode::Incremental));
    let report = database.refresh(&RefreshOptions::default());
    let refused = report.views[0].error.as_ref().unwrap().to_string();
    assert!(
        refused.starts_with("analytics.mv_sessions is being built anew, and cannot be refreshed meanwhile"),
        "{refused}"
    );
    let found = status(&mut database.connect(), &first).unwrap();
    assert_snapshot!(found.advice[0], @"analytics.mv_sessions is being built anew, and cannot be refreshed meanwhile (key user_id, account_id is now user_id); if spectrum deploy is not running, it was interrupted: run spectrum deploy again, and it goes on");
    let refused =
        verify(&mut database.connect(), &first, &VerifyOptions::default(), &mut |_| ()).unwrap_err();
    assert_snapshot!(refused, @"analytics.mv_sessions is being built anew, and cannot be refreshed meanwhile; run spectrum deploy again, and it goes on");
    // What was begun is gone on with, and asked for as what it is.
    let agreed = DeployOptions { agreed: Some(Vec::new()), ..in_parts() };
    let refused = deploy(&mut database.connect(), Wanted::default(), &agreed, &Stop::default(), &mut |_| ())
        .unwrap_err()
        .to_string();
    assert!(
        refused.starts_with("key user_id, account_id is now user_id, which changes ids of sessions\n"),
        "{refused}"
    );
    let report =
        deploy(&mut database.connect(), Wanted::default(), &in_parts(), &Stop::default(), &mut |_| ())
            .unwrap();
    assert!(
        report.plan.notes[0].to_string().starts_with("going on with a build that was begun before"),
        "{report:?}"
    );
    assert!(database.refresh(&RefreshOptions::default()).is_complete());
    assert_eq!(status(&mut database.connect(), &first).unwrap().advice, []);
}
