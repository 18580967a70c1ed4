//! What is refused, by name.

use super::*;
use crate::dialect::{KeyType, TimeType, Unit, sessions_sql, summary_sql};

fn refusal(dialect: Dialect, key: &[&str], types: &Types) -> String {
    let definition = SessionDefinition::builder().key(key.iter().copied()).build().unwrap();
    summary_sql(dialect, &definition, &["t"], types).unwrap_err().to_string()
}

#[test]
fn types_of_keys() {
    let typed = |ty: &str| Types { key: vec![KeyType::from(ty)], ..Types::default() };
    insta::assert_snapshot!(refusal(Dialect::Spark, &["price"], &typed("double precision")), @"Spark cannot express key column 'price' of type double precision with PostgreSQL's text; every engine writes it in its own way, so make it text, integer, boolean or uuid");
    insta::assert_snapshot!(refusal(Dialect::Duckdb, &["name"], &typed("CITEXT")), @"DuckDB cannot express key column 'name' of type citext with PostgreSQL's text; it has no such type, so make a column of the lower-case text the key");
    let two = Types { key: vec![KeyType::Text; 2], ..Types::default() };
    insta::assert_snapshot!(refusal(Dialect::Trino, &["name"], &two), @"Trino cannot express 2 key types for 1 key columns; give one a key column, in their order");
}

#[test]
fn columns_that_are_there_already() {
    let none = Types::default();
    insta::assert_snapshot!(refusal(Dialect::Bigquery, &["User", "user"], &none), @"BigQuery cannot express columns 'User' and 'user' as two; its names do not differ by case, so rename one where the events are read");
    insta::assert_snapshot!(refusal(Dialect::Postgres, &["session_id"], &none), @"PostgreSQL cannot express column 'session_id' beside the 'session_id' that is added; rename it where the events are read");
    insta::assert_snapshot!(refusal(Dialect::Redshift, &["Duration"], &none), @"Redshift cannot express column 'Duration' beside the 'duration' that is added; rename it where the events are read");
    let twice = Types { carried: vec!["event_id".to_owned()], ..Types::default() };
    insta::assert_snapshot!(refusal(Dialect::Snowflake, &["user_id"], &twice), @"Snowflake cannot express column 'event_id' twice in a relation; name each column once among key, time, event id and the columns that go along");
    // Where names differ by case they are two, and columns of the summary alone may be keys of the sessions.
    let definition = SessionDefinition::builder().key(["User", "user", "duration"]).build().unwrap();
    assert!(sessions_sql(Dialect::Clickhouse, &definition, &["t"], &none).is_ok());
}

#[test]
fn names() {
    insta::assert_snapshot!(refusal(Dialect::Bigquery, &["user.id"], &Types::default()), @"BigQuery cannot express a column called 'user.id'; its columns cannot hold '.', so rename it where the events are read");
    let table = |dialect, parts: &[&str]| {
        sessions_sql(dialect, &SessionDefinition::default(), parts, &Types::default())
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(table(Dialect::Clickhouse, &["a", "b", "c"]), @"ClickHouse cannot express a table's name of 3 parts (a.b.c); write database.table, and quote parts that hold a dot");
    insta::assert_snapshot!(table(Dialect::Trino, &["a", "b", "c", "d"]), @"Trino cannot express a table's name of 4 parts (a.b.c.d); write catalog.schema.table, and quote parts that hold a dot");
    insta::assert_snapshot!(table(Dialect::Postgres, &["a", "b", "c"]), @r#"PostgreSQL cannot express the table a.b.c; 'a.b.c' is not a table's name; write schema.table, and quote parts that hold a dot, as in "my.schema".events"#);
    insta::assert_snapshot!(table(Dialect::Bigquery, &["a`b"]), @"BigQuery cannot express a table's name with 'a`b' in it; its names hold no backtick, backslash or control character, so rename it");
    insta::assert_snapshot!(table(Dialect::Duckdb, &[]), @"DuckDB cannot express a table called ''; name the table");
}

#[test]
fn nanoseconds() {
    let fine = Types { time: Some(TimeType::TimestampTz(Unit::Nanosecond)), ..Types::default() };
    for dialect in Dialect::ALL {
        let has = matches!(
            dialect,
            Dialect::Duckdb | Dialect::Clickhouse | Dialect::Snowflake | Dialect::Datafusion
        );
        let definition = SessionDefinition::default();
        assert_eq!(sessions_sql(dialect, &definition, &EVENTS, &fine).is_ok(), has, "{dialect}");
    }
    insta::assert_snapshot!(refusal(Dialect::Postgres, &["a"], &fine), @"PostgreSQL cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]");
}

#[test]
fn names_that_dbt_would_take_for_its_own() {
    let refused = form(Dialect::Duckdb, Form::DbtModel, Content::Sessions { events: &["a", "{{ b }}"] });
    insta::assert_snapshot!(refused.unwrap_err(), @"DuckDB cannot express a name that holds {{, {% or {# in a dbt model, which dbt would take for its own; rename it, or print a select");
}

#[test]
fn what_an_incremental_dbt_model_cannot_have() {
    let refusal = |dialect, content, carried: &[&str]| {
        let definition = SessionDefinition::default();
        let carried = carried.iter().map(|name| (*name).to_owned()).collect();
        let types = Types { carried, ..Types::default() };
        let form = Form::DbtIncremental;
        let wanted = Statement { dialect, definition: &definition, types: &types, content, form, name: &[] };
        statement(&wanted).unwrap_err()
    };
    let sessions = Content::Sessions { events: &EVENTS };
    insta::assert_snapshot!(refusal(Dialect::Clickhouse, sessions, &[]), @"ClickHouse cannot express an incremental dbt model; print a dbt model, which every run makes anew");
    insta::assert_snapshot!(refusal(Dialect::Duckdb, Content::Summary { events: &EVENTS }, &[]), @"DuckDB cannot express one row per session incrementally; print a dbt model, which every run makes anew");
    let refused = refusal(Dialect::Duckdb, sessions, &["a\"b"]);
    insta::assert_snapshot!(refused, @r#"DuckDB cannot express a name with a quotation mark in an incremental dbt model, for dbt does not escape it; rename it where the events are read, or print a dbt model, which every run makes anew"#);
    assert_eq!(refused.forms, [Form::DbtModel]);
}

#[test]
fn dialects() {
    assert_eq!("databricks".parse(), Ok(Dialect::Spark));
    for dialect in Dialect::ALL {
        assert_eq!(dialect.to_string().parse(), Ok(dialect));
    }
    insta::assert_snapshot!("mysql".parse::<Dialect>().unwrap_err(), @"dialect 'mysql' is not one of postgres, duckdb, clickhouse, spark, databricks, bigquery, snowflake, redshift, trino, datafusion");
}
