//! From one format to another: what the columns become.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    FixedSizeBinaryArray, Float64Array, Int64Array, LargeStringArray, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::IdScheme;
use spectrum_engine::RunReport;

use crate::outcome;
use crate::runs::Folder;
use crate::strict_parquet;
use crate::write_inputs;

/// Runs an input with key `k` and time `t`, without the session's number.
pub(crate) fn convert(folder: &Folder, input: &str, output: &str) -> RunReport {
    let run = folder.run(input, output).key(["k"]).time("t").id(IdScheme::Encoded);
    run.options(|options| options.with_sequence = false).done()
}

/// The id of key `a` in its first session.
const A1: &str = "0d91386d75ae57479e0e6292fdca5784";

#[test]
fn csv_becomes_typed_columns_that_lose_nothing() {
    let columns = [
        ("k", ["a", "a", "a"], DataType::Utf8),
        ("t", ["2026-01-01 10:00:00+01", "2026-01-01 09:00:01Z", "2026-01-01 09:00:02.000001Z"], utc()),
        ("integer", ["1", "", "-9223372036854775808"], DataType::Int64),
        ("too_big", ["1", "9223372036854775808", ""], DataType::Utf8),
        ("zeros", ["007", "7", "1"], DataType::Utf8),
        ("plus", ["+1", "2", "3"], DataType::Utf8),
        ("decimal", ["1.5", "-2.0", "0.0001"], DataType::Float64),
        ("version", ["1.9", "1.10", "1.11"], DataType::Utf8),
        ("price", ["20.00", "1.50", ""], DataType::Utf8),
        ("whole_among_fractions", ["1.5", "2", ""], DataType::Utf8),
        ("many_digits", ["0.12345678901234567", "1", "2"], DataType::Utf8),
        ("exponent", ["1e5", "2", "3"], DataType::Utf8),
        ("boolean", ["true", "", "false"], DataType::Boolean),
        ("yes_and_no", ["True", "false", "true"], DataType::Utf8),
        ("date", ["2026-02-28", "0001-01-01", "9999-12-31"], DataType::Date32),
        ("no_date", ["2026-02-30", "2026-01-01", ""], DataType::Utf8),
        (
            "naive",
            ["2026-01-01 10:00:00", "1900-01-01T00:00", ""],
            DataType::Timestamp(TimeUnit::Microsecond, None),
        ),
        (
            "nano",
            ["2026-01-01 10:00:00.000000001", "2026-01-01 10:00", ""],
            DataType::Timestamp(TimeUnit::Nanosecond, None),
        ),
        ("far_nano", ["2026-01-01 10:00:00.000000001", "3026-01-01 10:00", ""], DataType::Utf8),
        ("mixed_zones", ["2026-01-01 10:00:00", "2026-01-01 10:00:00Z", ""], DataType::Utf8),
        ("uuid", ["0ab1c2d3-e4f5-4678-9abc-def012345678", "", ""], DataType::Utf8),
        ("nothing", ["", "", ""], DataType::Utf8),
        ("json", ["[1, 2]", "{\"a\": 1}", ""], DataType::Utf8),
    ];
    let quoted = |cell: &str| match cell {
        "" => String::new(),
        cell => format!("\"{}\"", cell.replace('"', "\"\"")),
    };
    let line = |row: usize| columns.iter().map(|column| quoted(column.1[row])).collect::<Vec<_>>().join(",");
    let names = columns.iter().map(|column| column.0).collect::<Vec<_>>().join(",");
    let folder = Folder::new();
    folder.write("in.csv", format!("{names}\n{}\n{}\n{}\n", line(0), line(1), line(2)));
    convert(&folder, "in.csv", "out.parquet");
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    for (name, cells, data_type) in &columns {
        let column = batch.column_by_name(name).unwrap();
        assert_eq!(column.data_type(), data_type, "{name}");
        let nulls: Vec<_> = (0..3).map(|row| column.is_null(row)).collect();
        assert_eq!(nulls, cells.map(str::is_empty), "{name}");
        if let Some(text) = column.as_string_opt::<i32>() {
            assert!(text.iter().map(Option::unwrap_or_default).eq(*cells), "{name}");
        }
    }
    let column = |name: &str| batch.column_by_name(name).unwrap().clone();
    assert_eq!(column("integer").as_primitive::<Int64Type>().value(2), i64::MIN);
    assert_eq!(column("decimal").as_primitive::<Float64Type>().values()[..], [1.5, -2.0, 1e-4]);
    assert_eq!(column("date").as_primitive::<Date32Type>().values()[1..], [-719_162, 2_932_896]);
    assert_eq!(column("naive").as_primitive::<TimestampMicrosecondType>().value(0), 1_767_261_600_000_000);
    assert_eq!(column("nano").as_primitive::<TimestampNanosecondType>().value(0), 1_767_261_600_000_000_001);
    let times: Vec<_> = column("t").as_primitive::<TimestampMicrosecondType>().values().to_vec();
    assert_eq!(times, [1_767_258_000_000_000, 1_767_258_001_000_000, 1_767_258_002_000_001]);
    assert!(column("session_id").as_string::<i32>().iter().all(|id| id == Some(A1)));
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A type has to fit the values of all files and all blocks, wherever they are read.
#[test]
fn a_type_fits_the_values_of_all_files() {
    let folder = Folder::new();
    folder.write("in/1.csv", "k,t,n,m\na,2026-01-01,1.0,\n");
    folder.write("in/2.csv", "k,t,n,m\na,2026-01-01,2.5,7\n");
    folder.write("nd/1.ndjson", "{\"k\":\"a\",\"t\":\"2026-01-01\",\"n\":1}\n");
    folder.write("nd/2.ndjson", "{\"k\":\"a\",\"t\":\"2026-01-01\",\"n\":2.5,\"m\":7}\n");
    for input in ["in", "nd"] {
        convert(&folder, input, &format!("{input}.parquet"));
        let batch = strict_parquet::read(&folder.path(&format!("{input}.parquet"))).batch;
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.5]));
        assert_eq!(batch.column_by_name("n").unwrap(), &numbers, "{input}");
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![None, Some(7)]));
        assert_eq!(batch.column_by_name("m").unwrap(), &numbers, "{input}");
    }
}

