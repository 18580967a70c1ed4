//! What the summary tells besides, in each dialect.

use super::*;
use crate::dialect::{Plan, ValueType, sessions_sql, summary_of_events_sql, summary_sql};

const TOLD: &str = r#"
    [events]
    key = ["user_id"]
    [session]
    ignore_when = "kind = 'note'"
    [summary.columns]
    entry = { first = "page" }
    exit = { last = "page", where = "kind = 'view'", skip_null = true }
    page = { max = "page" }
    views = { count = "kind = 'view'", where = "amount > 0 or kind is null" }
    pages = { count_distinct = "page" }
    sizes = { sum = "size" }
    revenue = { sum = "amount" }
    score = { sum = "score", where = "kind = 'view'" }
    bought = { any = "kind = 'buy'" }
    engaged = { when = "duration_seconds >= 10 or views >= 2 or bought" }"#;

fn told(columns: &str) -> SessionDefinition {
    SessionDefinition::from_toml(&format!("[events]\nkey = [\"user_id\"]\n[summary.columns]\n{columns}"))
        .unwrap()
}

fn types() -> Types {
    let told = [
        ("page", ValueType::Text),
        ("size", ValueType::Integer),
        ("amount", ValueType::Decimal(2)),
        ("score", ValueType::Double),
        ("bot", ValueType::Boolean),
    ];
    let told = told.map(|(name, ty)| (name.to_owned(), ty)).to_vec();
    Types { told, ..Types::default() }
}

fn of_sessions(dialect: Dialect) -> String {
    let definition = SessionDefinition::from_toml(TOLD).unwrap();
    let carried = ["page", "kind", "amount", "size", "score"].map(str::to_owned).to_vec();
    let types = Types { carried, ..types() };
    summary_sql(dialect, &definition, &["mart", "sessions"], &types).unwrap()
}

#[test]
fn by_postgres() {
    insta::assert_snapshot!(of_sessions(Dialect::Postgres));
}

#[test]
fn by_duckdb() {
    insta::assert_snapshot!(of_sessions(Dialect::Duckdb));
}

#[test]
fn by_clickhouse() {
    insta::assert_snapshot!(of_sessions(Dialect::Clickhouse));
}

#[test]
fn by_spark() {
    insta::assert_snapshot!(of_sessions(Dialect::Spark));
}

#[test]
fn by_datafusion() {
    insta::assert_snapshot!(of_sessions(Dialect::Datafusion));
}

/// The sessions have what the summary reads, whether the events are read or a relation of sessions.
#[test]
fn what_the_summary_reads_goes_along() {
    let definition = told("entry = { first = \"page\" }");
    let of_events = summary_of_events_sql(Dialect::Duckdb, &definition, &["events"], &types()).unwrap();
    assert!(of_events.contains("SELECT user_id, occurred_at, event_id, page,\n"), "{of_events}");
    let sessions = sessions_sql(Dialect::Duckdb, &definition, &["events"], &types()).unwrap();
    assert!(sessions.contains("AS session_seq") && sessions.contains("AS started_by"), "{sessions}");
    // Where nothing is told, nothing has to be known for it.
    let sessions = sessions_sql(Dialect::Trino, &definition, &["events"], &types()).unwrap();
    assert_eq!(sessions, sessions_sql(Dialect::Trino, &told(""), &["events"], &types()).unwrap());
}

fn refused(dialect: Dialect, columns: &str, types: &Types) -> String {
    summary_of_events_sql(dialect, &told(columns), &["events"], types).unwrap_err().to_string()
}

#[test]
fn what_cannot_be_told_is_refused_by_name() {
    let refusals = [
        refused(Dialect::Bigquery, "a = { count = \"bot\" }", &types()),
        refused(Dialect::Spark, "a = { count = \"bot\" }", &Types { plan: Plan::Merge, ..types() }),
        refused(Dialect::Duckdb, "a = { sum = \"amount\" }", &Types::default()),
        refused(Dialect::Postgres, "a = { min = \"amount\" }", &Types::default()),
        refused(Dialect::Clickhouse, "a = { min = \"bot\" }", &types()),
        refused(Dialect::Postgres, "a = { sum = \"page\" }", &types()),
        refused(Dialect::Duckdb, "a = { first = \"props ->> 'plan'\" }", &types()),
        refused(Dialect::Postgres, "a = { sum = \"props ->> 'plan'\" }", &types()),
        refused(Dialect::Duckdb, "Events = { count = \"bot\" }", &types()),
        refused(Dialect::Duckdb, "a = { count = \"bot\" }\nA = { any = \"bot\" }", &types()),
        refused(Dialect::Duckdb, "a = { first = \"session_id\" }", &types()),
        summary_sql(Dialect::Duckdb, &told("a = { first = \"page\" }"), &["s"], &types())
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}
