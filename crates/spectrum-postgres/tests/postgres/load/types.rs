//! Every type that is written reads back the same.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use spectrum_core::SessionDefinition;
use spectrum_postgres::LoadOptions;

use super::{Database, texts, with};

/// Options for a table `t (id, who, at, ...)`.
fn into_t() -> LoadOptions {
    with("t", SessionDefinition::builder().event_id("id").key(["who"]).time("at").build().unwrap())
}

fn batch(more: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let rows = more[0].1.len() as i64;
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..rows))),
        ("who", Arc::new(Int64Array::from_iter_values(0..rows))),
        ("at", Arc::new(TimestampSecondArray::from_iter_values(0..rows))),
    ];
    columns.extend(more);
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Loads one column into a type, and reads it back as text.
fn round(database: &mut Database, ty: &str, values: ArrayRef) -> Vec<String> {
    database
        .run(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (id int8, who int8, at timestamptz, v {ty})"));
    database.load(&into_t(), &[batch(vec![("v", values)])]);
    database.rows("SELECT v::text FROM t ORDER BY id")
}

#[test]
fn times_go_into_columns_of_numbers_where_they_are_exact() {
    let mut database = Database::new("load_numbers");
    let definition = SessionDefinition::builder().event_id("id").key(["who"]).time("at").build().unwrap();
    database.run("CREATE TABLE t (id text, who text, at bigint)");
    let rows = |id: &str, at: ArrayRef| {
        RecordBatch::try_from_iter([("id", texts([Some(id)])), ("who", texts([Some("ann")])), ("at", at)])
            .unwrap()
    };
    let options = LoadOptions { time_unit: Some(TimeUnit::Millisecond), ..with("t", definition) };
    let microseconds = |at| Arc::new(TimestampMicrosecondArray::from(vec![at])) as ArrayRef;
    database.load(&options, &[rows("a", texts([Some("1767225600123")]))]);
    database.load(&options, &[rows("b", microseconds(1_767_225_600_124_000))]);
    assert_eq!(database.rows("SELECT at FROM t ORDER BY id"), ["1767225600123", "1767225600124"]);
    assert_eq!(
        database.refuses(&options, &[rows("c", microseconds(1_767_225_600_124_001))]),
        "events row 1: column 'at': 2026-01-01T00:00:00.124001Z is finer than what the column counts; say another unit with \
         time_unit"
    );
}

#[test]
fn typed_columns_keep_their_values() {
    let mut database = Database::new("load_types");
    database.run("CREATE TYPE mood AS ENUM ('glad', 'sad')");
    let mut is = |ty: &str, values: ArrayRef, expected: &[&str]| {
        assert_eq!(round(&mut database, ty, values), expected, "{ty}")
    };
    let uuid = *b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11";
    let uuids =
        FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some(uuid), None].into_iter(), 16).unwrap();
    let text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    is("uuid", Arc::new(uuids.clone()), &[text, "-"]);
    is("text", Arc::new(uuids), &[text, "-"]);
    is("uuid", texts([Some(&*text.to_uppercase()), None]), &[text, "-"]);

    let odd = ["", "it's \"quoted\" \\ and, tabbed\t", "two\nlines\r", "日本語 🎉 ñ", "NULL", "\\N"];
    let view: StringViewArray = odd.iter().map(Some).collect();
    is("text", Arc::new(view), &odd);
    is("varchar(20)", texts([Some("short"), None]), &["short", "-"]);
    is("mood", texts([Some("glad"), None]), &["glad", "-"]);
    let dictionary: DictionaryArray<Int8Type> = [Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    is("text", Arc::new(dictionary), &["a", "-", "b", "a"]);

    is(
        "int2",
        Arc::new(Int16Array::from(vec![Some(i16::MIN), Some(i16::MAX), None])),
        &["-32768", "32767", "-"],
    );
    is("int4", texts([Some("-7"), Some("2147483647")]), &["-7", "2147483647"]);
    is(
        "int8",
        Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX])),
        &["-9223372036854775808", "9223372036854775807"],
    );
    is("int8", Arc::new(Float64Array::from(vec![Some(5.0), None])), &["5", "-"]);
    is("numeric", Arc::new(UInt64Array::from(vec![u64::MAX, 0])), &["18446744073709551615", "0"]);
    let decimals = Decimal128Array::from(vec![Some(-1_234_500), Some(5), Some(0), None])
        .with_precision_and_scale(20, 4)
        .unwrap();
    is("numeric", Arc::new(decimals.clone()), &["-123.4500", "0.0005", "0.0000", "-"]);
    is("text", Arc::new(decimals), &["-123.4500", "0.0005", "0.0000", "-"]);
    let numbers = [
        "0",
        "1",
        "10000",
        "-99999999.00000001",
        "1e20",
        "0.00000000012345",
        "NaN",
        "12345678901234567890.5",
    ];
    let printed = [
        "0",
        "1",
        "10000",
        "-99999999.00000001",
        "100000000000000000000",
        "0.00000000012345",
        "NaN",
        "12345678901234567890.5",
    ];
    is("numeric", texts(numbers.map(Some)), &printed);
    is("float4", Arc::new(Float32Array::from(vec![1.5, f32::INFINITY])), &["1.5", "Infinity"]);
    is("float8", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None])), &["0.1", "NaN", "-"]);
    is("float8", texts([Some("1e300"), Some("-0.25")]), &["1e+300", "-0.25"]);
    is("bool", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])), &["true", "false", "-"]);
    is("bool", texts([Some("T"), Some("no"), Some("1")]), &["true", "false", "true"]);
    is("bytea", Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\0\xff"), None])), &["\\x00ff", "-"]);
    // Types that have no writer of their own are read by the server.
    is("inet", texts([Some("10.0.0.1/8"), None]), &["10.0.0.1/8", "-"]);
    is("int4[]", texts([Some("{1,2}")]), &["{1,2}"]);
}

