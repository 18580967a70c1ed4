//! What a run wrote, read back without the engine's own readers.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use spectrum_testkit::Labelled;

/// A row by the names of its columns; `None` is NULL.
pub(crate) type Row = BTreeMap<String, Option<String>>;

/// All rows of a file, which its ending tells how to read. Values are texts as the format has them.
pub(crate) fn rows(path: &Path) -> Vec<Row> {
    let name = path.to_str().unwrap();
    match name.rsplit_once('.').unwrap().1 {
        "parquet" => parquet_rows(path),
        "csv" => csv_rows(&std::fs::read_to_string(path).unwrap(), ','),
        "ndjson" => ndjson_rows(&std::fs::read_to_string(path).unwrap()),
        other => panic!("no reader for .{other}"),
    }
}

/// The session of every event, in the order of the file.
pub(crate) fn labels(path: &Path, event_id: &str) -> Vec<Labelled> {
    let labelled = |row: &Row| Labelled {
        event_id: row[event_id].clone().unwrap(),
        session_seq: row["session_seq"].as_ref().map(|seq| seq.parse().unwrap()),
        session_id: row["session_id"].clone(),
        started_by: None,
    };
    rows(path).iter().map(labelled).collect()
}

pub(crate) fn parquet_batches(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.build().unwrap().map(Result::unwrap).collect()
}

fn parquet_rows(path: &Path) -> Vec<Row> {
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in parquet_batches(path) {
        let schema = batch.schema();
        let columns: Vec<_> = batch.columns().iter().map(in_utc).collect();
        let texts: Vec<_> =
            columns.iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            // What no calendar reaches is shown as an error, and is of no matter here.
            let cells = columns
                .iter()
                .zip(&texts)
                .map(|(column, text)| column.is_valid(row).then(|| text.value(row).to_string()));
            let names = schema.fields().iter().map(|field| field.name().clone());
            rows.push(names.zip(cells).collect());
        }
    }
    rows
}

/// Times in zones as times in UTC, because Arrow shows named zones only with a feature of its own.
fn in_utc(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            arrow_cast::cast(column, &DataType::Timestamp(*unit, Some("+00:00".into()))).unwrap()
        }
        _ => column.clone(),
    }
}

/// RFC 4180, one character at a time. An empty field is NULL unless it is quoted.
pub(crate) fn csv_rows(text: &str, delimiter: char) -> Vec<Row> {
    let mut records: Vec<Vec<Option<String>>> = vec![Vec::new()];
    let mut chars = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while chars.peek().is_some() {
        let mut field = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        let mut inside = quoted;
        while inside {
            match chars.next().expect("a closing quote") {
                '"' if chars.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => inside = false,
                c => field.push(c),
            }
        }
        while let Some(c) = chars.next_if(|c| *c != delimiter && *c != '\n') {
            field.push(c);
        }
        let ends_record = chars.next() != Some(delimiter);
        if ends_record && field.ends_with('\r') {
            field.pop();
        }
        records.last_mut().unwrap().push((quoted || !field.is_empty()).then_some(field));
        if ends_record {
            records.push(Vec::new());
        }
    }
    let mut records = records.into_iter().filter(|record| !record.is_empty());
    let header: Vec<String> = records.next().unwrap().into_iter().map(Option::unwrap).collect();
    let row = |record: Vec<Option<String>>| {
        assert_eq!(record.len(), header.len(), "{record:?}");
        header.iter().cloned().zip(record).collect()
    };
    records.map(row).collect()
}

fn ndjson_rows(text: &str) -> Vec<Row> {
    let cell = |value: &serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let row = |line: &str| {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        object.iter().map(|(name, value)| (name.clone(), cell(value))).collect()
    };
    text.lines().map(row).collect()
}
