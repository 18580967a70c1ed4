//! What every reader of an NDJSON file needs: its lines, and what is said of one that is not an object.

use std::ops::Range;

use memchr::memchr;

use super::blocks::{Block, Blocks, line_at};
use super::ndjson::names;
use crate::error::{EngineError, Result, TextError};
use crate::format::Format;
use crate::input::InputFile;

/// The lines of a block that are not blank: where each begins, and its range without line end and surrounding
/// space.
pub(crate) fn line_ranges(block: &Block) -> impl Iterator<Item = (usize, Range<usize>)> {
    let bytes: &[u8] = &block.bytes;
    let mut at = block.text_start();
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

/// The lines of a block that was checked before, with where they begin.
pub(crate) fn lines(block: &Block) -> impl Iterator<Item = (usize, &str)> {
    let text = std::str::from_utf8(&block.bytes).unwrap_or_default();
    line_ranges(block).map(|(start, line)| (start, text.get(line).unwrap_or_default()))
}

/// Where a line begins in its block.
pub(crate) fn start_of_line(block: &Block, row: usize) -> usize {
    line_ranges(block).nth(row).map_or(0, |(start, _)| start)
}

/// The names of the members that a file's first line has.
pub(crate) fn first_members(file: &InputFile) -> Result<Vec<String>> {
    let mut blocks = Blocks::new(std::slice::from_ref(file), Format::Ndjson);
    let Some(block) = blocks.next().transpose()? else { return Ok(Vec::new()) };
    Ok(lines(&block).next().map(|(_, line)| names(line)).unwrap_or_default())
}

/// What is wrong with the line that begins at `start` in its block.
pub(crate) fn line_error(file: &InputFile, block: &Block, start: usize, problem: String) -> EngineError {
    match line_at(file, block.offset + start as u64) {
        Ok(line) => TextError::Line { name: file.name.clone(), line, problem }.into(),
        Err(error) => error,
    }
}

/// Why a line is not an object, in words. The parser counts lines within the text it was given, which is one
/// line; ours is named before.
pub(crate) fn no_object(error: &serde_json::Error) -> String {
    if error.is_data() {
        return "JSON, but not an object; every line is one, as in {\"user_id\": 1}".into();
    }
    let message = error.to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    format!("not a JSON object: {message} at column {}", error.column())
}

/// What JSON takes for blanks.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
