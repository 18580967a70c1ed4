//! Events that are there already.

use arrow_array::RecordBatch;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{LoadOptions, OnConflict};
use spectrum_sql::TableName;

use super::{Database, creating, events, options, texts, uuid, with};

const COLUMNS: &str = "user_id uuid, account_id uuid, occurred_at timestamptz";

#[test]
fn loading_twice_adds_nothing_whatever_index_there_is() {
    let mut database = Database::new("load_twice");
    for id in ["event_id uuid PRIMARY KEY", "event_id uuid", "event_id text UNIQUE", "event_id text"] {
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({id}, {COLUMNS})"
        ));
        // 2 stands in the file twice.
        let first = database.load(&options(), &[events(&[(1, 0), (2, 1)]), events(&[(2, 1), (3, 2)])]);
        assert_eq!((first.read, first.inserted, first.skipped()), (4, 3, 1), "{id}");
        let again = database.load(&options(), &[events(&[(3, 2), (4, 3), (1, 0)])]);
        assert_eq!((again.read, again.inserted, again.skipped()), (3, 1, 2), "{id}");
        database.run("SET timezone = 'UTC'");
        let times = "SELECT to_char(occurred_at, 'HH24') FROM warehouse.fact_events ORDER BY event_id";
        assert_eq!(database.rows(times), ["00", "01", "02", "03"], "{id}");
    }
}

/// The same events, the last of which has another user.
fn of_another_user(rows: &RecordBatch) -> RecordBatch {
    let users: Vec<String> =
        (1..=rows.num_rows()).map(|row| uuid(if row == rows.num_rows() { 8 } else { 7 })).collect();
    let mut columns = rows.columns().to_vec();
    columns[1] = texts(users.iter().map(|user| Some(user.as_str())));
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}

#[test]
fn an_id_that_stands_for_different_events_is_named_before_anything_is_skipped() {
    let mut database = Database::new("load_different");
    for id in ["event_id uuid PRIMARY KEY", "event_id uuid", "event_id text UNIQUE", "event_id text"] {
        database.run(&format!(
            "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events ({id}, {COLUMNS})"
        ));
        // In the files themselves: another time, and another user.
        let times = [events(&[(1, 0), (2, 1)]), events(&[(2, 5), (1, 0), (3, 2)])];
        let error = database.refuses(&options(), &times);
        let event = |user: u64, hour: &str| {
            format!("user_id {}, account_id {}, occurred_at 2026-01-01 {hour}:00:00+00", uuid(user), uuid(7))
        };
        assert_eq!(
            error,
            format!(
                "1 event_id stands for different events: '{}' is {} in events row 2, and {} in events row 3; name the column \
                 that tells events apart with event id, or keep the first event of each id and lose the others with \
                 on_conflict first",
                uuid(2),
                event(7, "01"),
                event(7, "05")
            ),
            "{id}"
        );
        assert_eq!(database.count("warehouse.fact_events"), "0", "{id}");
        // Against the table, three of them; a true copy is none of them.
        database.load(&options(), &[events(&[(1, 0), (2, 1), (3, 2), (4, 3)])]);
        let others = [events(&[(1, 0), (2, 5), (3, 5)]), of_another_user(&events(&[(9, 9), (4, 3)]))];
        let error = database.refuses(&options(), &others);
        assert!(error.starts_with("3 event_id values stand for different events, such as "), "{id}: {error}");
        let second = format!(
            "'{}' is {} in warehouse.fact_events, and {} in events row 2; ",
            uuid(2),
            event(7, "01"),
            event(7, "05")
        );
        let third = format!("; '{}' is {} in warehouse.fact_events, and", uuid(3), event(7, "02"));
        assert!(error.contains(&second) && error.contains(&third), "{id}: {error}");
        assert_eq!(database.count("warehouse.fact_events"), "4", "{id}");
        // Told to, it keeps the first and counts what is lost.
        let first = LoadOptions { on_conflict: OnConflict::First, ..options() };
        let report = database.load(&first, &others);
        assert_eq!((report.inserted, report.skipped(), report.different), (1, 4, 3), "{id}");
        let report = database.load(&first, &[events(&[(20, 0), (20, 0), (20, 1)])]);
        assert_eq!((report.inserted, report.skipped(), report.different), (1, 2, 1), "{id}");
    }
}

#[test]
fn a_table_whose_key_has_the_time_loses_no_event_of_another_user() {
    let mut database = Database::new("load_different_new");
    // The table that a load makes, as it is made and as it stands.
    let both = [events(&[(1, 0), (2, 1)]), of_another_user(&events(&[(3, 2), (2, 1)]))];
    let error = database.refuses(&creating(), &both);
    assert!(error.starts_with("1 event_id stands for different events: "), "{error}");
    assert!(error.contains("in events row 2, and") && error.contains("in events row 4;"), "{error}");
    assert_eq!(database.rows("SELECT to_regclass('warehouse.fact_events')"), ["-"]);
    database.load(&creating(), &both[..1]);
    let error = database.refuses(&options(), &both[1..]);
    assert!(error.contains("in warehouse.fact_events, and") && error.contains("in events row 2;"), "{error}");
    let first = LoadOptions { on_conflict: OnConflict::First, ..options() };
    let report = database.load(&first, &both[1..]);
    assert_eq!((report.inserted, report.different), (1, 1));
}

#[test]
fn what_another_index_keeps_out_is_no_copy() {
    let mut database = Database::new("load_other_index");
    database.run(&format!(
        "CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events (event_id uuid PRIMARY KEY, {COLUMNS}, UNIQUE (user_id))"
    ));
    database.load(&options(), &[events(&[(1, 0)])]);
    let error = database.refuses(&options(), &[events(&[(1, 0), (2, 1)])]);
    assert_eq!(
        error,
        format!(
            "warehouse.fact_events did not take 1 of the events, and has none like them, such as '{}' (user_id {}, account_id \
             {1}, occurred_at 2026-01-01 01:00:00+00); another unique index or a trigger keeps them out; on_conflict first \
             loads the others",
            uuid(2),
            uuid(7)
        )
    );
}

#[test]
fn keys_of_citext_are_equal_whatever_their_case() {
    let mut database = Database::new("load_citext");
    database
        .run("CREATE EXTENSION citext; CREATE TABLE t (id citext PRIMARY KEY, who citext, at timestamptz)");
    let definition = SessionDefinition::builder().event_id("id").key(["who"]).time("at").build().unwrap();
    let rows = |who: &str| {
        let columns = [("id", "E"), ("who", who), ("at", "2026-01-01")];
        RecordBatch::try_from_iter(columns.map(|(name, value)| (name, texts([Some(value)])))).unwrap()
    };
    database.load(&with("t", definition.clone()), &[rows("Ann")]);
    assert_eq!(database.load(&with("t", definition.clone()), &[rows("ann")]).skipped(), 1);
    assert!(database.refuses(&with("t", definition), &[rows("bob")]).contains("'E' is who Ann, at 2026"));
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