#[test]
fn numbers_and_nulls_of_csv_become_those_of_ndjson() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "k,t,n,x,flag,empty,note\na,2026-01-01T10:00:00Z,1,1.5,true,,\"say \"\"hi\"\"\n\"\n",
    );
    convert(&folder, "in.csv", "out.ndjson");
    assert_eq!(
        folder.text("out.ndjson"),
        format!(
            "{{\"k\":\"a\",\"t\":\"2026-01-01T10:00:00Z\",\"n\":1,\"x\":1.5,\"flag\":true,\"empty\":null,\
             \"note\":\"say \\\"hi\\\"\\n\",\"session_id\":\"{A1}\"}}\n"
        )
    );
}

#[test]
fn ndjson_becomes_typed_columns_in_the_order_of_the_lines() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        "\u{feff}{\"z\":1,\"k\":\"a\",\"t\":\"2026-01-01T10:00:00+01:00\",\"list\":[1,2],\"object\":{\"y\":1,\"x\":\"s\"},\"null\":null}\n\
         \n\
         {\"k\":\"a\",\"t\":\"2026-01-01T09:00:00Z\",\"z\":2.5,\"flag\":true,\"mixed\":1,\"unsigned\":18446744073709551615}\n\
         {\"a\":1,\"k\":\"a\",\"t\":\"2026-01-01T09:00:00Z\",\"mixed\":\"one\",\"unsigned\":1,\"object\":{\"x\":null}}\n",
    );
    convert(&folder, "in.ndjson", "out.parquet");
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let columns: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| (field.name().clone(), field.data_type().clone()))
        .filter(|(name, _)| !["list", "object", "null"].contains(&name.as_str()))
        .collect();
    let expected = [
        ("z", DataType::Float64),
        ("k", DataType::Utf8),
        ("t", utc()),
        ("flag", DataType::Boolean),
        ("mixed", DataType::Utf8),
        ("unsigned", DataType::Utf8),
        ("a", DataType::Int64),
        ("session_id", DataType::Utf8),
    ];
    assert_eq!(columns, expected.map(|(name, data_type)| (name.to_owned(), data_type)));
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names[3..6], ["list", "object", "null"]);
    let texts = |name: &str| -> Vec<Option<String>> {
        let column = batch.column_by_name(name).unwrap().as_string::<i32>();
        column.iter().map(|text| text.map(str::to_owned)).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    // No digit is lost of what a double would round.
    assert_eq!(texts("unsigned"), [None, some("18446744073709551615"), some("1")]);
    assert_eq!(texts("mixed"), [None, some("1"), some("one")]);
    let lists = batch.column_by_name("list").unwrap().as_list::<i32>();
    assert_eq!(
        (lists.value(0).as_primitive::<Int64Type>().values().to_vec(), lists.is_null(1)),
        (vec![1, 2], true)
    );
    let object = batch.column_by_name("object").unwrap().as_struct();
    assert_eq!(object.column_by_name("x").unwrap().as_string::<i32>().value(0), "s");

    // The same as CSV, where nested values are their text.
    convert(&folder, "in.ndjson", "out.csv");
    let rows = outcome::rows(&folder.path("out.csv"));
    assert_eq!(rows[1]["unsigned"].as_deref(), Some("18446744073709551615"));
    assert_eq!(
        (rows[0]["t"].as_deref(), rows[0]["z"].as_deref()),
        (Some("2026-01-01T09:00:00Z"), Some("1.0"))
    );
}

