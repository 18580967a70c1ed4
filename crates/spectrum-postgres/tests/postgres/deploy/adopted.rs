//! What lost its comments, as in a dump restored without them, and how it becomes Spectrum's own again.

use crate::messages;
use insta::assert_snapshot;
use spectrum_postgres::{
    Change, CheckName, DeployOptions, Deployment, DropOptions, Mode, OnDetach, PgError, RefreshOptions, Stop,
    VerifyOptions, Wanted, deploy, drop_deployment, plan_deployment, status, verify,
};

use super::incremental::{in_mode, many_events};
use super::{Database, definition};

/// Takes every comment away.
const FORGET: &str = "DO $$ DECLARE it record; BEGIN
    FOR it IN SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END AS kind
              FROM pg_class c WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind IN ('r', 'v', 'm')
    LOOP EXECUTE format('COMMENT ON %s %s IS NULL', it.kind, it.name); END LOOP;
    FOR it IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace
    LOOP EXECUTE format('COMMENT ON FUNCTION %s IS NULL', it.name); END LOOP;
  END $$; COMMENT ON SCHEMA analytics IS NULL;";

fn deployment(mode: Mode) -> Deployment {
    let deployment = definition(|d| d.gap("10m".parse().unwrap()).id("encoded".parse().unwrap()));
    Deployment { carried: vec!["event_type".into()], ..in_mode(deployment, mode) }
}

/// Whoever adopts has to say what was said when it was deployed, but for the mode.
fn said() -> Wanted {
    Wanted { mode: None, ..Wanted::from(&deployment(Mode::View)) }
}

fn adopting() -> DeployOptions {
    DeployOptions { adopt: true, agreed: Some(Vec::new()), ..DeployOptions::default() }
}

fn adopt(database: &Database, wanted: Wanted) -> Result<spectrum_postgres::DeployReport, PgError> {
    deploy(&mut database.connect(), wanted, &adopting(), &Stop::default(), &mut |_| ())
}

#[test]
fn what_the_definition_gives_is_signed_and_nothing_is_built() {
    for mode in [Mode::View, Mode::Incremental] {
        let database = many_events();
        database.deploy_in_parts(&deployment(mode));
        // Once more, so that names under which it was built are aliases in what stands.
        let other = Deployment {
            definition: definition(|d| d.gap("1h".parse().unwrap())).definition,
            ..deployment(mode)
        };
        database.deploy_in_parts(&other);
        database.deploy_in_parts(&deployment(mode));
        database.run(FORGET);
        let before = database.everything();
        let refused =
            deploy(&mut database.connect(), said(), &DeployOptions::default(), &Stop::default(), &mut |_| ())
                .unwrap_err()
                .to_string();
        assert!(
            refused.contains("analytics.mv_sessions is ") && refused.contains("spectrum deploy with adopt"),
            "{refused}"
        );
        let refused = status(&mut database.connect(), &deployment(mode)).unwrap_err().to_string();
        assert!(refused.contains("spectrum deploy with adopt"), "{refused}");
        if mode == Mode::Incremental {
            let refused = database.try_refresh(&RefreshOptions::default()).unwrap_err().to_string();
            assert!(refused.contains("spectrum deploy with adopt"), "{refused}");
        }

        let plan = plan_deployment(&mut database.connect(), said(), &adopting()).unwrap();
        assert_eq!((plan.change, plan.stages.len()), (Change::Completed, 1));
        let report = adopt(&database, said()).unwrap();
        assert_eq!((report.plan.change, report.deployment), (Change::Completed, deployment(mode)));
        assert!(
            report.plan.notes[0]
                .to_string()
                .starts_with("adopted analytics.mv_sessions, analytics.mv_session_summary, "),
            "{:?}",
            report.plan.notes
        );
        assert_eq!(database.everything(), before);

        assert_eq!(database.deploy(&deployment(mode)).plan.change, Change::Unchanged);
        assert!(database.refresh(&RefreshOptions::default()).is_complete());
        let allowed = vec![CheckName::NullKeys];
        let options = VerifyOptions { allowed, ..VerifyOptions::default() };
        assert!(verify(&mut database.connect(), &deployment(mode), &options, &mut |_| ()).unwrap().holds());
        let report = adopt(&database, Wanted::default()).unwrap();
        assert_eq!(
            messages(&report.plan.notes),
            ["there was nothing to adopt: what stands here has its comments"]
        );
        drop_deployment(&mut database.connect(), &deployment(mode), &DropOptions::default()).unwrap();
        assert_eq!(
            database.run("SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'analytics'::regnamespace;"),
            "0"
        );
    }
}

