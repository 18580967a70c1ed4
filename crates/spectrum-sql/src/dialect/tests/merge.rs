//! Plan merge, and that it is refused where it is not written.

use super::*;
use crate::dialect::{KeyType, Plan, TimeType, sessions_sql, summary_of_events_sql, summary_sql};

fn merge() -> Types {
    Types { plan: Plan::Merge, ..Types::default() }
}

fn select(content: Content<'_>) -> String {
    statement(&Statement {
        dialect: Dialect::Spark,
        definition: &SessionDefinition::default(),
        types: &merge(),
        content,
        form: Form::Select,
        name: &[],
    })
    .unwrap()
}

#[test]
fn sessions() {
    insta::assert_snapshot!("merge_sessions", select(Content::Sessions { events: &EVENTS }));
}

/// From the events ids are computed, and from sessions they are taken.
#[test]
fn summaries() {
    insta::assert_snapshot!("merge_summary_of_events", select(Content::Summary { events: &EVENTS }));
    let types = Types { without_null_times: true, ..merge() };
    let sql = summary_sql(Dialect::Spark, &SessionDefinition::default(), &["sessions"], &types).unwrap();
    insta::assert_snapshot!("merge_summary", sql);
}

/// The names and types of `whole::nasty_definitions`, and some more names of the query's own as columns and tables.
#[test]
fn nasty_definitions() {
    let builder =
        SessionDefinition::builder().key(["日本", "piece", "Prev_Instant"]).time("instant").event_id("id");
    let definition = builder.gap("2500ns".parse().unwrap()).id(IdScheme::Start).build().unwrap();
    let types = Types {
        time: Some(TimeType::Date),
        key: vec![KeyType::Text, KeyType::Boolean, KeyType::Uuid],
        carried: vec!["event type".to_owned(), "labels".to_owned()],
        numbered: true,
        ..merge()
    };
    let sql = sessions_sql(Dialect::Spark, &definition, &["Pieces", "labels"], &types).unwrap();
    insta::assert_snapshot!("merge_nasty", sql);
}

/// Pieces are one microsecond longer than the gap, whose fraction of a microsecond counts for nothing.
#[test]
fn pieces_of_every_gap() {
    let of_gap = |gap: &str| {
        let definition = SessionDefinition::builder().gap(gap.parse().unwrap()).build().unwrap();
        let sql = sessions_sql(Dialect::Spark, &definition, &EVENTS, &merge()).unwrap();
        format!("{gap}: {}", lines_with(&sql, " div "))
    };
    insta::assert_snapshot!(["1ns", "1us", "1999ns", "400d"].map(of_gap).join("\n"), @r"
    1ns: SELECT *, instant div 1 - CASE WHEN instant % 1 < 0 THEN 1 ELSE 0 END AS piece
    1us: SELECT *, instant div 2 - CASE WHEN instant % 2 < 0 THEN 1 ELSE 0 END AS piece
    1999ns: SELECT *, instant div 2 - CASE WHEN instant % 2 < 0 THEN 1 ELSE 0 END AS piece
    400d: SELECT *, instant div 34560000000001 - CASE WHEN instant % 34560000000001 < 0 THEN 1 ELSE 0 END AS piece
    ");
}

#[test]
fn only_spark_has_it() {
    let definition = SessionDefinition::default();
    let refused = |dialect| sessions_sql(dialect, &definition, &EVENTS, &merge()).err();
    let text = |dialect| refused(dialect).map_or("prints it".to_owned(), |refused| refused.to_string());
    insta::assert_snapshot!(of_all(text), @r"
    postgres: PostgreSQL cannot express plan merge, which is written for Spark alone; take plan window
    duckdb: DuckDB cannot express plan merge, which is written for Spark alone; take plan window
    clickhouse: ClickHouse cannot express plan merge, which is written for Spark alone; take plan window
    spark: prints it
    bigquery: BigQuery cannot express plan merge, which is written for Spark alone; take plan window
    snowflake: Snowflake cannot express plan merge, which is written for Spark alone; take plan window
    redshift: Redshift cannot express plan merge, which is written for Spark alone; take plan window
    trino: Trino cannot express plan merge, which is written for Spark alone; take plan window
    datafusion: DataFusion cannot express plan merge, which is written for Spark alone; take plan window
    ");
    for dialect in Dialect::ALL {
        let of_events = summary_of_events_sql(dialect, &definition, &EVENTS, &merge());
        assert_eq!(of_events.err(), refused(dialect));
        assert_eq!(summary_sql(dialect, &definition, &EVENTS, &merge()).err(), refused(dialect));
    }
}

#[test]
fn plans_by_name() {
    for plan in [Plan::Window, Plan::Merge] {
        assert_eq!(plan.to_string().parse(), Ok(plan));
    }
    insta::assert_snapshot!("shuffle".parse::<Plan>().unwrap_err(), @"plan 'shuffle' is not one of window, merge");
}
