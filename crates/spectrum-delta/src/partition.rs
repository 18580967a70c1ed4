//! Values that a log tells of a whole file, as columns' values.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::DataType as ArrowType;
use delta_kernel::expressions::Scalar;
use delta_kernel::schema::DataType;

/// One value, in an array of one. The empty text is NULL, as the protocol has it for every type. `None` where the text is
/// not of the type.
pub(crate) fn value(text: Option<&str>, delta: &DataType, arrow: &ArrowType) -> Option<ArrayRef> {
    let DataType::Primitive(primitive) = delta else { return None };
    let found = match text {
        Some("") | None => return Some(new_null_array(arrow, 1)),
        Some(text) => primitive.parse_scalar(text).ok()?,
    };
    Some(match found {
        Scalar::String(text) => Arc::new(StringArray::from(vec![text])),
        Scalar::Long(number) => Arc::new(Int64Array::from(vec![number])),
        Scalar::Integer(number) => Arc::new(Int32Array::from(vec![number])),
        Scalar::Short(number) => Arc::new(Int16Array::from(vec![number])),
        Scalar::Byte(number) => Arc::new(Int8Array::from(vec![number])),
        Scalar::Float(number) => Arc::new(Float32Array::from(vec![number])),
        Scalar::Double(number) => Arc::new(Float64Array::from(vec![number])),
        Scalar::Boolean(flag) => Arc::new(BooleanArray::from(vec![flag])),
        Scalar::Binary(bytes) => Arc::new(BinaryArray::from(vec![bytes.as_slice()])),
        Scalar::Date(days) => Arc::new(Date32Array::from(vec![days])),
        Scalar::Timestamp(instant) => {
            Arc::new(TimestampMicrosecondArray::from(vec![instant]).with_timezone("UTC"))
        }
        Scalar::TimestampNtz(instant) => Arc::new(TimestampMicrosecondArray::from(vec![instant])),
        Scalar::Decimal(decimal) => {
            let ArrowType::Decimal128(precision, scale) = arrow else { return None };
            let values = Decimal128Array::from(vec![decimal.bits()]);
            Arc::new(values.with_precision_and_scale(*precision, *scale).ok()?)
        }
        _ => return None,
    })
}
