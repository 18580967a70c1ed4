//! Record batches as input files, written without the engine's own writers: a reader must not be tested on
//! what its twin wrote.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

/// Writes a Parquet file whose row groups have at most `rows` rows.
pub(crate) fn parquet(path: &Path, batches: &[RecordBatch], rows: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows));
    parquet_with(path, batches, properties.build());
}

pub(crate) fn parquet_with(path: &Path, batches: &[RecordBatch], properties: WriterProperties) {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batches[0].schema(), Some(properties)).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
}

/// CSV with a header: NULL is an empty field, every text is quoted.
pub(crate) fn csv(batches: &[RecordBatch]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let schema = batches[0].schema();
    let header: Vec<_> = schema.fields().iter().map(|field| quoted(field.name())).collect();
    let mut text = header.join(",") + "\n";
    for_each_row(batches, |cells| {
        let cells = cells.iter().map(|(_, cell)| match cell {
            Some(Cell::Text(text)) => quoted(text),
            Some(Cell::Bare(text)) => text.clone(),
            None => String::new(),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push('\n');
    });
    text
}

/// NDJSON: NULL is a member of that value in odd rows and no member in even ones, which must mean the same.
pub(crate) fn ndjson(batches: &[RecordBatch]) -> String {
    let mut text = String::new();
    let mut row = 0;
    for_each_row(batches, |cells| {
        row += 1;
        let members = cells.iter().filter_map(|(name, cell)| {
            let value = match cell {
                // Objects are written as such; the other formats have them as text.
                Some(Cell::Text(text)) if text.starts_with('{') => text.clone(),
                Some(Cell::Text(text)) => serde_json::to_string(text).unwrap(),
                Some(Cell::Bare(text)) => text.clone(),
                None if row % 2 == 1 => "null".to_owned(),
                None => return None,
            };
            Some(format!("{}:{value}", serde_json::to_string(name).unwrap()))
        });
        text.push_str(&format!("{{{}}}\n", members.collect::<Vec<_>>().join(",")));
    });
    text
}

enum Cell {
    Text(String),
    /// A number or a boolean.
    Bare(String),
}

fn for_each_row(batches: &[RecordBatch], mut visit: impl FnMut(&[(String, Option<Cell>)])) {
    for batch in batches {
        let schema = batch.schema();
        let columns: Vec<Vec<Option<Cell>>> = batch.columns().iter().map(cells).collect();
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        for _ in 0..batch.num_rows() {
            let row: Vec<_> = schema
                .fields()
                .iter()
                .zip(&mut columns)
                .map(|(field, column)| (field.name().clone(), column.next().unwrap()))
                .collect();
            visit(&row);
        }
    }
}

fn cells(column: &ArrayRef) -> Vec<Option<Cell>> {
    let data_type = column.data_type();
    if *data_type == DataType::FixedSizeBinary(16) {
        let uuids = column.as_fixed_size_binary().iter();
        return uuids.map(|uuid| uuid.map(|uuid| Cell::Text(hyphenated(uuid)))).collect();
    }
    if data_type.is_temporal() {
        return times(column).map(|time| time.map(|time| Cell::Text(time.unwrap()))).collect();
    }
    let bare = data_type.is_numeric() || *data_type == DataType::Boolean;
    let options = FormatOptions::default();
    let texts = ArrayFormatter::try_new(column, &options).unwrap();
    let cell = |row| {
        let text = texts.value(row).try_to_string().unwrap();
        if bare { Cell::Bare(text) } else { Cell::Text(text) }
    };
    let is_null = arrow_array::Array::logical_nulls(column);
    let is_valid = |row: &usize| is_null.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
    (0..column.len()).map(|row| Some(row).filter(is_valid).map(cell)).collect()
}

/// The values of a time column as text, those with a zone in UTC; `Err` where the years -9999 to 9999 do not reach.
pub(crate) fn times(column: &ArrayRef) -> impl Iterator<Item = Option<Result<String, String>>> {
    let is_time = column.data_type().is_temporal();
    let column = if is_time { column.clone() } else { arrow_array::new_empty_array(&DataType::Date32) };
    let shown = match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::Date64 => DataType::Timestamp(TimeUnit::Millisecond, None),
        other => other.clone(),
    };
    let column = arrow_cast::cast(&column, &shown).unwrap();
    (0..column.len()).map(move |row| {
        let options = FormatOptions::default();
        let text = ArrayFormatter::try_new(&column, &options).unwrap().value(row).try_to_string();
        column.is_valid(row).then(|| match text {
            Ok(text) if text.starts_with('+') => Err(text),
            Ok(text) => Ok(text.strip_prefix('-').map_or(text.clone(), |year| format!("-00{year}"))),
            Err(error) => Err(error.to_string()),
        })
    })
}

fn hyphenated(uuid: &[u8]) -> String {
    let hex: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
