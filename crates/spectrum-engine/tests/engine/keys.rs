//! Keys of types that have no text of their own, and keys that are NULL.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array, RecordBatch,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use spectrum_core::IdScheme;
use spectrum_engine::{ColumnType, InputOptions, NullKey};

use crate::outcome;
use crate::runs::{Folder, Run};

fn parquet(folder: &Folder, name: &str, key: ArrayRef) {
    let times = TimestampMicrosecondArray::from_iter_values(
        (0..key.len() as i64).map(|at| 1_767_225_600_000_000 + at),
    );
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("key", key, true),
        ("at", Arc::new(times) as ArrayRef, true),
    ])
    .unwrap();
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn run(folder: &Folder, input: &str, adjust: impl FnOnce(&mut InputOptions)) -> Run {
    let run = folder
        .run(input, "out.csv")
        .key(["key"])
        .time("at")
        .id(IdScheme::Encoded)
        .sessions(folder.path("s.csv"));
    run.options(|options| options.force = true).input_options(adjust)
}

fn read_as(key_type: ColumnType) -> impl Fn(&mut InputOptions) {
    move |options| options.text.key_types = vec![("key".to_owned(), key_type)]
}

/// The ids of the sessions of these texts.
fn ids(texts: &[&str]) -> Vec<Option<String>> {
    let folder = Folder::new();
    let lines: String = texts.iter().map(|text| format!("{text},2026-01-01\n")).collect();
    folder.write("in.csv", format!("key,at\n{lines}"));
    run(&folder, "in.csv", |_| {}).done();
    outcome::rows(&folder.path("out.csv")).iter().map(|row| row["session_id"].clone()).collect()
}

#[test]
fn keys_have_the_ids_of_their_texts() {
    let folder = Folder::new();
    let decimals = |values: Vec<i128>, precision, scale| {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
            as ArrayRef
    };
    let large = "12345678901234567890123456789012345678";
    let columns: [(ArrayRef, Option<ColumnType>, [&str; 2]); 7] = [
        (decimals(vec![7, -12], 10, 0), None, ["7", "-12"]),
        (decimals(vec![7, large.parse().unwrap()], 38, 0), None, ["7", large]),
        (decimals(vec![7, -12], 38, 0), Some(ColumnType::Integer), ["7", "-12"]),
        (Arc::new(Float64Array::from(vec![7.0, -12.0])), Some(ColumnType::Integer), ["7", "-12"]),
        (Arc::new(BinaryArray::from(vec!["käte".as_bytes(), b""])), Some(ColumnType::Text), ["käte", "\"\""]),
        (Arc::new(Date32Array::from(vec![20_454, -1])), Some(ColumnType::Text), ["2026-01-01", "1969-12-31"]),
        (Arc::new(Int64Array::from(vec![7, -12])), Some(ColumnType::Text), ["7", "-12"]),
    ];
    for (column, key_type, texts) in columns {
        let data_type = column.data_type().clone();
        parquet(&folder, "in.parquet", column);
        let given =
            |options: &mut InputOptions| key_type.iter().for_each(|key_type| read_as(*key_type)(options));
        let report = run(&folder, "in.parquet", given).done();
        assert_eq!((report.keys, report.sessions), (2, 2), "{data_type}");
        let found: Vec<_> =
            outcome::rows(&folder.path("out.csv")).iter().map(|row| row["session_id"].clone()).collect();
        assert_eq!(found, ids(&texts), "{data_type}");
        // The sessions table has the type of the events.
        run(&folder, "in.parquet", given).sessions(folder.path("s.parquet")).done();
        let [batch] = &outcome::parquet_batches(&folder.path("s.parquet"))[..] else { panic!("a batch") };
        assert_eq!(batch.column_by_name("key").unwrap().data_type(), &data_type);
    }
}

#[test]
fn a_key_that_needs_a_word_says_which() {
    let folder = Folder::new();
    let columns: [(ArrayRef, &str); 4] = [
        (Arc::new(Float64Array::from(vec![7.0])), "have the values of key read as integer"),
        (Arc::new(BinaryArray::from(vec![&b"a"[..]])), "have the values of key read as text"),
        (Arc::new(Date32Array::from(vec![0])), "have the values of key read as text"),
        (
            Arc::new(Decimal128Array::from(vec![150]).with_precision_and_scale(10, 2).unwrap()),
            "cannot be a key",
        ),
    ];
    for (column, way_out) in columns {
        parquet(&folder, "in.parquet", column);
        let message = run(&folder, "in.parquet", |_| {}).refusal();
        assert!(message.contains("column 'key' in ") && message.contains(way_out), "{message}");
    }
    for value in [7.5, f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0] {
        parquet(&folder, "in.parquet", Arc::new(Float64Array::from(vec![Some(1.0), None, Some(value)])));
        let message = run(&folder, "in.parquet", read_as(ColumnType::Integer)).refusal();
        let expected =
            format!("in.parquet row 3: '{value}' in key column 'key' is not a whole number that a double");
        assert!(message.contains(&expected), "{message}");
    }
    parquet(&folder, "in.parquet", Arc::new(BinaryArray::from(vec![&b"\xff"[..]])));
    let message = run(&folder, "in.parquet", read_as(ColumnType::Text)).refusal();
    assert!(message.contains("key column 'key' in ") && message.contains("UTF"), "{message}");
}

