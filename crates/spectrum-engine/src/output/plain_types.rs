//! Columns in types that text formats have words for, at any depth.
//!
//! Text formats know neither uuids nor named zones: uuids are written as PostgreSQL writes them, and times with a zone in
//! UTC, which is how they are stored. JSON calls the entries of a map by texts.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, make_array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema};
use spectrum_core::text::uuid;

use crate::timestamps::relabelled;

pub(super) fn with_plain_types(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let column: ArrayRef = match field.data_type() {
            DataType::FixedSizeBinary(16) => Arc::new(uuid_text(column)),
            _ => plain(column)?,
        };
        fields.push(Field::new(field.name(), column.data_type().clone(), field.is_nullable()));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn uuid_text(column: &ArrayRef) -> arrow_array::StringArray {
    let uuids = column.as_fixed_size_binary();
    let mut text = StringBuilder::with_capacity(uuids.len(), uuids.len() * 36);
    for uuid in uuids.iter() {
        text.append_option(uuid.map(|uuid| uuid::text(uuid.try_into().unwrap_or_default())));
    }
    text.finish()
}

fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if let DataType::Timestamp(unit, Some(_)) = column.data_type() {
        return relabelled(column, &DataType::Timestamp(*unit, Some("+00:00".into())));
    }
    let is_nested = matches!(
        column.data_type(),
        DataType::Struct(_)
            | DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::Map(..)
    );
    if !is_nested {
        return Ok(Arc::clone(column));
    }
    let data = column.to_data();
    let mut inner = data
        .child_data()
        .iter()
        .map(|child| plain(&make_array(child.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    if let (DataType::Map(..), Some(entries)) = (column.data_type(), inner.first_mut()) {
        *entries = with_text_keys(entries)?;
    }
    let data_type = around(column.data_type(), &inner);
    if data_type == *column.data_type() {
        return Ok(Arc::clone(column));
    }
    let children = inner.iter().map(|child| child.to_data()).collect();
    Ok(make_array(data.into_builder().data_type(data_type).child_data(children).build()?))
}

/// The type with other types inside.
fn around(data_type: &DataType, inner: &[ArrayRef]) -> DataType {
    let mut inner = inner.iter();
    let mut other = |field: &FieldRef| {
        let data_type =
            inner.next().map_or_else(|| field.data_type().clone(), |array| array.data_type().clone());
        Arc::new(Field::clone(field).with_data_type(data_type))
    };
    match data_type {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(other).collect()),
        DataType::List(item) => DataType::List(other(item)),
        DataType::LargeList(item) => DataType::LargeList(other(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(other(item), *length),
        DataType::Map(entries, is_sorted) => DataType::Map(other(entries), *is_sorted),
        other => other.clone(),
    }
}

/// The entries of a map, whose first column is the key.
fn with_text_keys(entries: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let data = entries.to_data();
    let Some(key) = data.child_data().first().map(|key| make_array(key.clone())) else {
        return Ok(Arc::clone(entries));
    };
    if matches!(key.data_type(), DataType::Utf8 | DataType::LargeUtf8) {
        return Ok(Arc::clone(entries));
    }
    let options = FormatOptions::default().with_timestamp_format(None);
    let formatter = ArrayFormatter::try_new(&key, &options)?;
    let (mut texts, mut text) = (StringBuilder::new(), String::new());
    for row in 0..key.len() {
        text.clear();
        formatter.value(row).write(&mut text)?;
        texts.append_value(&text);
    }
    let mut inner: Vec<ArrayRef> = vec![Arc::new(texts.finish())];
    inner.extend(data.child_data()[1..].iter().map(|child| make_array(child.clone())));
    let data_type = around(entries.data_type(), &inner);
    let children = inner.iter().map(|child| child.to_data()).collect();
    Ok(make_array(data.into_builder().data_type(data_type).child_data(children).build()?))
}
