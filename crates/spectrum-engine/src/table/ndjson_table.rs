//! NDJSON with all its members, typed by arrow-json.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_cast::cast;
use arrow_json::ReaderBuilder;
use arrow_json::reader::infer_json_schema_from_iterator;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use serde_json::Value;

use super::TableSource;
use super::column_type::ColumnType;
use super::csv_table::typed;
use super::exact_numbers::with_exact_integers;
use crate::error::{EngineError, GivenTypeError, Result};
use crate::text::blocks::{Block, Blocks, line_at};
use crate::text::ndjson::{members, names, scalar_text};
use crate::text::ndjson_file::{line_error, lines};
use crate::text::surrogates::with_plain_pairs;
use crate::text::time::TimeSpelling;

pub(crate) struct NdjsonTable<'a> {
    pub(super) source: TableSource<'a>,
    /// As the lines have it; times are text.
    lines_schema: SchemaRef,
    schema: SchemaRef,
}

impl<'a> NdjsonTable<'a> {
    pub(super) fn open(source: TableSource<'a>) -> Result<Self> {
        let inferred = infer(source)?;
        let names = || inferred.fields().iter().map(|field| field.name());
        if let Some((column, _)) =
            source.text.types.iter().find(|(column, _)| !names().any(|name| name == column))
        {
            let (name, present) = (source.files[0].name.clone(), names().cloned().collect());
            return Err(GivenTypeError::NothingToType { column: column.clone(), name, present }.into());
        }
        check_keys(source)?;
        let inferred = with_exact_integers(source, &inferred)?;
        // The time may be a number that counts from 1970; as text it is read the one way for both.
        let fields = inferred.fields().iter().map(|field| {
            let given = source.given_type(field.name());
            match given {
                _ if field.name() == source.time => Arc::new(Field::new(field.name(), DataType::Utf8, true)),
                Some(given) => Arc::new(Field::new(field.name(), given.data_type(), true)),
                None => Arc::clone(field),
            }
        });
        let lines_schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let fields = lines_schema.fields().iter().map(|field| match field.name() == source.time {
            true => Arc::new(Field::new(field.name(), source.time_type.clone(), true)),
            false => Arc::clone(field),
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { source, lines_schema, schema })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        let cannot = |source| EngineError::Arrow { name: self.source.files[block.file].name.clone(), source };
        self.decode_block(block).map_err(cannot)
    }

    fn decode_block(&self, block: &Block) -> std::result::Result<RecordBatch, ArrowError> {
        let rows = lines(block).count();
        let mut decoder = ReaderBuilder::new(Arc::clone(&self.lines_schema))
            .with_batch_size(rows.max(1))
            .with_coerce_primitive(true)
            .build_decoder()?;
        decoder.decode(&with_plain_pairs(&block.bytes[block.text_start()..]))?;
        let batch =
            decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&self.lines_schema)));
        let columns = batch.columns().iter().zip(self.schema.fields()).map(|(column, field)| {
            match *field.name() == self.source.time {
                true => self.times(column, field),
                false => Ok(Arc::clone(column)),
            }
        });
        let columns = columns.collect::<std::result::Result<_, _>>()?;
        // Blank lines alone have no member and so no column.
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }

    fn times(&self, column: &ArrayRef, field: &Field) -> std::result::Result<ArrayRef, ArrowError> {
        let text = cast(column, &DataType::Utf8)?;
        typed(text.as_string::<i32>().clone(), field.data_type(), TimeSpelling::of(self.source.text))
    }
}

