//! From one mode to the other and back.

use crate::hearing;
use insta::assert_snapshot;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{Change, DeployOptions, Deployment, Mode, OnDetach, Stop, Wanted, deploy};

use super::{NONE, in_mode, in_parts, incremental, many_events};
use crate::deploy::definition;

#[test]
fn there_and_back_others_keep_what_they_have() {
    let database = many_events();
    let view = in_mode(incremental(), Mode::View);
    database.deploy_in_parts(&view);
    let reader = format!("reader_{}", database.name());
    database.run(&format!(
        "CREATE ROLE {reader}; GRANT SELECT ON analytics.mv_sessions, analytics.v_sessions TO {reader};
         GRANT SELECT ON analytics.mv_session_summary TO PUBLIC;
         CREATE VIEW public.daily AS SELECT occurred_at::date, COUNT(*) FROM analytics.v_sessions GROUP BY 1;"
    ));
    let indexes = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'analytics' AND tablename LIKE 'mv%';";
    let before = database.run(indexes);
    let read = format!("SELECT has_table_privilege('{reader}', 'analytics.mv_sessions', 'SELECT')
        AND has_table_privilege('{reader}', 'analytics.v_sessions', 'SELECT')
        AND has_table_privilege('{reader}', 'analytics.mv_session_summary', 'SELECT'), (SELECT SUM(count) FROM public.daily);");
    let report = database.deploy_in_parts(&incremental());
    assert_eq!(report.plan.change, Change::Exchanged(vec!["mode view is now incremental".into()]));
    assert_eq!((database.run(&read).as_str(), database.differing(&view).as_str()), ("t|6000", NONE));
    assert_snapshot!(database.run(indexes), @"mv_session_summary_ended_at_idx mv_session_summary_key_ended_at_key mv_session_summary_session_id_idx mv_session_summary_started_at_idx mv_sessions_event_id_key mv_sessions_key_time_idx");

    // Whoever may refresh may do so after another definition has come.
    database.run(&format!("GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO {reader};"));
    let other = in_mode(definition(|d| d.gap("5m".parse().unwrap())), Mode::Incremental);
    let report = database.deploy_in_parts(&other);
    assert_snapshot!(format!("{:?}", report.plan.change), @r#"Exchanged(["gap 30m is now 5m", "id scheme encoded is now sequence"])"#);
    let may = format!(
        "SELECT has_function_privilege('{reader}', 'analytics.refresh_sessions()', 'EXECUTE'), has_function_privilege('public', 'analytics.refresh_sessions()', 'EXECUTE');"
    );
    assert_eq!(database.run(&may), "t|f");
    assert_eq!((database.run(&read).as_str(), database.differing(&other).as_str()), ("t|6000", NONE));

    database.deploy_in_parts(&view);
    assert_eq!((database.run(&read).as_str(), database.differing(&view).as_str()), ("t|6000", NONE));
    assert_eq!(database.run(indexes), before);
    assert_eq!(
        database.run("SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = 'warehouse.fact_events'::regclass;"),
        "0"
    );
    assert_eq!(
        database.run("SELECT COUNT(*) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace;"),
        "0"
    );
    database.run(&format!("DROP OWNED BY {reader}; DROP ROLE {reader};"));
}

#[test]
fn what_nobody_says_stays() {
    let database = many_events();
    let say = |wanted: Wanted| {
        deploy(&mut database.connect(), wanted, &in_parts(), &Stop::default(), &mut |_| ()).unwrap()
    };
    let bare = Wanted::default;
    assert_eq!(say(bare()).deployment.mode, Mode::View);
    let mut keeping = incremental();
    keeping.on_detach = OnDetach::Keep;
    keeping.carried = vec!["event_type".into()];
    database.deploy_in_parts(&keeping);
    let report = say(bare());
    assert_eq!((report.plan.change, report.deployment), (Change::Unchanged, keeping.clone()));

    let report =
        say(Wanted { definition: SessionDefinition::builder().gap("5m".parse().unwrap()), ..bare() });
    assert_eq!(report.plan.change, Change::Exchanged(vec!["gap 30m is now 5m".into()]));
    assert_eq!(report.deployment.carried, keeping.carried);
    assert_eq!(
        database.run("SELECT relkind FROM pg_class WHERE oid = 'analytics.mv_sessions'::regclass;"),
        "r"
    );
    let report = say(Wanted { on_detach: Some(OnDetach::Remove), ..bare() });
    assert_eq!(report.plan.change, Change::Exchanged(vec!["on_detach keep is now remove".into()]));
    // The other mode, and all else as it was.
    let report = say(Wanted { mode: Some(Mode::View), ..bare() });
    assert_eq!(report.plan.change, Change::Exchanged(vec!["mode incremental is now view".into()]));
    let report = say(Wanted { mode: Some(Mode::Incremental), ..bare() });
    assert_eq!(report.plan.change, Change::Exchanged(vec!["mode view is now incremental".into()]));
    assert_eq!(report.deployment.carried, keeping.carried);

    // Where the sessions are gone, what is beside them knows what they were.
    database.run("DROP TABLE analytics.mv_sessions CASCADE;");
    let report = say(bare());
    assert_eq!(report.plan.change, Change::Exchanged(vec!["the sessions relation is missing".into()]));
    assert_eq!(report.deployment.definition.gap().to_string(), "5m");
}

#[test]
fn what_was_not_agreed_to_is_not_taken() {
    let database = many_events();
    let keeping = Deployment { carried: vec!["event_type".into()], ..incremental() };
    database.deploy_in_parts(&keeping);
    let mut other =
        in_mode(definition(|d| d.gap("5m".parse().unwrap()).id("encoded".parse().unwrap())), Mode::View);
    let agreed = |agreed: &[&str]| DeployOptions {
        agreed: Some(agreed.iter().map(|what| (*what).to_owned()).collect()),
        ..in_parts()
    };
    let refusal = |deployment: &Deployment, words: &[&str]| {
        let before = database.everything();
        let error =
            deploy(&mut database.connect(), deployment, &agreed(words), &Stop::default(), &mut |_| ())
                .unwrap_err();
        assert_eq!(database.everything(), before);
        error.to_string()
    };
    assert_snapshot!(refusal(&other, &["gap 30m is now 5m, which changes ids of sessions"]), @r"
    mode incremental is now view, which takes analytics.refresh_sessions() and the triggers on warehouse.fact_events away
    gap 30m is now 5m, which changes ids of sessions
    columns event_type is now none, which takes event_type from analytics.mv_sessions
    nothing was changed; say agreed if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is
    ");
    // A mode with the same rows and columns takes nothing away.
    other = in_mode(keeping.clone(), Mode::View);
    database.deploy_in_parts(&other);
    deploy(&mut database.connect(), &keeping, &agreed(&[]), &Stop::default(), &mut |_| ()).unwrap();
}

#[test]
fn what_others_built_is_looked_at_before_the_build_and_after_it() {
    let database = many_events();
    database.deploy_in_parts(&in_mode(incremental(), Mode::View));
    database.run("CREATE VIEW public.mine AS SELECT session_id FROM analytics.mv_sessions;");
    assert_snapshot!(database.refusal(&incremental()), @"the relations that would be exchanged are read by public.mine (a view), which Spectrum did not make; drop what reads them first, or let it go too with cascade (its definition is printed)");
    database.run("DROP VIEW public.mine;");
    // One that comes during the build keeps it from its end, and not from being gone on with.
    let refused = database.try_deploy_in_parts(&incremental(), |does| {
        if does.starts_with("analyzing") {
            database.run("CREATE VIEW public.mine AS SELECT session_id FROM analytics.mv_sessions;");
        }
    });
    assert!(refused.unwrap_err().to_string().contains("read by public.mine (a view)"));
    let cascade = DeployOptions { cascade: true, ..in_parts() };
    let report = deploy(
        &mut database.connect(),
        &incremental(),
        &cascade,
        &Stop::default(),
        &mut hearing(|does| {
            assert!(!does.contains(", part "), "{does}");
        }),
    );
    assert!(report.unwrap().plan.notes.iter().any(|note| note.to_string().starts_with("public.mine goes")));
    assert_eq!(database.differing(&incremental()), NONE);
}
