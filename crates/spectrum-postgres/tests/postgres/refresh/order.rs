//! Which views a run takes, and in which order.

use insta::assert_snapshot;
use spectrum_postgres::RefreshOptions;

use super::{Database, all, told, view};

fn names(report: &spectrum_postgres::RefreshReport) -> Vec<String> {
    report.views.iter().map(|view| view.relation.to_string()).collect()
}

#[test]
fn the_deployment_is_refreshed_and_takes_in_new_events() {
    let database = Database::new();
    database.add_event("e5");
    let report = database.refresh(&RefreshOptions::default());
    assert_snapshot!(told(&report), @"
    analytics.mv_sessions concurrently ok 5: unique index mv_sessions_event_id_key
    analytics.mv_session_summary concurrently ok 4: unique index mv_session_summary_key_seq_key
    ");
    assert!(report.is_complete() && !report.interrupted);
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions WHERE event_id = 'e5'"), "1");
    // e5 is an hour after the last event, so it starts a session.
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_session_summary"), "4");
}

/// The names are chosen so that their order is the wrong one; a plain view stands between two of the views.
#[test]
fn a_view_comes_after_what_it_reads_through_plain_views_too() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.c AS SELECT COUNT(*) AS events FROM analytics.mv_sessions;
         CREATE VIEW analytics.through AS SELECT events FROM analytics.c;
         CREATE VIEW analytics.through_that AS SELECT events FROM analytics.through;
         CREATE MATERIALIZED VIEW analytics.b AS SELECT events FROM analytics.through_that;
         CREATE MATERIALIZED VIEW analytics.a AS SELECT b.events FROM analytics.b, analytics.mv_session_summary LIMIT 1;",
    );
    database.add_event("e5");
    let report = database.refresh_all();
    let expected = ["mv_sessions", "mv_session_summary", "c", "b", "a"];
    assert_eq!(names(&report), expected.map(|name| format!("analytics.{name}")));
    // In the right order, one run is enough.
    assert_eq!(database.run("SELECT events FROM analytics.a"), "5");
}

#[test]
fn views_named_in_the_file_and_on_the_command_line_go_along_once() {
    let database = Database::new();
    database.run(
        "CREATE SCHEMA elsewhere;
         CREATE MATERIALIZED VIEW elsewhere.filed AS SELECT 1 AS one;
         CREATE MATERIALIZED VIEW elsewhere.named AS SELECT 1 AS one;
         CREATE MATERIALIZED VIEW unqualified AS SELECT 1 AS one;",
    );
    let mut deployment = database.deployment();
    deployment.refreshed = vec![view("elsewhere.filed"), view("elsewhere.named")];
    let options = RefreshOptions {
        views: vec![view("elsewhere.named"), view("analytics.mv_sessions"), view("unqualified")],
        ..RefreshOptions::default()
    };
    let stop = spectrum_postgres::Stop::default();
    let run = |options| {
        let mut connection = database.connect();
        names(&spectrum_postgres::refresh(&mut connection, &deployment, options, &stop, &mut |_| ()).unwrap())
    };
    let own = ["analytics.mv_sessions", "analytics.mv_session_summary"];
    let named = ["elsewhere.filed", "elsewhere.named", "public.unqualified"];
    assert_eq!(run(&options), [&own[..], &named[..]].concat());
    let only =
        RefreshOptions { only: true, views: vec![view("elsewhere.named")], ..RefreshOptions::default() };
    assert_eq!(run(&only), ["elsewhere.named"]);
}

#[test]
fn what_cannot_be_refreshed_is_refused_by_name() {
    let database = Database::new();
    let refusal = |options: RefreshOptions| database.try_refresh(&options).unwrap_err().to_string();
    let named = |name: &str| refusal(RefreshOptions { views: vec![view(name)], ..RefreshOptions::default() });
    assert_snapshot!(named("analytics.mv_sesions"), @"there is no materialized view analytics.mv_sesions in this database; did you mean analytics.mv_sessions or analytics.v_sessions?");
    assert_snapshot!(named("analytics.v_sessions"), @"analytics.v_sessions is a view, which is always fresh; only materialized views are refreshed");
    assert_snapshot!(named("warehouse.fact_events"), @"warehouse.fact_events is a table; only materialized views are refreshed");
    assert_snapshot!(refusal(RefreshOptions { schema: Some("analytic".into()), ..all() }), @"there is no schema analytic in this database; did you mean analytics?");
    assert_snapshot!(refusal(RefreshOptions { only: true, ..RefreshOptions::default() }), @"nothing to refresh; name views with views or schema");
    database.run("DROP SCHEMA analytics CASCADE");
    assert_snapshot!(refusal(RefreshOptions::default()), @"there is nothing to refresh: neither analytics.mv_sessions nor analytics.mv_session_summary is in this database; spectrum deploy makes them, views names others");
    // Views that stand without a deployment can be refreshed all the same.
    database.run("CREATE MATERIALIZED VIEW alone AS SELECT 1 AS one");
    let report =
        database.refresh(&RefreshOptions { views: vec![view("alone")], ..RefreshOptions::default() });
    assert_eq!(names(&report), ["public.alone"]);
}

#[test]
fn odd_names_stay_names() {
    let database = Database::new();
    let odd = [
        r#""with space""#,
        r#""do.t""#,
        r#""quo""te""#,
        r#""Größe""#,
        r#""x; DROP TABLE warehouse.fact_events; --""#,
        r#""select""#,
        r#""back\slash""#,
    ];
    for name in odd {
        database.run(&format!(
            "CREATE SCHEMA {name};
             CREATE MATERIALIZED VIEW {name}.{name} AS SELECT event_id FROM warehouse.fact_events;
             CREATE UNIQUE INDEX ON {name}.{name} (event_id);"
        ));
    }
    database.add_event("e5");
    let views = odd.iter().map(|name| view(&format!("{name}.{name}"))).collect();
    let report = database.refresh(&RefreshOptions { only: true, views, ..RefreshOptions::default() });
    assert_snapshot!(told(&report), @r#"
    "with space"."with space" concurrently ok 5: unique index with space_event_id_idx
    "do.t"."do.t" concurrently ok 5: unique index do.t_event_id_idx
    "quo""te"."quo""te" concurrently ok 5: unique index quo"te_event_id_idx
    "Größe"."Größe" concurrently ok 5: unique index Größe_event_id_idx
    "x; DROP TABLE warehouse.fact_events; --"."x; DROP TABLE warehouse.fact_events; --" concurrently ok 5: unique index x; DROP TABLE warehouse.fact_events; --_event_id_idx
    "select"."select" concurrently ok 5: unique index select_event_id_idx
    "back\slash"."back\slash" concurrently ok 5: unique index back\slash_event_id_idx
    "#);
    assert_eq!(database.run("SELECT COUNT(*) FROM warehouse.fact_events"), "5");
    // And the same through a schema's name.
    let schema = Some("x; DROP TABLE warehouse.fact_events; --".to_owned());
    assert!(
        database.refresh(&RefreshOptions { only: true, schema, ..RefreshOptions::default() }).is_complete()
    );
    let logged = database.run("SELECT DISTINCT relation FROM analytics.v_refresh_log ORDER BY 1");
    assert_eq!(logged.lines().count(), odd.len());
}
