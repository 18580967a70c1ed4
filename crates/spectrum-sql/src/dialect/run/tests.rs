//! What the statements look like. That they give the embedded engine's rows is shown by running them
//! (`spectrum-cli/tests/cluster`).

use insta::assert_snapshot;
use spectrum_core::SessionDefinition;

use super::super::plan::Plan;
use super::super::types::{TimeType, Unit};
use super::*;

/// Every statement of a run.
fn all(query: &RunQuery<'_>, added: Added<'_>) -> String {
    let statements = [
        ("source", query.source()),
        ("checks", query.checks()),
        ("null_times", query.null_times()),
        ("sessions", query.sessions()),
        ("counts", query.counts()),
        ("shared_ids", query.shared_ids()),
        ("collision", query.collision()),
        ("events", query.events(added)),
        ("written", query.written()),
        ("digest", query.digest(added.session_id)),
    ];
    let shown = statements.map(|(name, sql)| match sql {
        Ok(sql) => format!("-- {name}\n{sql};\n"),
        Err(error) => format!("-- {name}\n-- {error}\n"),
    });
    shown.join("\n")
}

#[test]
fn spark() {
    let definition = SessionDefinition::builder()
        .key(["user_id", "order`s"])
        .id("encoded".parse().unwrap())
        .build()
        .unwrap();
    let columns = ["event_id", "page", "user_id", "order`s", "occurred_at"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Spark,
        definition: &definition,
        columns: &columns,
        session_id: "session",
        types: Types { key: vec![KeyType::Uuid, KeyType::Integer], ..Types::default() },
        time_text: None,
        read_as: Vec::new(),
    };
    assert_snapshot!(all(&query, Added { session_id: "session", session_seq: true, day: Some("date") }));
}

#[test]
fn by_duckdb() {
    let definition = SessionDefinition::builder().key(["who"]).time("at").build().unwrap();
    let columns = ["who", "at", "it's"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Duckdb,
        definition: &definition,
        columns: &columns,
        session_id: "session_id",
        types: Types { time: Some(TimeType::TimestampTz(Unit::Microsecond)), ..Types::default() },
        time_text: Some(TimeText::Zoned),
        read_as: Vec::new(),
    };
    assert_snapshot!(all(&query, Added { session_id: "session_id", session_seq: false, day: None }));
}

#[test]
fn by_clickhouse() {
    let definition = SessionDefinition::builder().key(["who", "it's `a`"]).time("at").build().unwrap();
    let columns = ["it's `a`", "who", "at", "back\\slash"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Clickhouse,
        definition: &definition,
        columns: &columns,
        session_id: "session_id",
        types: Types { time: Some(TimeType::TimestampTz(Unit::Nanosecond)), ..Types::default() },
        time_text: None,
        read_as: Vec::new(),
    };
    assert_snapshot!(all(&query, Added { session_id: "session_id", session_seq: true, day: None }));
}

#[test]
fn times_that_are_texts() {
    for dialect in Dialect::ALL {
        match (dialect, time_texts(dialect, "at")) {
            (Dialect::Spark | Dialect::Duckdb, Ok(sql)) => {
                assert!(sql.contains("RLIKE") || sql.contains("regexp_matches"))
            }
            (Dialect::Spark | Dialect::Duckdb, Err(error)) => panic!("{error}"),
            (_, refused) => {
                let refused = refused.unwrap_err();
                assert_eq!(refused.feature, "a time that is written as text", "{dialect}");
            }
        }
    }
}

#[test]
fn names_of_files_are_quoted() {
    let names = ["it's.parquet".to_owned(), "b".to_owned()];
    assert!(duckdb::read_parquet(&names, false).contains("read_parquet(['it''s.parquet', 'b'],"));
    assert!(duckdb::read_csv(&names, "'", "", "").contains("delim = '''', quote = '', escape = '',"));
    assert_eq!(
        duckdb::copy_to_parquet("SELECT 1", "a'b", Some("da\"y")),
        "COPY (\nSELECT 1\n) TO 'a''b' (FORMAT parquet, PARTITION_BY (\"da\"\"y\"))"
    );
}

