//! Deployments that a version made which did not pin its search path, and found what somebody had put there.

use insta::assert_snapshot;
use postgres::NoTls;
use spectrum_postgres::{Change, DeployOptions, Mode, plan_deployment};

use super::{advice, found, in_mode, refreshed};
use crate::deploy::events;
use crate::incremental::Maintained;

#[test]
fn a_view_that_took_a_function_of_somebody_is_told_of_and_mended() {
    let database = events();
    database.run(
        "CREATE FUNCTION public.last_of(timestamptz, timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT $2';
         CREATE AGGREGATE public.lag(timestamptz) (SFUNC = public.last_of, STYPE = timestamptz);",
    );
    let deployment = in_mode(Mode::View);
    let plan = plan_deployment(&mut database.connect(), &deployment, &DeployOptions::default()).unwrap();
    // As before: the same SQL under the path that every new database has.
    let mut unpinned = postgres::Client::connect(&database.settings("spectrum"), NoTls).unwrap();
    for step in plan.stages.iter().flat_map(|stage| &stage.steps) {
        unpinned.batch_execute(&step.sql).unwrap();
    }
    assert_snapshot!(advice(&database, &deployment)[0], @"analytics.mv_sessions uses function public.lag(timestamp with time zone), which is not PostgreSQL's own; find out who made it, and run spectrum deploy, which mends it");
    assert_snapshot!(found(&mut database.connect(), &deployment), @r"
    different: events with another session or other values than the reference SQL gives: 4, such as e1, e2, e3; spectrum refresh takes in what was written since the last one
    sessions: sessions of the reference SQL that the summary does not have: 3, such as 0dc32bd23a542830c84e269d6d375790, 291c816dcde03c5958a5b503f38e9221, 701c624f1caf1a90004704f55153f273; others that it has: 0; spectrum refresh takes in what was written since the last one
    bound: analytics.mv_sessions uses function public.lag(timestamp with time zone), analytics.mv_session_summary uses function public.lag(timestamp with time zone); spectrum deploy makes it anew; what is not PostgreSQL's own runs with the owner's rights, so find out who made it
    ");
    let Change::Exchanged(why) = database.deploy(&deployment).plan.change else {
        panic!("nothing was mended")
    };
    assert_snapshot!(why.join("\n"), @r"
    analytics.mv_sessions uses function public.lag(timestamp with time zone)
    analytics.mv_session_summary uses function public.lag(timestamp with time zone)
    ");
    assert_eq!(found(&mut database.connect(), &deployment), "everything holds");
    assert!(!advice(&database, &deployment).iter().any(|words| words.contains("lag")));
    assert_eq!(database.deploy(&deployment).plan.change, Change::Unchanged);
}

#[test]
fn a_function_that_looks_elsewhere_or_is_another_is_told_of_and_mended() {
    let database = events();
    let deployment = in_mode(Mode::Incremental);
    Maintained::deploy(&database, deployment.clone());
    database
        .run("ALTER FUNCTION analytics.refresh_sessions() SET search_path = pg_catalog, public, pg_temp;");
    assert_snapshot!(advice(&database, &deployment)[0], @"analytics.refresh_sessions looks names up in schema public, which is not PostgreSQL's own; find out who made it, and run spectrum deploy, which mends it");
    assert_snapshot!(found(&mut database.connect(), &deployment), @"bound: analytics.refresh_sessions looks names up in schema public, analytics.refresh_sessions() is not as this version of Spectrum makes it; spectrum deploy makes it anew; what is not PostgreSQL's own runs with the owner's rights, so find out who made it");
    assert_eq!(database.deploy(&deployment).plan.change, Change::Completed);
    assert_eq!(found(&mut database.connect(), &deployment), "everything holds");

    // One of another version, whose triggers go on meanwhile.
    database.run(
        "CREATE OR REPLACE FUNCTION analytics.spectrum_changes_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
           AS 'BEGIN RETURN NULL; END';
         INSERT INTO warehouse.fact_events VALUES ('e9', 'u1', 'a', 'view', '2026-01-01 10:20Z');",
    );
    assert_snapshot!(found(&mut database.connect(), &deployment), @r"
    missing: events missing from the sessions: 1, such as e9; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    sessions: sessions of the reference SQL that the summary does not have: 1, such as 0dc32bd23a542830c84e269d6d375790; others that it has: 1; nothing was noted of it, so no refresh mends it; a repair computes these keys again
    bound: analytics.spectrum_changes_inserted() is not as this version of Spectrum makes it; spectrum deploy makes it anew
    ");
    assert_snapshot!(advice(&database, &deployment)[0], @"analytics.spectrum_changes_inserted() is not as this version of Spectrum makes it; spectrum deploy makes it anew, and nothing else");
    assert_eq!(database.deploy(&deployment).plan.change, Change::Completed);
    database.run("INSERT INTO warehouse.fact_events VALUES ('e8', 'u1', 'a', 'view', '2026-01-01 10:20Z');");
    assert_eq!(refreshed(&database, &deployment), "ok");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions WHERE event_id = 'e8';"), "1");
    assert_eq!(database.deploy(&deployment).plan.change, Change::Unchanged);
}
