//! The roles of docs/least-privilege.md may do what they are for, and nothing else.

use insta::assert_snapshot;
use postgres::error::SqlState;
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, DropOptions, Mode, Outcome, RefreshOptions, Stop, VerifyOptions,
    deploy, drop_deployment, refresh, status, verify,
};

use crate::deploy::{definition, events};

/// The SQL of the page for a mode, before the deployment and after it.
fn statements(mode: &str) -> (String, String) {
    let page = include_str!("../../../../docs/least-privilege.md");
    let (mut before, mut after) = (String::new(), String::new());
    let mut blocks = page.split("```");
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        let (kind, sql) = block.split_once('\n').unwrap();
        match kind.strip_prefix("sql").unwrap().trim() {
            "" => before.push_str(sql),
            "reader" => after.push_str(sql),
            kind => match kind.strip_prefix(mode).map(str::trim) {
                Some("") => before.push_str(sql),
                Some("after") => after.push_str(sql),
                _ => assert!(["view", "incremental"].iter().any(|known| kind.starts_with(known)), "{kind}"),
            },
        }
    }
    assert!(before.contains("spectrum_operator") && after.contains("spectrum_reader"));
    (before, after)
}

fn forbidden(client: &mut Connection, sql: &str) {
    let error = client.batch_execute(sql).unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
}

