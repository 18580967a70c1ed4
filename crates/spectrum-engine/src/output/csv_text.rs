//! Record batches as CSV: NULL is an empty field, an empty text a quoted one, and what is nested is JSON.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema};

use crate::error::{EngineError, OutputError, Result};
use crate::text::dialect::Dialect;
use crate::text::field_text::{Unwritable, write_field};

/// The header line; `name` is the file that it is for.
pub(crate) fn header(schema: &Schema, dialect: Dialect, name: &str) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    if !dialect.has_header {
        return Ok(line);
    }
    for (at, field) in schema.fields().iter().enumerate() {
        if at > 0 {
            line.extend_from_slice(dialect.delimiter.as_bytes());
        }
        let written = write_field(field.name().as_bytes(), dialect, &mut line);
        written.map_err(|Unwritable| unwritable(field, field.name(), name))?;
    }
    line.push(b'\n');
    Ok(line)
}

/// One line per row. Times are written as RFC 3339, with `Z` where the column has a zone.
pub(crate) fn lines(batch: &RecordBatch, dialect: Dialect, name: &str) -> Result<Vec<u8>> {
    let cannot = |source| EngineError::Arrow { name: name.to_owned(), source };
    let schema = batch.schema();
    let options = FormatOptions::default().with_null("").with_timestamp_format(None);
    let nested = EncoderOptions::default().with_explicit_nulls(true);
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| Cells::new(field, column, &options, &nested));
    let mut columns: Vec<Cells<'_>> = columns.collect::<std::result::Result<_, _>>().map_err(cannot)?;
    // Logical ones, because columns without a type and dictionaries have NULLs that no bit marks.
    let nulls: Vec<_> = batch.columns().iter().map(|column| column.logical_nulls()).collect();
    let mut lines = Vec::with_capacity(batch.num_rows() * columns.len() * 16);
    let mut text = String::new();
    let mut json = Vec::new();
    for row in 0..batch.num_rows() {
        for (at, (cells, nulls)) in columns.iter_mut().zip(&nulls).enumerate() {
            if at > 0 {
                lines.extend_from_slice(dialect.delimiter.as_bytes());
            }
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let cell = match cells {
                Cells::Plain(formatter) => {
                    text.clear();
                    // Not by `write!`, which prints an error's text in the place of a value that has none.
                    formatter.value(row).write(&mut text).map_err(cannot)?;
                    text.as_bytes()
                }
                Cells::Nested(encoder) => {
                    json.clear();
                    encoder.encode(row, &mut json);
                    &json
                }
            };
            write_field(cell, dialect, &mut lines)
                .map_err(|Unwritable| unwritable(schema.field(at), &String::from_utf8_lossy(cell), name))?;
        }
        lines.push(b'\n');
    }
    Ok(lines)
}

/// What writes the cells of a column.
enum Cells<'a> {
    Plain(ArrayFormatter<'a>),
    Nested(NullableEncoder<'a>),
}

impl<'a> Cells<'a> {
    fn new(
        field: &'a FieldRef,
        column: &'a ArrayRef,
        options: &FormatOptions<'a>,
        nested: &'a EncoderOptions,
    ) -> std::result::Result<Self, ArrowError> {
        match is_nested(column.data_type()) {
            true => make_encoder(field, column, nested).map(Self::Nested),
            false => ArrayFormatter::try_new(column, options).map(Self::Plain),
        }
    }
}

/// Whether values have values inside, whose bounds only JSON tells.
fn is_nested(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_nested(values),
        DataType::RunEndEncoded(_, values) => is_nested(values.data_type()),
        other => other.is_nested(),
    }
}

fn unwritable(field: &arrow_schema::Field, value: &str, name: &str) -> EngineError {
    const LONGEST: usize = 60;
    OutputError::Unwritable {
        column: field.name().clone(),
        value: value.chars().take(LONGEST).collect(),
        name: name.to_owned(),
    }
    .into()
}
