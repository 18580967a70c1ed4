//! CSV with all its columns, typed.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::TableSource;
use super::column_type::ColumnType;
use super::infer::Possible;
use crate::error::{EngineError, GivenTypeError, Result};
use crate::parallel::share;
use crate::text::blocks::{Block, Blocks, line_at};
use crate::text::csv_file::{CommonHeader, columns, common_header, each_record, lossy, value};
use crate::text::dialect::Dialect;
use crate::text::time::TimeSpelling;
use crate::timestamps::{relabelled, timestamps};

pub(crate) struct CsvTable<'a> {
    pub(super) source: TableSource<'a>,
    dialect: Dialect,
    header: CommonHeader,
    schema: SchemaRef,
}

impl<'a> CsvTable<'a> {
    pub(super) fn open(source: TableSource<'a>, dialect: Dialect) -> Result<Self> {
        let header = common_header(source.files, dialect, source.text)?;
        let given: Vec<_> = header.names.iter().map(|name| source.given_type(name)).collect();
        let types = infer(source, dialect, &header, &given)?;
        let fields = header.names.iter().zip(types).zip(given).map(|((name, found), given)| {
            let data_type = match given {
                _ if name == source.time => source.time_type.clone(),
                Some(given) => given.data_type(),
                None => found,
            };
            Field::new(name, data_type, true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { source, dialect, header, schema })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        let TableSource { files, text: options, time, .. } = self.source;
        let file = &files[block.file];
        let mut texts = columns(file, block, self.dialect, self.schema.fields().len(), options)?;
        if let Some(order) = self.header.order(block.file) {
            texts = order.iter().map(|at| texts[*at].clone()).collect();
        }
        let typed = texts.into_iter().zip(self.schema.fields()).map(|(text, field)| {
            let spelling =
                if *field.name() == time { TimeSpelling::of(options) } else { TimeSpelling::Usual };
            typed(text, field.data_type(), spelling)
        });
        let cannot = |source| EngineError::Arrow { name: file.name.clone(), source };
        let columns = typed.collect::<std::result::Result<_, _>>().map_err(cannot)?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(cannot)
    }
}

/// Reads every value once. An output as text keeps texts and needs no types, but would write times and booleans the
/// same, so the types are the same for every output.
fn infer(
    source: TableSource<'_>,
    dialect: Dialect,
    header: &CommonHeader,
    given: &[Option<ColumnType>],
) -> Result<Vec<DataType>> {
    let columns = header.names.len();
    let is_key: Vec<bool> = header.names.iter().map(|name| source.is_key_text(name)).collect();
    let bytes: u64 = source.files.iter().map(|file| file.bytes).sum();
    source.watch.begin("finding types", bytes);
    let workers = vec![vec![Possible::default(); columns]; source.threads];
    let workers = share(Blocks::new(source.files, source.format), workers, |possible, block| {
        let file = &source.files[block.file];
        let order = header.order(block.file);
        each_record(file, &block, dialect, columns, |record, fields| {
            for (column, possible) in possible.iter_mut().enumerate() {
                let field = fields[order.map_or(column, |order| order[column])];
                let Some(value) = value(&block.bytes, field, dialect, source.text) else { continue };
                let value = lossy(&value);
                let Some(given) = given[column] else {
                    possible.see(&value);
                    continue;
                };
                let (is_taken, is_kept) = (given.takes(&value), !is_key[column] || given.keeps(&value));
                if is_taken && is_kept {
                    continue;
                }
                let line = line_at(file, block.offset + record.start as u64)?;
                let place = format!("{} line {line}", file.name);
                let (column, value) = (header.names[column].clone(), value.into_owned());
                return Err(match is_taken {
                    true => GivenTypeError::KeyNotKept { place, column, value, column_type: given }.into(),
                    false => GivenTypeError::NotOfType { place, column, value, column_type: given }.into(),
                });
            }
            Ok(())
        })?;
        source.watch.advance(block.bytes.len() as u64)
    })?;
    let all = workers.into_iter().reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.and(b)).collect());
    Ok(all.unwrap_or_default().into_iter().map(Possible::data_type).collect())
}

/// A text column as another type; every value was found to fit before.
pub(super) fn typed(
    text: StringArray,
    data_type: &DataType,
    spelling: TimeSpelling<'_>,
) -> std::result::Result<ArrayRef, ArrowError> {
    match data_type {
        DataType::Utf8 => Ok(Arc::new(text)),
        DataType::Timestamp(unit, _) => {
            let mut instants = Vec::with_capacity(text.len());
            for value in text.iter() {
                let time = value.map(|value| spelling.read(value, *unit)).transpose();
                let time = time.map_err(|_| ArrowError::CastError(format!("{value:?} is not a time")))?;
                instants.push(time.map_or(0, |time| time.instant));
            }
            relabelled(&timestamps(instants, text.nulls().cloned(), *unit), data_type)
        }
        other => cast_with_options(&text, other, &CastOptions { safe: false, ..CastOptions::default() }),
    }
}
