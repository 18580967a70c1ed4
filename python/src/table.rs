//! Arrow data that goes back to Python.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::capsule::{schema_of, stream_of};

/// A table of Arrow data, which any library can take that reads `__arrow_c_stream__`; as often as it likes.
#[pyclass(frozen, module = "spectrum_sessions")]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }
}

#[pymethods]
impl Table {
    /// Exports the table as a stream. A schema that is asked for is of no account: whoever wants other types casts.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        stream_of(py, &self.schema, &self.batches)
    }

    /// Exports the schema alone.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_of(py, &self.schema)
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// How many rows there are.
    #[getter]
    fn num_rows(&self) -> usize {
        self.__len__()
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __repr__(&self) -> String {
        let columns =
            self.schema.fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type()));
        let columns: Vec<_> = columns.collect();
        format!("<spectrum_sessions.Table of {} rows: {}>", self.__len__(), columns.join(", "))
    }
}