/// Types that fit the lines of all files, as arrow-json has it. Columns stand in the order in which the lines
/// first name them.
fn infer(source: TableSource<'_>) -> Result<Schema> {
    source.watch.begin("finding types", source.files.iter().map(|file| file.bytes).sum());
    let mut failed = None;
    let blocks = Blocks::new(source.files, source.format).map_while(|block| {
        let advanced = |block: Block| source.watch.advance(block.bytes.len() as u64).map(|()| block);
        block.and_then(advanced).map_err(|error| failed = Some(error)).ok()
    });
    let (mut in_order, mut known) = (Vec::new(), HashSet::new());
    let values = blocks.flat_map(|block| {
        let value = |line| {
            let value = serde_json::from_str(line).map_err(|e| ArrowError::JsonError(e.to_string()))?;
            if let Value::Object(object) = &value
                && !object.keys().all(|name| known.contains(name))
            {
                in_order.extend(names(line).into_iter().filter(|name| known.insert(name.clone())));
            }
            Ok(value)
        };
        lines(&block).map(|(_, line)| line).map(value).collect::<Vec<std::result::Result<Value, _>>>()
    });
    let schema = infer_json_schema_from_iterator(values);
    if let Some(error) = failed {
        return Err(error);
    }
    let schema = match schema {
        Ok(schema) => schema,
        Err(reason) => return Err(contradiction(source, reason)?),
    };
    let fields =
        in_order.iter().filter_map(|name| schema.fields().find(name).map(|(_, field)| field.clone()));
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// Names the first member that is an object here and something else there, which no column can be. Where that
/// is deeper within, arrow-json's own words have to do.
fn contradiction(source: TableSource<'_>, reason: ArrowError) -> Result<EngineError> {
    let mut is_object: HashMap<String, bool> = HashMap::new();
    for block in Blocks::new(source.files, source.format) {
        let block = block?;
        source.watch.advance(0)?;
        for (start, line) in lines(&block) {
            let object = match serde_json::from_str(line) {
                Ok(Value::Object(object)) => object,
                Ok(_) => continue,
                Err(error) => {
                    let file = &source.files[block.file];
                    let message = error.to_string();
                    let message =
                        message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
                    let problem = format!(
                        "{message} at column {}, so it has no type; write NDJSON, which needs none",
                        error.column()
                    );
                    return Ok(line_error(file, &block, start, problem));
                }
            };
            for (name, value) in object.into_iter().filter(|(_, value)| !value.is_null()) {
                let now = value.is_object();
                let before = *is_object.entry(name.clone()).or_insert(now);
                if before != now {
                    let words = |is_object| if is_object { "an object" } else { "no object" };
                    let file = &source.files[block.file];
                    let problem = format!(
                        "'{name}' is {} here and {} before, so it has no one type; write NDJSON, which needs none",
                        words(now),
                        words(before)
                    );
                    return Ok(line_error(file, &block, start, problem));
                }
            }
        }
    }
    Ok(EngineError::Arrow { name: source.files[0].name.clone(), source: reason })
}

/// Refuses values of keys that would be written as other texts by the types that their columns were given.
fn check_keys(source: TableSource<'_>) -> Result<()> {
    let given = source.text.types.iter().filter(|(column, _)| source.is_key_text(column));
    let (names, types): (Vec<String>, Vec<ColumnType>) = given.cloned().unzip();
    if names.is_empty() {
        return Ok(());
    }
    for block in Blocks::new(source.files, source.format) {
        let block = block?;
        let mut values: Vec<Option<&str>> = Vec::new();
        source.watch.advance(0)?;
        for (start, line) in lines(&block) {
            let file = &source.files[block.file];
            members(line, &names, &mut values).map_err(|_| EngineError::Changed(file.name.clone()))?;
            for ((column, column_type), value) in names.iter().zip(&types).zip(&values) {
                // What has no text was refused as a key.
                let Some(text) = value.and_then(|value| scalar_text(value).ok().flatten()) else { continue };
                if source.given_type(column) == Some(*column_type) && !column_type.keeps(&text) {
                    let line = line_at(file, block.offset + start as u64)?;
                    return Err(GivenTypeError::KeyNotKept {
                        place: format!("{} line {line}", file.name),
                        column: column.clone(),
                        value: text.into_owned(),
                        column_type: *column_type,
                    }
                    .into());
                }
            }
        }
    }
    Ok(())
}