#[test]
fn the_roles_of_the_documentation() {
    let database = events();
    let (before, after) = statements("view");
    database.run(&before);
    let deployment = definition(|d| d);
    let connect = |role: &str| database.server_as(role).connect("spectrum").unwrap();

    let mut operator = connect("spectrum_operator");
    deploy(&mut operator, &deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    database.run(&after);
    // Another definition: privileges stay.
    let deployment = definition(|d| d.gap("5m".parse().unwrap()));
    deploy(&mut operator, &deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    assert!(verify(&mut operator, &deployment, &VerifyOptions::default(), &mut |_| ()).unwrap().holds());
    status(&mut operator, &deployment).unwrap();

    let mut refresher = connect("spectrum_refresher");
    let refreshed = |client: &mut Connection| {
        refresh(client, &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ())
    };
    let report = refreshed(&mut refresher).unwrap();
    assert!(
        report.views.len() == 2 && report.views.iter().all(|view| view.outcome == Outcome::Ok),
        "{report:?}"
    );
    assert_eq!(
        database.run("SELECT COUNT(*) FROM analytics.v_refresh_log WHERE reason NOT LIKE 'built%';"),
        "2"
    );

    let mut reader = connect("spectrum_reader");
    for view in ["v_sessions", "v_session_summary", "v_refresh_log"] {
        reader.query(&format!("SELECT * FROM analytics.{view}"), &[]).unwrap();
    }
    for hidden in ["analytics.mv_sessions", "analytics.spectrum_refresh_log", "warehouse.fact_events"] {
        forbidden(&mut reader, &format!("SELECT * FROM {hidden}"));
    }
    let report = refreshed(&mut reader).unwrap();
    // What else helps depends on the server's version.
    let why = report.views[0].error.as_ref().unwrap().to_string();
    assert!(
        why.starts_with("role spectrum_reader may not refresh it, its owner spectrum_operator may; "),
        "{why}"
    );
    assert!(report.views.iter().all(|view| view.outcome != Outcome::Ok), "{report:?}");
    let redeployed =
        deploy(&mut reader, &definition(|d| d), &DeployOptions::default(), &Stop::default(), &mut |_| ());
    assert_snapshot!(redeployed.unwrap_err(), @r"
    this role may not read event_id, user_id, account_id, occurred_at; GRANT USAGE ON SCHEMA warehouse TO spectrum_reader; GRANT SELECT ON warehouse.fact_events TO spectrum_reader
    this role may not create relations in schema analytics; GRANT USAGE, CREATE ON SCHEMA analytics TO spectrum_reader
    ");

    let mut loader = connect("spectrum_loader");
    loader
        .execute("INSERT INTO warehouse.fact_events VALUES ('e9', 'u9', 'a', 'view', '2026-01-05Z')", &[])
        .unwrap();
    forbidden(&mut loader, "DELETE FROM warehouse.fact_events");

    let dropped = drop_deployment(&mut reader, &deployment, &DropOptions::default());
    assert_snapshot!(dropped.unwrap_err(), @"dropping view analytics.v_refresh_log: must be owner of view v_refresh_log");
    drop_deployment(&mut operator, &deployment, &DropOptions::default()).unwrap();
    database.run(
        "DROP OWNED BY spectrum_operator, spectrum_refresher, spectrum_reader, spectrum_loader CASCADE;
         DROP ROLE spectrum_operator, spectrum_refresher, spectrum_reader, spectrum_loader;",
    );
}

#[test]
fn the_roles_of_the_documentation_in_mode_incremental() {
    let database = events();
    // Roles are the server's, and another test has those of mode view.
    let of_this_test = |sql: String| {
        ["operator", "refresher", "reader", "loader"]
            .iter()
            .fold(sql, |sql, role| sql.replace(&format!("spectrum_{role}"), &format!("incremental_{role}")))
    };
    let (before, after) = statements("incremental");
    database.run(&of_this_test(before));
    let connect =
        |role: &str| database.server_as(&format!("incremental_{role}")).connect("spectrum").unwrap();
    let incremental =
        |gap: &str| Deployment { mode: Mode::Incremental, ..definition(|d| d.gap(gap.parse().unwrap())) };
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };

    let mut operator = connect("operator");
    deploy(&mut operator, &incremental("30m"), &options, &Stop::default(), &mut |_| ()).unwrap();
    database.run(&of_this_test(after));
    // Another definition: privileges stay.
    let deployment = incremental("5m");
    deploy(&mut operator, &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();

    // Whoever writes events notes them, without a right on the notes.
    let mut loader = connect("loader");
    loader
        .execute("INSERT INTO warehouse.fact_events VALUES ('e9', 'u9', 'a', 'view', '2026-01-05Z')", &[])
        .unwrap();
    assert_eq!(database.run("SELECT user_id FROM analytics.spectrum_changes"), "u9");
    database.run("GRANT USAGE ON SCHEMA analytics TO PUBLIC");
    for sql in [
        "SELECT * FROM analytics.spectrum_changes",
        "INSERT INTO analytics.spectrum_changes (user_id) VALUES ('u9')",
        "DELETE FROM analytics.spectrum_changes",
        "TRUNCATE analytics.spectrum_changes",
        "DELETE FROM analytics.mv_sessions",
        "SELECT * FROM analytics.refresh_sessions()",
        "ALTER TABLE warehouse.fact_events DISABLE TRIGGER analytics_spectrum_changes_inserted",
        // A table of its own, whose writes would be noted as if they were events.
        "CREATE TEMP TABLE mine (event_id text, user_id text, account_id text, occurred_at timestamptz);
         CREATE TRIGGER mine AFTER INSERT ON mine REFERENCING NEW TABLE AS added
         FOR EACH STATEMENT EXECUTE FUNCTION analytics.spectrum_changes_inserted()",
    ] {
        forbidden(&mut loader, sql);
    }

    let mut refresher = connect("refresher");
    let refreshed = |client: &mut Connection| {
        refresh(client, &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ()).unwrap()
    };
    let report = refreshed(&mut refresher);
    assert!(report.is_complete() && report.notes.is_empty(), "{report:?}");
    assert_eq!(report.views[0].counts.as_ref().unwrap().events_added, 1);
    refresher.query("SELECT * FROM analytics.refresh_sessions()", &[]).unwrap();
    let found = status(&mut refresher, &deployment).unwrap();
    assert!(found.age_seconds.is_some() && found.advice.is_empty(), "{found:?}");
    for sql in [
        "SELECT * FROM warehouse.fact_events",
        "SELECT * FROM analytics.mv_sessions",
        "SELECT * FROM analytics.spectrum_changes",
        "DELETE FROM analytics.spectrum_changes",
        "UPDATE analytics.spectrum_refresh_log SET outcome = 'ok'",
    ] {
        forbidden(&mut refresher, sql);
    }

    let mut reader = connect("reader");
    for view in ["v_sessions", "v_session_summary", "v_refresh_log"] {
        reader.query(&format!("SELECT * FROM analytics.{view}"), &[]).unwrap();
    }
    forbidden(&mut reader, "SELECT * FROM analytics.refresh_sessions()");
    let report = refreshed(&mut reader);
    let why = report.views[0].error.as_ref().unwrap().to_string();
    assert_eq!(
        why,
        "role incremental_reader may not refresh it; GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO incremental_reader"
    );
    let redeployed = deploy(&mut reader, &incremental("30m"), &options, &Stop::default(), &mut |_| ());
    assert_snapshot!(redeployed.unwrap_err(), @r"
    this role may not read event_id, user_id, account_id, occurred_at; GRANT USAGE ON SCHEMA warehouse TO incremental_reader; GRANT SELECT ON warehouse.fact_events TO incremental_reader
    this role may not create relations in schema analytics; GRANT USAGE, CREATE ON SCHEMA analytics TO incremental_reader
    ");

    // The operator may not read the events any more, as whom a refresh does.
    database.run("INSERT INTO warehouse.fact_events VALUES ('e10', 'u9', 'a', 'view', '2026-01-06Z');
                  ALTER TABLE warehouse.fact_events OWNER TO CURRENT_USER; REVOKE ALL ON warehouse.fact_events FROM incremental_operator;");
    let why = refreshed(&mut refresher).views[0].error.as_ref().unwrap().to_string();
    assert_eq!(
        why,
        "permission denied for table fact_events; it runs with the rights of its owner, incremental_operator"
    );
    database.run("ALTER TABLE warehouse.fact_events OWNER TO incremental_operator;");
    assert!(refreshed(&mut refresher).is_complete());
    assert!(verify(&mut operator, &deployment, &VerifyOptions::default(), &mut |_| ()).unwrap().holds());

    drop_deployment(&mut operator, &deployment, &DropOptions::default()).unwrap();
    database.run(
        "DROP OWNED BY incremental_operator, incremental_refresher, incremental_reader, incremental_loader CASCADE;
         DROP ROLE incremental_operator, incremental_refresher, incremental_reader, incremental_loader;",
    );
}
