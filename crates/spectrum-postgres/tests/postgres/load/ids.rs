//! Files without event ids.

use std::slice::from_ref;

use arrow_array::RecordBatch;
use spectrum_core::SessionDefinition;
use spectrum_postgres::LoadOptions;

use super::{Database, texts, with};

fn definition() -> SessionDefinition {
    SessionDefinition::builder().event_id("id").key(["who"]).time("at").build().unwrap()
}

fn making(table: &str) -> LoadOptions {
    LoadOptions { makes_event_ids: true, ..with(table, definition()) }
}

/// Rows of `who`, `at` and `page`.
fn rows(values: &[(&str, &str, &str)]) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("who", texts(values.iter().map(|row| Some(row.0)))),
        ("at", texts(values.iter().map(|row| Some(row.1)))),
        ("page", texts(values.iter().map(|row| Some(row.2)))),
    ])
    .unwrap()
}

const NINE: &str = "2026-01-01T09:00:00Z";
const TEN: &str = "2026-01-01T10:00:00Z";

#[test]
fn ids_made_of_rows_find_copies_again() {
    let mut database = Database::new("load_made_ids");
    for ty in ["uuid PRIMARY KEY", "text UNIQUE", "uuid", "varchar(36)"] {
        database.run(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id {ty}, who text, at timestamptz, page text)"
        ));
        // Two equal rows are two events; so are rows that differ in a column which is neither key nor time.
        let file = rows(&[("ann", NINE, "/"), ("ann", NINE, "/"), ("ann", NINE, "/a"), ("bob", TEN, "/")]);
        assert_eq!(database.load(&making("t"), from_ref(&file)).inserted, 4, "{ty}");
        let again = database.load(&making("t"), from_ref(&file));
        assert_eq!((again.inserted, again.skipped(), again.different), (0, 4, 0), "{ty}");
        // The file has grown by a third one, and its columns stand elsewhere; the times are written otherwise.
        let grown = rows(&[
            ("ann", "2026-01-01 10:00:00+01", "/"),
            ("ann", NINE, "/"),
            ("ann", NINE, "/"),
            ("ann", NINE, "/a"),
            ("bob", TEN, "/"),
        ]);
        let grown = grown.project(&[2, 0, 1]).unwrap();
        assert_eq!(database.load(&making("t"), &[grown]).inserted, 1, "{ty}");
        assert_eq!(database.rows("SELECT count(*), count(DISTINCT id) FROM t"), ["5|5"], "{ty}");
    }
}

#[test]
fn it_is_of_no_account_which_files_are_loaded_together() {
    let files = [
        rows(&[("ann", NINE, "/"), ("bob", NINE, "/")]),
        rows(&[("ann", NINE, "/"), ("ann", NINE, "/"), ("bob", TEN, "/")]),
    ];
    let mut ids = Vec::new();
    for (name, together) in [("load_together", true), ("load_apart", false)] {
        let mut database = Database::new(name);
        database.run("CREATE TABLE t (id uuid PRIMARY KEY, who text, at timestamptz, page text)");
        match together {
            true => drop(database.load_files(&making("t"), &[("a", &files[0]), ("b", &files[1])])),
            false => ["a", "b"].iter().zip(&files).for_each(|(name, file)| {
                database.load_files(&making("t"), &[(name, file)]);
            }),
        }
        ids.push(database.rows("SELECT id, who FROM t ORDER BY id"));
    }
    assert_eq!(ids[0].len(), 4);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_table_that_is_made_takes_made_ids() {
    let mut database = Database::new("load_made_new");
    let options = LoadOptions { create_table: true, ..making("t") };
    let file = rows(&[("ann", NINE, "/"), ("ann", NINE, "/")]);
    assert_eq!(database.load(&options, from_ref(&file)).inserted, 2);
    assert_eq!(database.load(&options, &[file]).inserted, 0);
    assert_eq!(database.rows("SELECT pg_typeof(id), properties FROM t LIMIT 1"), [r#"uuid|{"page": "/"}"#]);
}

#[test]
fn made_ids_that_cannot_be() {
    let mut database = Database::new("load_made_refused");
    let file = rows(&[("ann", NINE, "/")]);
    database.run("CREATE TABLE t (id bigint, who text, at timestamptz, page text)");
    assert_eq!(
        database.refuses(&making("t"), from_ref(&file)),
        "column 'id' of public.t is bigint, which cannot hold an id of 128 bits that is made of a row; make it uuid or text"
    );
    database.run(
        "DROP TABLE t; CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, who text, at timestamptz, page text)",
    );
    assert_eq!(
        database.refuses(&making("t"), from_ref(&file)),
        "column 'id' of public.t is made by the database, so no other id can be made for it; leave out makes_event_ids"
    );
    database.run("DROP TABLE t; CREATE TABLE t (id text, who text, at timestamptz, page text)");
    let with_id = RecordBatch::try_from_iter(
        [("id", texts([Some("1")]))]
            .into_iter()
            .chain(["who", "at", "page"].map(|name| (name, file.column_by_name(name).unwrap().clone()))),
    )
    .unwrap();
    assert_eq!(
        database.refuses(&making("t"), &[with_id]),
        "events has a column 'id', which is the event id; let that be the id, or leave it out with ignored"
    );
    // Without being told to, no id is made.
    assert_eq!(
        database.refuses(&with("t", definition()), &[file]),
        "events has no column 'id', which the definition names (it has: who, at, page); name the one that tells events apart \
         with event id, or have ids made of the rows with makes_event_ids"
    );
}

#[test]
fn tables_that_make_their_ids_themselves() {
    let mut database = Database::new("load_server_ids");
    let file = rows(&[("ann", NINE, "/"), ("bob", TEN, "/")]);
    let note =
        "public.t makes id itself, so copies are not found by it: loading a file again adds its events again";
    for (ty, more) in [
        ("bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ""),
        ("bigint GENERATED BY DEFAULT AS IDENTITY", ""),
        ("bigserial PRIMARY KEY", ""),
        ("uuid PRIMARY KEY DEFAULT gen_random_uuid()", "; makes_event_ids makes ids by which they are"),
    ] {
        database.run(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id {ty}, who text, at timestamptz, page text)"
        ));
        for total in ["2", "4"] {
            let report = database.load(&with("t", definition()), from_ref(&file));
            assert_eq!((report.inserted, report.skipped()), (2, 0), "{ty}");
            assert_eq!(report.note.unwrap().to_string(), format!("{note}{more}"), "{ty}");
            assert_eq!(database.rows("SELECT count(DISTINCT id) FROM t"), [total], "{ty}");
        }
    }
    // Another unique index knows them all the same.
    database.run("TRUNCATE t; CREATE UNIQUE INDEX ON t (who, at)");
    database.load(&with("t", definition()), from_ref(&file));
    assert_eq!(database.load(&with("t", definition()), &[file]).skipped(), 2);
    // An id that the file only calls otherwise is not left to the server.
    let near = RecordBatch::try_from_iter([
        ("idd", texts([Some("1")])),
        ("who", texts([Some("ann")])),
        ("at", texts([Some(NINE)])),
    ])
    .unwrap();
    let error = database.refuses(&with("t", definition()), &[near]);
    assert!(error.contains("has no column 'id'") && error.contains("did you mean idd?"), "{error}");
}