/// Programs that hold ids in doubles write them as 7.0.
#[test]
fn whole_numbers_of_text_formats_are_integers_if_the_user_says_so() {
    let folder = Folder::new();
    folder.write("in.csv", "key,at\n7.0,2026-01-01\n7,2026-01-01\n1e3,2026-01-01\n");
    folder.write(
        "in.ndjson",
        "{\"key\":7.0,\"at\":\"2026-01-01\"}\n{\"key\":\"7\",\"at\":\"2026-01-01\"}\n{\"key\":1e3,\"at\":\"2026-01-01\"}\n",
    );
    for input in ["in.csv", "in.ndjson"] {
        let report = run(&folder, input, read_as(ColumnType::Integer)).done();
        assert_eq!(report.keys, 2, "{input}");
        let found: Vec<_> =
            outcome::rows(&folder.path("out.csv")).iter().map(|row| row["session_id"].clone()).collect();
        assert_eq!(found, ids(&["7", "7", "1000"]), "{input}");
    }
    folder.write("in.csv", "key,at\n7.0,2026-01-01\n7.5,2026-01-01\n");
    folder.write("in.ndjson", "{\"key\":7.0,\"at\":\"2026-01-01\"}\n{\"key\":7.5,\"at\":\"2026-01-01\"}\n");
    for (input, line) in [("in.csv", 3), ("in.ndjson", 2)] {
        let message = run(&folder, input, read_as(ColumnType::Integer)).refusal();
        assert!(
            message
                .contains(&format!("{input} line {line}: '7.5' in key column 'key' is not a whole number")),
            "{message}"
        );
    }
}

#[test]
fn events_with_a_null_key_are_one_key_or_left_out_or_refused() {
    let folder = Folder::new();
    folder.write("in.csv", "key,at\na,2026-01-01\n,2026-01-01\nb,2026-01-01\n,\n,2026-01-01\n,2026-01-01\n");
    let lines = ["\"a\"", "null", "\"b\"", "null", "null", "null"].iter().enumerate().map(|(at, key)| {
        let time = if at == 3 { "null" } else { "\"2026-01-01\"" };
        format!("{{\"key\":{key},\"at\":{time}}}\n")
    });
    folder.write("in.ndjson", lines.collect::<String>());
    let keys: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), None, None, None]));
    parquet(&folder, "in.parquet", keys);
    for (input, first) in [("in.csv", "line 3"), ("in.ndjson", "line 2"), ("in.parquet", "row 2")] {
        let with = |choice| run(&folder, input, move |options| options.null_key = choice);
        let report = with(NullKey::Drop).done();
        let counts =
            (report.events, report.keys, report.dropped, report.dropped_null_keys, report.null_key_events);
        // An event without a key and without a time is left out for its key; nobody has to be asked about its time.
        assert_eq!(counts, (2, 2, 0, 4, 0), "{input}");
        let rows = outcome::rows(&folder.path("out.csv"));
        let keys: Vec<_> = rows.iter().map(|row| row["key"].clone()).collect();
        assert_eq!(keys, [Some("a".to_owned()), Some("b".to_owned())], "{input}");

        let message = with(NullKey::Refuse).refusal();
        assert!(
            message.contains("4 events have a NULL in the key (key), the first at ")
                && message.contains(first),
            "{message}"
        );
        assert!(message.ends_with("let NULL be a value"), "{message}");
    }
    let report = run(&folder, "in.parquet", |options| options.null_key = NullKey::Group).done();
    assert_eq!((report.events, report.keys, report.null_key_events), (6, 3, 4));
    assert_eq!(report.dropped_null_keys, 0);
    // Row groups that need no change are copied only if nothing is left out.
    let into = |output: &str| folder.run("in.parquet", output).key(["key"]).time("at").id(IdScheme::Encoded);
    into("dropped.parquet").input_options(|options| options.null_key = NullKey::Drop).done();
    let [batch] = &outcome::parquet_batches(&folder.path("dropped.parquet"))[..] else { panic!("a batch") };
    assert_eq!((batch.num_rows(), batch.column(0).data_type()), (2, &DataType::Utf8));
}