/// Columns of all types, as Parquet holds them.
fn typed() -> RecordBatch {
    let inner: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let columns: [(&str, ArrayRef); 16] = [
        ("k", Arc::new(StringArray::from(vec!["a", "a"]))),
        ("t", Arc::new(TimestampMillisecondArray::from(vec![0, 1]).with_timezone("Europe/Berlin"))),
        ("seconds", Arc::new(TimestampSecondArray::from(vec![Some(0), None]))),
        ("micro", Arc::new(TimestampMicrosecondArray::from(vec![1, -1]).with_timezone("-08:00"))),
        ("date", Arc::new(Date32Array::from(vec![0, -1]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![u64::MAX, 0]))),
        ("float", Arc::new(Float64Array::from(vec![0.1, -1e300]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("decimal", Arc::new(Decimal128Array::from(vec![1234, -5]).with_precision_and_scale(10, 2).unwrap())),
        ("text", Arc::new(StringArray::from(vec![Some(""), None]))),
        ("large", Arc::new(LargeStringArray::from(vec!["a,b", "\"\n"]))),
        ("word", Arc::new(DictionaryArray::<arrow_array::types::Int8Type>::from_iter(["x", "y"]))),
        (
            "uuid",
            Arc::new(FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16], [1; 16]].into_iter()).unwrap()),
        ),
        ("bytes", Arc::new(BinaryArray::from(vec![&b"\x00\xff"[..], b""]))),
        (
            "object",
            Arc::new(StructArray::from(vec![(Arc::new(Field::new("n", DataType::Int64, false)), inner)])),
        ),
        ("nothing", arrow_array::new_null_array(&DataType::Null, 2)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

#[test]
fn parquet_becomes_csv_with_uuids_and_zones_as_text() {
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[typed()], 10);
    convert(&folder, "in.parquet", "out.csv");
    assert_eq!(
        folder.text("out.csv"),
        format!(
            "k,t,seconds,micro,date,unsigned,float,flag,decimal,text,large,word,uuid,bytes,object,nothing,session_id\n\
             a,1970-01-01T00:00:00Z,1970-01-01T00:00:00,1970-01-01T00:00:00.000001Z,1970-01-01,18446744073709551615,\
             0.1,true,12.34,\"\",\"a,b\",x,abababab-abab-abab-abab-abababababab,00ff,\"{{\"\"n\"\":1}}\",,{A1}\n\
             a,1970-01-01T00:00:00.001Z,,1969-12-31T23:59:59.999999Z,1969-12-31,0,-1e300,,-0.05,,\"\"\"\n\",y,\
             01010101-0101-0101-0101-010101010101,\"\",\"{{\"\"n\"\":2}}\",,{A1}\n"
        )
    );
}

#[test]
fn parquet_becomes_ndjson_with_uuids_and_zones_as_text() {
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[typed()], 10);
    convert(&folder, "in.parquet", "out.ndjson");
    let lines: Vec<serde_json::Value> =
        folder.text("out.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = serde_json::json!({
        "k": "a", "t": "1970-01-01T00:00:00Z", "seconds": "1970-01-01T00:00:00",
        "micro": "1970-01-01T00:00:00.000001Z", "date": "1970-01-01", "unsigned": u64::MAX, "float": 0.1,
        "flag": true, "decimal": "12.34", "text": "", "large": "a,b", "word": "x",
        "uuid": "abababab-abab-abab-abab-abababababab", "bytes": "00ff", "object": {"n": 1}, "nothing": null,
        "session_id": A1,
    });
    let mut found = lines[0].clone();
    // A decimal may be a number or its text; its digits count.
    found["decimal"] = serde_json::Value::String(found["decimal"].to_string().trim_matches('"').to_owned());
    assert_eq!(found, expected);
    assert_eq!(
        (&lines[1]["seconds"], &lines[1]["text"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

/// There and back again: the text formats keep what Parquet had, as far as they have a type for it.
#[test]
fn parquet_to_text_and_back_gives_the_same_values() {
    let batch = typed().project(&[0, 1, 4, 6, 7]).unwrap();
    for format in ["csv", "ndjson"] {
        let folder = Folder::new();
        write_inputs::parquet(&folder.path("in.parquet"), std::slice::from_ref(&batch), 10);
        convert(&folder, "in.parquet", &format!("text.{format}"));
        // The session column of the first run is in the way of the second, by its name.
        let run = folder.run(&format!("text.{format}"), "back.parquet").key(["k"]).time("t");
        run.id(IdScheme::Encoded).options(|o| o.session_column = "again".into()).done();
        let back = strict_parquet::read(&folder.path("back.parquet")).batch;
        assert_eq!(back.column_by_name("session_id"), back.column_by_name("again"));
        let same = |name: &str| {
            let was = batch.column_by_name(name).unwrap();
            let is = back.column_by_name(name).unwrap();
            assert_eq!(&arrow_cast::cast(is, was.data_type()).unwrap(), was, "{name} in {format}");
        };
        ["k", "t", "date", "float", "flag"].into_iter().for_each(same);
    }
}

#[test]
fn a_time_that_text_cannot_hold_is_refused_and_not_garbled() {
    for (name, column) in [
        ("t", Arc::new(TimestampSecondArray::from(vec![i64::MAX])) as ArrayRef),
        ("t", Arc::new(TimestampMicrosecondArray::from(vec![i64::MAX]))),
        ("other", Arc::new(TimestampSecondArray::from(vec![-62_167_219_201]))),
    ] {
        let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0]));
        let mut columns = vec![("k", Arc::new(StringArray::from(vec!["a"])) as ArrayRef), (name, column)];
        if name != "t" {
            columns.push(("t", time));
        }
        let folder = Folder::new();
        write_inputs::parquet(
            &folder.path("in.parquet"),
            &[RecordBatch::try_from_iter(columns).unwrap()],
            10,
        );
        for output in ["out.csv", "out.ndjson"] {
            let message = folder.run("in.parquet", output).key(["k"]).time("t").refusal();
            let part = format!("column '{name}' has the time ");
            assert!(
                message.contains(&part) && message.contains("years 0 to 9999; write Parquet"),
                "{message}"
            );
        }
        if name == "t" {
            let run = folder.run("in.parquet", "out.parquet").key(["k"]).time("t");
            let message = run.sessions(folder.path("sessions.csv")).refusal();
            assert!(message.contains("'started_at'") && message.contains("sessions.csv"), "{message}");
        }
        assert_eq!(folder.files(), ["in.parquet"]);
        folder.run("in.parquet", "out.parquet").key(["k"]).time("t").done();
    }
}

#[test]
fn values_of_several_shapes_in_one_column_of_ndjson_are_refused_with_the_column() {
    let folder = Folder::new();
    folder.write(
        "in.ndjson",
        "{\"k\":\"a\",\"t\":\"2026-01-01\",\"shape\":1}\n{\"k\":\"a\",\"t\":\"2026-01-01\",\"shape\":{\"x\":1}}\n",
    );
    let message = folder.run("in.ndjson", "out.parquet").key(["k"]).time("t").refusal();
    assert!(
        message.contains("in.ndjson line 2: 'shape' is an object here and no object before"),
        "{message}"
    );
    convert(&folder, "in.ndjson", "out.ndjson"); // lines are passed on as they are
}

/// `Decimal128` and others that are no key are fine beside it.
#[test]
fn other_columns_may_have_any_type() {
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[typed()], 10);
    let message = folder.run("in.parquet", "out.parquet").key(["decimal"]).time("t").refusal();
    assert!(message.contains("column 'decimal' in ") && message.contains("Decimal128(10, 2)"), "{message}");
    convert(&folder, "in.parquet", "out.parquet");
    let batch = strict_parquet::read(&folder.path("out.parquet")).batch;
    let decimals = batch.column_by_name("decimal").unwrap().as_primitive::<Decimal128Type>();
    assert_eq!(decimals.values()[..], [1234, -5]);
}

