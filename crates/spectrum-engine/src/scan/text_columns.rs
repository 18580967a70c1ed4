//! Columns built from the fields of a text block. Plain fields become views into the block; nothing is copied.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringViewBuilder;
use arrow_buffer::NullBufferBuilder;

use super::time_values::TimeReading;
use crate::error::{EngineError, KeyError, Result, RuleError};
use crate::input::InputFile;
use crate::text::blocks::{Block, line_at};
use crate::text::json_text::NotRead;
use crate::text::whole_number::whole_number;
use crate::timestamps::timestamps;

/// The text columns and the times of one block, while its records are read.
pub(super) struct TextColumns<'a> {
    file: &'a InputFile,
    block: &'a Block,
    columns: Vec<StringViewBuilder>,
    /// What the columns are called.
    names: Vec<&'a str>,
    /// The number of the block among each column's buffers.
    buffer: Vec<u32>,
    times: TimeColumn<'a>,
}

struct TimeColumn<'a> {
    reading: TimeReading<'a>,
    instants: Vec<i64>,
    valid: NullBufferBuilder,
}

impl<'a> TextColumns<'a> {
    pub(super) fn new(
        file: &'a InputFile,
        block: &'a Block,
        names: Vec<&'a str>,
        reading: TimeReading<'a>,
    ) -> Self {
        let mut builders: Vec<StringViewBuilder> = names.iter().map(|_| StringViewBuilder::new()).collect();
        let buffer = builders.iter_mut().map(|builder| builder.append_block(block.bytes.clone())).collect();
        let times = TimeColumn { reading, instants: Vec::new(), valid: NullBufferBuilder::new(0) };
        Self { file, block, columns: builders, names, buffer, times }
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

    /// Appends a number that has to be whole, in plain digits.
    pub(super) fn push_whole(&mut self, column: usize, text: &str, start: usize) -> Result<()> {
        match whole_number(text) {
            Some(number) => {
                self.columns[column].append_value(number);
                Ok(())
            }
            None => Err(KeyError::Value {
                place: self.place(start)?,
                column: self.names.get(column).copied().unwrap_or_default().to_owned(),
                value: text.to_owned(),
                expected: "a whole number",
            }
            .into()),
        }
    }

    /// That a text is not the JSON that a rule takes it to be.
    pub(super) fn not_json(&self, column: usize, start: usize, what: NotRead) -> EngineError {
        let column = self.names.get(column).copied().unwrap_or_default().to_owned();
        match self.place(start) {
            Ok(place) => RuleError::NotJson { place, column, what: what.0, is_of_summary: false }.into(),
            Err(error) => error,
        }
    }

    /// Names the record that begins at `start`.
    fn place(&self, start: usize) -> Result<String> {
        let line = line_at(self.file, self.block.offset + start as u64)?;
        Ok(format!("{} line {line}", self.file.name))
    }

    /// Appends the time of the record that begins at `start`.
    pub(super) fn push_time(&mut self, text: Option<&str>, start: usize) -> Result<()> {
        let Some(text) = text else {
            self.times.instants.push(0);
            self.times.valid.append_null();
            return Ok(());
        };
        let instant = self.times.reading.read(text, || self.place(start))?;
        self.times.instants.push(instant);
        self.times.valid.append_non_null();
        Ok(())
    }

    /// The finished columns and times.
    pub(super) fn finish(self) -> (Vec<ArrayRef>, ArrayRef) {
        let columns =
            self.columns.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
        let TimeColumn { reading, instants, mut valid } = self.times;
        (columns, timestamps(instants, valid.finish(), reading.unit))
    }
}
