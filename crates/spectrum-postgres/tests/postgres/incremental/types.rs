//! Keys, times and carried columns of every type that a deployment takes.

use spectrum_core::EpochUnit;
use spectrum_sql::{TableName, literal};
use spectrum_testkit::PrivatePostgres;

use super::shape::{Column, Shape};
use crate::refresh::Database;

#[test]
fn keys_of_every_type_are_followed() {
    let keys: [Column<'_>; 10] = [
        ("k", "uuid", "md5((i % 4)::text)::uuid"),
        ("k", "bigint", "i % 4 - 2"),
        ("k", "smallint", "(i % 4)::smallint"),
        ("k", "boolean", "i % 2 = 0"),
        ("k", "numeric(20,0)", "18446744073709551612 + i % 4"),
        ("k", "varchar(10)", "'u' || i % 4"),
        ("k", "text COLLATE \"C\"", "'u' || i % 4"),
        ("k", "text", "CASE i % 4 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN ' ' ELSE 'é''\\' END"),
        // TRUNCATE is noted without a key.
        ("k", "never_null", "'u' || i % 4"),
        ("k", "short", "'u' || i % 4"),
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for (at, key) in keys.into_iter().enumerate() {
        let schema = format!("events_{at}");
        database.run(&format!(
            "CREATE SCHEMA {schema}; CREATE DOMAIN {schema}.never_null AS text NOT NULL;
             CREATE DOMAIN {schema}.short AS varchar(8) CHECK (length(VALUE) < 8);"
        ));
        let qualified = format!("{schema}.{}", key.1);
        let ty = if ["never_null", "short"].contains(&key.1) { qualified.as_str() } else { key.1 };
        // The last key column is set to NULL.
        let last = ("last", "text", "'x' || i % 2");
        let shape = Shape {
            table: TableName::new(schema.as_str(), "events").unwrap(),
            key: vec![(key.0, ty, key.2), last],
            ..Shape::default()
        };
        shape.follows_in(&database, |mut deployment| {
            deployment.names.schema = format!("sessions_{at}");
            deployment
        });
    }
}

#[test]
fn one_to_five_key_columns_with_nulls_are_followed() {
    let columns: [Column<'_>; 5] = [
        ("a", "bigint", "NULLIF(i % 3, 0)"),
        ("b", "text", "CASE WHEN i % 2 = 0 THEN 'b' END"),
        ("c", "boolean", "CASE WHEN i % 5 < 4 THEN i % 5 < 2 END"),
        ("d", "uuid", "CASE WHEN i % 7 > 0 THEN md5('d')::uuid END"),
        ("e", "smallint", "CASE WHEN i % 4 > 0 THEN 1 END"),
    ];
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    for count in 1..=columns.len() {
        for (id, partitioned) in [("sequence", false), ("encoded", true)] {
            let shape = Shape {
                table: TableName::new(format!("events_{count}_{id}"), "events").unwrap(),
                key: columns[..count].to_vec(),
                // A time for all, so that keys of NULLs have sessions of several events.
                time: ("at", "timestamptz", "'2026-01-05 10:00Z'::timestamptz + i / 3 * INTERVAL '10 min'"),
                id,
                partitioned,
                ..Shape::default()
            };
            shape.follows_in(&database, |mut deployment| {
                deployment.names.schema = format!("sessions_{count}_{id}");
                deployment
            });
        }
    }
}

#[test]
fn times_of_every_type_are_followed() {
    let times: [Column<'_>; 4] = [
        ("at", "timestamp", "'2026-03-29 00:00'::timestamp + i * INTERVAL '7 min'"),
        ("at", "timestamptz(0)", "'2026-03-29 00:00Z'::timestamptz + i * INTERVAL '7 min'"),
        ("at", "date", "'2026-01-05'::date + i"),
        // From where no gap reaches back.
        ("at", "timestamp", "'4714-11-24 00:00 BC'::timestamp + i * INTERVAL '20 min'"),
    ];
    for time in times {
        for id in ["sequence", "start"] {
            Shape { time, id, ..Shape::default() }.follows();
        }
    }
}

#[test]
fn numbers_of_every_unit_are_followed() {
    let units = [
        (EpochUnit::Second, "1767607200 + i * 420::bigint"),
        (EpochUnit::Millisecond, "1767607200000 + i * 420001::bigint"),
        (EpochUnit::Microsecond, "1767607200000000 + i * 420000001::bigint"),
        (EpochUnit::Nanosecond, "1767607200000000000 + i * 420000000001"),
        // From where no gap reaches back.
        (EpochUnit::Millisecond, "-4611686018400000000 + i * 600000::bigint"),
    ];
    for (unit, value) in units {
        for (id, partitioned) in [("sequence", false), ("start", true)] {
            let time = ("at", "bigint", value);
            Shape { time, id, partitioned, unit: Some(unit), ..Shape::default() }.follows();
        }
    }
}

/// Types whose equality is not that of their bytes, and types that have none.
#[test]
fn carried_columns_of_every_type_are_followed() {
    let carried: Vec<Column<'_>> = vec![
        ("j", "json", "('{\"a\":' || repeat(' ', (i % 3)::int) || '1}')::json"),
        ("n", "numeric", "('1.' || repeat('0', (i % 3)::int))::numeric"),
        ("x", "xml", "('<a>' || i % 3 || '</a>')::xml"),
        ("p", "point", "point(i, 1)"),
        ("t", "text[]", "ARRAY['a', NULL, i::text]"),
        ("f", "double precision", "CASE WHEN i = 9 THEN '0.1'::float8 + '0.2'::float8 ELSE 0.3 END"),
        ("c", "char(5)", "'a' || i"),
    ];
    for at in 0..carried.len() {
        Shape { carried: carried[at..].to_vec(), ..Shape::default() }.follows();
    }
}

/// citext, with its operators in a schema that is on nobody's search path.
#[test]
fn keys_that_fold_case_are_followed() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let mut client = database.connect();
    let available = "SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'citext'";
    if client.query_one(available, &[]).unwrap().get::<_, i64>(0) == 0 {
        return;
    }
    client.batch_execute("CREATE SCHEMA \"Ext % x\"; CREATE EXTENSION citext SCHEMA \"Ext % x\"").unwrap();
    for partitioned in [false, true] {
        let shape = Shape {
            table: TableName::new(format!("events_{partitioned}"), "events").unwrap(),
            key: vec![
                (
                    "mail",
                    "\"Ext % x\".citext",
                    "CASE i % 4 WHEN 0 THEN 'Bob' WHEN 1 THEN 'bOB' WHEN 2 THEN 'eve' END",
                ),
                ("b", "text", "'b' || i % 2"),
            ],
            folds: true,
            partitioned,
            ..Shape::default()
        };
        shape.follows_in(&database, |mut deployment| {
            deployment.names.schema = format!("sessions_{partitioned}");
            deployment
        });
        // Another spelling of the same key.
        let refresh = format!("SELECT * FROM sessions_{partitioned}.refresh_sessions()");
        client
            .batch_execute(&format!(
                "UPDATE events_{partitioned}.events SET mail = {} WHERE mail OPERATOR(\"Ext % x\".=) 'bob'",
                literal("BOB")
            ))
            .unwrap();
        let row = client.query_one(&refresh, &[]).unwrap();
        assert!(row.get::<_, i64>("events_changed") > 0);
        let left =
            format!("SELECT COUNT(*) FROM sessions_{partitioned}.mv_sessions WHERE mail::text = 'Bob'");
        assert_eq!(client.query_one(&left, &[]).unwrap().get::<_, i64>(0), 0);
    }
}
