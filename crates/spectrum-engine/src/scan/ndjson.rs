//! NDJSON: blocks are the parts, one row per line. Keys are the texts of strings, integers and booleans.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_schema::TimeUnit;
use spectrum_core::ColumnRole;

use super::columns::{alternatives, column_exists, date_and_clock};
use super::text_columns::TextColumns;
use super::time_values::{TimeReading, join};
use super::zones::Zones;
use super::{Batch, Wanted, Whereabouts};
use crate::error::{ColumnError, EngineError, KeyError, Result, TimeError};
use crate::format::Format;
use crate::input::Input;
use crate::text::blocks::{Block, line_at};
use crate::text::ndjson::{member_within, members_in_any_case, names, number_text, scalar_text};
use crate::text::ndjson_file::{first_members, line_error, line_ranges, no_object};
use crate::text::time::TimeSpelling;

/// The members to read of every line.
pub(crate) struct NdjsonScan<'a> {
    pub(super) input: &'a Input,
    pub(super) zones: Zones,
    pub(super) wanted: &'a Wanted,
    /// The members that make the columns, the time (a date and a clock time, if those were named), the members that must
    /// not be there, and those that others are looked for in, in this order.
    names: Vec<String>,
    /// How many of them make the columns.
    columns: usize,
    /// For each column, the members of which the first that has a value counts.
    sources: Vec<Range<usize>>,
    /// Members within others: of which name, in which, and the rest of the name.
    nested: Vec<(usize, usize, String)>,
    /// How many of them make the time.
    times: usize,
    /// Names that stand for two of them, as when the event id is a part of the key: the later one and the first.
    repeated: Vec<(usize, usize)>,
    lines: AtomicU64,
    /// Lines that had each of the columns and the time: a name that no line has is a mistake.
    seen: Vec<AtomicU64>,
}

impl<'a> NdjsonScan<'a> {
    pub(super) fn open(input: &'a Input, wanted: &'a Wanted) -> Result<Self> {
        let present = if wanted.may_be_taken_apart() { first_members(&input.files[0])? } else { Vec::new() };
        let (mut names, mut sources) = (Vec::new(), Vec::new());
        for (name, _) in wanted.columns() {
            let first = names.len();
            match alternatives(name) {
                Some(several) if !present.iter().any(|present| present == name) => {
                    names.extend(several.into_iter().map(str::to_owned));
                }
                _ => names.push(name.to_owned()),
            }
            sources.push(first..names.len());
        }
        let columns = names.len();
        match date_and_clock(&wanted.time) {
            Some((date, clock)) if !present.contains(&wanted.time) => {
                names.extend([date.to_owned(), clock.to_owned()]);
            }
            _ => names.push(wanted.time.clone()),
        }
        let times = names.len() - columns;
        names.extend(wanted.absent.iter().cloned());
        let mut nested = Vec::new();
        for at in 0..columns + times {
            if let Some((root, rest)) = names[at].clone().split_once('.') {
                nested.push((at, names.len(), rest.to_owned()));
                names.push(root.to_owned());
            }
        }
        let seen = names.iter().map(|_| AtomicU64::new(0)).collect();
        let first = |name: &String| names.iter().position(|other| other == name);
        let first_ones = names.iter().enumerate().filter_map(|(at, name)| Some((at, first(name)?)));
        let repeated = first_ones.filter(|(at, first)| at != first).collect();
        let lines = AtomicU64::new(0);
        Ok(Self {
            input,
            zones: Zones::default(),
            wanted,
            names,
            columns,
            sources,
            nested,
            times,
            repeated,
            lines,
            seen,
        })
    }

