//! Columns built from the fields of a text block. Plain fields become views into the block; nothing is copied.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringViewBuilder;
use arrow_buffer::NullBufferBuilder;
use arrow_schema::TimeUnit;

use super::zones::Zones;
use crate::error::{EngineError, Result};
use crate::input::{InputFile, TextOptions};
use crate::text::blocks::{Block, line_at};
use crate::text::time::{TimeProblem, parse_time};
use crate::timestamps::timestamps;

/// The text columns and the times of one block, while its records are read.
pub(super) struct TextColumns<'a> {
    file: &'a InputFile,
    block: &'a Block,
    columns: Vec<StringViewBuilder>,
    /// The number of the block among each column's buffers.
    buffer: Vec<u32>,
    times: TimeColumn<'a>,
}

/// How times are read.
#[derive(Clone, Copy)]
pub(super) struct TimeReading<'a> {
    pub(super) column: &'a str,
    pub(super) unit: TimeUnit,
    /// Whether numbers count from 1970.
    pub(super) is_counted: bool,
    pub(super) zones: &'a Zones,
}

struct TimeColumn<'a> {
    reading: TimeReading<'a>,
    instants: Vec<i64>,
    valid: NullBufferBuilder,
}

impl<'a> TimeReading<'a> {
    pub(super) fn new(column: &'a str, unit: TimeUnit, options: &TextOptions, zones: &'a Zones) -> Self {
        Self { column, unit, is_counted: options.time_unit.is_some(), zones }
    }
}

impl<'a> TextColumns<'a> {
    pub(super) fn new(
        file: &'a InputFile,
        block: &'a Block,
        columns: usize,
        reading: TimeReading<'a>,
    ) -> Self {
        let mut builders: Vec<StringViewBuilder> = (0..columns).map(|_| StringViewBuilder::new()).collect();
        let buffer = builders.iter_mut().map(|builder| builder.append_block(block.bytes.clone())).collect();
        let times = TimeColumn { reading, instants: Vec::new(), valid: NullBufferBuilder::new(0) };
        Self { file, block, columns: builders, buffer, times }
    }

    /// Appends a field to a column: a range of the block, a text of its own, or NULL.
    pub(super) fn push(&mut self, column: usize, text: Option<Cow<'_, [u8]>>, start: usize) -> Result<()> {
        let builder = &mut self.columns[column];
        match text {
            None => builder.append_null(),
            Some(Cow::Borrowed(text)) => {
                let appended = builder.try_append_view(self.buffer[column], start as u32, text.len() as u32);
                appended.map_err(|source| EngineError::Arrow { name: self.file.name.clone(), source })?;
            }
            Some(Cow::Owned(text)) => builder.append_value(String::from_utf8_lossy(&text)),
        }
        Ok(())
    }

    /// Appends the time of the record that begins at `start`.
    pub(super) fn push_time(&mut self, text: Option<&str>, start: usize) -> Result<()> {
        let Some(text) = text else {
            self.times.instants.push(0);
            self.times.valid.append_null();
            return Ok(());
        };
        let reading = self.times.reading;
        match parse_time(text, reading.unit, reading.is_counted) {
            Ok(time) => {
                reading.zones.note(time.zoned, || {
                    let line = line_at(self.file, self.block.offset + start as u64).unwrap_or_default();
                    format!("'{text}' in {} line {line}", self.file.name)
                });
                self.times.instants.push(time.instant);
                self.times.valid.append_non_null();
                Ok(())
            }
            Err(problem) => Err(self.time_error(problem, text, start)),
        }
    }

    fn time_error(&self, problem: TimeProblem, value: &str, start: usize) -> EngineError {
        let reading = self.times.reading;
        let line = match line_at(self.file, self.block.offset + start as u64) {
            Ok(line) => line,
            Err(error) => return error,
        };
        let (name, value) = (self.file.name.clone(), shortened(value));
        match problem {
            TimeProblem::NotATime => {
                let (column, is_counted) = (reading.column.to_owned(), reading.is_counted);
                EngineError::Time { name, line, column, value, is_counted }
            }
            TimeProblem::OutOfRange => {
                EngineError::TimeRange { name, line, value, unit: words(reading.unit) }
            }
            TimeProblem::Finer => {
                reading.zones.note_finer();
                EngineError::TimeRange { name, line, value, unit: words(reading.unit) }
            }
        }
    }

    /// The finished columns and times.
    pub(super) fn finish(self) -> (Vec<ArrayRef>, ArrayRef) {
        let columns =
            self.columns.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
        let TimeColumn { reading, instants, mut valid } = self.times;
        (columns, timestamps(instants, valid.finish(), reading.unit))
    }
}

/// The beginning of a value, for messages.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}

fn words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Nanosecond => {
            "nanoseconds in 64 bits (years 1677 to 2262), which other times in the input need"
        }
        _ => "the calendar (years -9999 to 9999)",
    }
}
