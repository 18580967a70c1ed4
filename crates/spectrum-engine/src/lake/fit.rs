//! Columns of a file as the columns of a table: found under another name, in a wider type, or not there at all.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, ListArray, MapArray, RecordBatch, RecordBatchOptions, StructArray, make_array,
    new_null_array,
};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, SchemaRef, TimeUnit};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

/// How values of one type become those of a column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    to: DataType,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    AsIs,
    /// The same text or bytes in another layout.
    Layout,
    Cast,
    /// Of each member where it is found, if it is.
    Struct(Vec<Option<(usize, Fit)>>),
    List(Box<Fit>),
    Map(Box<Fit>, Box<Fit>),
}

/// Whether the layout of texts is that of the table's type, or whichever the reader chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    OfTable,
    AsRead,
}

/// Values of a type that do not become values of another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FitError {
    pub(crate) from: DataType,
    pub(crate) to: DataType,
}

impl From<FitError> for ArrowError {
    fn from(error: FitError) -> Self {
        Self::SchemaError(format!("values of type {} where {} is expected", error.from, error.to))
    }
}

/// The field that a file has for a column: by the id that Parquet has for it if the column has one, and else by its name. Never
/// by the other of the two: a file may have a name, or an id, that means another column.
pub(crate) fn find_field(fields: &Fields, stored: &Field) -> Option<usize> {
    match field_id(stored) {
        Some(wanted) => fields.iter().position(|field| field_id(field) == Some(wanted)),
        None => fields.iter().position(|field| field.name() == stored.name()),
    }
}

/// The id that Parquet has for a column.
pub(crate) fn field_id(field: &Field) -> Option<&str> {
    field.metadata().get(PARQUET_FIELD_ID_META_KEY).map(String::as_str)
}

impl Fit {
    /// How a file's values of type `from`, whose names are those of `stored`, become those of type `to`, which has the same
    /// shape and the table's own names.
    pub(crate) fn new(from: &DataType, stored: &DataType, to: &DataType) -> Result<Self, FitError> {
        let misfit = || FitError { from: from.clone(), to: to.clone() };
        let how = match (from, stored, to) {
            (DataType::Struct(fields), DataType::Struct(stored), DataType::Struct(wanted)) => {
                let members = stored.iter().zip(wanted).map(|(stored, wanted)| {
                    let Some(at) = find_field(fields, stored) else { return Ok(None) };
                    let fit = Self::new(fields[at].data_type(), stored.data_type(), wanted.data_type())?;
                    Ok(Some((at, fit)))
                });
                How::Struct(members.collect::<Result<_, FitError>>()?)
            }
            (
                DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _),
                DataType::List(stored),
                DataType::List(wanted),
            ) => How::List(Box::new(Self::new(item.data_type(), stored.data_type(), wanted.data_type())?)),
            (DataType::Map(from, _), DataType::Map(stored, _), DataType::Map(wanted, _)) => {
                let entry = |at: usize| {
                    let of = |field: &FieldRef| match field.data_type() {
                        DataType::Struct(fields) => fields.get(at).map(|field| field.data_type().clone()),
                        _ => None,
                    };
                    let all = of(from).zip(of(stored)).zip(of(wanted));
                    let ((from, stored), wanted) = all.ok_or_else(misfit)?;
                    Self::new(&from, &stored, &wanted).map(Box::new)
                };
                How::Map(entry(0)?, entry(1)?)
            }
            (from, _, to) if from == to => How::AsIs,
            (from, _, to) if is_other_layout(from, to) => How::Layout,
            (from, _, to) if is_wider(from, to) => How::Cast,
            _ => return Err(misfit()),
        };
        Ok(Self { to: to.clone(), how })
    }

    /// Whether the values stay what they are, so that a copy of the file has them too.
    pub(crate) fn is_as_stored(&self, stored: &DataType) -> bool {
        match (&self.how, &self.to, stored) {
            (How::AsIs | How::Layout, ..) => true,
            (How::Cast, ..) => false,
            (How::List(item), _, DataType::List(stored)) => item.is_as_stored(stored.data_type()),
            (How::Struct(members), DataType::Struct(wanted), DataType::Struct(stored)) => {
                let mut all = members.iter().zip(wanted).zip(stored).enumerate();
                all.all(|(place, ((member, wanted), stored))| {
                    let Some((at, fit)) = member else { return false };
                    *at == place && wanted.name() == stored.name() && fit.is_as_stored(stored.data_type())
                })
            }
            (How::Map(key, value), _, DataType::Map(stored, _)) => match stored.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    key.is_as_stored(fields[0].data_type()) && value.is_as_stored(fields[1].data_type())
                }
                _ => false,
            },
            _ => false,
        }
    }

    pub(crate) fn apply(&self, values: &ArrayRef, layout: Layout) -> Result<ArrayRef, ArrowError> {
        let is_as_wanted = *values.data_type() == self.to;
        match &self.how {
            _ if is_as_wanted => Ok(Arc::clone(values)),
            How::AsIs | How::Layout if layout == Layout::AsRead => Ok(Arc::clone(values)),
            How::Cast if matches!(values.data_type(), DataType::Timestamp(..)) => instants(values, &self.to),
            How::AsIs | How::Layout | How::Cast => {
                cast_with_options(values, &self.to, &CastOptions { safe: false, ..CastOptions::default() })
            }
            How::Struct(members) => {
                let (found, DataType::Struct(fields)) = (values.as_struct(), &self.to) else {
                    return Ok(Arc::clone(values));
                };
                let columns = members.iter().zip(fields).map(|(member, field)| match member {
                    Some((at, fit)) => fit.apply(found.column(*at), Layout::OfTable),
                    None => Ok(new_null_array(field.data_type(), found.len())),
                });
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                let nulls = found.nulls().cloned();
                let made = StructArray::try_new_with_length(fields.clone(), columns, nulls, found.len());
                Ok(Arc::new(made?))
            }
            How::List(item) => {
                let values = match values.data_type() {
                    DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                        &cast(values, &DataType::List(Arc::clone(item)))?
                    }
                    _ => values,
                };
                let (found, DataType::List(field)) = (values.as_list::<i32>(), &self.to) else {
                    return Ok(Arc::clone(values));
                };
                let items = item.apply(found.values(), Layout::OfTable)?;
                let (offsets, nulls) = (found.offsets().clone(), found.nulls().cloned());
                Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, nulls)?))
            }
            How::Map(key, value) => {
                let (found, DataType::Map(entries, is_sorted)) = (values.as_map(), &self.to) else {
                    return Ok(Arc::clone(values));
                };
                let DataType::Struct(fields) = entries.data_type() else { return Ok(Arc::clone(values)) };
                let columns = vec![
                    key.apply(found.keys(), Layout::OfTable)?,
                    value.apply(found.values(), Layout::OfTable)?,
                ];
                let made = StructArray::try_new(fields.clone(), columns, None)?;
                let (offsets, nulls) = (found.offsets().clone(), found.nulls().cloned());
                let made = MapArray::try_new(Arc::clone(entries), offsets, made, nulls, *is_sorted);
                Ok(Arc::new(made?))
            }
        }
    }
}

