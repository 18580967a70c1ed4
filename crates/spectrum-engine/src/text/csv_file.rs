//! What every reader of a CSV file needs: its header, its records, checked, and the values of their fields.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::StringArray;
use arrow_array::builder::StringBuilder;
use memchr::memchr;

use super::blocks::{Block, Blocks, line_at};
use super::csv::{Fault, Field, Records};
use super::dialect::{Delimiter, Dialect};
use super::field_text::unquoted;
use crate::error::{InputError, QuotingProblem, Result, TextError};
use crate::format::Format;
use crate::input::{InputFile, TextOptions};

/// The names of a file's columns: those in its header line, or those that were named instead.
pub(crate) fn header(file: &InputFile, dialect: Dialect, options: &TextOptions) -> Result<Vec<String>> {
    let named = &options.dialect.columns;
    if !dialect.has_header && !named.is_empty() {
        return Ok(named.clone());
    }
    let block = Blocks::new(std::slice::from_ref(file), Format::Csv(dialect)).next().transpose()?;
    let no_header = || TextError::Line {
        name: file.name.clone(),
        line: 1,
        problem: match dialect.has_header {
            true => "the file is empty; the first line names the columns".into(),
            false => "the file is empty, so it has no columns; name them".into(),
        },
    };
    let block = block.ok_or_else(no_header)?;
    block.text(file)?;
    let mut fields = Vec::new();
    let mut records = Records::new(&block.bytes, block.text_start(), dialect);
    let record = records.next_record(&mut fields).ok_or_else(no_header)?;
    check(file, &block, &records, record.clone(), &fields)?;
    if !dialect.has_header {
        return Ok((1..=fields.len()).map(|number| format!("column{number}")).collect());
    }
    if let Some(delimiter) = told_delimiter(&block.bytes[record], dialect) {
        let name = file.name.clone();
        return Err(
            TextError::DelimiterLine { name, line: u64::from(dialect.skipped_lines) + 1, delimiter }.into()
        );
    }
    Ok(fields.iter().map(|field| lossy(&unquoted(&block.bytes, *field, dialect)).into_owned()).collect())
}

/// What a line says that Excel writes and heeds before all others, as in `sep=;`.
fn told_delimiter(line: &[u8], dialect: Dialect) -> Option<Delimiter> {
    let text = std::str::from_utf8(line).ok()?;
    let told = text.strip_prefix("sep=").or_else(|| text.strip_prefix("\"sep=")?.strip_suffix('"'))?;
    match told {
        "" => Some(dialect.delimiter),
        told => told.parse().ok().filter(|_| told.chars().count() == 1),
    }
}

/// The columns of several files that become one.
#[derive(Clone, Debug)]
pub(crate) struct CommonHeader {
    /// The names, in the order of the first file.
    pub(crate) names: Vec<String>,
    /// For each file whose order is another, where it has each of the columns.
    orders: Vec<Option<Vec<usize>>>,
}

impl CommonHeader {
    /// Where a file has each of the columns, if not in this order.
    pub(crate) fn order(&self, file: usize) -> Option<&[usize]> {
        self.orders.get(file)?.as_deref()
    }
}

/// The header of several files, which must have the same columns, in any order.
pub(crate) fn common_header(
    files: &[InputFile],
    dialect: Dialect,
    options: &TextOptions,
) -> Result<CommonHeader> {
    let names = header(&files[0], dialect, options)?;
    let mut orders = vec![None];
    for file in &files[1..] {
        let other = header(file, dialect, options)?;
        orders.push(match other == names {
            true => None,
            false => Some(order(&names, &other).ok_or_else(|| InputError::MixedSchemas {
                a: files[0].path.clone(),
                b: file.path.clone(),
                difference: format!("({}) and ({})", names.join(", "), other.join(", ")),
            })?),
        });
    }
    Ok(CommonHeader { names, orders })
}

/// Where each of the names stands among the others; `None` when they are not the same names, once each.
fn order(names: &[String], others: &[String]) -> Option<Vec<usize>> {
    let place = |name: &String| {
        let mut found = others.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    };
    let places: Option<Vec<usize>> = names.iter().map(place).collect();
    places.filter(|_| names.len() == others.len())
}

/// The records of a block after the header, if it has it.
pub(crate) fn after_header(block: &Block, dialect: Dialect) -> Records<'_> {
    let mut records = Records::new(&block.bytes, block.text_start(), dialect);
    if block.is_first() && dialect.has_header {
        records.next_record(&mut Vec::new());
    }
    records
}

