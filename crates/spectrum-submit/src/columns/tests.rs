use spectrum_core::SessionDefinition;
use spectrum_sql::dialect::Dialect;
use spectrum_sql::dialect::run::RunQuery;

use super::*;
use crate::statements::statements;

fn found(columns: &[(&str, &str)], format: InputFormat) -> Found {
    let column = |(name, ty): &(&str, &str)| Column { name: (*name).to_owned(), ty: (*ty).to_owned() };
    Found { columns: columns.iter().map(column).collect(), format, files: 1 }
}

fn options() -> Options {
    Options::new("out")
}

/// What stands in the way of a run over such columns, before anything is asked of the engine.
fn refusal(columns: &[(&str, &str)], format: InputFormat, options: &Options) -> String {
    let definition = SessionDefinition::builder().key(["k"]).time("t").event_id("e").build().unwrap();
    let found = found(columns, format);
    let fitted = fit(Dialect::Spark, &found, &definition, options).and_then(|(types, _)| {
        let names: Vec<String> = found.columns.iter().map(|column| column.name.clone()).collect();
        let query = RunQuery {
            dialect: Dialect::Spark,
            definition: &definition,
            columns: &names,
            session_id: &options.session_column,
            types,
            time_text: None,
            read_as: Vec::new(),
        };
        statements(&query, options, None)
    });
    match fitted {
        Ok(_) => String::new(),
        Err(error) => told(&error),
    }
}

/// The error's words, and its remedies as data.
fn told(error: &SubmitError) -> String {
    let remedies: Vec<_> = error.remedies().iter().map(|remedy| format!("{remedy:?}")).collect();
    if remedies.is_empty() { error.to_string() } else { format!("{error} -> {}", remedies.join(", ")) }
}

#[test]
fn key_types_without_a_settled_text_are_refused() {
    let of = |ty: &str| refusal(&[("k", ty), ("t", "timestamp")], InputFormat::Parquet, &options());
    for ty in ["string", "varchar(9)", "tinyint", "bigint", "decimal(20,0)", "boolean", "binary"] {
        assert_eq!(of(ty), "", "{ty}");
    }
    for ty in [
        "double",
        "float",
        "decimal(10,2)",
        "date",
        "timestamp",
        "char(3)",
        "array<string>",
        "string collate UNICODE_CI",
    ] {
        assert_eq!(
            of(ty),
            format!(
                "Spark cannot express key column 'k' of type {ty} with PostgreSQL's text; every engine writes it in its own \
                 way, so make it text, integer, boolean or uuid"
            )
        );
    }
}

#[test]
fn what_is_no_time_is_refused() {
    let of = |ty: &str, format, unit| {
        let options = Options { time_unit: unit, ..options() };
        refusal(&[("k", "string"), ("t", ty)], format, &options)
    };
    for ty in ["timestamp", "timestamp_ntz", "date"] {
        assert_eq!(of(ty, InputFormat::Parquet, None), "");
    }
    assert_eq!(
        of("bigint", InputFormat::Parquet, Some(EpochUnit::Second)),
        "column 't' is of type bigint, which is not a time -> Other(\"use a timestamp or a date\"), NameColumn(Time)"
    );
    assert_eq!(
        of("bigint", InputFormat::Ndjson, None),
        "column 't' is of type bigint, which is not a time -> GiveTimeUnit, NameColumn(Time)"
    );
    assert_eq!(of("bigint", InputFormat::Ndjson, Some(EpochUnit::Millisecond)), "");
    assert_eq!(of("string", InputFormat::Csv, None), "");
    assert_eq!(
        of("double", InputFormat::Ndjson, None),
        "column 't' is of type double, which is not a time -> Other(\"use a text\"), NameColumn(Time)"
    );
}

#[test]
fn columns_that_are_missing_or_in_the_way_are_named() {
    let of = |columns: &[(&str, &str)], change: fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        refusal(columns, InputFormat::Parquet, &options)
    };
    let usual = [("k", "string"), ("t", "timestamp")];
    assert_eq!(of(&usual[..1], |_| ()), "column 't' is not in the events (they have: k) -> NameColumn(Time)");
    assert_eq!(
        of(&usual, |options| options.digest = true),
        "column 'e' is not in the events (they have: k, t) -> NameColumn(EventId)"
    );
    assert_eq!(
        of(&[&usual[..], &[("e", "double")]].concat(), |options| options.digest = true),
        "column 'e' is of type double, whose text is not settled, so it cannot be digested -> \
         Other(\"use text, an integer, a boolean or a uuid\"), LeaveOutDigest"
    );
    let with = |name: &'static str| [&usual[..], &[(name, "string")]].concat();
    assert_eq!(
        of(&with("Session_Id"), |_| ()),
        "the events already have a column 'Session_Id' -> NameSessionColumn"
    );
    assert_eq!(
        of(&usual, |options| options.session_column = "Events".into()),
        "the session id cannot be called 'Events': another column of the sessions table has that name -> NameSessionColumn"
    );
    assert_eq!(of(&with("session_seq"), |_| ()), "");
    assert_eq!(
        of(&with("session_seq"), |options| options.with_sequence = true),
        "the events already have a column 'session_seq' -> LeaveOutSequence"
    );
    assert_eq!(
        of(&with("K"), |_| ()),
        "Spark cannot express columns 'k' and 'K' as two; its names do not differ by case, so rename one where the events \
         are read"
    );
}

#[test]
fn a_day_is_added_only_where_no_column_is_called_so() {
    let columns = |name: &'static str| found(&[("k", "string"), (name, "timestamp")], InputFormat::Parquet);
    let by = |column: &str| Options { partition_by: Some(column.to_owned()), ..options() };
    assert_eq!(partition(Dialect::Spark, &columns("t"), &by("date")).unwrap(), Some(("date", true)));
    assert_eq!(partition(Dialect::Spark, &columns("date"), &by("date")).unwrap(), Some(("date", false)));
    assert_eq!(partition(Dialect::Spark, &columns("t"), &by("k")).unwrap(), Some(("k", false)));
    assert_eq!(partition(Dialect::Spark, &columns("t"), &options()).unwrap(), None);
    assert_eq!(
        told(&partition(Dialect::Clickhouse, &columns("t"), &by("k")).unwrap_err()),
        "ClickHouse cannot partition its output; Spark and DuckDB can -> LeaveOutPartition"
    );
    assert_eq!(
        told(&partition(Dialect::Spark, &columns("t"), &by("country")).unwrap_err()),
        "column 'country' is not in the events (they have: k, t) -> NamePartitionColumn"
    );
}
