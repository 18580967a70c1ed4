//! Whole statements of every dialect.

use super::*;
use crate::dialect::{KeyType, TimeType, sessions_sql, summary_sql};

#[test]
fn sessions_of_the_default() {
    for dialect in Dialect::ALL {
        let sql = form(dialect, Form::Select, Content::Sessions { events: &EVENTS }).unwrap();
        insta::assert_snapshot!(format!("sessions_{dialect}"), sql);
    }
}

#[test]
fn postgres_is_the_reference_to_the_letter() {
    let (definition, types) = (SessionDefinition::default(), Types::default());
    let sql = sessions_sql(Dialect::Postgres, &definition, &EVENTS, &types).unwrap();
    assert_eq!(sql, spectrum_testkit::postgres::ORIGINAL_SQL);
}

/// Engines without RANGE frames, with other names for NULLs last, and with the shared shape.
#[test]
fn summaries() {
    for dialect in [Dialect::Duckdb, Dialect::Clickhouse, Dialect::Bigquery, Dialect::Redshift] {
        let types = Types { event_id: KeyType::Uuid, without_null_times: true, ..Types::default() };
        let sql = summary_sql(dialect, &SessionDefinition::default(), &["sessions"], &types).unwrap();
        insta::assert_snapshot!(format!("summary_{dialect}"), sql);
    }
}

/// A summary of the events reads them once; PostgreSQL's reads the reference.
#[test]
fn summaries_of_events() {
    for dialect in [Dialect::Postgres, Dialect::Spark] {
        let sql = form(dialect, Form::Select, Content::Summary { events: &EVENTS }).unwrap();
        insta::assert_snapshot!(format!("summary_of_events_{dialect}"), sql);
    }
}

/// Names that need quotes, names of the query's own that are taken, a table called like a step, numbers for proofs.
#[test]
fn nasty_definitions() {
    let builder =
        SessionDefinition::builder().key(["日本", "order", "Prev_Instant"]).time("instant").event_id("id");
    let definition = builder.gap("2500ns".parse().unwrap()).id(IdScheme::Start).build().unwrap();
    for dialect in Dialect::ALL {
        let types = Types {
            time: Some(TimeType::Date),
            key: vec![KeyType::Text, KeyType::Boolean, KeyType::Uuid],
            carried: vec!["event type".to_owned()],
            numbered: true,
            ..Types::default()
        };
        let sql = sessions_sql(dialect, &definition, &["Sessions"], &types).unwrap();
        insta::assert_snapshot!(format!("nasty_{dialect}"), sql);
    }
}