#[test]
fn times_and_dates_keep_their_instants() {
    let mut database = Database::new("load_times");
    database.run("SET timezone = 'UTC'");
    let mut is = |ty: &str, values: ArrayRef, expected: &[&str]| {
        assert_eq!(round(&mut database, ty, values), expected, "{ty}")
    };
    is(
        "date",
        Arc::new(Date32Array::from(vec![Some(0), Some(-719_162), None])),
        &["1970-01-01", "0001-01-01", "-"],
    );
    is("date", texts([Some("2026-02-28")]), &["2026-02-28"]);
    let micros =
        arrow_array::TimestampMicrosecondArray::from(vec![Some(-1), Some(1_767_268_800_123_456), None]);
    is(
        "timestamptz",
        Arc::new(micros.clone().with_timezone("UTC")),
        &["1969-12-31 23:59:59.999999+00", "2026-01-01 12:00:00.123456+00", "-"],
    );
    is("timestamp", Arc::new(micros), &["1969-12-31 23:59:59.999999", "2026-01-01 12:00:00.123456", "-"]);
    is(
        "timestamptz",
        texts([Some("2026-01-01T13:00:00+01:00"), Some("2026-01-01 12:00:00.5Z"), Some("2026-01-01")]),
        &["2026-01-01 12:00:00+00", "2026-01-01 12:00:00.5+00", "2026-01-01 00:00:00+00"],
    );

    // As far as PostgreSQL's calendar goes.
    let far = [-210_000_000_000_i64, 9_000_000_000_000];
    let expected: Vec<String> =
        far.iter().map(|far| database.rows(&format!("SELECT to_timestamp({far})")).remove(0)).collect();
    let loaded = round(&mut database, "timestamptz", Arc::new(TimestampSecondArray::from(far.to_vec())));
    assert_eq!(loaded, expected);
    let outside = batch(vec![("v", Arc::new(TimestampSecondArray::from(vec![i64::MAX])))]);
    let error = database.refuses(&into_t(), &[outside]);
    assert!(error.contains("column 'v'"), "{error}");

    // What is finer than a microsecond is cut off, and counted.
    let nanos = TimestampNanosecondArray::from(vec![1_999, -1, 2_000]);
    database.run("DROP TABLE t; CREATE TABLE t (id int8, who int8, at timestamptz, v timestamptz)");
    let report = database.load(&into_t(), &[batch(vec![("v", Arc::new(nanos))])]);
    assert_eq!(report.cut_times, 2);
    assert_eq!(
        database.rows("SELECT v FROM t ORDER BY id"),
        ["1970-01-01 00:00:00.000001+00", "1969-12-31 23:59:59.999999+00", "1970-01-01 00:00:00.000002+00",]
    );

    // Numbers are times when it is said what they count.
    database.run("TRUNCATE t; ALTER TABLE t DROP COLUMN v");
    let numbers = RecordBatch::try_from_iter([
        ("id", texts([Some("1")])),
        ("who", texts([Some("1")])),
        ("at", Arc::new(Int64Array::from(vec![1_767_268_800_123])) as ArrayRef),
    ])
    .unwrap();
    assert!(
        database
            .refuses(&into_t(), std::slice::from_ref(&numbers))
            .contains("say what it counts with time_unit")
    );
    database.load(&LoadOptions { time_unit: Some(TimeUnit::Millisecond), ..into_t() }, &[numbers]);
    assert_eq!(database.rows("SELECT at FROM t"), ["2026-01-01 12:00:00.123+00"]);
}

