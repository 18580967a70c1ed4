//! What does not fit is named, and leaves everything as it was.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch};
use spectrum_core::SessionDefinition;
use spectrum_postgres::{LoadBatch, LoadError, LoadOptions, PgError, Server, load};
use spectrum_testkit::{PrivatePostgres, ServerOptions};

use super::{Database, creating, events, options, texts, uuid, with};

#[test]
fn tables_and_files_that_do_not_fit() {
    let mut database = Database::new("load_misfits");
    let missing = database.refuses(&options(), &[events(&[(1, 0)])]);
    assert!(missing.starts_with("there is no table warehouse.fact_events in this database"), "{missing}");
    assert!(missing.contains("create_table"), "{missing}");
    database.run("CREATE SCHEMA warehouse; CREATE VIEW warehouse.fact_events AS SELECT 1 AS event_id");
    assert!(
        database
            .refuses(&options(), &[events(&[(1, 0)])])
            .contains("is a view; events are loaded into tables")
    );
    database.run(
        "DROP VIEW warehouse.fact_events;
         CREATE TABLE warehouse.fact_events (event_id uuid, user_id uuid, account_id uuid, occured_at timestamptz)",
    );
    let near = database.refuses(&options(), &[events(&[(1, 0)])]);
    assert_eq!(
        near,
        "warehouse.fact_events has no column 'occurred_at'; did you mean occured_at?; name the time with time, or the \
         table with table"
    );
    database.run(
        "ALTER TABLE warehouse.fact_events RENAME occured_at TO occurred_at;
         ALTER TABLE warehouse.fact_events ADD country text NOT NULL, ADD loaded timestamptz NOT NULL DEFAULT now(),
           ADD number int GENERATED ALWAYS AS IDENTITY",
    );
    let required = database.refuses(&options(), &[events(&[(1, 0)])]);
    assert!(
        required.starts_with(
            "events has no column 'country', which warehouse.fact_events requires (NOT NULL, no default)"
        ),
        "{required}"
    );
    database.run("ALTER TABLE warehouse.fact_events ALTER country SET DEFAULT 'nowhere'");
    assert_eq!(database.load(&options(), &[events(&[(1, 0)])]).inserted, 1);
    assert_eq!(
        database.rows("SELECT country, number, loaded IS NOT NULL FROM warehouse.fact_events"),
        ["nowhere|1|t"]
    );

    let with_column = |name: &str, values: ArrayRef| {
        let rows = events(&[(2, 0)]);
        let schema = rows.schema();
        let mut columns: Vec<(String, ArrayRef)> =
            schema.fields().iter().map(|f| f.name().clone()).zip(rows.columns().to_vec()).collect();
        columns.push((name.to_owned(), values));
        RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )
        .unwrap()
    };
    let unknown = database.refuses(&options(), &[with_column("contry", texts([Some("x")]))]);
    assert_eq!(
        unknown,
        "warehouse.fact_events has no column for contry of events; did you mean country?; leave it out with ignored, or name a jsonb column for them with properties"
    );
    let ignoring = LoadOptions { ignored: ["contry".to_owned()].into(), ..options() };
    assert_eq!(database.load(&ignoring, &[with_column("contry", texts([Some("x")]))]).inserted, 1);
    let generated =
        database.refuses(&options(), &[with_column("number", Arc::new(Int32Array::from(vec![1])))]);
    assert!(
        generated.contains("column 'number' of warehouse.fact_events is made by the database"),
        "{generated}"
    );
    let null = database.refuses(&options(), &[with_column("country", texts([None]))]);
    assert!(null.contains("events row 1: column 'country': it is NULL"), "{null}");

    let rows = RecordBatch::try_from_iter([("event_id", texts([Some("x")]))]).unwrap();
    let no_key = database.refuses(&options(), &[rows]);
    assert!(no_key.starts_with("events has no column 'user_id', which the definition names"), "{no_key}");
    assert_eq!(database.count("warehouse.fact_events"), "2");
}

