//! What a summary tells besides: worked out by hand, kept up to date, written down, proved and refused.

use insta::assert_snapshot;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{
    CheckName, DeployOptions, Deployment, Mode, Stop, VerifyOptions, deploy, plan_deployment, verify,
};
use spectrum_testkit::PrivatePostgres;

use super::Database;

/// Two sessions of ann, with ties, NULLs and copies of values, and one of bob.
fn events() -> Database {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TYPE warehouse.device AS ENUM ('phone', 'desktop');
         CREATE TABLE warehouse.fact_events (
           event_id int, user_id text, account_id text, occurred_at timestamptz, event_type text, page varchar,
           amount numeric(10, 2), items bigint, weight real, device warehouse.device, props json, is_new boolean);
         INSERT INTO warehouse.fact_events VALUES
           (10, 'ann', 'a', '2026-01-01 10:00Z', 'view', NULL, NULL, 9223372036854775807, 0.5, 'phone', '{\"ref\": \"mail\"}', true),
           (9, 'ann', 'a', '2026-01-01 10:00Z', 'view', 'home', NULL, 1, 0.25, 'phone', NULL, false),
           (3, 'ann', 'a', '2026-01-01 10:10Z', 'purchase', 'cart', 19.90, 2, NULL, 'desktop', '{}', NULL),
           (4, 'ann', 'a', '2026-01-01 10:20Z', 'view', 'Zoo', 0.10, NULL, 1, NULL, '{\"ref\": \"x\"}', NULL),
           (5, 'ann', 'a', '2026-01-01 12:00Z', 'view', 'home', NULL, NULL, NULL, NULL, NULL, NULL),
           (6, 'bob', 'a', '2026-01-01 12:00Z', 'logout', 'home', -1.00, 3, NULL, NULL, NULL, NULL);",
    );
    database
}

const TOLD: &str = r#"
    [summary.columns]
    entry_page = { first = "page" }
    first_page = { first = "page", skip_null = true }
    exit_page = { last = "page", where = "event_type = 'view'" }
    came_by = { first = "props ->> 'ref'" }
    views = { count = "event_type = 'view'" }
    pages = { count_distinct = "page" }
    revenue = { sum = "amount" }
    items = { sum = "items" }
    weight = { sum = "weight" }
    least_page = { min = "page" }
    greatest_device = { max = "device" }
    last_seen = { max = "occurred_at", where = "is_new is not true" }
    bought = { any = "event_type = 'purchase'" }
    engaged = { when = "duration_seconds >= 600 and (bought or views > 5)" }
    known = { when = "weight > 1" }"#;

fn telling(columns: &str) -> Deployment {
    Deployment::new(SessionDefinition::from_toml(columns).unwrap()).unwrap()
}

fn deployed(database: &Database, deployment: &Deployment) -> spectrum_postgres::DeployReport {
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut database.connect(), deployment, &options, &Stop::default(), &mut |_| ()).unwrap()
}