#[test]
fn spark_by_plan_merge() {
    let definition = SessionDefinition::default();
    let columns = ["event_id", "user_id", "account_id", "occurred_at"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Spark,
        definition: &definition,
        columns: &columns,
        session_id: "session_id",
        types: Types { plan: Plan::Merge, ..Types::default() },
        time_text: None,
        read_as: Vec::new(),
    };
    let added = Added { session_id: "session_id", session_seq: true, day: None };
    let statements = [query.sessions().unwrap(), query.events(added).unwrap()];
    assert_snapshot!(statements.join(";\n\n"));
}

#[test]
fn names_of_files_are_quoted_for_clickhouse() {
    let two = ["/a/it's.parquet", "/b\\.parquet"].map(str::to_owned);
    assert_eq!(
        clickhouse::read_parquet(&two),
        r"SELECT * FROM file('/{a/it\'s.parquet,b\\.parquet}', Parquet)"
    );
    assert_eq!(clickhouse::read_parquet(&two[..1]), r"SELECT * FROM file('/a/it\'s.parquet', Parquet)");
    assert!(
        clickhouse::is_special("/a{b}") && clickhouse::is_special("/a,b") && !clickhouse::is_special(&two[1])
    );
}

#[test]
fn the_column_of_sparks_folders_is_quoted() {
    assert_eq!(
        spark::for_folders("SELECT 1 AS `da``y`", "da`y"),
        "SELECT /*+ REBALANCE(`da``y`) */ *\nFROM (\nSELECT 1 AS `da``y`\n) AS spectrum_rows"
    );
}

/// A rule of every kind that windows know.
fn ruled() -> SessionDefinition {
    let text = "\
        [events]\nwhere = \"is_bot is not true\"\n\
        [session]\ngap = \"30m\"\nend_when = \"price > 9.5\"\nsplit_on = [\"page\"]\n\
        passive_when = \"page = 'ping'\"\nignore_when = \"score < 0.5\"\nid = \"start\"\n";
    SessionDefinition::from_toml(text).unwrap()
}

fn query_of_rules<'a>(definition: &'a SessionDefinition, columns: &'a [String]) -> RunQuery<'a> {
    let read_as = [("is_bot", ReadAs::Boolean), ("price", ReadAs::Number), ("score", ReadAs::Double)];
    RunQuery {
        dialect: Dialect::Duckdb,
        definition,
        columns,
        session_id: "session_id",
        types: Types::default(),
        time_text: None,
        read_as: read_as.map(|(column, read)| (column.to_owned(), read)).to_vec(),
    }
}

#[test]
fn rules_beyond_the_gap() {
    let definition = ruled();
    let columns = ["event_id", "user_id", "account_id", "occurred_at", "is_bot", "price", "page", "score"]
        .map(str::to_owned);
    let query = query_of_rules(&definition, &columns);
    let added = Added { session_id: "session_id", session_seq: true, day: None };
    let others = [
        query.unread_values().unwrap().unwrap(),
        query.without_id(added.session_id).unwrap(),
        all(&query, added),
    ];
    assert_snapshot!(others.join(";\n\n"));
}

#[test]
fn by_plan_merge_there_are_none() {
    let definition = SessionDefinition::from_toml("[session]\nat_gap = \"new\"").unwrap();
    let columns = ["event_id", "user_id", "account_id", "occurred_at"].map(str::to_owned);
    let query = RunQuery {
        dialect: Dialect::Spark,
        types: Types { plan: Plan::Merge, ..Types::default() },
        read_as: Vec::new(),
        ..query_of_rules(&definition, &columns)
    };
    assert_snapshot!(query.sessions().unwrap_err(), @"Spark cannot express the rule at_gap by plan merge; take plan window");
}
