//! Numbers that JSON has no words for: NaN and the infinities, which are written as null.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch, make_array};
use arrow_schema::DataType;

/// How many of them a batch has, at any depth.
pub(super) fn count(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(in_column).sum()
}

fn in_column(column: &ArrayRef) -> u64 {
    match column.data_type() {
        DataType::Float64 => among::<Float64Type>(column, |value| !value.is_finite()),
        DataType::Float32 => among::<Float32Type>(column, |value| !value.is_finite()),
        DataType::Float16 => among::<Float16Type>(column, |value| !value.is_finite()),
        data_type if data_type.is_nested() => {
            column.to_data().child_data().iter().map(|child| in_column(&make_array(child.clone()))).sum()
        }
        _ => 0,
    }
}

fn among<T: ArrowPrimitiveType>(column: &ArrayRef, is_one: impl Fn(T::Native) -> bool) -> u64 {
    let column = column.as_primitive::<T>();
    if !column.values().iter().any(|value| is_one(*value)) {
        return 0;
    }
    column.iter().flatten().filter(|value| is_one(*value)).count() as u64
}
