//! Arrow data through Python's capsules, by the Arrow PyCapsule interface
//! (<https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>).
//!
//! The only module with unsafe code: a capsule holds a bare pointer to a structure of Arrow's C interface, and only its name
//! says which. Whoever makes one promises that the structure is what the name says, and stays alive with the capsule.

#![allow(unsafe_code, reason = "a capsule's pointer has no type but its name")]

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{
    Array, ArrayReader, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions, make_array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// What an object exports, before its rows are read.
pub(crate) struct Source {
    pub(crate) schema: SchemaRef,
    /// Reading may call the object that exports, which takes Python's lock itself.
    pub(crate) batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
}

impl Source {
    /// What an object exports: a stream if it can, or one array.
    pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.hasattr("__arrow_c_stream__")? {
            return stream(&object.call_method0("__arrow_c_stream__")?);
        }
        if object.hasattr("__arrow_c_array__")? {
            return array(&object.call_method0("__arrow_c_array__")?);
        }
        Err(PyTypeError::new_err(format!(
            "events must be a table that exports Arrow data (it has __arrow_c_stream__ or __arrow_c_array__), as those of \
             pyarrow, polars, pandas, duckdb and nanoarrow do; this is {}",
            object.get_type().fully_qualified_name()?
        )))
    }
}

fn stream(capsule: &Bound<'_, PyAny>) -> PyResult<Source> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: the name was checked, so by the interface this is a stream that lives as long as the capsule. Taking it leaves a
    // released one behind, so the capsule's own destructor has nothing more to do.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) };
    if stream.release().is_none() {
        return Err(PyTypeError::new_err(
            "the stream of events was read before; give events that can still be read",
        ));
    }
    let mut arrays = ArrayStreamReader::try_new(stream).map_err(|error| not_a_table(&error))?;
    let schema = schema_of_struct(arrays.field()).map_err(|error| not_a_table(&error))?;
    let of_batches = Arc::clone(&schema);
    let batches = std::iter::from_fn(move || {
        let next = caught(|| arrays.next().transpose()).transpose()?;
        Some(next.and_then(|array| batch_of(&array, &of_batches)))
    });
    Ok(Source { schema, batches: Box::new(batches) })
}

fn array(pair: &Bound<'_, PyAny>) -> PyResult<Source> {
    let pair = pair.cast::<PyTuple>()?;
    let (schema, array) = (pair.get_item(0)?, pair.get_item(1)?);
    let schema = schema.cast::<PyCapsule>()?.pointer_checked(Some(SCHEMA))?.cast::<FFI_ArrowSchema>();
    let array = array.cast::<PyCapsule>()?.pointer_checked(Some(ARRAY))?.cast::<FFI_ArrowArray>();
    // SAFETY: as for a stream.
    let (schema, array) =
        unsafe { (FFI_ArrowSchema::from_raw(schema.as_ptr()), FFI_ArrowArray::from_raw(array.as_ptr())) };
    let read = || {
        let field = Field::try_from(&schema)?;
        let schema_of_batch = schema_of_struct(&field)?;
        // SAFETY: the two belong together, because the object made them in one call.
        let data = unsafe { from_ffi(array, &schema) }?;
        let batch = batch_of(&caught(|| Ok(make_array(data)))?, &schema_of_batch)?;
        Ok((schema_of_batch, batch))
    };
    let (schema, batch) = read().map_err(|error| not_a_table(&error))?;
    Ok(Source { schema, batches: Box::new(std::iter::once(Ok(batch))) })
}

/// The columns of a table, which is an array of structs.
fn schema_of_struct(field: &Field) -> Result<SchemaRef, ArrowError> {
    match field.data_type() {
        DataType::Struct(fields) => {
            Ok(Arc::new(Schema::new_with_metadata(fields.clone(), field.metadata().clone())))
        }
        other => Err(ArrowError::SchemaError(format!("it is one array of type {other}"))),
    }
}

/// An array of structs as rows; a row that is NULL as a whole is none.
fn batch_of(array: &ArrayRef, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let not_rows = || ArrowError::InvalidArgumentError("it has rows that are NULL as a whole".to_owned());
    let rows = array.as_struct_opt().filter(|rows| rows.null_count() == 0).ok_or_else(not_rows)?;
    let count = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), rows.columns().to_vec(), &count)
}

/// Arrow's crates trust whoever exports, and panic where columns are shorter than the table says.
fn caught<T>(import: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    catch_unwind(AssertUnwindSafe(import)).unwrap_or_else(|_| {
        Err(ArrowError::CDataInterface("whoever exports it breaks a rule of Arrow's C interface".to_owned()))
    })
}

fn not_a_table(error: &ArrowError) -> PyErr {
    PyTypeError::new_err(format!("events must be a table with columns that Arrow has types for: {error}"))
}

/// A capsule with a stream of batches.
pub(crate) fn stream_of<'py>(
    py: Python<'py>,
    schema: &SchemaRef,
    batches: &[RecordBatch],
) -> PyResult<Bound<'py, PyCapsule>> {
    let batches: Vec<_> = batches.iter().cloned().map(Ok).collect();
    let reader = RecordBatchIterator::new(batches, Arc::clone(schema));
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}

/// A capsule with a schema.
pub(crate) fn schema_of<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema.as_ref()).map_err(|error| not_a_table(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}