/// The same instants in another unit; what says nothing of a zone, or names another, counts from 1970 in UTC all the same.
fn instants(values: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let (DataType::Timestamp(from, _), DataType::Timestamp(unit, _)) = (values.data_type(), to) else {
        return Ok(Arc::clone(values));
    };
    let as_type = |values: &ArrayRef, data_type: DataType| {
        Ok::<_, ArrowError>(make_array(values.to_data().into_builder().data_type(data_type).build()?))
    };
    let counted = cast_with_options(
        &as_type(values, DataType::Timestamp(*from, None))?,
        &DataType::Timestamp(*unit, None),
        &CastOptions { safe: false, ..CastOptions::default() },
    )?;
    as_type(&counted, to.clone())
}

fn is_other_layout(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Dictionary(_, values), to) => **values == *to || is_other_layout(values, to),
        (DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8) => true,
        (DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_), DataType::Binary) => {
            true
        }
        _ => false,
    }
}

/// Whether a type holds all values of another: what a table may have become since a file was written. Times of files may
/// count finer or coarser than a table's, which are microseconds always, and may not say that they are UTC.
fn is_wider(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Date32, Decimal128, Float32, Float64, Int8, Int16, Int32, Int64, Null, Timestamp, UInt8, UInt16,
        UInt32,
    };
    match (from, to) {
        (Null, _) => true,
        (Int8, Int16 | Int32 | Int64) | (Int16, Int32 | Int64) | (Int32, Int64) => true,
        (UInt8, Int16 | Int32 | Int64) | (UInt16, Int32 | Int64) | (UInt32, Int64) => true,
        (Int8 | Int16 | Int32, Float64) | (Float32, Float64) => true,
        (Int8 | Int16 | Int32, Decimal128(precision, scale)) => {
            i16::from(*precision) - i16::from(*scale) >= 10
        }
        (Int64, Decimal128(precision, scale)) => i16::from(*precision) - i16::from(*scale) >= 19,
        (
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | Decimal128(p, s),
            Decimal128(precision, scale),
        ) => scale >= s && i16::from(*precision) - i16::from(*scale) >= i16::from(*p) - i16::from(*s),
        (Date32, Timestamp(TimeUnit::Microsecond, None)) => true,
        (Timestamp(_, Some(_)), Timestamp(_, zone)) => zone.is_some(),
        // INT96, and what older writers wrote, do not say that they are UTC.
        (Timestamp(_, None), Timestamp(..)) => true,
        _ => false,
    }
}

/// A batch with these columns: those of the same name in these types, and NULL where there are none.
///
/// # Errors
/// When values of a column do not become values of its type.
pub fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = schema.fields().iter().map(|field| match find_field(batch.schema_ref().fields(), field) {
        Some(at) => {
            let values = batch.column(at);
            Fit::new(values.data_type(), field.data_type(), field.data_type())?.apply(values, Layout::OfTable)
        }
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}