#[test]
fn what_another_definition_gives_is_refused() {
    let database = many_events();
    database.deploy_in_parts(&deployment(Mode::View));
    database.run(FORGET);
    let refusal = |wanted: Wanted| {
        let before = database.everything();
        let refused = adopt(&database, wanted).unwrap_err();
        assert_eq!(database.everything(), before);
        refused.to_string()
    };
    let mut wanted = said();
    wanted.definition = wanted.definition.gap("30m".parse().unwrap());
    assert_snapshot!(refusal(wanted), @r"
    analytics.mv_sessions has another query than the definition gives
    analytics.mv_session_summary has another query than the definition gives
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
    assert_snapshot!(refusal(Wanted { carried: Some(Vec::new()), ..said() }), @r"
    analytics.mv_sessions has the columns user_id text, account_id text, occurred_at timestamp with time zone, event_id text, event_type text, session_id text, and the definition gives user_id text, account_id text, occurred_at timestamp with time zone, event_id text, session_id text
    analytics.v_sessions has the columns user_id text, account_id text, occurred_at timestamp with time zone, event_id text, event_type text, session_id text, and the definition gives user_id text, account_id text, occurred_at timestamp with time zone, event_id text, session_id text
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
    assert_snapshot!(refusal(Wanted { mode: Some(Mode::Incremental), ..said() }), @r"
    analytics.mv_sessions is a materialized view and not a table
    analytics.mv_session_summary is a materialized view and not a table
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
    database.run("COMMENT ON VIEW analytics.v_sessions IS 'mine'; CREATE TABLE analytics.mv_sessions_spectrum_new (x int);");
    assert_snapshot!(refusal(said()), @r"
    analytics.v_sessions has a comment of its own
    analytics.mv_sessions_spectrum_new looks like a part of a build that was not finished; DROP TABLE analytics.mv_sessions_spectrum_new if it is
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
}

/// The gap of maintained tables stands in their functions.
#[test]
fn functions_are_compared_too() {
    let database = many_events();
    database.deploy_in_parts(&deployment(Mode::Incremental));
    database.run(FORGET);
    let mut wanted = said();
    wanted.definition = wanted.definition.gap("30m".parse().unwrap());
    assert_snapshot!(adopt(&database, wanted).unwrap_err(), @r"
    analytics.refresh_sessions() is another function than the definition gives
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
    database.run("CREATE OR REPLACE FUNCTION analytics.spectrum_changes_inserted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        AS 'BEGIN RETURN NULL; END';");
    assert_snapshot!(adopt(&database, said()).unwrap_err(), @r"
    analytics.spectrum_changes_inserted() is another function than the definition gives
    nothing was adopted; say the definition that made all this in full, or rename what is not Spectrum's
    ");
}

/// What others own is not taken for ours, whatever it is like.
#[test]
fn what_others_own_stays_theirs() {
    let database = many_events();
    database.deploy_in_parts(&deployment(Mode::View));
    let role = format!("stranger_{}", database.name());
    database.run(&format!("{FORGET} CREATE ROLE {role}; ALTER VIEW analytics.v_sessions OWNER TO {role};"));
    let refused = adopt(&database, said()).unwrap_err().to_string();
    assert!(
        refused
            .starts_with(&format!("analytics.v_sessions belongs to {role}; connect as {role} to adopt it")),
        "{refused}"
    );
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
}

/// With partitions whose events are kept there are more tables.
#[test]
fn notes_and_kept_events_are_taken_along() {
    let database = many_events();
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME TO whole;
         CREATE TABLE warehouse.fact_events (LIKE warehouse.whole) PARTITION BY RANGE (occurred_at);
         CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);
         CREATE TABLE warehouse.first PARTITION OF warehouse.fact_events FOR VALUES FROM (MINVALUE) TO ('2026-01-03Z');
         CREATE TABLE warehouse.rest PARTITION OF warehouse.fact_events DEFAULT;
         INSERT INTO warehouse.fact_events SELECT * FROM warehouse.whole;",
    );
    let keeping = Deployment { on_detach: OnDetach::Keep, ..deployment(Mode::Incremental) };
    database.deploy_in_parts(&keeping);
    database.run(FORGET);
    let report = adopt(&database, Wanted { mode: None, ..Wanted::from(&keeping) }).unwrap();
    assert_eq!(report.deployment, keeping);
    assert!(
        report.plan.notes[0].to_string().contains("analytics.spectrum_changes_kept_events"),
        "{:?}",
        report.plan.notes
    );
    assert_eq!(database.deploy(&keeping).plan.change, Change::Unchanged);
}
