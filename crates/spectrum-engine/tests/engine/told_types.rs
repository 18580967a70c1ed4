//! What the summary tells of columns of many types, and which it refuses.

use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{ArrowPrimitiveType, Float16Type, Int32Type};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float16Array,
    Float32Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_buffer::i256;
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spectrum_core::SessionDefinition;

use crate::runs::Folder;
use crate::told::write;

/// Three events of one session, an hour's quarter apart.
fn events(value: ArrayRef) -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
    let user: ArrayRef = Arc::new(StringArray::from(vec!["ann"; 3]));
    let times = (0..3).map(|at| 1_767_261_600_000_000 + at * 900_000_000);
    let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"));
    let columns = [("id", ids, false), ("user", user, false), ("at", at, false), ("value", value, true)];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn definition(measure: &str) -> SessionDefinition {
    let text = format!(
        "[events]\nevent_id = \"id\"\nkey = [\"user\"]\ntime = \"at\"\n[summary.columns]\ntold = {{ {measure} = \"value\" }}"
    );
    SessionDefinition::from_toml(&text).unwrap()
}

/// The type and the value that a run writes to Parquet, or why it does not.
fn told(value: &ArrayRef, measure: &str) -> Result<(DataType, String), String> {
    let folder = Folder::new();
    write(&folder, "in.parquet", events(Arc::clone(value)));
    let sessions = folder.path("s.parquet");
    folder
        .run("in.parquet", "out.parquet")
        .definition(definition(measure))
        .sessions(sessions.clone())
        .result()?;
    let file = std::fs::File::open(sessions).unwrap();
    let batch =
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap();
    let column = batch.column_by_name("told").unwrap();
    let texts = cast(column, &DataType::Utf8).unwrap();
    let text = arrow_cast::display::array_value_to_string(&texts, 0).unwrap();
    Ok((column.data_type().clone(), text))
}

