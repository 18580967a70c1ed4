//! CSV: blocks are the parts, and only the wanted fields are looked at. Keys are text: CSV has no types.

use std::borrow::Cow;

use arrow_schema::TimeUnit;

use super::text_columns::{TextColumns, TimeReading};
use super::zones::Zones;
use super::{Batch, Place, Wanted, check_absent, constant_column, find_column};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputFile, TextOptions};
use crate::text::blocks::{BYTE_ORDER_MARK, Block, Blocks, line_at};
use crate::text::csv::{Field, Records, unquoted};

/// Where the wanted fields are in each file.
pub(crate) struct CsvScan<'a> {
    pub(crate) input: &'a Input,
    pub(crate) zones: Zones,
    delimiter: u8,
    pub(super) wanted: &'a Wanted,
    layouts: Vec<Layout>,
}

struct Layout {
    columns: Vec<FieldPlace>,
    time: usize,
    /// Fields a record has.
    width: usize,
}

enum FieldPlace {
    At(usize),
    /// Told by the name of a folder.
    Constant(Option<String>),
}

impl<'a> CsvScan<'a> {
    pub(crate) fn open(input: &'a Input, wanted: &'a Wanted, delimiter: u8) -> Result<Self> {
        let layouts =
            input.files.iter().map(|file| layout(file, wanted, delimiter)).collect::<Result<_>>()?;
        Ok(Self { input, zones: Zones::default(), delimiter, wanted, layouts })
    }

    /// Reads a block; its batch has a row a record.
    pub(crate) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let (file, layout) = (&self.input.files[block.file], &self.layouts[block.file]);
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        let in_file = layout.columns.iter().filter(|place| matches!(place, FieldPlace::At(_))).count();
        let mut columns = TextColumns::new(file, block, in_file, reading);
        checked_text(file, block)?;
        let mut rows = 0;
        each_record(file, block, self.delimiter, layout.width, |record, fields| {
            let places = layout.columns.iter().filter_map(|place| match place {
                FieldPlace::At(at) => Some(fields[*at]),
                FieldPlace::Constant(_) => None,
            });
            for (column, field) in places.enumerate() {
                columns.push(
                    column,
                    value(&block.bytes, field, &self.input.text),
                    field.start + usize::from(field.quoted),
                )?;
            }
            let time = value(&block.bytes, fields[layout.time], &self.input.text);
            columns.push_time(time.as_deref().map(text).as_deref(), record.start)?;
            rows += 1;
            Ok(())
        })?;
        let (in_file, time) = columns.finish();
        let mut in_file = in_file.into_iter();
        let columns = layout.columns.iter().filter_map(|place| match place {
            FieldPlace::At(_) => in_file.next(),
            FieldPlace::Constant(value) => Some(constant_column(value.as_deref(), rows)),
        });
        let format = Format::Csv { delimiter: self.delimiter };
        let place = Place::Lines { file: file.clone(), block: block.clone(), format };
        Ok(Batch { columns: columns.collect(), time, place })
    }
}

/// Calls `visit` with every record of a block, the header left out. Every record has `width` fields.
pub(crate) fn each_record(
    file: &InputFile,
    block: &Block,
    delimiter: u8,
    width: usize,
    mut visit: impl FnMut(std::ops::Range<usize>, &[Field]) -> Result<()>,
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

/// A field's value: NULL when it is empty and unquoted, or unquoted and one of the texts that mean NULL.
pub(crate) fn value<'b>(bytes: &'b [u8], field: Field, options: &TextOptions) -> Option<Cow<'b, [u8]>> {
    let value = unquoted(bytes, field);
    let is_null = !field.quoted
        && (value.is_empty() || options.nulls.iter().any(|null| null.as_bytes() == value.as_ref()));
    (!is_null).then_some(value)
}

/// Blocks are checked to be UTF-8 as a whole, so this is only lossy in theory.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The records of a block after the header, if it has it.
pub(crate) fn after_header(block: &Block, delimiter: u8) -> Records<'_> {
    let mut records = Records::new(&block.bytes, header_start(block), delimiter);
    if block.is_first() {
        records.next_record(&mut Vec::new());
    }
    records
}

fn header_start(block: &Block) -> usize {
    if block.is_first() && block.bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
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
    checked_text(file, &block)?;
    let mut records = Records::new(&block.bytes, header_start(&block), delimiter);
    records.next_record(&mut fields).ok_or_else(no_header)?;
    check_quotes(file, &block, &records, &fields)?;
    Ok(fields.iter().map(|field| text(&unquoted(&block.bytes, *field)).into_owned()).collect())
}

/// Refuses a block that is not UTF-8, naming the line.
pub(crate) fn checked_text<'b>(file: &InputFile, block: &'b Block) -> Result<&'b str> {
    std::str::from_utf8(&block.bytes).or_else(|error| {
        let at = error.valid_up_to();
        Err(EngineError::Line {
            name: file.name.clone(),
            line: line_at(file, block.offset + at as u64)?,
            problem: format!("invalid UTF-8 (byte 0x{:02x}); convert the file to UTF-8", block.bytes[at]),
        })
    })
}

fn layout(file: &InputFile, wanted: &Wanted, delimiter: u8) -> Result<Layout> {
    let header = header(file, delimiter)?;
    let names = header.iter().map(String::as_str);
    check_absent(names.clone(), file, &wanted.absent)?;
    let mut columns = Vec::new();
    for (name, role, flag) in wanted.columns() {
        let partition = file.partition.iter().find(|(column, _)| column == name);
        columns.push(match (find_column(names.clone(), file, name, role, flag), partition) {
            (Err(EngineError::NoSuchColumn { .. }), Some((_, value))) => FieldPlace::Constant(value.clone()),
            (found, _) => FieldPlace::At(found?),
        });
    }
    let time = find_column(names, file, &wanted.time, "time", "--time")?;
    Ok(Layout { columns, time, width: header.len() })
}
