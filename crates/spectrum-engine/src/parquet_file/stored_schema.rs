//! Arrow's own schema in a footer, as its writer put it there.
//!
//! The parquet library takes from it what decoding needs, and mixes its metadata with the file's. The zone of a time that
//! was written in another unit than Arrow's is lost on the way: pandas' nanoseconds, for example, which are microseconds in
//! files of versions before 2.6.

use std::sync::Arc;

use arrow_array::BinaryArray;
use arrow_cast::base64::{BASE64_STANDARD, b64_decode};
use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use parquet::arrow::ARROW_SCHEMA_META_KEY;
use parquet::file::metadata::ParquetMetaData;

/// What older writers do not have before the message: a mark and the message's length.
const MARK: [u8; 4] = [0xff; 4];
const LENGTH: usize = 4;

/// The schema that stands in the footer, if one does.
pub(super) fn stored(metadata: &ParquetMetaData) -> Option<Schema> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    let pair = pairs.iter().rfind(|pair| pair.key == ARROW_SCHEMA_META_KEY)?;
    let encoded = BinaryArray::from_iter_values([pair.value.as_ref()?]);
    let decoded = b64_decode(&BASE64_STANDARD, &encoded).ok()?;
    let bytes = decoded.value(0);
    let message = bytes.strip_prefix(&MARK).and_then(|rest| rest.get(LENGTH..)).unwrap_or(bytes);
    let message = arrow_ipc::root_as_message(message).ok()?;
    arrow_ipc::convert::try_fb_to_schema(message.header_as_schema()?).ok()
}

/// The columns that are decoded, with the zones that their writer named; `None` where they have these already.
pub(super) fn with_zones(decoded: &Schema, stored: &Schema) -> Option<SchemaRef> {
    let fields = zoned_fields(decoded.fields(), stored.fields());
    (fields != *decoded.fields())
        .then(|| Arc::new(Schema::new_with_metadata(fields, decoded.metadata().clone())))
}

fn zoned_fields(decoded: &Fields, stored: &Fields) -> Fields {
    if decoded.len() != stored.len() {
        return decoded.clone();
    }
    decoded.iter().zip(stored).map(|(decoded, stored)| zoned(decoded, stored)).collect()
}

fn zoned(decoded: &FieldRef, stored: &FieldRef) -> FieldRef {
    let data_type = match (decoded.data_type(), stored.data_type()) {
        (DataType::Timestamp(unit, Some(_)), DataType::Timestamp(_, Some(zone))) => {
            DataType::Timestamp(*unit, Some(Arc::clone(zone)))
        }
        (DataType::Struct(ours), DataType::Struct(theirs)) => DataType::Struct(zoned_fields(ours, theirs)),
        (DataType::List(ours), DataType::List(theirs)) => DataType::List(zoned(ours, theirs)),
        (DataType::LargeList(ours), DataType::LargeList(theirs)) => DataType::LargeList(zoned(ours, theirs)),
        (DataType::FixedSizeList(ours, length), DataType::FixedSizeList(theirs, _)) => {
            DataType::FixedSizeList(zoned(ours, theirs), *length)
        }
        (DataType::Map(ours, is_sorted), DataType::Map(theirs, _)) => {
            DataType::Map(zoned(ours, theirs), *is_sorted)
        }
        _ => return Arc::clone(decoded),
    };
    Arc::new(Field::clone(decoded).with_data_type(data_type))
}
