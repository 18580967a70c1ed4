//! From one mode to the other and back.

use insta::assert_snapshot;
use spectrum_postgres::{Change, DeployOptions, Mode, OnDetach, deploy};

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
    let other = in_mode(definition(|d| d.gap("5m")), Mode::Incremental);
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
fn a_mode_that_nobody_names_stays() {
    let database = many_events();
    let unsaid = definition(|d| d.id_named("encoded"));
    assert_eq!(database.deploy(&unsaid).deployment.mode, Mode::View);
    database.deploy_in_parts(&incremental());
    let report = database.deploy(&unsaid);
    assert_eq!((report.plan.change, report.deployment.mode), (Change::Unchanged, Mode::Incremental));
    let report = database.deploy(&definition(|d| d.gap("5m")));
    assert_eq!(report.deployment.mode, Mode::Incremental);
    assert_eq!(
        database.run("SELECT relkind FROM pg_class WHERE oid = 'analytics.mv_sessions'::regclass;"),
        "r"
    );

    let mut keeping = incremental();
    keeping.on_detach = OnDetach::Keep;
    database.deploy_in_parts(&keeping);
    assert_eq!(database.deploy(&unsaid).deployment.on_detach, OnDetach::Keep);
    let mut removing = unsaid.clone();
    removing.on_detach_is_said = true;
    let report = database.deploy(&removing);
    assert_eq!(report.plan.change, Change::Exchanged(vec!["on_detach keep is now remove".into()]));
}

#[test]
fn what_others_built_is_looked_at_before_the_build_and_after_it() {
    let database = many_events();
    database.deploy_in_parts(&in_mode(incremental(), Mode::View));
    database.run("CREATE VIEW public.mine AS SELECT session_id FROM analytics.mv_sessions;");
    assert_snapshot!(database.refusal(&incremental()), @"the relations that would be exchanged are read by public.mine (a view), which Spectrum did not make; drop what reads them first, or let it go too with --cascade (its definition is printed)");
    database.run("DROP VIEW public.mine;");
    // One that comes during the build keeps it from its end, and not from being gone on with.
    let refused = database.try_deploy_in_parts(&incremental(), |does| {
        if does.starts_with("analyzing") {
            database.run("CREATE VIEW public.mine AS SELECT session_id FROM analytics.mv_sessions;");
        }
    });
    assert!(refused.unwrap_err().to_string().contains("read by public.mine (a view)"));
    let cascade = DeployOptions { cascade: true, ..in_parts() };
    let report = deploy(&mut database.connect(), &incremental(), &cascade, |does| {
        assert!(!does.contains(", part "), "{does}");
    });
    assert!(report.unwrap().plan.notes.iter().any(|note| note.starts_with("public.mine goes")));
    assert_eq!(database.differing(&incremental()), NONE);
}