#[test]
fn values_keep_the_type_of_the_file() {
    let half = |number: f32| <Float16Type as ArrowPrimitiveType>::Native::from_f32(number);
    let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
    dictionary.append_option(Some("b"));
    dictionary.append_option(Some("ä"));
    dictionary.append_null();
    let zoned = TimestampNanosecondArray::from(vec![Some(5), None, Some(7)]).with_timezone("+01:00");
    let cases: [(&str, ArrayRef, [&str; 5]); 9] = [
        (
            "Float16",
            Arc::new(Float16Array::from(vec![Some(half(1.5)), Some(half(f32::NAN)), Some(half(-2.0))])),
            ["1.5", "-2", "-2", "NaN", "3"],
        ),
        (
            "Float32",
            Arc::new(Float32Array::from(vec![Some(0.5), None, Some(0.25)])),
            ["0.5", "0.25", "0.25", "0.5", "2"],
        ),
        (
            "UInt64",
            Arc::new(UInt64Array::from(vec![u64::MAX, 1, 1])),
            ["18446744073709551615", "1", "1", "18446744073709551615", "2"],
        ),
        (
            "Decimal128(9, 2)",
            Arc::new(
                Decimal128Array::from(vec![Some(100), Some(-5), None])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
            ["1.00", "", "-0.05", "1.00", "2"],
        ),
        (
            "Date32",
            Arc::new(Date32Array::from(vec![20_454, 20_453, 20_454])),
            ["2026-01-01", "2026-01-01", "2025-12-31", "2026-01-01", "2"],
        ),
        (
            "Timestamp(ns, \"+01:00\")",
            Arc::new(zoned),
            [
                "1970-01-01T01:00:00.000000005+01:00",
                "1970-01-01T01:00:00.000000007+01:00",
                "1970-01-01T01:00:00.000000005+01:00",
                "1970-01-01T01:00:00.000000007+01:00",
                "2",
            ],
        ),
        ("Utf8", Arc::new(dictionary.finish()), ["b", "", "b", "ä", "2"]),
        (
            "Utf8",
            Arc::new(LargeStringArray::from(vec![Some("b"), Some("B"), Some("a")])),
            ["b", "a", "B", "b", "3"],
        ),
        ("Utf8", Arc::new(NullArray::new(3)), ["", "", "", "", "0"]),
    ];
    for (data_type, value, expected) in cases {
        let measures = ["first", "last", "min", "max", "count_distinct"];
        for (measure, expected) in measures.into_iter().zip(expected) {
            let (found_type, found) = told(&value, measure).unwrap();
            assert_eq!(found, expected, "{measure} of {data_type}");
            let expected_type = if measure == "count_distinct" { "Int64" } else { data_type };
            assert_eq!(found_type.to_string(), expected_type, "{measure} of {data_type}");
        }
    }
}

#[test]
fn sums_are_of_numbers_alone() {
    let half = |number: f32| <Float16Type as ArrowPrimitiveType>::Native::from_f32(number);
    let sum = |value: ArrayRef| told(&value, "sum").map(|(data_type, sum)| format!("{sum} {data_type}"));
    let of_halves = sum(Arc::new(Float16Array::from(vec![half(1.5), half(0.25), half(2.0)])));
    assert_eq!(of_halves.unwrap(), "3.75 Float64");
    let of_wholes = sum(Arc::new(UInt64Array::from(vec![u64::MAX; 3])));
    assert_eq!(of_wholes.unwrap(), "55340232221128654845 Decimal128(38, 0)");
    assert_eq!(sum(Arc::new(NullArray::new(3))).unwrap(), " Decimal128(38, 0)");
    let others: [(&str, ArrayRef); 4] = [
        ("Utf8", Arc::new(StringArray::from(vec!["1", "2", "3"]))),
        ("Boolean", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("Date32", Arc::new(Date32Array::from(vec![1, 2, 3]))),
        ("Timestamp(µs)", Arc::new(TimestampMicrosecondArray::from(vec![1, 2, 3]))),
    ];
    for (data_type, value) in others {
        let refused = sum(value).unwrap_err();
        let tail = format!(
            "in.parquet is of type {data_type}, of which summary column 'told' cannot tell the sum; sum takes numbers"
        );
        assert!(refused.starts_with("column 'value' in ") && refused.ends_with(&tail), "{refused}");
    }
}

/// By every measure that takes values, and whatever the values are.
#[test]
fn types_that_are_not_told_are_refused_by_name() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), None, Some(vec![])]);
    let wide = Decimal256Array::from(vec![i256::from_i128(1), i256::MAX, i256::from_i128(3)]);
    let cases: [(&str, ArrayRef); 4] = [
        ("Decimal256(76, 0)", Arc::new(wide.with_precision_and_scale(76, 0).unwrap())),
        ("List(Int32)", Arc::new(lists)),
        ("Binary", Arc::new(BinaryArray::from(vec![&b"a"[..], b"b", b"c"]))),
        ("Time64(µs)", Arc::new(Time64MicrosecondArray::from(vec![1, 2, 3]))),
    ];
    for (data_type, value) in cases {
        for measure in ["first", "last", "min", "max", "count_distinct"] {
            let refused = told(&value, measure).unwrap_err();
            let tail = "which summary column 'told' cannot take; write it as a text, a number, a boolean, a date or a time";
            assert!(
                refused.contains(&format!("is of type {data_type}")) && refused.ends_with(tail),
                "{measure}: {refused}"
            );
        }
    }
}

/// Two columns of the event id's name are a mistake, and not events without ids.
#[test]
fn event_ids_that_cannot_be_read_are_not_taken_for_none() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "id,id,user,at,value\n1,2,ann,2026-01-01T10:00:00Z,x\n2,1,ann,2026-01-01T10:00:00Z,y\n",
    );
    let sessions = folder.path("s.csv");
    let run = folder.run("in.csv", "out.csv").definition(definition("first")).sessions(sessions.clone());
    let refused = run.refusal();
    assert!(refused.ends_with("in.csv has two columns named 'id'; rename one of them"), "{refused}");
    assert!(!sessions.exists() && !folder.path("out.csv").exists());
    // Counts have no order and need no ids.
    let run = folder.run("in.csv", "out.csv").definition(definition("count_distinct"));
    assert_eq!(run.sessions(sessions).done().sessions, 1);
}
