//! Types of Delta as types of Arrow, and the other way round for the footers of checkpoints.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Field, Fields, Schema, TimeUnit};
use delta_kernel::schema::{
    ArrayType, ColumnMetadataKey, DataType, MapType, MetadataValue, PrimitiveType, StructField, StructType,
};
use delta_kernel::{KernelError, KernelResult};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

/// What columns are made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// The table, or files that are read by the names of their columns. Values are missing where the table says so.
    Columns,
    /// Files that are read by the ids of their columns, which the columns have then.
    ColumnsById,
    /// A log. Values may be missing everywhere: an action lacks all members of the others, and each of its own that its
    /// writer left out.
    Actions,
}

pub(crate) fn arrow_schema(schema: &StructType, purpose: Purpose) -> KernelResult<Schema> {
    Ok(Schema::new(arrow_fields(schema, purpose)?))
}

fn arrow_fields(fields: &StructType, purpose: Purpose) -> KernelResult<Fields> {
    fields.fields().map(|field| arrow_field(field, purpose)).collect()
}

/// A column, with the id that Parquet files have for it where files are read by these.
pub(crate) fn arrow_field(field: &StructField, purpose: Purpose) -> KernelResult<Field> {
    let is_nullable = purpose == Purpose::Actions || field.nullable;
    let made = Field::new(&field.name, arrow_type(&field.data_type, purpose)?, is_nullable);
    Ok(match field.get_config_value(&ColumnMetadataKey::ParquetFieldId) {
        Some(MetadataValue::Number(id)) if purpose == Purpose::ColumnsById => {
            made.with_metadata(HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string())]))
        }
        _ => made,
    })
}

pub(crate) fn arrow_type(data_type: &DataType, purpose: Purpose) -> KernelResult<ArrowType> {
    let is_nullable = |declared| purpose == Purpose::Actions || declared;
    Ok(match data_type {
        DataType::Primitive(primitive) => match primitive {
            PrimitiveType::String => ArrowType::Utf8,
            PrimitiveType::Long => ArrowType::Int64,
            PrimitiveType::Integer => ArrowType::Int32,
            PrimitiveType::Short => ArrowType::Int16,
            PrimitiveType::Byte => ArrowType::Int8,
            PrimitiveType::Float => ArrowType::Float32,
            PrimitiveType::Double => ArrowType::Float64,
            PrimitiveType::Boolean => ArrowType::Boolean,
            PrimitiveType::Binary => ArrowType::Binary,
            PrimitiveType::Date => ArrowType::Date32,
            PrimitiveType::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            PrimitiveType::TimestampNtz => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            PrimitiveType::Void => ArrowType::Null,
            PrimitiveType::Decimal(decimal) => {
                ArrowType::Decimal128(decimal.precision(), i8::try_from(decimal.scale()).unwrap_or(i8::MAX))
            }
            other => return Err(KernelError::Unsupported(format!("a column of type {other}"))),
        },
        DataType::Struct(fields) | DataType::Variant(fields) => {
            ArrowType::Struct(arrow_fields(fields, purpose)?)
        }
        DataType::Array(array) => {
            let item = arrow_type(&array.element_type, purpose)?;
            ArrowType::List(Arc::new(Field::new("element", item, is_nullable(array.contains_null))))
        }
        DataType::Map(map) => {
            let key = Field::new("key", arrow_type(&map.key_type, purpose)?, false);
            let value = arrow_type(&map.value_type, purpose)?;
            let value = Field::new("value", value, is_nullable(map.value_contains_null));
            let entries = ArrowType::Struct(vec![key, value].into());
            ArrowType::Map(Arc::new(Field::new("key_value", entries, false)), false)
        }
    })
}

/// The columns of a footer. Those of types that Delta does not have are left out: nobody can ask for them.
pub(crate) fn kernel_schema(schema: &Schema) -> KernelResult<StructType> {
    kernel_fields(schema.fields())
}

fn kernel_fields(fields: &Fields) -> KernelResult<StructType> {
    let known = fields.iter().filter_map(|field| Some((field, kernel_type(field.data_type())?)));
    StructType::try_new(
        known.map(|(field, known)| StructField::new(field.name(), known, field.is_nullable())),
    )
}

fn kernel_type(data_type: &ArrowType) -> Option<DataType> {
    Some(match data_type {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::STRING,
        ArrowType::Int64 => DataType::LONG,
        ArrowType::Int32 => DataType::INTEGER,
        ArrowType::Int16 => DataType::SHORT,
        ArrowType::Int8 => DataType::BYTE,
        ArrowType::Float32 => DataType::FLOAT,
        ArrowType::Float64 => DataType::DOUBLE,
        ArrowType::Boolean => DataType::BOOLEAN,
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => DataType::BINARY,
        ArrowType::Date32 => DataType::DATE,
        ArrowType::Timestamp(_, Some(_)) => DataType::TIMESTAMP,
        ArrowType::Timestamp(_, None) => DataType::TIMESTAMP_NTZ,
        ArrowType::Decimal128(precision, scale) => {
            DataType::decimal(*precision, u8::try_from(*scale).ok()?).ok()?
        }
        ArrowType::Struct(fields) => kernel_fields(fields).ok()?.into(),
        ArrowType::List(item) | ArrowType::LargeList(item) => {
            ArrayType::new(kernel_type(item.data_type())?, item.is_nullable()).into()
        }
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(fields) if fields.len() == 2 => {
                let (key, value) = (&fields[0], &fields[1]);
                let (key_type, value_type) = (kernel_type(key.data_type())?, kernel_type(value.data_type())?);
                MapType::new(key_type, value_type, value.is_nullable()).into()
            }
            _ => return None,
        },
        _ => return None,
    })
}