/// The keys of the sessions table, sorted.
fn keys(folder: &Folder, input: &str, key: &str) -> Result<Vec<Option<String>>, String> {
    let run = folder
        .run(input, "out.csv")
        .key([key])
        .time("at")
        .id(IdScheme::Encoded)
        .sessions(folder.path("s.csv"));
    run.options(|options| options.force = true).result()?;
    let mut keys: Vec<_> = outcome::rows(&folder.path("s.csv")).iter().map(|row| row[key].clone()).collect();
    keys.sort();
    Ok(keys)
}

fn batch_to(folder: &Folder, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let file = std::fs::File::create(folder.path(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn times(rows: i64) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values((0..rows).map(|at| 1_767_225_600_000_000 + at)))
}

#[test]
fn a_key_may_be_a_member_of_an_object() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        "{\"at\":\"2026-01-01\",\"event\":{\"customer-id\":\"a\",\"x\":{\"y.z\":1}}}\n\
         {\"at\":\"2026-01-01\",\"event\":{\"x\":{\"y.z\":2},\"customer-id\":\"b\"}}\n\
         {\"at\":\"2026-01-01\",\"event\":null}\n\
         {\"at\":\"2026-01-01\",\"event.customer-id\":\"c\"}\n",
    );
    let y: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let x: ArrayRef =
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("y.z", DataType::Int64, true)), y)]));
    let customer: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "hidden", "c"]));
    let fields = vec![
        Arc::new(Field::new("customer-id", DataType::Utf8, true)),
        Arc::new(Field::new("x", x.data_type().clone(), true)),
    ];
    let event =
        StructArray::new(fields.into(), vec![customer, x], Some(vec![true, true, false, true].into()));
    batch_to(&folder, "in.parquet", vec![("at", times(4)), ("event", Arc::new(event))]);
    let some = |keys: &[&str]| {
        let keys = keys.iter().map(|key| Some((*key).to_owned()));
        std::iter::once(None).chain(keys).collect::<Vec<_>>()
    };
    for input in ["in.ndjson", "in.parquet"] {
        assert_eq!(keys(&folder, input, "event.customer-id").unwrap(), some(&["a", "b", "c"]), "{input}");
        let message = keys(&folder, input, "event.nobody").unwrap_err();
        assert!(message.contains("column 'event.nobody' is not in "), "{message}");
    }
    assert_eq!(keys(&folder, "in.ndjson", "event.x.y.z").unwrap(), some(&["1", "2"]));
    assert_eq!(keys(&folder, "in.parquet", "event.x.y.z").unwrap(), some(&["1", "2", "4"]));
    // The session is the one of the same texts in a plain column.
    folder
        .write("plain.csv", "event.customer-id,at\na,2026-01-01\nb,2026-01-01\n,2026-01-01\nc,2026-01-01\n");
    let session_ids = |input: &str| {
        keys(&folder, input, "event.customer-id").unwrap();
        outcome::rows(&folder.path("out.csv")).iter().map(|row| row["session_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(session_ids("in.ndjson"), session_ids("plain.csv"));
}

#[test]
fn a_key_may_be_the_first_of_several_columns_that_has_a_value() {
    let folder = Folder::new();
    folder.write("in.csv", "user,anonymous,at\n7,x,2026-01-01\n,x,2026-01-01\n7,,2026-01-01\n,,2026-01-01\n");
    folder.write(
        "in.ndjson",
        "{\"user\":7,\"anonymous\":\"x\",\"at\":\"2026-01-01\"}\n{\"user\":null,\"anonymous\":\"x\",\"at\":\"2026-01-01\"}\n\
         {\"user\":7,\"at\":\"2026-01-01\"}\n{\"at\":\"2026-01-01\"}\n",
    );
    let user: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(7), None]));
    let anonymous: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), Some("x"), None, None]));
    batch_to(&folder, "in.parquet", vec![("user", user), ("anonymous", anonymous), ("at", times(4))]);
    let mut all = Vec::new();
    for input in ["in.csv", "in.ndjson", "in.parquet"] {
        let found = keys(&folder, input, "user | anonymous").unwrap();
        assert_eq!(found, [None, Some("7".to_owned()), Some("x".to_owned())], "{input}");
        let rows = outcome::rows(&folder.path("out.csv"));
        all.push(rows.iter().map(|row| row["session_id"].clone()).collect::<Vec<_>>());
        assert!(all[0].iter().all(Option::is_some) && all.iter().all(|ids| *ids == all[0]), "{input}");
        let message = keys(&folder, input, "user|nobody").unwrap_err();
        assert!(message.contains("column 'nobody' is not in "), "{message}");
    }
    // A column whose own name has a bar in it is that column.
    folder.write("bar.csv", "user|anonymous,user,anonymous,at\nq,u,a,2026-01-01\n");
    folder.write("bar.ndjson", "{\"user|anonymous\":\"q\",\"user\":\"u\",\"at\":\"2026-01-01\"}\n");
    for input in ["bar.csv", "bar.ndjson"] {
        assert_eq!(keys(&folder, input, "user|anonymous").unwrap(), [Some("q".to_owned())], "{input}");
    }
}

