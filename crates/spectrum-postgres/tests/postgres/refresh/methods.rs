//! CONCURRENTLY or plain, and why.

use insta::assert_snapshot;
use spectrum_postgres::{Method, RefreshOptions};

use super::{Database, told, view};

/// A view beside the deployment, refreshed alone.
fn refreshed_alone(database: &Database, setup: &str) -> String {
    database.run(setup);
    let report = database.refresh(&RefreshOptions {
        only: true,
        views: vec![view("public.v")],
        ..RefreshOptions::default()
    });
    database.run("DROP MATERIALIZED VIEW public.v");
    told(&report)
}

#[test]
fn each_reason() {
    let database = Database::new();
    let v = "CREATE MATERIALIZED VIEW v AS SELECT event_id, user_id FROM warehouse.fact_events";
    let told = |after: &str| refreshed_alone(&database, &format!("{v}{after}"));
    assert_snapshot!(told("; CREATE UNIQUE INDEX usable ON v (event_id)"), @"public.v concurrently ok 4: unique index usable");
    assert_snapshot!(told(""), @"public.v plain ok 4: no unique index");
    assert_snapshot!(told("; CREATE INDEX ON v (event_id)"), @"public.v plain ok 4: no unique index");
    assert_snapshot!(told("; CREATE UNIQUE INDEX partly ON v (event_id) WHERE event_id > 'e1'"), @"public.v plain ok 4: unique index partly is partial");
    assert_snapshot!(told("; CREATE UNIQUE INDEX lowered ON v (lower(event_id))"), @"public.v plain ok 4: unique index lowered is over an expression");
    assert_snapshot!(told("; CREATE UNIQUE INDEX two ON v (event_id, lower(user_id))"), @"public.v plain ok 4: unique index two is over an expression");
    assert_snapshot!(
        told("; CREATE UNIQUE INDEX broken ON v (event_id);
              UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass"),
        @"public.v plain ok 4: unique index broken is not valid"
    );
    assert_snapshot!(told(" WITH NO DATA; CREATE UNIQUE INDEX usable ON v (event_id)"), @"public.v plain ok 4: not populated yet");
    // One that is usable is enough.
    assert_snapshot!(
        told("; CREATE UNIQUE INDEX a_partial ON v (event_id) WHERE event_id > 'e1'; CREATE UNIQUE INDEX b ON v (event_id)"),
        @"public.v concurrently ok 4: unique index b"
    );
}

/// What PostgreSQL says when it is asked for CONCURRENTLY is what decides, so it is asked: every view that is
/// refreshed plainly would have been refused.
#[test]
fn plain_is_chosen_only_where_postgresql_would_refuse_the_other() {
    let database = Database::new();
    for after in [
        "",
        " WITH NO DATA; CREATE UNIQUE INDEX usable ON v (event_id)",
        "; CREATE UNIQUE INDEX partly ON v (event_id) WHERE event_id > 'e1'",
        "; CREATE UNIQUE INDEX lowered ON v (lower(event_id))",
    ] {
        database
            .run(&format!("CREATE MATERIALIZED VIEW v AS SELECT event_id FROM warehouse.fact_events{after}"));
        let refused =
            database.connect().batch_execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public.v").unwrap_err();
        assert!(refused.as_db_error().is_some(), "{after}: {refused:?}");
        let views = vec![view("public.v")];
        let report = database.refresh(&RefreshOptions { only: true, views, ..RefreshOptions::default() });
        assert_eq!(report.views[0].method, Some(Method::Plain), "{after}");
        database.run("DROP MATERIALIZED VIEW v");
    }
}

/// CONCURRENTLY gathers the differences in a temporary table, which it makes as the view's owner.
#[test]
fn an_owner_without_temporary_tables() {
    let database = Database::new();
    database.run(
        "CREATE ROLE no_temporary LOGIN;
         DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
         GRANT SELECT ON warehouse.fact_events TO no_temporary;
         GRANT USAGE ON SCHEMA warehouse TO no_temporary;
         CREATE MATERIALIZED VIEW v AS SELECT event_id FROM warehouse.fact_events;
         CREATE UNIQUE INDEX usable ON v (event_id);
         ALTER MATERIALIZED VIEW v OWNER TO no_temporary;",
    );
    let refused =
        database.connect().batch_execute("REFRESH MATERIALIZED VIEW CONCURRENTLY public.v").unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("temporary tables"), "{refused:?}");
    let views = vec![view("public.v")];
    let report = database.refresh(&RefreshOptions { only: true, views, ..RefreshOptions::default() });
    assert_snapshot!(told(&report), @"public.v plain ok 4: its owner no_temporary may not create temporary tables");
    database.run("DROP MATERIALIZED VIEW v; DROP OWNED BY no_temporary; DROP ROLE no_temporary;");
}

#[test]
fn never_concurrently_when_that_is_asked_for() {
    let database = Database::new();
    let report = database.refresh(&RefreshOptions { never_concurrently: true, ..RefreshOptions::default() });
    assert_snapshot!(told(&report), @"
    analytics.mv_sessions plain ok 4: concurrently was ruled out
    analytics.mv_session_summary plain ok 3: concurrently was ruled out
    ");
}
