//! What is printed for a few rules, to be read, and what is refused.

use spectrum_core::SessionDefinition;

use crate::dialect::{Dialect, TimeType, Types, Unit, sessions_sql, summary_of_events_sql, summary_sql};

fn definition(toml: &str) -> SessionDefinition {
    SessionDefinition::from_toml(toml).unwrap()
}

fn instants() -> Types {
    Types { time: Some(TimeType::TimestampTz(Unit::Microsecond)), ..Types::default() }
}

fn printed(dialect: Dialect, toml: &str) -> String {
    sessions_sql(dialect, &definition(toml), &["shop", "events"], &instants()).unwrap()
}

const ORDER_FREE: &str = r#"
    [events]
    where = "is_bot is not true"
    [session]
    at_gap = "new"
    split_at = "04:00"
    timezone = "Europe/Paris""#;

const STARTS: &str = r#"
    [session]
    start_when = "event_type in ('login', 'app_open')"
    end_when = "event_type = 'logout'""#;

const ALL: &str = r#"
    [session]
    gap_when = [{ when = "event_type = 'video_play'", gap = "4h" }]
    end_when = "event_type = 'logout'"
    split_on = ["utm_campaign"]
    passive_when = "event_type = 'heartbeat'"
    ignore_when = "event_type = 'notification'"
    id = "start""#;

const FROM_THE_START: &str = r#"
    [session]
    split_on = ["utm_campaign", "plan"]
    max_duration = "12h"
    max_events = 1000
    passive_when = "event_type = 'heartbeat'""#;

#[test]
fn neighbouring_instants() {
    insta::assert_snapshot!(printed(Dialect::Duckdb, ORDER_FREE));
}

#[test]
fn events_that_begin_and_end_sessions() {
    insta::assert_snapshot!(printed(Dialect::Clickhouse, STARTS));
}

#[test]
fn everything() {
    insta::assert_snapshot!(printed(Dialect::Duckdb, ALL));
}

#[test]
fn everything_without_words_of_an_engines_own() {
    insta::assert_snapshot!(printed(Dialect::Trino, ALL));
}

#[test]
fn what_depends_on_the_start() {
    insta::assert_snapshot!(printed(Dialect::Duckdb, FROM_THE_START));
}

/// Only what differs is looked at: the lists, and the moment ahead.
#[test]
fn lists_of_each_engine() {
    let lists = |dialect| {
        let sql =
            printed(dialect, "[session]\nsplit_on = [\"plan\"]\nsplit_on_null = \"split\"\nmax_events = 2");
        let (_, walk) = sql.split_once("compared AS (").unwrap();
        let (walk, _) = walk.split_once("events_and_starts AS (").unwrap();
        walk.to_owned()
    };
    insta::assert_snapshot!("lists_of_clickhouse", lists(Dialect::Clickhouse));
    insta::assert_snapshot!("lists_of_spark", lists(Dialect::Spark));
}

/// Limits that no key can reach have nothing to be compared with.
#[test]
fn a_limit_beyond_all_events_is_none() {
    let sql = printed(Dialect::Duckdb, "[session]\nmax_events = 4294967296");
    assert!(sql.contains("CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS is_walked"), "{sql}");
    assert!(
        sql.contains(
            "SELECT *, MAX(place) OVER (PARTITION BY user_id, account_id, parted_at) + 1 AS next_place"
        ),
        "{sql}"
    );
}

#[test]
fn summaries() {
    let definition = definition(ALL);
    let summary = summary_sql(Dialect::Duckdb, &definition, &["sessions"], &instants()).unwrap();
    insta::assert_snapshot!(summary);
    let of_events = summary_of_events_sql(Dialect::Duckdb, &definition, &["events"], &instants()).unwrap();
    let (steps, rest) = of_events.split_once("all_sessions AS (").unwrap();
    assert!(steps.starts_with("WITH told AS ("), "{steps}");
    assert!(rest.contains("FROM all_sessions\n  WHERE session_seq IS NOT NULL"), "{rest}");
}

/// A column of the rule that is called as one of the query's own stays the rule's.
#[test]
fn names_of_the_rule_are_not_taken() {
    let sql = printed(Dialect::Clickhouse, "[session]\nstart_when = \"instant = 'x'\"");
    assert!(sql.contains("CASE WHEN instant = 'x' THEN 1 ELSE 0 END AS starts_session"), "{sql}");
    assert!(sql.contains(" AS instant_,"), "{sql}");
}

#[test]
fn what_cannot_be_said_is_refused_by_name() {
    let refused = |dialect, toml: &str, types: &Types| {
        sessions_sql(dialect, &definition(toml), &["events"], types).unwrap_err().to_string()
    };
    let of = |toml: &str| refused(Dialect::Duckdb, toml, &instants());
    let of_windows = |dialect, toml: &str| refused(dialect, toml, &instants());
    insta::assert_snapshot!(of_windows(Dialect::Datafusion, "[session]\nmax_duration = \"12h\""), @"DataFusion cannot express the rule max_duration, for which it matters where a session began; take it out, or run on files or in PostgreSQL, DuckDB, ClickHouse or Spark, where every rule is known");
    insta::assert_snapshot!(of_windows(Dialect::Trino, "[session]\nmax_events = 5"), @"Trino cannot express the rule max_events, for which it matters where a session began; take it out, or run on files or in PostgreSQL, DuckDB, ClickHouse or Spark, where every rule is known");
    insta::assert_snapshot!(of_windows(Dialect::Snowflake, "[session]\nsplit_on = [\"a\", \"b\"]"), @"Snowflake cannot express the rule split_on with several columns, for which it matters where a session began; take it out, or run on files or in PostgreSQL, DuckDB, ClickHouse or Spark, where every rule is known");
    insta::assert_snapshot!(of("[session]\nstart_when = \"props ->> 'a' = 'b'\""), @"DuckDB cannot express the member props ->> 'a', which it writes otherwise than PostgreSQL; make a column of it in a view over the events, and name that");
    let zone = "[session]\nsplit_at = \"04:00\"\ntimezone = \"Europe/Paris\"";
    insta::assert_snapshot!(refused(Dialect::Duckdb, zone, &Types::default()), @"DuckDB cannot express the zone Europe/Paris of split_at for times without a zone; take timezone out, or say that the time is timestamptz");
    insta::assert_snapshot!(refused(Dialect::Redshift, STARTS, &Types::default()), @"Redshift cannot express the rule start_when, because blanks at the end of its texts do not count; take it out, or run on files or in PostgreSQL");
    insta::assert_snapshot!(of("[session]\nstart_when = \"USER_ID = 'b'\""), @"DuckDB cannot express columns 'user_id' and 'USER_ID' as two; its names do not differ by case, so rename one where the events are read");
    let name = "[session]\nstart_when = '\"event \"\"kind\"\"\" = 1'";
    insta::assert_snapshot!(refused(Dialect::Bigquery, name, &Types::default()), @r#"BigQuery cannot express a column called 'event \"kind\"'; its columns cannot hold '"', so rename it where the events are read"#);
    let merge = Types { plan: crate::dialect::Plan::Merge, ..Types::default() };
    insta::assert_snapshot!(refused(Dialect::Spark, STARTS, &merge), @"Spark cannot express the rule start_when by plan merge; take plan window");
}