/// What the input calls a number, the message calls by the file's own line.
#[test]
fn a_number_that_no_double_holds_is_named_with_its_line() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        "{\"key\":1,\"at\":\"2026-01-01\",\"x\":1}\n\n{\"key\":1,\"at\":\"2026-01-01\",\"x\":1e400}\n",
    );
    let message = run(&folder, "in.ndjson", |_| {}).refusal();
    assert!(message.contains("in.ndjson line 3: number out of range at column "), "{message}");
    folder.run("in.ndjson", "out.ndjson").key(["key"]).time("at").done();
}

#[test]
fn a_float_key_of_ndjson_leads_to_the_type() {
    let folder = Folder::new();
    folder.write("in.ndjson", "{\"key\":1.0,\"at\":\"2026-01-01\"}\n");
    let message = run(&folder, "in.ndjson", |_| {}).refusal();
    assert!(message.contains("in.ndjson line 1: 'key' is a number with a fraction or exponent"), "{message}");
    assert!(message.ends_with("have the values of key read as integer"), "{message}");
}

/// A name that is misspelt would leave the key as it is, silently.
#[test]
fn a_type_for_a_column_that_is_not_in_the_key_is_refused() {
    let folder = Folder::new();
    folder.write("in.csv", "key,at\n103.0,2026-01-01\n");
    folder.write("in.ndjson", "{\"key\":103.0,\"at\":\"2026-01-01\"}\n");
    folder.run("in.csv", "in.parquet").key(["key"]).time("at").id(IdScheme::Encoded).done();
    for input in ["in.csv", "in.ndjson", "in.parquet"] {
        let run = folder.run(input, "out.csv").key(["key"]).time("at");
        let message = run
            .input_options(|options| options.text.key_types = vec![("kye".to_owned(), ColumnType::Integer)])
            .refusal();
        assert_eq!(
            message,
            "column 'kye', whose values were given a type as a key, is not in the key; did you mean key? (key)",
            "{input}"
        );
    }
}

/// NaN is no integer, but it has a text.
#[test]
fn doubles_are_keys_by_the_text_that_postgresql_has_of_them() {
    let folder = Folder::new();
    let values = [7.0, f64::NAN, f64::NAN, 1.5, f64::INFINITY, 1e20, -0.0, 0.0].map(Some);
    let texts = ["7", "NaN", "NaN", "1.5", "Infinity", "1e+20", "0", "0"];
    let doubles: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
    let singles: ArrayRef =
        Arc::new(Float32Array::from_iter(values.map(|value| value.map(|value| value as f32))));
    for column in [doubles, singles] {
        let data_type = column.data_type().clone();
        parquet(&folder, "in.parquet", column);
        let report = run(&folder, "in.parquet", read_as(ColumnType::Text)).done();
        assert_eq!((report.keys, report.null_key_events), (6, 0), "{data_type}");
        let found: Vec<_> =
            outcome::rows(&folder.path("out.csv")).iter().map(|row| row["session_id"].clone()).collect();
        assert_eq!(found, ids(&texts), "{data_type}");
        run(&folder, "in.parquet", read_as(ColumnType::Text)).sessions(folder.path("s.parquet")).done();
        let [batch] = &outcome::parquet_batches(&folder.path("s.parquet"))[..] else { panic!("a batch") };
        assert_eq!(batch.column_by_name("key").unwrap().data_type(), &data_type);
    }
    parquet(&folder, "in.parquet", Arc::new(Float64Array::from(vec![7.0, f64::NAN])));
    let message = run(&folder, "in.parquet", read_as(ColumnType::Integer)).refusal();
    assert!(
        message.contains("row 2: 'NaN' in key column 'key'")
            && message.ends_with("have the values of key read as text"),
        "{message}"
    );
}
