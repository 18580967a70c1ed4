//! A record batch as the kernel's rows.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType};
use arrow_select::filter::filter_record_batch;
use delta_kernel::engine_data::{EngineData, GetData, RowVisitor};
use delta_kernel::expressions::{ArrayData, ColumnName};
use delta_kernel::schema::{MetadataColumnSpec, SchemaRef, StructField, StructType};
use delta_kernel::{KernelError, KernelResult};
use url::Url;

use super::getters::Getter;
use super::{only_writers_need, through};
use crate::error::LogError;

/// Some rows.
pub(crate) struct Rows(pub(crate) RecordBatch);

impl Rows {
    /// The rows that the kernel hands back are ours.
    pub(super) fn of(data: &dyn EngineData) -> KernelResult<&Self> {
        data.any_ref()
            .downcast_ref()
            .ok_or_else(|| KernelError::EngineDataType("rows of Spectrum's own".to_owned()))
    }
}

/// A column, or a member of structs; it is NULL wherever a struct around it is.
pub(super) fn column(batch: &RecordBatch, name: &ColumnName) -> Option<ArrayRef> {
    let mut path = name.iter();
    let mut found = Arc::clone(batch.column_by_name(path.next()?)?);
    for member in path {
        let outer = found.as_struct_opt()?;
        let inner = outer.column_by_name(member)?;
        found = match outer.nulls() {
            Some(nulls) if nulls.null_count() > 0 && *inner.data_type() != DataType::Null => {
                let both = NullBuffer::union(Some(nulls), inner.nulls());
                make_array(inner.to_data().into_builder().nulls(both).build().ok()?)
            }
            _ => Arc::clone(inner),
        };
    }
    Some(found)
}

impl EngineData for Rows {
    fn visit_rows(&self, columns: &[ColumnName], visitor: &mut dyn RowVisitor) -> KernelResult<()> {
        let getter = |name: &ColumnName| {
            let found = column(&self.0, name).ok_or_else(|| KernelError::MissingColumn(name.to_string()))?;
            Getter::new(&found)
                .ok_or_else(|| KernelError::UnexpectedColumnType(format!("{name} is {}", found.data_type())))
        };
        let getters: Vec<Getter> = columns.iter().map(getter).collect::<KernelResult<_>>()?;
        let getters: Vec<&dyn GetData<'_>> = getters.iter().map(|getter| getter as _).collect();
        visitor.visit(self.len(), &getters)
    }

    fn len(&self) -> usize {
        self.0.num_rows()
    }

    fn append_columns(&self, _: SchemaRef, _: Vec<ArrayData>) -> KernelResult<Box<dyn EngineData>> {
        Err(only_writers_need("columns are to be appended"))
    }

    fn apply_selection_vector(self: Box<Self>, mut selected: Vec<bool>) -> KernelResult<Box<dyn EngineData>> {
        if selected.len() > self.len() {
            return Err(KernelError::InvalidSelectionVector(format!("{} > {}", selected.len(), self.len())));
        }
        selected.resize(self.len(), true);
        let kept = filter_record_batch(&self.0, &BooleanArray::from(selected)).map_err(failed)?;
        Ok(Box::new(Self(kept)))
    }

    fn has_field(&self, name: &ColumnName) -> bool {
        column(&self.0, name).is_some()
    }
}

/// The rows with the name of their file in every row, if the kernel asks for it: by it, it knows one commit from the next.
pub(super) fn with_file(batch: RecordBatch, asked: &StructType, file: &Url) -> KernelResult<RecordBatch> {
    let is_file =
        |field: &StructField| field.get_metadata_column_spec() == Some(MetadataColumnSpec::FilePath);
    let Some(name) = asked.fields().find(|field| is_file(field)).map(StructField::name) else {
        return Ok(batch);
    };
    let rows = batch.num_rows();
    let (schema, mut columns, _) = batch.into_parts();
    let at = schema.index_of(name).map_err(failed)?;
    columns[at] = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(file.as_str(), rows)));
    RecordBatch::try_new(schema, columns).map_err(failed)
}

/// What Arrow cannot do.
pub(super) fn failed(error: ArrowError) -> KernelError {
    through(LogError::Arrow(error))
}
