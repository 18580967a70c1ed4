//! What the query becomes.

use super::*;

/// Everything but the query's own lines.
fn around(sql: &str) -> String {
    let kept = |line: &&str| !line.starts_with("-- ") && !line.starts_with(' ');
    let lines: Vec<_> = sql.lines().filter(kept).take_while(|line| !line.starts_with("WITH")).collect();
    lines.join(" ")
}

#[test]
fn views_and_tables() {
    let sessions = Content::Sessions { events: &EVENTS };
    let text = |dialect| {
        let [view, table] =
            [Form::View, Form::Table].map(|kind| around(&form(dialect, kind, sessions).unwrap()));
        format!("{view} / {table}")
    };
    insta::assert_snapshot!(of_all(text), @r"
    postgres: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    duckdb: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    clickhouse: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions ENGINE = MergeTree ORDER BY tuple() AS
    spark: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    bigquery: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    snowflake: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    redshift: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    trino: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    datafusion: CREATE VIEW mart.sessions AS / CREATE TABLE mart.sessions AS
    ");
}

#[test]
fn materialized_views() {
    let sessions = Content::Sessions { events: &EVENTS };
    let text = |dialect| match form(dialect, Form::MaterializedView, sessions) {
        Ok(sql) => around(&sql),
        Err(refused) => refused.to_string(),
    };
    insta::assert_snapshot!(of_all(text), @r"
    postgres: CREATE MATERIALIZED VIEW mart.sessions AS
    duckdb: DuckDB cannot express materialized views, which it has not; make a table or a view
    clickhouse: CREATE MATERIALIZED VIEW mart.sessions REFRESH EVERY 1 HOUR ENGINE = MergeTree ORDER BY tuple() AS
    spark: Spark cannot express materialized views outside of pipelines; make a table or a view; on Databricks put CREATE MATERIALIZED VIEW before a select
    bigquery: BigQuery cannot express window functions in a materialized view; make a table with a scheduled query, or a view
    snowflake: Snowflake cannot express window functions in a materialized view; make a table with a task, a view, or put a select into a dynamic table
    redshift: CREATE MATERIALIZED VIEW mart.sessions AUTO REFRESH NO AS
    trino: CREATE MATERIALIZED VIEW mart.sessions AS
    datafusion: DataFusion cannot express materialized views, which it has not; make a table or a view
    ");
}

#[test]
fn every_statement_ends_and_says_what_it_is() {
    for dialect in Dialect::ALL {
        for kind in [Form::Select, Form::View, Form::Table] {
            let sql = form(dialect, kind, Content::Summary { events: &EVENTS }).unwrap();
            assert!(sql.ends_with(";\n") && !sql.ends_with(";;\n"), "{sql}");
            let about = format!("-- A row a session from warehouse.fact_events, for {}.", dialect.title());
            assert_eq!(sql.lines().next(), Some(about.as_str()));
        }
    }
}

#[test]
fn dbt_models() {
    for dialect in [Dialect::Postgres, Dialect::Snowflake] {
        let sql = form(dialect, Form::DbtModel, Content::Sessions { events: &EVENTS }).unwrap();
        insta::assert_snapshot!(format!("dbt_model_{dialect}"), sql);
    }
    let names = |dialect| match form(dialect, Form::DbtIncremental, Content::Sessions { events: &EVENTS }) {
        Ok(sql) => sql.lines().next().unwrap_or_default().to_owned(),
        Err(refused) => refused.to_string(),
    };
    insta::assert_snapshot!("dbt_incremental_models", of_all(names));
    let ruled = SessionDefinition::from_toml(
        "[events]\nkey = [\"user_id\"]\nwhere = \"is_bot is not true\"\n[session]\nend_when = \"page = 'logout'\"",
    );
    let incremental = statement(&Statement {
        dialect: Dialect::Duckdb,
        definition: &ruled.unwrap(),
        types: &Types { without_null_times: true, ..Types::default() },
        content: Content::Sessions { events: &EVENTS },
        form: Form::DbtIncremental,
        name: &[],
    });
    insta::assert_snapshot!("dbt_incremental_by_rules", incremental.unwrap());
    let summary =
        form(Dialect::Duckdb, Form::DbtModel, Content::SummaryOf { sessions: &["sessions"] }).unwrap();
    insta::assert_snapshot!(summary.lines().take(10).collect::<Vec<_>>().join("\n"), @r"
    {{ config(materialized='table') }}

    -- A row a session from sessions, for DuckDB.
    -- Key: user_id, account_id. A pause in occurred_at longer than 30m ends a session.
    -- Ids: MD5 of key and number, undelimited (sequence). occurred_at is a time without a zone.
    -- It reads the model sessions.
    WITH source_sessions AS (
      SELECT * FROM {{ ref('sessions') }}),
    instants AS (
      -- The time as a number of microseconds since 1970.
    ");
}