    /// Reads a block; its batch has one row per line that is not blank.
    pub(super) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let file = &self.input.files[block.file];
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        let mut columns =
            TextColumns::new(file, block, self.wanted.columns().map(|(name, _)| name).collect(), reading);
        let text = block.text(file)?;
        let mut values: Vec<Option<&str>> = Vec::new();
        let (mut lines, mut seen, mut joined) = (0, vec![0; self.names.len()], String::new());
        let whole = self.wanted.columns().map(|(name, _)| self.wanted.is_whole(name, &self.input.text));
        let whole: Vec<bool> = whole.collect();
        let first_of_rule = self.wanted.first_of_rule();
        // The values from folder names, for lines without that member.
        let told: Vec<_> = self.names[..self.columns].iter().map(|name| file.told_by_folder(name)).collect();
        let absent = self.columns + self.times..self.columns + self.times + self.wanted.absent.len();
        for (start, line) in line_ranges(block) {
            let line_error = |problem: String| line_error(file, block, start, problem);
            members_in_any_case(&text[line.clone()], &self.names, absent.clone(), &mut values)
                .map_err(|error| line_error(no_object(&error)))?;
            lines += 1;
            self.repeated.iter().for_each(|(at, first)| values[*at] = values[*first]);
            for (at, root, rest) in &self.nested {
                if let (None, Some(root)) = (values[*at], values[*root]) {
                    values[*at] = member_within(root, rest);
                }
            }
            for (column, members) in self.sources.iter().enumerate() {
                let mut text = None;
                for at in members.clone() {
                    seen[at] += u64::from(values[at].is_some());
                    text = match (values[at], told[at]) {
                        (None, Some(told)) => told.map(|text| Cow::Owned(text.to_owned())),
                        (Some(value), _)
                            if (whole[column] || column >= first_of_rule) && number_text(value).is_some() =>
                        {
                            number_text(value).map(Cow::Borrowed)
                        }
                        (Some(value), _) => {
                            scalar_text(value).map_err(|what| self.no_key(block, start, at, what))?
                        }
                        (None, None) => None,
                    };
                    if text.is_some() && at + 1 < members.end {
                        // The others still count as seen.
                        (at + 1..members.end).for_each(|at| seen[at] += u64::from(values[at].is_some()));
                        break;
                    }
                }
                if let Some(text) = text.as_deref().filter(|_| whole[column]) {
                    columns.push_whole(column, text, start)?;
                    continue;
                }
                let at = text.as_deref().map_or(0, |text| offset_in(&block.bytes, text));
                let text = text.map(|text| match text {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                });
                columns.push(column, text, at)?;
            }
            let mut times = [None, None];
            for (at, text) in times.iter_mut().enumerate().take(self.times) {
                let Some(value) = values[self.columns + at] else { continue };
                seen[self.columns + at] += 1;
                *text = match number_text(value) {
                    Some(number) => Some(Cow::Borrowed(number)),
                    None => scalar_text(value).map_err(|what| self.no_time(block, start, at, what))?,
                };
            }
            match &times {
                [time, _] if self.times == 1 => columns.push_time(time.as_deref(), start)?,
                [Some(date), Some(clock)] => {
                    columns.push_time(Some(join(date, clock, &mut joined)), start)?;
                }
                _ => columns.push_time(None, start)?,
            }
            if let Some(at) = values[absent.clone()].iter().position(Option::is_some) {
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
        Ok(Batch { columns, time, whereabouts, with_key: None })
    }

    fn no_key(&self, block: &Block, start: usize, at: usize, what: &'static str) -> EngineError {
        let file = &self.input.files[block.file];
        match line_at(file, block.offset + start as u64) {
            Ok(line) => KeyError::Json {
                place: format!("{} line {line}", file.name),
                column: self.names[at].clone(),
                what,
            }
            .into(),
            Err(error) => error,
        }
    }

    fn no_time(&self, block: &Block, start: usize, at: usize, what: &'static str) -> EngineError {
        let file = &self.input.files[block.file];
        match line_at(file, block.offset + start as u64) {
            Ok(line) => TimeError::Json {
                place: format!("{} line {line}", file.name),
                column: self.names[self.columns + at].clone(),
                what,
                expected: TimeSpelling::of(&self.input.text).expected(),
            }
            .into(),
            Err(error) => error,
        }
    }

    /// Refuses names that no line has: without a header, only the whole input can show it.
    pub(super) fn check_seen(&self) -> Result<()> {
        if self.lines.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let roles = self.wanted.columns().zip(&self.sources).flat_map(|((_, role), members)| {
            self.names[members.clone()].iter().map(move |name| (name.as_str(), role))
        });
        let times = self.names[self.columns..].iter().take(self.times);
        let roles = roles.chain(times.map(|name| (name.as_str(), ColumnRole::Time)));
        for ((name, role), seen) in roles.zip(&self.seen) {
            let in_a_folder = self.input.files.iter().any(|file| file.told_by_folder(name).is_some());
            if seen.load(Ordering::Relaxed) == 0 && !in_a_folder {
                let file = &self.input.files[0];
                return Err(ColumnError::NoSuchColumn {
                    column: name.to_owned(),
                    name: file.name.clone(),
                    present: first_members(file)?,
                    role,
                    doubt: None,
                }
                .into());
            }
        }
        Ok(())
    }
}

/// Where a slice of the block begins in it; slices from elsewhere are copied instead of viewed.
fn offset_in(bytes: &[u8], part: &str) -> usize {
    (part.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize)
}
