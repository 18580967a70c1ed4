//! The roles of docs/least-privilege.md may do what they are for, and nothing else.

use spectrum_postgres::{
    DeployOptions, Outcome, PgError, RefreshOptions, Stop, VerifyOptions, deploy, drop_deployment, refresh,
    status, verify,
};

use crate::deploy::{definition, events};

/// The SQL of the page, before the deployment and after it.
fn statements() -> (String, String) {
    let page = include_str!("../../../../docs/least-privilege.md");
    let (mut before, mut after) = (String::new(), String::new());
    let mut blocks = page.split("```");
    while let (Some(_), Some(block)) = (blocks.next(), blocks.next()) {
        if let Some(sql) = block.strip_prefix("sql reader\n") {
            after.push_str(sql);
        } else if let Some(sql) = block.strip_prefix("sql\n") {
            before.push_str(sql);
        }
    }
    assert!(before.contains("spectrum_operator") && after.contains("spectrum_reader"));
    (before, after)
}

#[test]
fn the_roles_of_the_documentation() {
    let database = events();
    let (before, after) = statements();
    database.run(&before);
    let deployment = definition(|d| d);
    let connect = |role: &str| database.server_as(role).connect("spectrum").unwrap();

    let mut operator = connect("spectrum_operator");
    deploy(&mut operator, &deployment, &DeployOptions::default(), |_| ()).unwrap();
    database.run(&after);
    // Another definition: privileges stay.
    let deployment = definition(|d| d.gap("5m"));
    deploy(&mut operator, &deployment, &DeployOptions::default(), |_| ()).unwrap();
    assert!(verify(&mut operator, &deployment, &VerifyOptions::default(), |_| ()).unwrap().holds());
    status(&mut *operator, &deployment).unwrap();

    let mut refresher = connect("spectrum_refresher");
    let refreshed = |client: &mut spectrum_postgres::Connection| {
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
        let error = reader.query(&format!("SELECT * FROM {hidden}"), &[]).unwrap_err();
        assert_eq!(error.code(), Some(&postgres::error::SqlState::INSUFFICIENT_PRIVILEGE), "{hidden}");
    }
    let refused = refreshed(&mut reader);
    let done = refused.is_ok_and(|report| report.views.iter().any(|view| view.outcome == Outcome::Ok));
    assert!(!done, "a reader has refreshed");
    assert!(deploy(&mut reader, &definition(|d| d), &DeployOptions::default(), |_| ()).is_err());

    let mut loader = connect("spectrum_loader");
    loader
        .execute("INSERT INTO warehouse.fact_events VALUES ('e9', 'u9', 'a', 'view', '2026-01-05Z')", &[])
        .unwrap();
    assert!(loader.execute("DELETE FROM warehouse.fact_events", &[]).is_err());

    let error = drop_deployment(&mut reader, &deployment, false, 0).unwrap_err();
    assert!(matches!(error, PgError::Statement { .. }), "{error}");
    drop_deployment(&mut operator, &deployment, false, 0).unwrap();
    database.run(
        "DROP OWNED BY spectrum_operator, spectrum_refresher, spectrum_reader, spectrum_loader CASCADE;
         DROP ROLE spectrum_operator, spectrum_refresher, spectrum_reader, spectrum_loader;",
    );
}
