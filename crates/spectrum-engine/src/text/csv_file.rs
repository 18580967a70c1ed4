//! What every reader of a CSV file needs: its header, its records, checked, and the values of their fields.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::StringArray;
use arrow_array::builder::StringBuilder;

use super::blocks::{Block, Blocks, line_at};
use super::csv::{Field, Records, unquoted};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{InputFile, TextOptions};

/// The names in a file's header line.
pub(crate) fn header(file: &InputFile, delimiter: u8) -> Result<Vec<String>> {
    let block = Blocks::new(std::slice::from_ref(file), Format::Csv { delimiter }).next().transpose()?;
    let mut fields = Vec::new();
    let no_header = || EngineError::Line {
        name: file.name.clone(),
        line: 1,
        problem: "the file is empty; the first line names the columns".into(),
    };
    let block = block.ok_or_else(no_header)?;
    block.text(file)?;
    let mut records = Records::new(&block.bytes, block.text_start(), delimiter);
    records.next_record(&mut fields).ok_or_else(no_header)?;
    check_quotes(file, &block, &records, &fields)?;
    Ok(fields.iter().map(|field| lossy(&unquoted(&block.bytes, *field)).into_owned()).collect())
}

/// The names in the header line of several files, which must be the same in all of them.
pub(crate) fn common_header(files: &[InputFile], delimiter: u8) -> Result<Vec<String>> {
    let first = header(&files[0], delimiter)?;
    for file in &files[1..] {
        let other = header(file, delimiter)?;
        if other != first {
            return Err(EngineError::MixedSchemas {
                a: files[0].path.clone(),
                b: file.path.clone(),
                difference: format!("({}) and ({})", first.join(", "), other.join(", ")),
            });
        }
    }
    Ok(first)
}

/// The records of a block after the header, if it has it.
pub(crate) fn after_header(block: &Block, delimiter: u8) -> Records<'_> {
    let mut records = Records::new(&block.bytes, block.text_start(), delimiter);
    if block.is_first() {
        records.next_record(&mut Vec::new());
    }
    records
}

/// Calls `visit` with every record of a block, the header left out. Every record has `width` fields.
pub(crate) fn each_record(
    file: &InputFile,
    block: &Block,
    delimiter: u8,
    width: usize,
    mut visit: impl FnMut(Range<usize>, &[Field]) -> Result<()>,
) -> Result<()> {
    let mut fields = Vec::with_capacity(width);
    let mut records = after_header(block, delimiter);
    while let Some(record) = records.next_record(&mut fields) {
        check_quotes(file, block, &records, &fields)?;
        if fields.len() != width {
            return Err(EngineError::Line {
                name: file.name.clone(),
                line: line_at(file, block.offset + record.start as u64)?,
                problem: match fields.len() {
                    1 => format!("1 field where the header has {width}; every record needs all of them"),
                    few if few < width => {
                        format!("{few} fields where the header has {width}; every record needs all of them")
                    }
                    many => format!(
                        "{many} fields where the header has {width}; quote fields that hold the delimiter '{}'",
                        char::from(delimiter).escape_default(),
                    ),
                },
            });
        }
        visit(record, &fields)?;
    }
    Ok(())
}

/// A field's value: NULL when it is empty and unquoted, or unquoted and one of the texts that mean NULL.
pub(crate) fn value<'b>(bytes: &'b [u8], field: Field, options: &TextOptions) -> Option<Cow<'b, [u8]>> {
    let value = unquoted(bytes, field);
    let is_null = !field.quoted
        && (value.is_empty() || options.nulls.iter().any(|null| null.as_bytes() == value.as_ref()));
    (!is_null).then_some(value)
}

/// All values of a block as texts, one column for each of the `width` fields of the header.
pub(crate) fn columns(
    file: &InputFile,
    block: &Block,
    delimiter: u8,
    width: usize,
    options: &TextOptions,
) -> Result<Vec<StringArray>> {
    block.text(file)?;
    let mut columns: Vec<StringBuilder> = (0..width).map(|_| StringBuilder::new()).collect();
    each_record(file, block, delimiter, width, |_, fields| {
        for (column, field) in columns.iter_mut().zip(fields) {
            let value = value(&block.bytes, *field, options);
            column.append_option(value.as_deref().map(lossy));
        }
        Ok(())
    })?;
    Ok(columns.into_iter().map(|mut column| column.finish()).collect())
}

/// Where a record begins in its block.
pub(crate) fn start_of_record(block: &Block, delimiter: u8, row: usize) -> usize {
    let mut records = after_header(block, delimiter);
    let mut fields = Vec::new();
    let mut start = 0;
    for _ in 0..=row {
        start = records.next_record(&mut fields).map_or(start, |record| record.start);
    }
    start
}

/// Blocks are checked to be UTF-8 as a whole, so this is only lossy in theory.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Refuses a record that runs to the end of the file because a quote is never closed.
fn check_quotes(file: &InputFile, block: &Block, records: &Records<'_>, fields: &[Field]) -> Result<()> {
    if !records.ends_in_quotes() {
        return Ok(());
    }
    let quote = fields.last().map_or(0, |field| field.start);
    Err(EngineError::Line {
        name: file.name.clone(),
        line: line_at(file, block.offset + quote as u64)?,
        problem:
            "the quote that opens a field here is never closed; close it, or double a quote that is text \
                  (\"\")"
                .into(),
    })
}
