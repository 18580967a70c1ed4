//! Whoever writes and whoever refreshes, with whatever settings: the SQL means what it meant when it was made.

use spectrum_testkit::PrivatePostgres;

use super::shape::Shape;
use crate::refresh::Database;

/// Functions and operators that do the wrong thing, before PostgreSQL's own on the search path.
const HOSTILE: &str = "
    CREATE SCHEMA evil;
    CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.never);
    CREATE FUNCTION evil.min(timestamptz) RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
    CREATE FUNCTION evil.isfinite(timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE FUNCTION evil.md5(text) RETURNS text LANGUAGE sql AS 'SELECT ''x''';
    CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz';
    CREATE TYPE evil.text AS (x int);
    CREATE TYPE evil.bigint AS (x int);
    CREATE TABLE evil.added (x int); CREATE TABLE evil.removed (x int); CREATE TABLE evil.fact_events (x int);
    CREATE TABLE evil.touched (x int); CREATE TABLE evil.found (x int); CREATE TABLE evil.pg_inherits (x int);
    SET search_path = evil, pg_catalog;";

#[test]
fn a_search_path_changes_nothing() {
    for partitioned in [false, true] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let shape =
            Shape { partitioned, carried: vec![("c", "pg_catalog.text", "'x' || i")], ..Shape::default() };
        let maintained = shape.deploy(&database, |deployment| deployment);
        let (mut client, mut checker) = (database.connect(), database.connect());
        client.batch_execute(HOSTILE).unwrap();
        let temporary = [
            "added",
            "removed",
            "changed",
            "spectrum_changes",
            "fact_events",
            "mv_sessions",
            "touched",
            "taken",
        ];
        for name in temporary {
            client.batch_execute(&format!("CREATE TEMP TABLE {name} (nothing int)")).unwrap();
        }
        for change in shape.changes() {
            let change = change
                .replace("::text", "::pg_catalog.text")
                .replace("'::timestamptz", "'::pg_catalog.timestamptz");
            client.batch_execute(&change).unwrap();
            client.batch_execute(&maintained.refresh_sql()).unwrap();
            assert_eq!(maintained.differing(&mut checker), Vec::<String>::new(), "after {change}");
            assert_eq!(maintained.notes(&mut checker), 0);
        }
    }
}

#[test]
fn settings_of_the_caller_change_nothing() {
    let settings = [
        "standard_conforming_strings = off",
        "TimeZone = 'America/New_York'",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "extra_float_digits = -15",
        "bytea_output = 'escape'",
        "lc_messages = 'C'",
        "enable_hashjoin = off",
        "enable_seqscan = off",
        "transform_null_equals = on",
        "plan_cache_mode = 'force_generic_plan'",
        "xmlbinary = 'hex'",
        "check_function_bodies = off",
        "row_security = off",
    ];
    for time in ["timestamptz", "timestamp", "date"] {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        // The clocks of New York change in these nights.
        let value = match time {
            "date" => "'2026-03-05'::date + (i * 1)::int".to_owned(),
            time => format!("'2026-03-08 05:00'::{time} + i * INTERVAL '7 min'"),
        };
        let carried = vec![
            ("f", "double precision", "CASE WHEN i = 9 THEN '0.1'::float8 + '0.2'::float8 ELSE 0.3 END"),
            ("at", "timestamptz", "'2026-11-01 05:30Z'::timestamptz + i % 2 * INTERVAL '1 hour'"),
        ];
        let shape = Shape { time: ("occurred_at", time, &value), carried, id: "start", ..Shape::default() };
        let maintained = shape.deploy(&database, |deployment| deployment);
        let (mut client, mut checker) = (database.connect(), database.connect());
        for setting in settings {
            client.batch_execute(&format!("SET {setting}")).unwrap();
        }
        for change in shape.changes() {
            client.batch_execute(&change).unwrap();
            client.batch_execute(&maintained.refresh_sql()).unwrap();
            assert_eq!(maintained.differing(&mut checker), Vec::<String>::new(), "after {change}");
        }
    }
}

/// A caller's own tables with the names of the working tables make a refresh fail, and nothing else.
#[test]
fn working_tables_of_the_caller_are_not_touched() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let shape = Shape::default();
    let maintained = shape.deploy(&database, |deployment| deployment);
    let mut client = database.connect();
    client
        .batch_execute("CREATE TEMP TABLE spectrum_fresh (mine int); INSERT INTO spectrum_fresh VALUES (1)")
        .unwrap();
    // What was added needs no working table.
    client.batch_execute(&shape.insert(41, 50)).unwrap();
    client.batch_execute(&maintained.refresh_sql()).unwrap();
    assert_eq!(maintained.differing(&mut client), Vec::<String>::new());
    client.batch_execute(&format!("DELETE FROM {}", shape.table)).unwrap();
    let error = client.batch_execute(&maintained.refresh_sql()).unwrap_err();
    assert_eq!(error.as_db_error().unwrap().message(), "relation \"spectrum_fresh\" already exists");
    let mine: i32 = client.query_one("SELECT mine FROM spectrum_fresh", &[]).unwrap().get(0);
    assert_eq!(mine, 1);
    maintained.refresh(&mut database.connect());
}

/// Somebody who may only write events, and somebody who may only refresh.
#[test]
fn writers_and_refreshers_need_no_more_than_their_own() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for partitioned in [false, true] {
        let schema = format!("events_{partitioned}");
        let shape = Shape {
            table: spectrum_sql::TableName::new(schema.as_str(), "events").unwrap(),
            partitioned,
            ..Shape::default()
        };
        let maintained = shape.deploy(&database, |mut deployment| {
            deployment.names.schema = format!("sessions_{partitioned}");
            deployment
        });
        let (writer, refresher) =
            (format!("writer_{}", database.name()), format!("refresher_{}", database.name()));
        database.run(&format!(
            "DROP ROLE IF EXISTS {writer}; DROP ROLE IF EXISTS {refresher};
             CREATE ROLE {writer} LOGIN; CREATE ROLE {refresher} LOGIN;
             GRANT USAGE ON SCHEMA {schema} TO {writer};
             GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON {schema}.events TO {writer};
             GRANT USAGE ON SCHEMA sessions_{partitioned} TO {refresher};
             GRANT EXECUTE ON FUNCTION sessions_{partitioned}.refresh_sessions() TO {refresher};"
        ));
        let mut writer_client = database.server_as(&writer).connect("writer").unwrap();
        let mut refresher_client = database.server_as(&refresher).connect("refresher").unwrap();
        let mut checker = database.connect();
        for change in shape.changes().iter().filter(|change| !change.starts_with("SET ")) {
            writer_client.batch_execute(change).unwrap();
            let refused = writer_client.batch_execute(&maintained.refresh_sql()).unwrap_err();
            assert_eq!(refused.code(), Some(&postgres::error::SqlState::INSUFFICIENT_PRIVILEGE));
            refresher_client.batch_execute(&maintained.refresh_sql()).unwrap();
            assert_eq!(maintained.differing(&mut checker), Vec::<String>::new(), "after {change}");
        }
        database.run(&format!("DROP OWNED BY {writer}, {refresher}; DROP ROLE {writer}, {refresher};"));
    }
}
