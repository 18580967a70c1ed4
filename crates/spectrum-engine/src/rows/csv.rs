//! CSV as columns of text.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{EngineError, Result};
use crate::input::{InputFile, TextOptions};
use crate::scan::csv::{checked_text, each_record, header, value};
use crate::text::blocks::Block;

/// A file whose header was read.
pub(super) struct Table<'a> {
    file: &'a InputFile,
    delimiter: u8,
    options: &'a TextOptions,
    schema: SchemaRef,
}

impl<'a> Table<'a> {
    pub(super) fn open(file: &'a InputFile, delimiter: u8, options: &'a TextOptions) -> Result<Self> {
        let names = header(file, delimiter)?;
        let mut seen = HashSet::new();
        if let Some(column) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(EngineError::RepeatedColumn { column: column.clone(), name: file.name.clone() });
        }
        let fields: Vec<_> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        Ok(Self { file, delimiter, options, schema: Arc::new(Schema::new(fields)) })
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        checked_text(self.file, block)?;
        let width = self.schema.fields().len();
        let mut columns: Vec<StringBuilder> = (0..width).map(|_| StringBuilder::new()).collect();
        each_record(self.file, block, self.delimiter, width, |_, fields| {
            for (column, field) in columns.iter_mut().zip(fields) {
                let value = value(&block.bytes, *field, self.options);
                column.append_option(value.as_deref().map(String::from_utf8_lossy).as_deref());
            }
            Ok(())
        })?;
        let columns: Vec<ArrayRef> =
            columns.into_iter().map(|mut column| Arc::new(column.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|source| EngineError::Arrow { name: self.file.name.clone(), source })
    }
}
