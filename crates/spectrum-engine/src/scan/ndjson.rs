//! NDJSON: blocks are the parts, a row a line. Keys are the texts of strings, integers and booleans.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_schema::TimeUnit;
use serde_json::value::RawValue;
use spectrum_core::ColumnRole;

use super::columns::column_exists;
use super::text_columns::{TextColumns, TimeReading};
use super::zones::Zones;
use super::{Batch, Wanted, Whereabouts};
use crate::error::{EngineError, Result};
use crate::format::Format;
use crate::input::Input;
use crate::text::blocks::{Block, line_at};
use crate::text::ndjson::{members_in_any_case, names, scalar_text};
use crate::text::ndjson_file::{first_members, line_error, line_ranges, no_object};

/// The members to read of every line.
pub(crate) struct NdjsonScan<'a> {
    pub(super) input: &'a Input,
    pub(super) zones: Zones,
    pub(super) wanted: &'a Wanted,
    /// The columns, the time and the members that must not be there, in this order.
    names: Vec<String>,
    columns: usize,
    /// Names that stand for two of them, as when the event id is a part of the key: the later one and the first.
    repeated: Vec<(usize, usize)>,
    lines: AtomicU64,
    /// Lines that had each of the columns and the time: a name that no line has is a mistake.
    seen: Vec<AtomicU64>,
}

impl<'a> NdjsonScan<'a> {
    pub(super) fn new(input: &'a Input, wanted: &'a Wanted) -> Self {
        let mut names: Vec<String> = wanted.columns().map(|(name, ..)| name.to_owned()).collect();
        let columns = names.len();
        names.push(wanted.time.clone());
        names.extend(wanted.absent.iter().cloned());
        let seen = names.iter().map(|_| AtomicU64::new(0)).collect();
        let first = |name: &String| names.iter().position(|other| other == name);
        let first_ones = names.iter().enumerate().filter_map(|(at, name)| Some((at, first(name)?)));
        let repeated = first_ones.filter(|(at, first)| at != first).collect();
        let lines = AtomicU64::new(0);
        Self { input, zones: Zones::default(), wanted, names, columns, repeated, lines, seen }
    }

    /// Reads a block; its batch has one row per line that is not blank.
    pub(super) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let file = &self.input.files[block.file];
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        let mut columns = TextColumns::new(file, block, self.columns, reading);
        let text = block.text(file)?;
        let mut values: Vec<Option<&RawValue>> = Vec::new();
        let (mut lines, mut seen) = (0, vec![0; self.names.len()]);
        // What the names of folders tell, for lines without that member.
        let told: Vec<_> = self.names[..self.columns].iter().map(|name| file.told_by_folder(name)).collect();
        for (start, line) in line_ranges(block) {
            let line_error = |problem: String| line_error(file, block, start, problem);
            members_in_any_case(&text[line.clone()], &self.names, self.columns + 1, &mut values)
                .map_err(|error| line_error(no_object(&error)))?;
            lines += 1;
            self.repeated.iter().for_each(|(at, first)| values[*at] = values[*first]);
            for (column, value) in values[..=self.columns].iter().enumerate() {
                seen[column] += u64::from(value.is_some());
                if let (None, Some(Some(told))) = (value, told.get(column)) {
                    columns.push(column, told.map(|text| Cow::Owned(text.as_bytes().to_vec())), 0)?;
                    continue;
                }
                let text = value.map_or(Ok(None), scalar_text).map_err(|what| match column == self.columns {
                    true => self.no_time(block, start, what),
                    false => line_error(format!(
                        "'{}' is {what}, which has no settled text; use a string, an integer or a boolean",
                        self.names[column]
                    )),
                })?;
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
                let absent = &self.wanted.absent;
                let named =
                    names(&text[line]).into_iter().find(|name| name.eq_ignore_ascii_case(&absent[at]));
                return Err(column_exists(named.as_ref().unwrap_or(&absent[at]), absent, at, file));
            }
        }
        self.lines.fetch_add(lines, Ordering::Relaxed);
        for (all, seen) in self.seen.iter().zip(seen) {
            all.fetch_add(seen, Ordering::Relaxed);
        }
        let (columns, time) = columns.finish();
        let whereabouts =
            Whereabouts::Lines { file: file.clone(), block: block.clone(), format: Format::Ndjson };
        Ok(Batch { columns, time, whereabouts })
    }

    fn no_time(&self, block: &Block, start: usize, what: &'static str) -> EngineError {
        let file = &self.input.files[block.file];
        match line_at(file, block.offset + start as u64) {
            Ok(line) => EngineError::JsonTime {
                name: file.name.clone(),
                line,
                column: self.wanted.time.clone(),
                what,
                is_counted: self.input.text.time_unit.is_some(),
            },
            Err(error) => error,
        }
    }

    /// Refuses names that no line has: without a header, only the whole input can tell.
    pub(super) fn check_seen(&self) -> Result<()> {
        if self.lines.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let roles = self.wanted.columns().chain([(self.wanted.time.as_str(), ColumnRole::Time)]);
        for ((name, role), seen) in roles.zip(&self.seen) {
            let in_a_folder = self.input.files.iter().any(|file| file.told_by_folder(name).is_some());
            if seen.load(Ordering::Relaxed) == 0 && !in_a_folder {
                let file = &self.input.files[0];
                return Err(EngineError::NoSuchColumn {
                    column: name.to_owned(),
                    name: file.name.clone(),
                    present: first_members(file)?,
                    role,
                    doubt: None,
                });
            }
        }
        Ok(())
    }
}

/// Where a slice of the block begins in it; slices from elsewhere are copied instead of viewed.
fn offset_in(bytes: &[u8], part: &str) -> usize {
    (part.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize)
}