/// Times with a zone in structs, lists and maps, and maps by numbers: text formats have words for all of them.
#[test]
fn times_with_a_zone_and_maps_by_numbers_go_to_text_at_any_depth() {
    use arrow_array::builder::{Int32Builder, Int64Builder, MapBuilder};
    use arrow_array::{ListArray, StructArray};
    use arrow_buffer::OffsetBuffer;
    use arrow_schema::Field;

    let times = TimestampMicrosecondArray::from(vec![Some(0), None, Some(1_767_225_600_000_001)])
        .with_timezone("Europe/Berlin");
    let item = Arc::new(Field::new("item", times.data_type().clone(), true));
    let list =
        ListArray::new(Arc::clone(&item), OffsetBuffer::from_lengths([2, 1]), Arc::new(times.clone()), None);
    let at = Field::new("at", times.data_type().clone(), true);
    let structs = StructArray::new(vec![at].into(), vec![Arc::new(times.slice(1, 2))], None);
    let mut map = MapBuilder::new(None, Int32Builder::new(), Int64Builder::new());
    map.keys().append_slice(&[1, -2]);
    map.values().append_value(10);
    map.values().append_null();
    map.append(true).unwrap();
    map.append(true).unwrap();
    let batch = RecordBatch::try_from_iter([
        ("user_id", Arc::new(StringArray::from(vec!["u", "u"])) as ArrayRef),
        ("account_id", Arc::new(StringArray::from(vec!["a", "a"]))),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![0, 1]))),
        ("l", Arc::new(list)),
        ("s", Arc::new(structs)),
        ("m", Arc::new(map.finish())),
    ])
    .unwrap();
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[batch], 10);
    folder.run("in.parquet", "out.ndjson").id(IdScheme::Encoded).done();
    let members: Vec<serde_json::Value> =
        folder.text("out.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(members[0]["l"], serde_json::json!(["1970-01-01T00:00:00Z", null]));
    assert_eq!(members[1]["l"], serde_json::json!(["2026-01-01T00:00:00.000001Z"]));
    assert_eq!(members[1]["s"], serde_json::json!({"at": "2026-01-01T00:00:00.000001Z"}));
    assert_eq!(members[0]["m"], serde_json::json!({"1": 10, "-2": null}));
    assert_eq!(members[1]["m"], serde_json::json!({}));
    folder.run("in.parquet", "out.csv").id(IdScheme::Encoded).done();
    assert!(folder.text("out.csv").contains("2026-01-01T00:00:00.000001Z"), "{}", folder.text("out.csv"));
}

