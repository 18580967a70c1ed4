//! INT96, the time type of Hive, Impala and older Spark: a day and the nanoseconds in it.
//!
//! Such times reach millions of years, and the parquet library turns them into 64 bits without looking whether they fit.
//! So they are decoded twice, as whole seconds, which always fit, and as nanoseconds, of which the last 64 bits are right.
//! Together they tell the instant exactly, which is then counted in microseconds, as Spark counts it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampNanosecondType, TimestampSecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, UInt64Array, make_array};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use arrow_select::take::take;
use parquet::basic::Type as Physical;
use parquet::schema::types::SchemaDescriptor;

use crate::timestamps::{relabelled, timestamps};

/// The root columns that have INT96 in them.
pub(super) fn roots(parquet: &SchemaDescriptor) -> Vec<usize> {
    let is_int96 = |leaf: &usize| parquet.column(*leaf).physical_type() == Physical::INT96;
    let mut roots: Vec<usize> =
        (0..parquet.num_columns()).filter(is_int96).map(|leaf| parquet.get_column_root_idx(leaf)).collect();
    roots.dedup();
    roots
}

/// The schema with another unit for all INT96. They are instants, unless Arrow's own schema tells of times without a zone.
pub(super) fn counted_in(
    unit: TimeUnit,
    schema: &Schema,
    parquet: &SchemaDescriptor,
    has_arrow_schema: bool,
) -> SchemaRef {
    let mut leaves = Leaves { parquet, next: 0, unit, has_arrow_schema };
    let fields: Vec<FieldRef> = schema.fields().iter().map(|field| leaves.field(field)).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Walks the leaves of the columns in the order of the file.
struct Leaves<'a> {
    parquet: &'a SchemaDescriptor,
    next: usize,
    unit: TimeUnit,
    has_arrow_schema: bool,
}

impl Leaves<'_> {
    fn field(&mut self, field: &FieldRef) -> FieldRef {
        let data_type = self.data_type(field.data_type());
        Arc::new(Field::clone(field).with_data_type(data_type))
    }

    fn data_type(&mut self, data_type: &DataType) -> DataType {
        match data_type {
            DataType::Struct(fields) => DataType::Struct(self.fields(fields)),
            DataType::List(item) => DataType::List(self.field(item)),
            DataType::LargeList(item) => DataType::LargeList(self.field(item)),
            DataType::ListView(item) => DataType::ListView(self.field(item)),
            DataType::LargeListView(item) => DataType::LargeListView(self.field(item)),
            DataType::FixedSizeList(item, length) => DataType::FixedSizeList(self.field(item), *length),
            DataType::Map(entries, is_sorted) => DataType::Map(self.field(entries), *is_sorted),
            leaf => {
                let is_int96 = self.next < self.parquet.num_columns()
                    && self.parquet.column(self.next).physical_type() == Physical::INT96;
                self.next += 1;
                match leaf {
                    DataType::Timestamp(_, None) if is_int96 && !self.has_arrow_schema => {
                        DataType::Timestamp(self.unit, Some("UTC".into()))
                    }
                    DataType::Timestamp(_, zone) if is_int96 => DataType::Timestamp(self.unit, zone.clone()),
                    other => other.clone(),
                }
            }
        }
    }

    fn fields(&mut self, fields: &Fields) -> Fields {
        fields.iter().map(|field| self.field(field)).collect()
    }
}

/// A time that microseconds cannot hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inexact {
    /// Which of the batch's columns it is in, and in which of its rows.
    pub(super) column: usize,
    pub(super) row: usize,
    /// Nanoseconds since 1970.
    pub(super) instant: i128,
}

/// Why times could not be put together.
#[derive(Debug)]
pub(super) enum Failure {
    Inexact(Inexact),
    Arrow(ArrowError),
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

/// The batch with microseconds, from the same rows read in seconds and, of the columns with INT96 alone, in nanoseconds.
pub(super) fn exact(
    schema: &SchemaRef,
    seconds: &RecordBatch,
    nanoseconds: &RecordBatch,
) -> Result<RecordBatch, Failure> {
    let mut columns = Vec::with_capacity(seconds.num_columns());
    for (at, (field, column)) in schema.fields().iter().zip(seconds.columns()).enumerate() {
        let Some(fine) =
            nanoseconds.column_by_name(field.name()).filter(|_| field.data_type() != column.data_type())
        else {
            columns.push(Arc::clone(column));
            continue;
        };
        columns.push(whole(column, fine, field.data_type()).map_err(|failure| match failure {
            // Only now, since telling the row of a time in a list takes the column apart.
            Failure::Inexact(_) => first_inexact(at, column, fine, field.data_type(), failure),
            other => other,
        })?);
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

fn first_inexact(
    column: usize,
    seconds: &ArrayRef,
    nanoseconds: &ArrayRef,
    data_type: &DataType,
    otherwise: Failure,
) -> Failure {
    let one = |row: usize| {
        let row = UInt64Array::from(vec![row as u64]);
        whole(&take(seconds, &row, None)?, &take(nanoseconds, &row, None)?, data_type)
    };
    match (0..seconds.len()).find_map(|row| Some((row, one(row).err()?))) {
        Some((row, Failure::Inexact(inexact))) => Failure::Inexact(Inexact { column, row, ..inexact }),
        _ => otherwise,
    }
}

/// An array of any depth in microseconds.
fn whole(seconds: &ArrayRef, nanoseconds: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, Failure> {
    if seconds.data_type() == data_type {
        return Ok(Arc::clone(seconds));
    }
    if let DataType::Timestamp(..) = data_type {
        let (coarse, fine) = (
            seconds.as_primitive::<TimestampSecondType>(),
            nanoseconds.as_primitive::<TimestampNanosecondType>(),
        );
        let mut instants = Vec::with_capacity(coarse.len());
        for (row, (second, nanosecond)) in coarse.values().iter().zip(fine.values()).enumerate() {
            let rest = nanosecond.wrapping_sub(second.wrapping_mul(1_000_000_000));
            let instant = i128::from(*second) * 1_000_000_000 + i128::from(rest);
            instants.push(match i64::try_from(instant / 1_000) {
                Ok(microseconds) if instant % 1_000 == 0 => microseconds,
                _ if coarse.is_null(row) => 0,
                _ => return Err(Failure::Inexact(Inexact { column: 0, row, instant })),
            });
        }
        let microseconds = timestamps(instants, coarse.nulls().cloned(), TimeUnit::Microsecond);
        return Ok(relabelled(&microseconds, data_type)?);
    }
    // What is around the times is the same in both.
    let (coarse, fine) = (seconds.to_data(), nanoseconds.to_data());
    let children = inner_types(data_type).into_iter().zip(coarse.child_data().iter().zip(fine.child_data()));
    let children: Result<Vec<_>, Failure> = children
        .map(|(data_type, (coarse, fine))| {
            Ok(whole(&make_array(coarse.clone()), &make_array(fine.clone()), &data_type)?.to_data())
        })
        .collect();
    let outer = coarse.clone().into_builder().data_type(data_type.clone()).child_data(children?);
    Ok(make_array(outer.build()?))
}

/// An instant as people write it, as far as years have four digits.
pub(super) fn text(nanoseconds: i128) -> String {
    match jiff::Timestamp::from_nanosecond(nanoseconds) {
        Ok(at) => at.to_string(),
        Err(_) => format!("{} seconds since 1970", nanoseconds.div_euclid(1_000_000_000)),
    }
}

fn inner_types(data_type: &DataType) -> Vec<DataType> {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| field.data_type().clone()).collect(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => vec![item.data_type().clone()],
        _ => Vec::new(),
    }
}
