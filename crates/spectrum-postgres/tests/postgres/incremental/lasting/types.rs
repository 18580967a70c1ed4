//! Ids that last over keys and times of any type, in tables of any name.

use spectrum_core::EpochUnit;
use spectrum_sql::TableName;
use spectrum_testkit::PrivatePostgres;

use super::super::shape::{Column, Shape};
use crate::refresh::Database;

fn follows(database: &Database, at: usize, shape: Shape<'_>) {
    let shape = Shape {
        table: TableName::new(format!("events \"{at}\" % d"), "ev%s ents").unwrap(),
        id: "persistent",
        ..shape
    };
    shape.follows_in(database, |mut deployment| {
        deployment.names.schema = format!("sessions '{at}'");
        deployment.names.session_ids = format!("the \"ids\" of {at}");
        deployment
    });
}

#[test]
fn keys_of_any_type_have_ids_that_last() {
    let keys: [Column<'_>; 4] = [
        ("k", "uuid", "md5((i % 4)::text)::uuid"),
        ("k", "numeric(20,0)", "18446744073709551612 + i % 4"),
        ("k", "public.never_null", "'u' || i % 4"),
        ("place", "public.short", "'u' || i % 4"),
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE DOMAIN public.never_null AS text NOT NULL; CREATE DOMAIN public.short AS varchar(8) CHECK (length(VALUE) < 8);",
    );
    for (at, key) in keys.into_iter().enumerate() {
        // Names that the table of anchors and the function that refreshes use themselves.
        let last = ("began", "text", "'x' || i % 2");
        follows(&database, at, Shape { key: vec![key, last], ..Shape::default() });
    }
    let columns: [Column<'_>; 5] = [
        ("a", "bigint", "NULLIF(i % 3, 0)"),
        ("at", "text", "CASE WHEN i % 2 = 0 THEN 'b' END"),
        ("span_no", "boolean", "CASE WHEN i % 5 < 4 THEN i % 5 < 2 END"),
        ("why", "uuid", "CASE WHEN i % 7 > 0 THEN md5('d')::uuid END"),
        ("n", "smallint", "CASE WHEN i % 4 > 0 THEN 1 END"),
    ];
    for (at, count) in [(10, 1), (11, 3), (12, 5)] {
        let shape = Shape { key: columns[..count].to_vec(), partitioned: count == 3, ..Shape::default() };
        follows(&database, at, shape);
    }
}

#[test]
fn times_of_any_type_have_ids_that_last() {
    let times: [(Column<'_>, Option<EpochUnit>); 6] = [
        (("at", "timestamp", "'2026-03-29 00:00'::timestamp + i * INTERVAL '7 min'"), None),
        (("at", "timestamptz(0)", "'2026-03-29 00:00Z'::timestamptz + i * INTERVAL '7 min'"), None),
        (("at", "date", "'2026-01-05'::date + i"), None),
        (("at", "timestamp", "'4714-11-24 00:00 BC'::timestamp + i * INTERVAL '20 min'"), None),
        (("at", "bigint", "1767607200000000000 + i * 420000000001"), Some(EpochUnit::Nanosecond)),
        (("at", "bigint", "-4611686018400000000 + i * 600000::bigint"), Some(EpochUnit::Millisecond)),
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for (at, (time, unit)) in times.into_iter().enumerate() {
        follows(&database, at, Shape { time, unit, ..Shape::default() });
    }
}

#[test]
fn keys_that_fold_case_have_ids_that_last() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    let available = "SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'citext'";
    if client.query_one(available, &[]).unwrap().get::<_, i64>(0) == 0 {
        return;
    }
    client.batch_execute("CREATE SCHEMA \"Ext % x\"; CREATE EXTENSION citext SCHEMA \"Ext % x\"").unwrap();
    let mail = (
        "mail",
        "\"Ext % x\".citext",
        "CASE i % 4 WHEN 0 THEN 'Bob' WHEN 1 THEN 'bOB' WHEN 2 THEN 'eve' END",
    );
    let key = vec![mail, ("b", "text", "'b' || i % 2")];
    follows(&database, 0, Shape { key, folds: true, ..Shape::default() });
}
