//! CSV as columns of text.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::error::{ColumnError, EngineError, Result};
use crate::input::{InputFile, TextOptions};
use crate::text::blocks::Block;
use crate::text::csv_file::{columns, header};
use crate::text::dialect::Dialect;

/// A file whose header was read.
pub(super) struct TextRows<'a> {
    file: &'a InputFile,
    dialect: Dialect,
    options: &'a TextOptions,
    schema: SchemaRef,
}

impl<'a> TextRows<'a> {
    pub(super) fn open(file: &'a InputFile, dialect: Dialect, options: &'a TextOptions) -> Result<Self> {
        let names = header(file, dialect, options)?;
        let mut seen = HashSet::new();
        if let Some(column) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(
                ColumnError::RepeatedColumn { column: column.clone(), name: file.name.clone() }.into()
            );
        }
        let fields: Vec<_> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        Ok(Self { file, dialect, options, schema: Arc::new(Schema::new(fields)) })
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        let width = self.schema.fields().len();
        let texts = columns(self.file, block, self.dialect, width, self.options)?;
        let texts = texts.into_iter().map(|text| Arc::new(text) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), texts)
            .map_err(|source| EngineError::Arrow { name: self.file.name.clone(), source })
    }
}