#[test]
fn values_that_do_not_fit() {
    let mut database = Database::new("load_values");
    let definition = SessionDefinition::builder().event_id("id").key(["who"]).time("at").build().unwrap();
    database.run("CREATE TABLE t (id uuid, who varchar(3), at timestamptz, v int2, CHECK (v < 100))");
    let options = with("t", definition);
    let mut refused = |column: &str, good: &str, bad: &str| {
        let rows = |value: &str| {
            let id = uuid(1);
            let columns = [("id", id.as_str()), ("who", "ann"), ("at", "2026-01-01"), ("v", "1")];
            let columns = columns.map(|(name, usual)| {
                (
                    name,
                    texts([
                        Some(if name == column { good } else { usual }),
                        Some(if name == column { value } else { usual }),
                    ]),
                )
            });
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let error = database.refuses(&options, &[rows(good), rows(bad)]);
        assert_eq!(database.count("t"), "0");
        error
    };
    let id = uuid(2);
    assert_eq!(refused("id", &id, "no uuid"), "events row 4: column 'id': 'no uuid' is not a uuid");
    assert_eq!(refused("at", "2026-01-01", "noon"), "events row 4: column 'at': 'noon' is not a time");
    assert_eq!(
        refused("v", "1", "32768"),
        "events row 4: column 'v': '32768' is not a whole number that the column's type holds"
    );
    assert_eq!(
        refused("who", "bob", "anna"),
        "events row 4: column 'who': value too long for type character varying(3)"
    );
    let error = database.try_load(
        &options,
        &[RecordBatch::try_from_iter([
            ("id", texts([Some(id.as_str())])),
            ("who", texts([Some("ann")])),
            ("at", texts([Some("2026-01-01")])),
            ("v", texts([Some("100")])),
        ])
        .unwrap()],
    );
    assert!(error.unwrap_err().to_string().contains("violates check constraint"));
    assert_eq!(database.count("t"), "0");
}

#[test]
fn a_source_that_fails_leaves_nothing() {
    let mut database = Database::new("load_source");
    let rows = [Ok(LoadBatch { file: "a".into(), rows: events(&[(1, 0)]) }), Err("torn")];
    let error = load(&mut database.connection, &creating(), rows.into_iter(), &mut |_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Rows("torn")));
    assert_eq!(database.rows("SELECT to_regclass('warehouse.fact_events')"), ["-"]);
    // The connection is as good as before.
    assert_eq!(database.load(&creating(), &[events(&[(1, 0)])]).inserted, 1);
    let none =
        load(&mut database.connection, &options(), std::iter::empty::<Result<_, ()>>(), &mut |_| ()).unwrap();
    assert_eq!((none.read, none.inserted), (0, 0));
}

#[test]
fn a_server_that_stops_in_the_middle_keeps_nothing() {
    let server = PrivatePostgres::start_with(&ServerOptions::default()).unwrap();
    let url = format!("host={} user=spectrum dbname=postgres", server.socket_folder().display());
    let connect = || Server::resolve(Some(&url), |_| None).unwrap().connect("spectrum load").unwrap();
    let mut connection = connect();
    load(&mut connection, &creating(), std::iter::once(batch(0)), &mut |_| ()).unwrap();
    let rows = (1..200).map(|number| {
        if number == 20 {
            server.stop().unwrap();
        }
        batch(number)
    });
    let error = load(&mut connection, &creating(), rows, &mut |_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Database(PgError::Lost { .. })), "{error:?}");

    server.start_again().unwrap();
    let mut connection = connect();
    let count = |connection: &mut spectrum_postgres::Connection| -> i64 {
        connection.query_one("SELECT count(*) FROM warehouse.fact_events", &[]).unwrap().get(0)
    };
    assert_eq!(count(&mut connection), 1000);
    let report = load(&mut connection, &creating(), (0..200).map(batch), &mut |_| ()).unwrap();
    assert_eq!((report.inserted, report.skipped()), (199_000, 1000));
    assert_eq!(count(&mut connection), 200_000);
}

fn batch(number: u64) -> Result<LoadBatch, ()> {
    let ids: Vec<(u64, i64)> = (0..1000).map(|at| (number * 1000 + at, (at / 10) as i64)).collect();
    Ok(LoadBatch { file: "events".into(), rows: events(&ids) })
}

#[test]
fn a_stopped_load_says_so_and_keeps_nothing() {
    let mut database = Database::new("load_stopped");
    database.load(&creating(), &[events(&[(1, 0)])]);
    let canceller = database.connection.canceller();
    let rows = (1..2000).map(|number| {
        if number == 20 {
            canceller.cancel();
        }
        batch(number)
    });
    let error = load(&mut database.connection, &options(), rows, &mut |_| ()).unwrap_err();
    let LoadError::Database(error) = error else { panic!("{error:?}") };
    assert_eq!(error.code().unwrap().code(), "57014");
    assert_eq!(database.count("warehouse.fact_events"), "1");
}