/// Arrow's writers put an error's text in the place of such a time, in a list too.
#[test]
fn a_time_beyond_text_in_a_list_is_refused() {
    use arrow_array::ListArray;
    use arrow_array::types::TimestampSecondType;

    let far = ListArray::from_iter_primitive::<TimestampSecondType, _, _>([Some([Some(253_402_300_800)])]);
    let batch = RecordBatch::try_from_iter([
        ("user_id", Arc::new(StringArray::from(vec!["u"])) as ArrayRef),
        ("account_id", Arc::new(StringArray::from(vec!["a"]))),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![0]))),
        ("l", Arc::new(far)),
    ])
    .unwrap();
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[batch], 10);
    for output in ["out.csv", "out.ndjson"] {
        let message = folder.run("in.parquet", output).id(IdScheme::Encoded).refusal();
        assert!(message.contains("column 'l' has the time 253402300800"), "{message}");
    }
}

/// JSON has no words for them, and null is told from a null only by their number.
#[test]
fn nan_and_infinity_are_counted_where_json_cannot_say_them() {
    use arrow_array::types::Float32Type;
    use arrow_array::{Float64Array, ListArray};

    let lists = [Some(vec![Some(f32::NAN), Some(1.5)]), None, Some(vec![None])];
    let batch = RecordBatch::try_from_iter([
        ("user_id", Arc::new(StringArray::from(vec!["u"; 3])) as ArrayRef),
        ("account_id", Arc::new(StringArray::from(vec!["a"; 3]))),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(vec![0, 1, 2]))),
        ("x", Arc::new(Float64Array::from(vec![Some(f64::NEG_INFINITY), None, Some(f64::MAX)]))),
        ("l", Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(lists))),
    ])
    .unwrap();
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), &[batch], 2);
    for (output, lost) in [("out.ndjson", 2), ("out.csv", 0), ("out.parquet", 0)] {
        let report = folder.run("in.parquet", output).id(IdScheme::Encoded).done();
        assert_eq!(report.lost_numbers, lost, "{output}");
    }
}

/// Parquet has no type for an object without members; text has words for it.
#[test]
fn empty_objects_are_refused_by_name_where_there_is_no_type_for_them() {
    let folder = Folder::new();
    let event = |x: &str| format!("{{\"k\":\"a\",\"t\":\"2026-01-01T00:00:00Z\",\"x\":{x}}}\n");
    for (name, x) in [("plain", "{}"), ("list", "[{}]"), ("inner", "{\"y\":{}}")] {
        let input = format!("{name}.ndjson");
        folder.write(&input, event(x));
        let run = |output: &str| folder.run(&input, output).key(["k"]).time("t").id(IdScheme::Encoded);
        let message = run("out.parquet").refusal();
        assert!(message.contains("column 'x' has only empty objects, and "), "{message}");
        assert!(message.contains("out.parquet cannot hold it"), "{message}");
        run(&format!("{name}.csv")).done();
        assert_eq!(outcome::rows(&folder.path(&format!("{name}.csv")))[0]["k"].as_deref(), Some("a"));
    }
}
