//! CSV with all its columns, typed.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use super::infer::Possible;
use crate::attach::Attach;
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{InputFile, TextOptions};
use crate::parallel::share;
use crate::scan::csv::{each_record, header, value};
use crate::scan::text_columns::timestamps;
use crate::text::blocks::{Block, Blocks};
use crate::text::time::parse_time;

pub(crate) struct CsvTable<'a> {
    pub(super) files: &'a [InputFile],
    pub(super) format: Format,
    delimiter: u8,
    options: &'a TextOptions,
    schema: SchemaRef,
    /// The column that is read as the run reads its times.
    time: String,
}

impl<'a> CsvTable<'a> {
    pub(super) fn open(attach: &Attach<'a>, files: &'a [InputFile], delimiter: u8) -> Result<Self> {
        let names = header(&files[0], delimiter)?;
        for file in &files[1..] {
            let others = header(file, delimiter)?;
            if others != names {
                return Err(EngineError::MixedSchemas {
                    a: files[0].path.clone(),
                    b: file.path.clone(),
                    difference: format!("({}) and ({})", names.join(", "), others.join(", ")),
                });
            }
        }
        let mut table = Self {
            files,
            format: attach.input.format,
            delimiter,
            options: &attach.input.text,
            schema: Arc::new(Schema::empty()),
            time: attach.time.to_owned(),
        };
        let types = table.infer(attach, names.len())?;
        let fields = names.iter().zip(types).map(|(name, data_type)| {
            let data_type = if name == attach.time { attach.labelled.time_type.clone() } else { data_type };
            Field::new(name, data_type, true)
        });
        table.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(table)
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Reads every value once. An output as text keeps texts and needs no types, but would write times and
    /// booleans the same, so the types are the same for every output.
    fn infer(&self, attach: &Attach<'_>, columns: usize) -> Result<Vec<DataType>> {
        let bytes: u64 = self.files.iter().map(|file| file.bytes).sum();
        attach.watch.begin("finding types", bytes);
        let workers = vec![vec![Possible::default(); columns]; attach.threads];
        let workers = share(Blocks::new(self.files, self.format), workers, |possible, block| {
            each_record(&self.files[block.file], &block, self.delimiter, columns, |_, fields| {
                for (possible, field) in possible.iter_mut().zip(fields) {
                    if let Some(value) = value(&block.bytes, *field, self.options) {
                        possible.see(&String::from_utf8_lossy(&value));
                    }
                }
                Ok(())
            })?;
            attach.watch.advance(block.bytes.len() as u64)
        })?;
        let all = workers.into_iter().reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.and(b)).collect());
        Ok(all.unwrap_or_default().into_iter().map(Possible::data_type).collect())
    }

    pub(super) fn decode(&self, block: &Block) -> Result<RecordBatch> {
        let file = &self.files[block.file];
        let width = self.schema.fields().len();
        let mut columns: Vec<StringBuilder> = (0..width).map(|_| StringBuilder::new()).collect();
        each_record(file, block, self.delimiter, width, |_, fields| {
            for (column, field) in columns.iter_mut().zip(fields) {
                let value = value(&block.bytes, *field, self.options);
                column.append_option(value.as_deref().map(String::from_utf8_lossy).as_deref());
            }
            Ok(())
        })?;
        let typed = columns.iter_mut().zip(self.schema.fields()).map(|(text, field)| {
            let epoch = self.options.time_unit.filter(|_| *field.name() == self.time);
            typed(text.finish(), field.data_type(), epoch)
        });
        let cannot = |source| EngineError::Arrow { name: file.name.clone(), source };
        let columns = typed.collect::<std::result::Result<_, _>>().map_err(cannot)?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(cannot)
    }
}

/// A text column as another type; every value was found to fit before.
pub(super) fn typed(
    text: StringArray,
    data_type: &DataType,
    epoch: Option<TimeUnit>,
) -> std::result::Result<ArrayRef, ArrowError> {
    match data_type {
        DataType::Utf8 => Ok(Arc::new(text)),
        DataType::Timestamp(unit, _) => {
            let mut instants = Vec::with_capacity(text.len());
            for value in text.iter() {
                let time = value.map(|value| parse_time(value, *unit, epoch.is_some())).transpose();
                let time = time.map_err(|_| ArrowError::CastError(format!("{value:?} is not a time")))?;
                instants.push(time.map_or(0, |time| time.instant));
            }
            let naive = timestamps(instants, text.nulls().cloned(), *unit);
            // The zone is a label here: the instants are UTC already.
            let data = naive.to_data().into_builder().data_type(data_type.clone()).build()?;
            Ok(arrow_array::make_array(data))
        }
        other => cast_with_options(&text, other, &CastOptions { safe: false, ..CastOptions::default() }),
    }
}
