//! NDJSON: blocks are the parts, a row a line. Keys are the texts of strings, integers and booleans.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_schema::TimeUnit;
use memchr::memchr;
use serde_json::value::RawValue;

use super::text_columns::{TextColumns, TimeReading};
use super::zones::Zones;
use super::{Batch, Place, Wanted, column_exists};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputFile};
use crate::text::blocks::{BYTE_ORDER_MARK, Block, line_at};
use crate::text::ndjson::{members, names, scalar_text};

/// The members to read of every line.
pub(crate) struct NdjsonScan<'a> {
    pub(crate) input: &'a Input,
    pub(crate) zones: Zones,
    pub(super) wanted: &'a Wanted,
    /// The columns, the time and the members that must not be there, in this order.
    names: Vec<String>,
    columns: usize,
    /// Names that stand for two of them, as when the event id is a part of the key: the later place and the first.
    repeated: Vec<(usize, usize)>,
    /// Lines that had each of the columns and the time: a name that no line has is a mistake.
    seen: Vec<AtomicU64>,
}

impl<'a> NdjsonScan<'a> {
    pub(crate) fn new(input: &'a Input, wanted: &'a Wanted) -> Self {
        let mut names: Vec<String> = wanted.columns().map(|(name, ..)| name.to_owned()).collect();
        let columns = names.len();
        names.push(wanted.time.clone());
        names.extend(wanted.absent.iter().cloned());
        let seen = names.iter().map(|_| AtomicU64::new(0)).collect();
        let first = |name: &String| names.iter().position(|other| other == name);
        let places = names.iter().enumerate().filter_map(|(at, name)| Some((at, first(name)?)));
        let repeated = places.filter(|(at, first)| at != first).collect();
        Self { input, zones: Zones::default(), wanted, names, columns, repeated, seen }
    }

    /// Reads a block; its batch has a row a line that is not blank.
    pub(crate) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let file = &self.input.files[block.file];
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        let mut columns = TextColumns::new(file, block, self.columns, reading);
        let text = super::csv::checked_text(file, block)?;
        let mut values: Vec<Option<&RawValue>> = Vec::new();
        let mut seen = vec![0; self.names.len()];
        // What the names of folders tell, for lines without that member.
        let told: Vec<Option<&Option<String>>> = self.names[..self.columns]
            .iter()
            .map(|name| file.partition.iter().find(|(column, _)| column == name).map(|(_, value)| value))
            .collect();
        for (start, line) in line_ranges(block) {
            let line = &text[line];
            let line_error = |problem: String| -> EngineError {
                match line_at(file, block.offset + start as u64) {
                    Ok(line) => EngineError::Line { name: file.name.clone(), line, problem },
                    Err(error) => error,
                }
            };
            members(line, &self.names, &mut values).map_err(|error| line_error(no_object(&error)))?;
            self.repeated.iter().for_each(|(at, first)| values[*at] = values[*first]);
            for (column, value) in values[..=self.columns].iter().enumerate() {
                seen[column] += u64::from(value.is_some());
                if let (None, Some(Some(told))) = (value, told.get(column)) {
                    columns.push(
                        column,
                        told.as_ref().map(|text| Cow::Owned(text.clone().into_bytes())),
                        0,
                    )?;
                    continue;
                }
                let no_text = |what| {
                    let why = if column == self.columns {
                        "is not a time; use a string, or a whole number and --time-unit s, ms, us or ns"
                    } else {
                        "has no settled text; use a string, an integer or a boolean"
                    };
                    line_error(format!("'{}' is {what}, which {why}", self.names[column]))
                };
                let text = value.map_or(Ok(None), scalar_text).map_err(no_text)?;
                if column == self.columns {
                    columns.push_time(text.as_deref(), start)?;
                    continue;
                }
                let at = text.as_deref().map_or(0, |text| offset_in(&block.bytes, text));
                let text = text.map(|text| match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                });
                columns.push(column, text, at)?;
            }
            if let Some(at) = values[self.columns + 1..].iter().position(Option::is_some) {
                return Err(column_exists(&self.wanted.absent[at], file));
            }
        }
        for (all, seen) in self.seen.iter().zip(seen) {
            all.fetch_add(seen, Ordering::Relaxed);
        }
        let (columns, time) = columns.finish();
        let place = Place::Lines { file: file.clone(), block: block.clone(), format: Format::Ndjson };
        Ok(Batch { columns, time, place })
    }

    /// Refuses names that no line has: without a header, only the whole input can tell.
    pub(crate) fn check_seen(&self, rows: u64) -> Result<()> {
        let roles = self.wanted.columns().chain([(self.wanted.time.as_str(), "time", "--time")]);
        for ((name, role, flag), seen) in roles.zip(&self.seen) {
            let partition =
                self.input.files.iter().any(|file| file.partition.iter().any(|(column, _)| column == name));
            if rows > 0 && seen.load(Ordering::Relaxed) == 0 && !partition {
                let file = &self.input.files[0];
                return Err(EngineError::NoSuchColumn {
                    column: name.to_owned(),
                    name: file.name.clone(),
                    present: first_members(file)?,
                    role,
                    flag,
                });
            }
        }
        Ok(())
    }
}

/// The lines of a block that are not blank: where each begins, and its range without line end and surrounding
/// space.
pub(crate) fn line_ranges(block: &Block) -> impl Iterator<Item = (usize, Range<usize>)> {
    let bytes: &[u8] = &block.bytes;
    let mut at =
        if block.is_first() && bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end);
            at = end + 1;
            let line = &bytes[start..end];
            if let Some(first) = line.iter().position(|byte| !is_blank(*byte)) {
                let after = line.iter().rposition(|byte| !is_blank(*byte)).map_or(first, |last| last + 1);
                return Some((start, start + first..start + after));
            }
        }
        None
    })
}

/// What JSON takes for blanks.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The lines of a block that was checked before, with where they begin.
pub(crate) fn lines(block: &Block) -> impl Iterator<Item = (usize, &str)> {
    let text = std::str::from_utf8(&block.bytes).unwrap_or_default();
    line_ranges(block).map(|(start, line)| (start, text.get(line).unwrap_or_default()))
}

/// Where a line begins in its block.
pub(crate) fn start_of_line(block: &Block, row: usize) -> usize {
    line_ranges(block).nth(row).map_or(0, |(start, _)| start)
}

/// Where a slice of the block begins in it; slices from elsewhere are copied instead of viewed.
fn offset_in(bytes: &[u8], part: &str) -> usize {
    (part.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize)
}

/// Why a line is no object, in words. The parser counts lines within the text it was given, which is one line;
/// ours is named before.
pub(crate) fn no_object(error: &serde_json::Error) -> String {
    if error.is_data() {
        return "JSON, but not an object; every line is one, as in {\"user_id\": 1}".into();
    }
    let message = error.to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    format!("not a JSON object: {message} at column {}", error.column())
}

fn first_members(file: &InputFile) -> Result<Vec<String>> {
    let mut blocks = crate::text::blocks::Blocks::new(std::slice::from_ref(file), Format::Ndjson);
    let Some(block) = blocks.next().transpose()? else { return Ok(Vec::new()) };
    Ok(lines(&block).next().map(|(_, line)| names(line)).unwrap_or_default())
}