/// The checks that find something.
fn found(database: &Database, deployment: &Deployment) -> Vec<CheckName> {
    let report = verify(&mut database.connect(), deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
    report.checks.iter().filter(|check| check.found > 0).map(|check| check.name).collect()
}

const ROWS: &str =
    "SET timezone = 'UTC'; SELECT * FROM analytics.v_session_summary ORDER BY user_id, session_seq;";

#[test]
fn every_measure_is_what_the_events_say() {
    let database = events();
    database.deploy(&telling(TOLD));
    assert_snapshot!(database.run(&format!("\\x on\n{ROWS}")));
    assert_eq!(found(&database, &telling(TOLD)), []);
    assert_snapshot!(database.run(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = 'analytics.v_session_summary'::regclass AND attnum > 10;"
    ));
}

#[test]
fn tables_that_follow_the_events_keep_them() {
    let database = events();
    let view = telling(TOLD);
    database.deploy(&view);
    let of_view = database.run(ROWS);
    let mut tables = view.clone();
    tables.mode = Mode::Incremental;
    deployed(&database, &tables);
    assert_eq!(database.run(ROWS), of_view);
    for change in [
        "UPDATE warehouse.fact_events SET amount = 5 WHERE event_id = 4;",
        "UPDATE warehouse.fact_events SET props = '{\"ref\": \"app\"}' WHERE event_id = 9;",
        "DELETE FROM warehouse.fact_events WHERE event_id = 3;",
        "INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at, event_type, page)
           VALUES (20, 'ann', 'a', '2026-01-01 11:59Z', 'view', 'early'), (21, 'ann', 'a', '2026-01-01 09:00Z', 'view', 'first');",
    ] {
        let before = database.run(ROWS);
        database.run(&format!("{change} SELECT FROM analytics.refresh_sessions();"));
        assert_ne!(database.run(ROWS), before, "{change}");
        assert_eq!(found(&database, &tables), [], "{change}");
    }
    // What somebody wrote by hand is found.
    database.run("UPDATE analytics.mv_session_summary SET revenue = 1 WHERE user_id = 'bob';");
    assert_eq!(found(&database, &tables), [CheckName::Sessions]);
}

#[test]
fn a_change_of_columns_is_planned_and_told() {
    let database = events();
    database.deploy(&telling("[summary.columns]\nviews = { count = \"event_type = 'view'\" }\npages = { count_distinct = \"page\" }"));
    let fewer = telling("[summary.columns]\nviews = { count = \"event_type = 'purchase'\" }");
    let plan = plan_deployment(&mut database.connect(), &fewer, &DeployOptions::default()).unwrap();
    assert_snapshot!(plan.takes.join("\n"), @r#"what the summary tells, views = { count = "event_type = 'view'" }, pages = { count_distinct = "page" } is now views = { count = "event_type = 'purchase'" }, which takes views, pages from analytics.mv_session_summary or changes what it has"#);
    database.deploy(&fewer);
    assert_eq!(found(&database, &fewer), []);
    database.deploy(&telling(""));
    assert_eq!(found(&database, &telling("")), []);
}

#[test]
fn what_cannot_be_told_is_refused() {
    let database = events();
    assert_snapshot!(database.refusal(&telling(
        r#"
        [summary.columns]
        a = { sum = "page" }
        b = { min = "props" }
        c = { max = "is_new" }
        d = { sum = "props ->> 'ref'" }
        e = { first = "pge" }
        f = { count = "items = 'x'" }
        g = { first = "page ->> 'x'" }"#
    )));
}

/// Of values that are equal and look different always the same one is told, whatever the server's plan.
#[test]
fn equal_values_that_look_different_are_told_as_one() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (
           event_id int, user_id text, account_id text, occurred_at timestamptz, n numeric, f double precision, i interval, c char(5),
           tags int[]);
         INSERT INTO warehouse.fact_events
         SELECT e, 'u' || e % 40, 'a', '2026-01-01 10:00Z'::timestamptz + e * interval '1 min',
                (ARRAY[1.0, 1.00, 1.000])[1 + e % 3], (ARRAY['0', '-0']::float8[])[1 + e % 2],
                (ARRAY['1 day', '24:00:00']::interval[])[1 + e / 2 % 2], 'x' FROM generate_series(1, 600) e;",
    );
    let columns = "
        [summary.columns]
        n = { min = \"n\" }
        n2 = { sum = \"n\" }
        f = { max = \"f\" }
        i = { min = \"i\" }
        c = { max = \"c\" }";
    let mut tables = telling(columns);
    tables.mode = Mode::Incremental;
    deployed(&database, &tables);
    assert_eq!(found(&database, &tables), []);
    for change in ["event_id % 75 = 0", "event_id % 7 = 1"] {
        database.run(&format!(
            "DELETE FROM warehouse.fact_events WHERE {change}; SELECT FROM analytics.refresh_sessions();"
        ));
        assert_eq!(found(&database, &tables), [], "{change}");
    }
    let told = "SELECT DISTINCT n, f, i FROM analytics.v_session_summary;";
    assert_eq!(database.run(told), "1|0|1 day");
    assert_snapshot!(database.refusal(&telling("[summary.columns]\na = { first = \"tags\" }\nb = { max = \"tags\" }")), @r"
    column 'tags' of summary column 'a' is integer[], an array, which a summary does not tell; make a text of it
    column 'tags' of summary column 'b' is integer[], an array, which a summary does not tell; make a text of it
    ");
}

/// Columns of the events can be called what working tables call theirs.
#[test]
fn names_that_working_tables_have() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (
           event_id int, user_id text, account_id text, occurred_at timestamptz, span_no int, reason text, begins_at text,
           resumes boolean, is_ignored boolean, last_seq int, session_seq text);
         INSERT INTO warehouse.fact_events
         SELECT i, 'u' || i % 3, 'a', '2026-01-01 10:00Z'::timestamptz + i * interval '7 min', i % 4, 'r' || i % 5, 'b' || i % 2,
                i % 6 = 0, i % 7 = 0, i, 's' || i FROM generate_series(1, 60) i;",
    );
    let mut tables = telling(
        r#"
        [session]
        split_on = ["reason"]
        start_when = "resumes"
        ignore_when = "is_ignored"
        [summary.columns]
        span_no_ = { first = "span_no" }
        told = { last = "begins_at" }
        since = { sum = "last_seq" }"#,
    );
    tables.mode = Mode::Incremental;
    deployed(&database, &tables);
    assert_eq!(found(&database, &tables), []);
    database.run(
        "UPDATE warehouse.fact_events SET span_no = span_no + 1, last_seq = 1 WHERE event_id % 3 = 1;
         DELETE FROM warehouse.fact_events WHERE event_id % 11 = 0; SELECT FROM analytics.refresh_sessions();",
    );
    assert_eq!(found(&database, &tables), []);
    let refused = Deployment::new(
        SessionDefinition::from_toml("[summary.columns]\na = { first = \"session_seq\" }").unwrap(),
    );
    assert_snapshot!(refused.unwrap_err(), @"column 'session_seq' of [summary.columns] has the name of a column that Spectrum adds to the sessions relation; rename it in a view over the events");
}
