//! Events that are there already.

use arrow_array::RecordBatch;
use spectrum_postgres::{LoadOptions, OnConflict};
use spectrum_sql::TableName;

use super::{Database, creating, events, options};

const COLUMNS: &str = "user_id uuid, account_id uuid, occurred_at timestamptz";

#[test]
fn loading_twice_adds_nothing_whatever_index_there_is() {
    let mut database = Database::new("load_twice");
    for id in ["event_id uuid PRIMARY KEY", "event_id uuid", "event_id text UNIQUE", "event_id text"] {
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({id}, {COLUMNS})"
        ));
        // 2 stands in the file twice; the first of both counts.
        let first = database.load(&options(), &[events(&[(1, 0), (2, 1)]), events(&[(2, 5), (3, 2)])]);
        assert_eq!((first.read, first.inserted, first.skipped()), (4, 3, 1), "{id}");
        let again = database.load(&options(), &[events(&[(3, 2), (4, 3), (1, 0)])]);
        assert_eq!((again.read, again.inserted, again.skipped()), (3, 1, 2), "{id}");
        database.run("SET timezone = 'UTC'");
        let times = "SELECT to_char(occurred_at, 'HH24') FROM warehouse.fact_events ORDER BY event_id";
        assert_eq!(database.rows(times), ["00", "01", "02", "03"], "{id}");
    }
}

#[test]
fn copies_can_be_refused_instead() {
    let mut database = Database::new("load_refused");
    let strict = LoadOptions { on_conflict: OnConflict::Error, ..options() };
    for id in ["event_id uuid PRIMARY KEY", "event_id uuid"] {
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({id}, {COLUMNS})"
        ));
        assert_eq!(database.load(&strict, &[events(&[(1, 0), (2, 0)])]).inserted, 2);
        for copies in [events(&[(3, 0), (2, 0)]), events(&[(4, 0), (4, 1)])] {
            let error = database.refuses(&strict, &[copies]);
            assert!(error.contains("in the files twice or is in warehouse.fact_events already"), "{error}");
            assert!(error.contains("00000000000") && error.contains("on_conflict skip"), "{error}");
        }
        assert_eq!(database.count("warehouse.fact_events"), "2");
    }
}

#[test]
fn copies_in_the_first_files_of_a_new_table() {
    let mut database = Database::new("load_new_copies");
    let batches = [events(&[(1, 0), (2, 1), (1, 0)]), events(&[(2, 1), (3, 2)])];
    let strict = LoadOptions { on_conflict: OnConflict::Error, ..creating() };
    let error = database.refuses(&strict, &batches);
    assert!(error.contains("in the files twice") && error.contains("is duplicated"), "{error}");
    assert_eq!(database.rows("SELECT to_regclass('warehouse.fact_events')"), ["-"]);
    let report = database.load(&creating(), &batches);
    assert_eq!((report.read, report.inserted, report.skipped()), (5, 3, 2));
    // The primary key has the time in it, so an event with another time is another one.
    assert_eq!(database.load(&options(), &[events(&[(1, 0), (1, 5)])]).inserted, 1);
}

#[test]
fn a_table_can_be_made_of_a_file_without_rows() {
    let mut database = Database::new("load_no_rows");
    let report = database.load(&creating(), &[events(&[])]);
    assert_eq!((report.created, report.inserted), (true, 0));
    let indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'fact_events'";
    assert_eq!(database.rows(indexes), ["2"]);
}

#[test]
fn events_without_an_id_are_no_copies_of_each_other() {
    let mut database = Database::new("load_null_ids");
    database.run(&format!(
        "CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events (event_id uuid, {COLUMNS})"
    ));
    let rows = events(&[(1, 0), (2, 0)]);
    let columns = ["user_id", "account_id", "occurred_at"]
        .map(|name| (name, rows.column_by_name(name).unwrap().clone(), true));
    let without = [("event_id", super::texts([None, None]), true)];
    let rows = RecordBatch::try_from_iter_with_nullable(without.into_iter().chain(columns)).unwrap();
    assert_eq!(database.load(&options(), std::slice::from_ref(&rows)).inserted, 2);
    let error =
        database.refuses(&LoadOptions { table: TableName::parse("w.e").unwrap(), ..creating() }, &[rows]);
    assert!(
        error.contains("events row 1: column 'event_id': it is NULL, which w.e does not take there"),
        "{error}"
    );
}