#[test]
fn other_columns_become_one_object() {
    let mut database = Database::new("load_json");
    database.run("CREATE TABLE t (id int8, who int8, at timestamptz, properties jsonb, extra json)");
    let rows = batch(vec![
        ("properties", texts([Some(r#"{"a": 1}"#), None, Some("{}"), None])),
        ("count", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(2), None, None]))),
        ("we\"ird \\ 名", texts([Some("q\"\n🎉"), None, Some("x"), None])),
        ("when", Arc::new(TimestampSecondArray::from(vec![Some(0), None, None, None]).with_timezone("UTC"))),
        ("extra", texts([Some("[1]"), None, Some("\"s\""), Some("null")])),
    ]);
    database.load(&into_t(), &[rows]);
    let printed = database.rows("SELECT properties, extra FROM t ORDER BY id");
    assert_eq!(
        printed,
        [
            r#"{"a": 1, "when": "1970-01-01T00:00:00Z", "count": 9223372036854775807, "we\"ird \\ 名": "q\"\n🎉"}|[1]"#,
            r#"{"count": 2}|-"#,
            r#"{"we\"ird \\ 名": "x"}|"s""#,
            "{}|null",
        ]
    );

    // NDJSON's values are JSON, typed by the column they go into.
    database.run("TRUNCATE t");
    let columns = [
        ("id", ["1", "\"2\"", "3"]),
        ("who", ["1", "null", "\"3\""]),
        ("at", ["\"2026-01-01T00:00:00Z\"", "\"2026-01-02\"", "null"]),
        ("tags", ["[1, {\"b\": null}]", "null", "\"\\u00e9\""]),
    ];
    let json = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
    let fields = columns.map(|(name, _)| Field::new(name, DataType::Utf8, true).with_metadata(json.clone()));
    let arrays = columns.map(|(_, values)| texts(values.map(Some)));
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), arrays.to_vec()).unwrap();
    database.load(&into_t(), &[rows]);
    assert_eq!(
        database.rows("SELECT id, who, at AT TIME ZONE 'UTC', properties FROM t ORDER BY id"),
        [
            r#"1|1|2026-01-01 00:00:00|{"tags": [1, {"b": null}]}"#,
            "2|-|2026-01-02 00:00:00|{}",
            r#"3|3|-|{"tags": "é"}"#,
        ]
    );

    let broken = batch(vec![("properties", texts([Some("[1]")])), ("other", texts([Some("x")]))]);
    assert!(
        database
            .refuses(&into_t(), &[broken])
            .contains("events row 1: column 'properties': it is not a JSON object")
    );
    let broken = batch(vec![("properties", texts([Some("{}"), Some("{\"a\":")]))]);
    let error = database.refuses(&into_t(), &[broken]);
    assert!(
        error.contains("events row 2: column 'properties': invalid input syntax for type json"),
        "{error}"
    );
}
