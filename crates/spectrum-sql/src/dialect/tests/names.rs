//! Names that are not plain.

use super::*;
use crate::dialect::{sessions_sql, table_parts};

fn first_lines(dialect: Dialect, column: &str, table: &[&str]) -> String {
    let definition = SessionDefinition::builder().key([column]).build().unwrap();
    match sessions_sql(dialect, &definition, table, &Types::default()) {
        Err(refused) => format!("refused: {refused}"),
        Ok(sql) => {
            let (select, from) = (lines_with(&sql, "SELECT"), lines_with(&sql, "FROM"));
            let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
            format!("{} {}", first(&select), first(&from))
        }
    }
}

#[test]
fn quotes_backticks_backslashes_and_dots() {
    let text = |dialect| first_lines(dialect, "a\"b`c\\d.e", &["my.\"s`chema\"", "t"]);
    insta::assert_snapshot!(of_all(text), @r#"
    postgres: SELECT "a""b`c\d.e", event_id, occurred_at, FROM "my.""s`chema""".t),
    duckdb: SELECT "a""b`c\d.e", occurred_at, event_id, FROM "my.""s`chema""".t),
    clickhouse: SELECT `a"b\`c\\d.e`, occurred_at, event_id, FROM `my."s\`chema"`.t),
    spark: SELECT `a"b``c\d.e`, occurred_at, event_id, FROM `my."s``chema"`.t),
    bigquery: refused: BigQuery cannot express a column called 'a\"b`c\\d.e'; its columns cannot hold '"', so rename it where the events are read
    snowflake: SELECT "a""b`c\d.e", occurred_at, event_id, FROM "my.""s`chema""".t),
    redshift: SELECT "a""b`c\d.e", occurred_at, event_id, FROM "my.""s`chema""".t),
    trino: SELECT "a""b`c\d.e", occurred_at, event_id, FROM "my.""s`chema""".t),
    datafusion: SELECT "a""b`c\d.e", occurred_at, event_id, FROM "my.""s`chema""".t),
    "#);
}

#[test]
fn capitals_letters_and_reserved_words() {
    let column = |dialect, name| {
        let shown = first_lines(dialect, name, &["t"]);
        shown.trim_start_matches("SELECT ").split(',').next().unwrap().to_owned()
    };
    let text =
        |dialect| ["User", "größe", "日本", "qualify", "time"].map(|name| column(dialect, name)).join(" ");
    insta::assert_snapshot!(of_all(text), @r#"
    postgres: "User" "größe" "日本" qualify "time"
    duckdb: "User" "größe" "日本" "qualify" "time"
    clickhouse: `User` `größe` `日本` `qualify` `time`
    spark: `User` `größe` `日本` `qualify` `time`
    bigquery: `User` `größe` `日本` `qualify` `time`
    snowflake: "User" "größe" "日本" "qualify" time
    redshift: "User" "größe" "日本" "qualify" "time"
    trino: "User" "größe" "日本" "qualify" "time"
    datafusion: "User" "größe" "日本" "qualify" "time"
    "#);
}

/// No name can end a quoted name and go on as SQL.
#[test]
fn a_name_cannot_become_sql() {
    for dialect in Dialect::ALL {
        for name in
            ["x\" FROM y; DROP TABLE z; --", "x` FROM y; DROP TABLE z; --", "x\\` FROM y; DROP TABLE z; --"]
        {
            let definition = SessionDefinition::builder().key([name]).build().unwrap();
            let Ok(sql) = sessions_sql(dialect, &definition, &["t"], &Types::default()) else { continue };
            let quoted = match dialect {
                Dialect::Clickhouse => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
                Dialect::Spark => format!("`{}`", name.replace('`', "``")),
                _ => format!("\"{}\"", name.replace('"', "\"\"")),
            };
            assert_eq!(sql.matches("DROP TABLE").count(), sql.matches(&quoted).count(), "{sql}");
        }
    }
}

#[test]
fn tables_as_people_write_them() {
    let parts = |text: &str| table_parts(text).map_err(|refused| refused.to_string());
    assert_eq!(parts("a.B.\"c.\"\"d\""), Ok(vec!["a".into(), "B".into(), "c.\"d".into()]));
    insta::assert_snapshot!(parts("a..b").unwrap_err(), @r#"'a..b' is not a table's name; write table, schema.table or catalog.schema.table, and quote parts that hold a dot, as in "my.schema".events"#);
    assert!(parts("").is_err() && parts("\"a").is_err());
}
