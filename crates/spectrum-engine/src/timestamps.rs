//! Instants as columns of times.

use std::sync::Arc;

use arrow_array::types::{
    ArrowTimestampType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray, make_array};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};

/// Instants as a timestamp column without a zone.
pub(crate) fn timestamps(instants: Vec<i64>, nulls: Option<NullBuffer>, unit: TimeUnit) -> ArrayRef {
    fn of<T: ArrowTimestampType>(instants: Vec<i64>, nulls: Option<NullBuffer>) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(instants), nulls))
    }
    match unit {
        TimeUnit::Second => of::<TimestampSecondType>(instants, nulls),
        TimeUnit::Millisecond => of::<TimestampMillisecondType>(instants, nulls),
        TimeUnit::Microsecond => of::<TimestampMicrosecondType>(instants, nulls),
        TimeUnit::Nanosecond => of::<TimestampNanosecondType>(instants, nulls),
    }
}

/// The same instants as another timestamp type of the same unit. The zone is a label: instants are UTC in any case.
pub(crate) fn relabelled(timestamps: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    Ok(make_array(timestamps.to_data().into_builder().data_type(data_type.clone()).build()?))
}
