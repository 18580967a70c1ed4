//! Names that SQL would take for something else.

use arrow_array::RecordBatch;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{LoadBatch, LoadOptions, load_sql};
use spectrum_sql::{DEFAULT_EVENTS, TableName};

use super::{Database, texts, uuid, with};

#[test]
fn any_name_will_do_for_schema_table_and_columns() {
    let long = "ü".repeat(31);
    let names = [
        "order",
        "select",
        "Mixed Case",
        "do.t",
        "quo\"te",
        "it's",
        "ünïcode 名",
        "'; DROP TABLE x; --",
        "$1",
        "back\\slash",
        long.as_str(),
        "tab\tnew\nline",
        "s",
        "t",
        "copies",
        "first",
        "ctid_",
    ];
    let mut database = Database::new("load_names");
    database.run("SET timezone = 'UTC'");
    for (at, name) in names.iter().enumerate() {
        let other = |step: usize| names[(at + step) % names.len()];
        let (id, who, time, properties) = (other(1), other(2), other(3), other(4));
        let definition = SessionDefinition::builder().event_id(id).key([who]).time(time).build().unwrap();
        let options = LoadOptions {
            table: TableName::new(*name, other(5)).unwrap(),
            create_table: true,
            properties: properties.into(),
            ..with(DEFAULT_EVENTS, definition)
        };
        let (first, second) = (uuid(1), uuid(2));
        let rows = RecordBatch::try_from_iter([
            (id, texts([Some(first.as_str()), Some(second.as_str())])),
            (who, texts([Some(first.as_str()), Some(first.as_str())])),
            (time, texts([Some("2026-01-01"), Some("2026-02-01")])),
            (other(6), texts([Some("x"), Some("y")])),
        ])
        .unwrap();
        let sql = load_sql(
            &mut database.connection,
            &options,
            Some(&LoadBatch { file: "f".into(), rows: rows.clone() }),
        )
        .unwrap();
        assert!(sql.iter().any(|statement| statement.starts_with("CREATE TABLE")), "{name}");
        let report = database.load(&options, std::slice::from_ref(&rows));
        assert_eq!((report.inserted, report.partitions.len()), (2, 2), "{name}");
        assert_eq!(database.load(&options, &[rows]).inserted, 0, "{name}");
        let properties = spectrum_sql::identifier(properties);
        let values = database.rows(&format!(
            "SELECT {properties}->>{} FROM {} ORDER BY 1",
            spectrum_sql::literal(other(6)),
            options.table
        ));
        assert_eq!(values, ["x", "y"], "{name}");
    }
}

#[test]
fn what_would_be_run_is_shown_and_nothing_happens() {
    let mut database = Database::new("load_dry");
    let first = LoadBatch { file: "events".into(), rows: super::events(&[(1, 0)]) };
    let script = load_sql(&mut database.connection, &super::creating(), Some(&first)).unwrap().join(";\n");
    insta::assert_snapshot!(script.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @"
    CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (
      event_id uuid NOT NULL,
      user_id uuid,
      account_id uuid,
      event_type text,
      occurred_at timestamptz NOT NULL,
      properties jsonb)
    PARTITION BY RANGE (occurred_at);
    COMMENT ON TABLE warehouse.fact_events IS 'Made by Spectrum VERSION: events, in monthly partitions that loading makes.';
    CREATE TEMPORARY TABLE spectrum_staging (event_id uuid, user_id uuid, account_id uuid, event_type text, occurred_at timestamp with time zone, properties jsonb) ON COMMIT DROP;
    COPY pg_temp.spectrum_staging (event_id, user_id, account_id, event_type, occurred_at, properties) FROM STDIN (FORMAT binary);
    WITH gone AS (
      DELETE FROM pg_temp.spectrum_staging AS s USING (
        SELECT event_id, occurred_at, (array_agg(ctid ORDER BY ctid))[1] AS first
        FROM pg_temp.spectrum_staging WHERE event_id IS NOT NULL GROUP BY event_id, occurred_at HAVING count(*) > 1) AS copies
      WHERE s.event_id = copies.event_id AND s.occurred_at = copies.occurred_at AND s.ctid <> copies.first
      RETURNING copies.first, s.user_id AS c0, s.account_id AS c1, s.occurred_at AS c2)
    SELECT count(*), count(*) FILTER (WHERE gone.c0 IS DISTINCT FROM kept.user_id OR gone.c1 IS DISTINCT FROM kept.account_id OR gone.c2 IS DISTINCT FROM kept.occurred_at)
    FROM gone JOIN pg_temp.spectrum_staging AS kept ON kept.ctid = gone.first;
    INSERT INTO warehouse.fact_events (event_id, user_id, account_id, occurred_at)
    SELECT s.event_id, s.user_id, s.account_id, s.occurred_at
    FROM pg_temp.spectrum_staging AS s;
    ALTER TABLE warehouse.fact_events ADD PRIMARY KEY (event_id, occurred_at);
    CREATE INDEX fact_events_session_order ON warehouse.fact_events (user_id, account_id, occurred_at);
    SELECT s.event_id::text, concat_ws(', ', 'user_id ' || COALESCE(s.user_id::text, 'NULL'), 'account_id ' || COALESCE(s.account_id::text, 'NULL'), 'occurred_at ' || COALESCE(s.occurred_at::text, 'NULL')), count(*) OVER ()
    FROM pg_temp.spectrum_staging AS s
    WHERE s.event_id IS NOT NULL AND NOT EXISTS (
      SELECT FROM warehouse.fact_events AS t WHERE t.event_id = s.event_id AND NOT (t.user_id IS DISTINCT FROM s.user_id OR t.account_id IS DISTINCT FROM s.account_id OR t.occurred_at IS DISTINCT FROM s.occurred_at))
    LIMIT 2
    ");
    assert_eq!(database.rows("SELECT to_regclass('warehouse.fact_events')"), ["-"]);
}