/// Calls `visit` with every record of a block, the header left out. Every record has `width` fields.
pub(crate) fn each_record(
    file: &InputFile,
    block: &Block,
    dialect: Dialect,
    width: usize,
    mut visit: impl FnMut(Range<usize>, &[Field]) -> Result<()>,
) -> Result<()> {
    let mut fields = Vec::with_capacity(width);
    let mut records = after_header(block, dialect);
    let has_returns = memchr(b'\r', &block.bytes).is_some();
    while let Some(record) = records.next_record(&mut fields) {
        if records.fault().is_some() || has_returns {
            check(file, block, &records, record.clone(), &fields)?;
        }
        if fields.len() != width {
            return Err(TextError::Line {
                name: file.name.clone(),
                line: line_at(file, block.offset + record.start as u64)?,
                problem: width_problem(fields.len(), width, dialect),
            }
            .into());
        }
        visit(record, &fields)?;
    }
    Ok(())
}

fn width_problem(fields: usize, width: usize, dialect: Dialect) -> String {
    let needed = match dialect.has_header {
        true => format!("where the header has {width}"),
        false => format!("where {width} are expected"),
    };
    match fields {
        1 => format!("1 field {needed}; every record needs all of them"),
        few if few < width => format!("{few} fields {needed}; every record needs all of them"),
        many => {
            let delimiter = dialect.delimiter.to_string();
            let delimiter = delimiter.escape_default();
            match dialect.quote {
                Some(_) => {
                    format!("{many} fields {needed}; quote fields that hold the delimiter '{delimiter}'")
                }
                None => format!("{many} fields {needed}; a field cannot hold the delimiter '{delimiter}'"),
            }
        }
    }
}

/// A field's value: NULL when it is empty and unquoted, or unquoted and one of the texts that mean NULL.
pub(crate) fn value<'b>(
    bytes: &'b [u8],
    field: Field,
    dialect: Dialect,
    options: &TextOptions,
) -> Option<Cow<'b, [u8]>> {
    let raw = &bytes[field.start..field.end];
    let is_null =
        !field.quoted && (raw.is_empty() || options.nulls.iter().any(|null| null.as_bytes() == raw));
    (!is_null).then(|| unquoted(bytes, field, dialect))
}

/// All values of a block as texts, one column for each of the `width` fields of the header.
pub(crate) fn columns(
    file: &InputFile,
    block: &Block,
    dialect: Dialect,
    width: usize,
    options: &TextOptions,
) -> Result<Vec<StringArray>> {
    block.text(file)?;
    let mut columns: Vec<StringBuilder> = (0..width).map(|_| StringBuilder::new()).collect();
    each_record(file, block, dialect, width, |_, fields| {
        for (column, field) in columns.iter_mut().zip(fields) {
            let value = value(&block.bytes, *field, dialect, options);
            column.append_option(value.as_deref().map(lossy));
        }
        Ok(())
    })?;
    Ok(columns.into_iter().map(|mut column| column.finish()).collect())
}

/// Where a record begins in its block.
pub(crate) fn start_of_record(block: &Block, dialect: Dialect, row: usize) -> usize {
    let mut records = after_header(block, dialect);
    let mut fields = Vec::new();
    let mut start = 0;
    for _ in 0..=row {
        start = records.next_record(&mut fields).map_or(start, |record| record.start);
    }
    start
}

/// Blocks are checked to be UTF-8 as a whole, so this is only lossy in theory.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // The check alone is quicker by far than replacing what fails it.
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// Refuses a record that is not as the dialect has it.
fn check(
    file: &InputFile,
    block: &Block,
    records: &Records<'_>,
    record: Range<usize>,
    fields: &[Field],
) -> Result<()> {
    let (at, problem) = match records.fault() {
        Some(Fault::Unclosed(at)) => (at, QuotingProblem::Unclosed),
        Some(Fault::AfterQuote(start, at)) => {
            let first_line = line_at(file, block.offset + start as u64)?;
            (at, QuotingProblem::AfterQuote { first_line, text: shown(&block.bytes[at..record.end.max(at)]) })
        }
        Some(Fault::InPlain(at)) => {
            let field = fields.iter().find(|field| field.start <= at && at < field.end);
            let text = field.map_or(&[][..], |field| &block.bytes[field.start..field.end]);
            // Of a record without the delimiter, that may be what is wrong, and not its quotes.
            let before = lossy(&block.bytes[record.start..at]);
            let others = [";", "|", "\t", " "].into_iter().find(|other| before.contains(other));
            let other = others.filter(|_| fields.len() == 1).and_then(|other| other.parse().ok());
            (at, QuotingProblem::InPlain { text: shown(text), other })
        }
        None => {
            let lone_return = |field: &&Field| {
                !field.quoted && memchr(b'\r', &block.bytes[field.start..field.end]).is_some()
            };
            let Some(field) =
                memchr(b'\r', &block.bytes[record]).and_then(|_| fields.iter().find(lone_return))
            else {
                return Ok(());
            };
            let line = line_at(file, block.offset + field.start as u64)?;
            return Err(TextError::LoneReturn { name: file.name.clone(), line }.into());
        }
    };
    let line = line_at(file, block.offset + at as u64)?;
    Err(TextError::Quoting { name: file.name.clone(), line, problem }.into())
}

/// The beginning of a text, for messages.
fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 30;
    let text = lossy(bytes);
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}
