//! Record batches as CSV: NULL is an empty field, an empty text a quoted one.

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, Schema};

use crate::text::csv::write_field;

/// The header line.
pub(crate) fn header(schema: &Schema, delimiter: u8) -> Vec<u8> {
    let mut line = Vec::new();
    for (at, field) in schema.fields().iter().enumerate() {
        if at > 0 {
            line.push(delimiter);
        }
        write_field(field.name().as_bytes(), delimiter, &mut line);
    }
    line.push(b'\n');
    line
}

/// A line a row. Times are written as RFC 3339, with `Z` where the column has a zone.
pub(crate) fn lines(batch: &RecordBatch, delimiter: u8) -> Result<Vec<u8>, ArrowError> {
    let options = FormatOptions::default().with_null("").with_timestamp_format(None);
    let columns: Vec<ArrayFormatter<'_>> =
        batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options)).collect::<Result<_, _>>()?;
    // Logical ones, because columns without a type and dictionaries have NULLs that no bit marks.
    let nulls: Vec<_> = batch.columns().iter().map(|column| column.logical_nulls()).collect();
    let mut lines = Vec::with_capacity(batch.num_rows() * columns.len() * 16);
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        for (at, (formatter, nulls)) in columns.iter().zip(&nulls).enumerate() {
            if at > 0 {
                lines.push(delimiter);
            }
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            text.clear();
            // Not by `write!`, which prints an error's text in the place of a value that has none.
            formatter.value(row).write(&mut text)?;
            write_field(text.as_bytes(), delimiter, &mut lines);
        }
        lines.push(b'\n');
    }
    Ok(lines)
}
