//! A table as the workers read it: its columns as JSON, times as the numbers that Arrow stores.

use std::io::Write;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::RecordBatch;
use serde_json::{Value, json};

use crate::column::{Column, ColumnType, TimeUnit};
use crate::postgres::column_text::{instants, texts};

/// Writes the columns, each with the engine's expression of the same place in `casts`.
pub(super) fn write(
    out: impl Write,
    columns: &[Column],
    batch: &RecordBatch,
    casts: &[String],
) -> Result<()> {
    ensure!(casts.len() == columns.len(), "{} casts for {} columns", casts.len(), columns.len());
    let mut described = Vec::new();
    for (column, cast) in columns.iter().zip(casts) {
        let name = &column.name;
        let array =
            batch.column_by_name(name).with_context(|| format!("the batch has no column '{name}'"))?;
        let values: Vec<Value> = match column.ty.tick() {
            Some(tick) => {
                let stored = instants(array, &column.ty).into_iter();
                let number = |nanos: i128| Ok::<_, anyhow::Error>(Value::from(i64::try_from(nanos / tick)?));
                stored.map(|nanos| nanos.map_or(Ok(Value::Null), number)).collect::<Result<_>>()?
            }
            None => {
                let texts = texts(array, &column.ty)?.into_iter();
                texts
                    .map(|text| text.map_or(Ok(Value::Null), |text| value(&column.ty, text)))
                    .collect::<Result<_>>()?
            }
        };
        described
            .push(json!({ "name": name, "arrow": transported(&column.ty)?, "cast": cast, "values": values }));
    }
    Ok(serde_json::to_writer(out, &json!({ "columns": described }))?)
}

fn value(ty: &ColumnType, text: String) -> Result<Value> {
    Ok(match ty {
        ColumnType::Boolean => Value::Bool(text.parse()?),
        ColumnType::UInt64 => Value::from(text.parse::<u64>()?),
        ColumnType::Int8
        | ColumnType::Int16
        | ColumnType::Int32
        | ColumnType::Int64
        | ColumnType::UInt8
        | ColumnType::UInt16
        | ColumnType::UInt32 => Value::from(text.parse::<i64>()?),
        _ => Value::String(text),
    })
}

/// The Arrow type that brings the values, from which the engine casts.
fn transported(ty: &ColumnType) -> Result<String> {
    Ok(match ty {
        ColumnType::Utf8
        | ColumnType::LargeUtf8
        | ColumnType::Utf8View
        | ColumnType::Dictionary
        | ColumnType::Uuid
        // JSON has no NaN.
        | ColumnType::Float64
        | ColumnType::Decimal(..) => "string".to_owned(),
        ColumnType::Int8 => "int8".to_owned(),
        ColumnType::Int16 => "int16".to_owned(),
        ColumnType::Int32 => "int32".to_owned(),
        ColumnType::Int64 => "int64".to_owned(),
        ColumnType::UInt8 => "uint8".to_owned(),
        ColumnType::UInt16 => "uint16".to_owned(),
        ColumnType::UInt32 => "uint32".to_owned(),
        ColumnType::UInt64 => "uint64".to_owned(),
        ColumnType::Boolean => "bool".to_owned(),
        ColumnType::Date32 => "date32".to_owned(),
        // Milliseconds, which need not be whole days.
        ColumnType::Date64 => "timestamp[ms]".to_owned(),
        ColumnType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            zone.as_ref()
                .map_or_else(|| format!("timestamp[{unit}]"), |zone| format!("timestamp[{unit}, {zone}]"))
        }
        ColumnType::Binary => bail!("{ty:?} has no settled text"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::all_cases;

    #[test]
    fn values_keep_their_type_and_times_are_numbers() {
        let case = all_cases().unwrap().into_iter().find(|case| case.name == "mixed-key-types").unwrap();
        let casts: Vec<String> = (0..case.columns.len()).map(|place| format!("T{place}")).collect();
        let mut bytes = Vec::new();
        write(&mut bytes, &case.columns, &case.batch(), &casts).unwrap();
        let table: Value = serde_json::from_slice(&bytes).unwrap();
        let columns = table["columns"].as_array().unwrap();
        let first =
            |column: &Value| json!([column["name"], column["arrow"], column["cast"], column["values"][0]]);
        assert_eq!(
            columns.iter().map(first).collect::<Vec<_>>(),
            [
                json!(["event_id", "string", "T0", "e1"]),
                json!(["tenant", "int32", "T1", 7]),
                json!(["user_id", "string", "T2", "123e4567-e89b-12d3-a456-426614174000"]),
                json!(["account_id", "string", "T3", "a1"]),
                json!(["occurred_at", "timestamp[us]", "T4", 1_767_261_600_000_000_i64]),
            ]
        );
    }
}
