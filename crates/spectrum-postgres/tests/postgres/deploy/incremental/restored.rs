//! Triggers and functions that somebody dropped or disabled come back with the next deployment.

use insta::assert_snapshot;
use spectrum_postgres::Change;

use super::kept::{divided, keeping};
use super::{NONE, incremental, many_events};

#[test]
fn what_is_missing_comes_back() {
    for (broken, rows) in [
        ("ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL;", 6001),
        // That does not bring them back as they were.
        (
            "ALTER TABLE warehouse.fact_events DISABLE TRIGGER ALL; ALTER TABLE warehouse.fact_events ENABLE TRIGGER ALL;",
            6001,
        ),
        ("DROP TRIGGER analytics_spectrum_changes_updated ON warehouse.fact_events;", 6001),
        ("DROP FUNCTION analytics.spectrum_changes_inserted() CASCADE;", 6001),
        ("DROP FUNCTION analytics.refresh_sessions();", 6001),
        ("DROP VIEW analytics.v_sessions;", 6001),
    ] {
        let database = many_events();
        database.deploy_in_parts(&incremental());
        database.run(broken);
        let report = database.deploy_in_parts(&incremental());
        assert_eq!(report.plan.change, Change::Completed, "{broken}");
        let advises = report.plan.notes.iter().any(|note| note.to_string().contains("a repair"));
        assert_eq!(
            advises,
            broken.contains("TRIGGER") || broken.contains("CASCADE"),
            "{broken}: {:?}",
            report.plan.notes
        );
        assert_eq!(database.deploy_in_parts(&incremental()).plan.change, Change::Unchanged, "{broken}");
        database.run(
            "INSERT INTO warehouse.fact_events VALUES ('later', 'u1', 'a1', 'x', '2026-01-02Z');
             UPDATE warehouse.fact_events SET occurred_at = occurred_at + INTERVAL '1 day' WHERE user_id = 'u1';
             SELECT * FROM analytics.refresh_sessions();",
        );
        assert_eq!(database.differing(&incremental()), NONE, "{broken}");
        assert_eq!(database.run("SELECT COUNT(*) FROM analytics.v_sessions;"), rows.to_string());
    }
}

/// Functions of an older version, whose tables have columns less.
#[test]
fn functions_that_are_not_of_this_version_are_made_again() {
    let database = divided();
    database.deploy_in_parts(&keeping());
    database.run(
        "DO $do$ BEGIN
           EXECUTE replace(pg_get_functiondef('analytics.refresh_sessions()'::regprocedure), 'LOCK TABLE', '/* once */ LOCK TABLE');
           EXECUTE replace(pg_get_functiondef('analytics.spectrum_changes_deleted()'::regprocedure), 'INSERT', '/* once */ INSERT');
         END $do$;
         ALTER TABLE analytics.spectrum_changes_partitions DROP COLUMN watched;
         CREATE ROLE other_reader; GRANT EXECUTE ON FUNCTION analytics.refresh_sessions() TO other_reader;",
    );
    let once = "SELECT proname FROM pg_proc WHERE prosrc LIKE '%/* once */%' ORDER BY 1;";
    assert_eq!(database.run(once).lines().count(), 2);
    let stood = "SELECT 'analytics.mv_sessions'::regclass::oid;";
    let before = database.run(stood);
    let report = database.deploy_in_parts(&keeping());
    assert_eq!((report.plan.change, database.run(stood)), (Change::Completed, before));
    assert_eq!(database.run(once), "");
    let may = "SELECT has_function_privilege('other_reader', 'analytics.refresh_sessions()', 'EXECUTE');";
    assert_eq!(database.run(may), "t");
    assert_eq!(database.deploy_in_parts(&keeping()).plan.change, Change::Unchanged);
    database.run(
        "DELETE FROM warehouse.fact_events WHERE user_id = 'u3'; SELECT * FROM analytics.refresh_sessions();
         DROP OWNED BY other_reader; DROP ROLE other_reader;",
    );
    assert_eq!(database.differing(&keeping()), NONE);
}

#[test]
fn notes_that_are_gone_are_a_reason_to_build_anew() {
    let database = many_events();
    database.deploy_in_parts(&incremental());
    database.run("DROP TABLE analytics.spectrum_changes;");
    let report = database.deploy_in_parts(&incremental());
    assert_snapshot!(format!("{:?}", report.plan.change), @r#"Exchanged(["analytics.spectrum_changes is missing"])"#);
    database.run(
        "DELETE FROM warehouse.fact_events WHERE user_id = 'u3'; SELECT * FROM analytics.refresh_sessions();",
    );
    assert_eq!(database.differing(&incremental()), NONE);
}
