//! NDJSON with all its members, typed by arrow-json.

use std::io::BufReader;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::csv_table::typed;
use crate::attach::Attach;
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{InputFile, TextOptions, open_text};
use crate::scan::ndjson::lines;
use crate::text::blocks::{BYTE_ORDER_MARK, Block};

pub(crate) struct NdjsonTable<'a> {
    pub(super) files: &'a [InputFile],
    pub(super) format: Format,
    options: &'a TextOptions,
    /// As the lines have it; times are text.
    lines_schema: SchemaRef,
    schema: SchemaRef,
    time: String,
}

impl<'a> NdjsonTable<'a> {
    pub(super) fn open(attach: &Attach<'a>, files: &'a [InputFile]) -> Result<Self> {
        attach.watch.begin("finding types", 0);
        let mut schemas = Vec::new();
        for file in files {
            let reader = BufReader::with_capacity(1 << 18, open_text(file)?);
            let (schema, _) = infer_json_schema(reader, None)
                .map_err(|source| EngineError::Arrow { name: file.name.clone(), source })?;
            schemas.push(schema);
            attach.watch.advance(0)?;
        }
        let merged = Schema::try_merge(schemas)
            .map_err(|source| EngineError::Arrow { name: files[0].name.clone(), source })?;
        // The time may be a number with --time-unit; as text it is read the one way for both.
        let fields = merged.fields().iter().map(|field| match field.name() == attach.time {
            true => Arc::new(Field::new(field.name(), DataType::Utf8, true)),
            false => Arc::clone(field),
        });
        let lines_schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let fields = lines_schema.fields().iter().map(|field| match field.name() == attach.time {
            true => Arc::new(Field::new(field.name(), attach.labelled.time_type.clone(), true)),
            false => Arc::clone(field),
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = &attach.input.text;
        Ok(Self {
            files,
            format: attach.input.format,
            options,
            lines_schema,
            schema,
            time: attach.time.to_owned(),
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        let cannot = |source| EngineError::Arrow { name: self.files[block.file].name.clone(), source };
        self.decode_block(block).map_err(cannot)
    }

    fn decode_block(&self, block: &Block) -> std::result::Result<RecordBatch, ArrowError> {
        let rows = lines(block).count();
        let mut decoder = ReaderBuilder::new(Arc::clone(&self.lines_schema))
            .with_batch_size(rows.max(1))
            .with_coerce_primitive(true)
            .build_decoder()?;
        let begin = if block.bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        decoder.decode(&block.bytes[begin..])?;
        let batch =
            decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.lines_schema)));
        let columns = batch.columns().iter().zip(self.schema.fields()).map(|(column, field)| {
            match *field.name() == self.time {
                true => self.times(column, field),
                false => Ok(Arc::clone(column)),
            }
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<std::result::Result<_, _>>()?)
    }

    fn times(&self, column: &ArrayRef, field: &Field) -> std::result::Result<ArrayRef, ArrowError> {
        let text = cast(column, &DataType::Utf8)?;
        typed(text.as_string::<i32>().clone(), field.data_type(), self.options.time_unit)
    }
}
