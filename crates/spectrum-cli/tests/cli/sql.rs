//! `spectrum sql`: what it prints, and that PostgreSQL takes it.

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

#[test]
fn a_definition_file_and_flags() {
    let folder = Folder::with(&[(
        "spectrum.toml",
        "[events]\ntable = 'shop.clicks'\nkey = ['visitor']\ntime = 'at'\nevent_id = 'id'\n[session]\ngap = '5m'\nid = 'encoded'\n",
    )]);
    let sql = folder.prints(
        "sql --dialect databricks --definition spectrum.toml --gap 15m --columns 'page, referrer' --null-time drop \
         --time-type timestamp --key-types integer",
    );
    assert_snapshot!(sql, @r"
    -- Sessions from shop.clicks, for Spark.
    -- Key: visitor. A pause in at longer than 15m ends a session.
    -- Ids: MD5 of key and number, each text with its length (encoded). at is a time without a zone.
    WITH instants AS (
      -- The time as a number of microseconds since 1970.
      SELECT visitor, `at`, id, page, referrer,
             unix_date(CAST(`at` AS DATE)) * 86400000000 + (hour(`at`) * 60 + minute(`at`)) * 60000000L
               + CAST(extract(SECOND FROM `at`) * 1000000 AS BIGINT) AS instant
      FROM shop.clicks
      WHERE `at` IS NOT NULL),
    lagged AS (
      -- The instant of the event before. Of several events at one instant any may be first: the others get their own.
      SELECT *, LAG(instant) OVER (PARTITION BY visitor ORDER BY instant) AS prev_instant
      FROM instants),
    boundaries AS (
      -- 1 where a session begins: there is no event before, or the pause was longer than 15m.
      SELECT *, CASE WHEN prev_instant IS NULL OR instant - 900000000 > prev_instant THEN 1 ELSE 0 END AS is_new_session
      FROM lagged),
    sessions AS (
      -- The session's number. RANGE counts all events of an instant together, in whatever order they come.
      SELECT *, SUM(is_new_session) OVER (PARTITION BY visitor ORDER BY instant
                                  RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq
      FROM boundaries)
    SELECT visitor, `at`, id, page, referrer,
           MD5('e'
             || COALESCE(CAST(OCTET_LENGTH(CAST(visitor AS STRING)) AS STRING) || ':' || CAST(visitor AS STRING), '-')
             || '#' || CAST(session_seq AS STRING)) AS session_id
    FROM sessions;
    ");
}

#[test]
fn a_model_that_reads_another() {
    let folder = Folder::with(&[]);
    let sql = folder.prints("sql --dialect bigquery --summary --sessions sessions --as dbt-model");
    assert_snapshot!(sql.lines().take(8).collect::<Vec<_>>().join("\n"), @r"
    {{ config(materialized='table') }}

    -- A row a session from sessions, for BigQuery.
    -- Key: user_id, account_id. A pause in occurred_at longer than 30m ends a session.
    -- Ids: MD5 of key and number, undelimited (sequence). occurred_at is an instant.
    -- It reads the model sessions.
    WITH source_sessions AS (
      SELECT * FROM {{ ref('sessions') }}),
    ");
}

/// The rows are proved to be the same by conformance; here, that the plan asked for is the one printed.
#[test]
fn plan_merge() {
    let folder = Folder::with(&[]);
    let sql = folder.prints(
        "sql --dialect spark --table shop.events --plan merge --columns page --as table --name shop.sessions",
    );
    assert_snapshot!(sql.lines().take(6).collect::<Vec<_>>().join("\n"), @r"
    -- Sessions from shop.events, for Spark.
    -- Key: user_id, account_id. A pause in occurred_at longer than 30m ends a session.
    -- Ids: MD5 of key and number, undelimited (sequence). occurred_at is an instant.
    -- Plan merge: an id for each key and 30m of time goes to every machine, whose memory must hold them all.
    CREATE TABLE shop.sessions AS
    WITH instants AS (
    ");
    let last = sql.lines().skip_while(|line| !line.starts_with("-- The labels"));
    assert_snapshot!(last.collect::<Vec<_>>().join("\n"), @r"
    -- The labels go to every machine, so no event has to move. All events find one; LEFT would keep those that did not.
    SELECT /*+ BROADCAST(labels) */ pieces.user_id, pieces.account_id, pieces.occurred_at, pieces.event_id, pieces.page,
           labels.session_id
    FROM pieces
    LEFT JOIN labels
      ON pieces.user_id <=> labels.user_id
     AND pieces.account_id <=> labels.account_id
     AND pieces.piece <=> labels.piece;
    ");
    let summary = folder.prints("sql --dialect spark --summary --plan merge");
    assert!(
        summary.contains("GROUP BY user_id, account_id, piece") && !summary.contains("BROADCAST"),
        "{summary}"
    );
    let window = folder.prints("sql --dialect spark --plan window");
    assert_eq!(window, folder.prints("sql --dialect spark"));
}

#[test]
fn refusals() {
    let folder = Folder::with(&[]);
    let refused = |arguments: &str| folder.refuses(&format!("sql {arguments}"));
    assert_snapshot!(refused("--dialect bigquery --as materialized-view"), @"error: BigQuery cannot express window functions in a materialized view; make a table with a scheduled query, or a view (--as table, --as view)");
    assert_snapshot!(refused("--dialect trino --key price,user_id --key-types numeric"), @"error: Trino cannot express key column 'price' of type numeric with PostgreSQL's text; every engine writes it in its own way, so make it text, integer, boolean or uuid");
    assert_snapshot!(refused("--dialect spark --time-type timestamp[ns]"), @"error: Spark cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]");
    assert_snapshot!(refused("--dialect spark --time-type bigint --time-unit ns"), @"error: Spark cannot express numbers of nanoseconds as times; make them microseconds in a view over the events, and say bigint[us]");
    assert_snapshot!(refused("--dialect duckdb --time-type bigint"), @"error: a time of type bigint is a number; say what it counts since 1970 with --time-unit");
    assert_snapshot!(refused("--dialect duckdb --time-unit ms"), @"error: --time-unit is of times of type bigint; add --time-type bigint");
    assert_snapshot!(refused("--dialect duckdb --time-type date --time-unit ms"), @"error: --time-unit is of times of type bigint; leave it out");
    assert_snapshot!(refused("--dialect duckdb --table a..b"), @r#"error: 'a..b' is not a table's name; write table, schema.table or catalog.schema.table, and quote parts that hold a dot, as in "my.schema".events"#);
    assert_snapshot!(refused("--dialect trino --plan merge"), @"error: Trino cannot express plan merge, which is written for Spark alone; take plan window");
    assert_snapshot!(refused("--dialect duckdb --name x"), @"error: --name is of what is created, and --as select creates nothing; leave it out");
    assert_snapshot!(refused("--dialect duckdb --summary --sessions a --table b"), @"error: --sessions says what is read, and so does --table; name one of them");
}

/// What the summary tells: of the columns that it adds up or compares the types are said, and of sessions what goes along.
#[test]
fn what_a_summary_tells() {
    let folder = Folder::with(&[(
        "told.toml",
        "[summary.columns]\nentry = { first = 'page' }\nrevenue = { sum = 'amount' }\nrich = { when = 'revenue > 9.5' }\n",
    )]);
    let sql = |arguments: &str| folder.prints(&format!("sql --dialect {arguments} --definition told.toml"));
    let printed = sql("duckdb --summary --column-type amount=decimal(12,2)");
    for part in [
        "FIRST(page ORDER BY instant, event_id NULLS LAST) AS told_1",
        "CAST(SUM(amount) AS DECIMAL(38, 2)) AS told_2",
        "(revenue > 9.5) AS rich",
    ] {
        assert!(printed.contains(part), "{printed}");
    }
    let carried =
        "spark --summary --sessions s --columns page,amount --column-type amount=integer --as dbt-model";
    assert!(sql(carried).contains("SUM(CAST(amount AS DECIMAL(38, 0))) AS told_2"));
    let refused =
        |arguments: &str| folder.refuses(&format!("sql --dialect {arguments} --definition told.toml"));
    assert_snapshot!(refused("duckdb --summary"), @"error: DuckDB cannot express summary column revenue, a sum of 'amount', without the type of that column; say what its type is (--column-type 'amount=TYPE')");
    assert_snapshot!(refused("duckdb --summary --sessions s --column-type amount=real"), @"error: DuckDB cannot express a summary that reads 'page' from sessions that do not have it; read the events, or let the column go along with every event, there and here (--columns page)");
    assert_snapshot!(refused("bigquery --summary"), @"error: BigQuery cannot express the summary column entry, whose aggregates are not written for it; take [summary.columns] out, or run on files or in PostgreSQL, DuckDB, ClickHouse, Spark or DataFusion");
}

#[test]
fn words_that_are_not_understood() {
    let folder = Folder::with(&[]);
    let told = |arguments: &str| {
        let done = folder.command(&format!("sql {arguments}")).assert().code(2);
        String::from_utf8(done.get_output().stderr.clone()).unwrap()
    };
    assert_snapshot!(told("--dialect mysql"), @r"
    error: invalid value 'mysql' for '--dialect <ENGINE>': dialect 'mysql' is not one of postgres, duckdb, clickhouse, spark, databricks, bigquery, snowflake, redshift, trino, datafusion

    For more information, try '--help'.
    ");
    assert_snapshot!(told("--dialect duckdb --time-type datetime"), @r"
    error: invalid value 'datetime' for '--time-type <TYPE>': 'datetime' is not one of timestamp, timestamptz, date, timestamp[ns], timestamptz[ns], bigint[ms] (timestamp has no zone; in brackets the unit: s, ms, us or ns)

    For more information, try '--help'.
    ");
    assert_snapshot!(told("--dialect duckdb --sessions a"), @r"
    error: the following required arguments were not provided:
      --summary

    Usage: spectrum sql --dialect <ENGINE> --summary --sessions <NAME>

    For more information, try '--help'.
    ");
}

/// Every form is created and holds the reference's rows, and the summary is the same from events and from sessions.
#[test]
fn postgres_takes_every_form() {
    let (database, folder) = (Database::empty(), Folder::with(&[]));
    database.run(
        "CREATE SCHEMA warehouse; CREATE SCHEMA \"my.mart\";
         CREATE TABLE warehouse.fact_events (user_id text, account_id int, event_id text, occurred_at timestamp);
         INSERT INTO warehouse.fact_events VALUES ('u', 1, 'a', '2026-01-01 10:00'), ('u', 1, 'b', '2026-01-01 10:30'),
           ('u', 1, 'c', '2026-01-01 11:00:00.000001'), ('u', 1, 'c', '2026-01-01 11:00:00.000001'), (NULL, 1, 'd', '2026-01-01');",
    );
    let print = |arguments: &str| folder.prints(&format!("sql --dialect postgres {arguments}"));
    for form in ["view", "table", "materialized-view"] {
        database.run(&print(&format!("--as {form} --name '\"my.mart\".{form}'").replace("-view'", "_view'")));
    }
    let rows =
        |relation: &str| database.run(&format!("SELECT event_id, session_id FROM {relation} ORDER BY 1, 2;"));
    let reference = database.run(&format!("{}\n", print("")));
    assert_eq!(reference.lines().count(), 5);
    assert_snapshot!(rows("\"my.mart\".view"), @r"
    a|a4cb5cf0c26c130189bc9536bd787515
    b|a4cb5cf0c26c130189bc9536bd787515
    c|e2dba064904f7c6d8d2984bc722ebc9b
    c|e2dba064904f7c6d8d2984bc722ebc9b
    d|
    ");
    assert_eq!(rows("\"my.mart\".view"), rows("\"my.mart\".\"table\""));
    assert_eq!(rows("\"my.mart\".view"), rows("\"my.mart\".materialized_view"));
    let sorted = |sql: String| {
        let mut lines: Vec<_> = database.run(&sql).lines().map(str::to_owned).collect();
        lines.sort();
        lines.join("\n")
    };
    let summary = sorted(print("--summary"));
    assert_snapshot!(summary, @r"
    a4cb5cf0c26c130189bc9536bd787515|u|1|1|2026-01-01 10:00:00|2026-01-01 10:30:00|00:30:00|2|a|b
    e2dba064904f7c6d8d2984bc722ebc9b|u|1|2|2026-01-01 11:00:00.000001|2026-01-01 11:00:00.000001|00:00:00|2|c|c
    ||1|1|2026-01-01 00:00:00|2026-01-01 00:00:00|00:00:00|1|d|d
    ");
    assert_eq!(summary, sorted(print("--summary --sessions '\"my.mart\".view'")));
}
