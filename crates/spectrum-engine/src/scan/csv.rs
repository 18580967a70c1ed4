//! CSV: blocks are the parts, and only the wanted fields are looked at. Keys are text: CSV has no types.

use std::borrow::Cow;

use arrow_schema::TimeUnit;

use super::columns::{ColumnSource, Layout, TimeSource};
use super::text_columns::TextColumns;
use super::time_values::{TimeReading, join};
use super::zones::Zones;
use super::{Batch, Wanted, Whereabouts};
use crate::error::Result;
use crate::format::Format;
use crate::input::{Input, InputFile, constant_column};
use crate::text::blocks::Block;
use crate::text::csv_file::{each_record, header, lossy, value};
use crate::text::dialect::Dialect;
use crate::text::header_doubt::doubting_header;
use crate::text::json_text::member_text;

/// Where the wanted fields are in each file.
pub(crate) struct CsvScan<'a> {
    pub(super) input: &'a Input,
    pub(super) zones: Zones,
    dialect: Dialect,
    pub(super) wanted: &'a Wanted,
    records: Vec<RecordLayout>,
}

struct RecordLayout {
    fields: Layout,
    /// Fields a record has.
    width: usize,
}

/// A wanted column that fields have to be read for.
struct InFile<'a> {
    name: &'a str,
    /// The first of these that has a value.
    sources: &'a [ColumnSource],
    /// Whether it is read as a whole number.
    is_whole: bool,
}

impl<'a> CsvScan<'a> {
    pub(super) fn open(input: &'a Input, wanted: &'a Wanted, dialect: Dialect) -> Result<Self> {
        let layout = |file: &InputFile| {
            let header = header(file, dialect, &input.text)?;
            let fields = Layout::of(header.iter().map(String::as_str), file, wanted, &|_| None)
                .map_err(|error| doubting_header(error, file, dialect, &input.text))?;
            Ok(RecordLayout { fields, width: header.len() })
        };
        let records = input.files.iter().map(layout).collect::<Result<_>>()?;
        Ok(Self { input, zones: Zones::default(), dialect, wanted, records })
    }

    /// Reads a block; its batch has one row per record.
    pub(super) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let (file, layout) = (&self.input.files[block.file], &self.records[block.file]);
        let (sources, time) = (&layout.fields.columns, layout.fields.time);
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        let names = self.wanted.columns().map(|(name, _)| name);
        let in_file: Vec<InFile<'_>> = sources
            .iter()
            .zip(names)
            .filter(|(source, _)| !matches!(source, ColumnSource::Folder(_)))
            .map(|(source, name)| InFile {
                name,
                sources: match source {
                    ColumnSource::FirstOf(several) => several,
                    one => std::slice::from_ref(one),
                },
                is_whole: self.wanted.is_whole(name, &self.input.text),
            })
            .collect();
        let names = in_file.iter().map(|column| column.name).collect();
        let mut columns = TextColumns::new(file, block, names, reading);
        block.text(file)?;
        let (mut rows, mut joined) = (0, String::new());
        each_record(file, block, self.dialect, layout.width, |record, fields| {
            let value = |at: usize| value(&block.bytes, fields[at], self.dialect, &self.input.text);
            for (column, InFile { sources, is_whole, .. }) in in_file.iter().enumerate() {
                let (mut text, mut start) = (None, 0);
                for source in *sources {
                    (text, start) = match source {
                        ColumnSource::InFile(at) => {
                            (value(*at), fields[*at].start + usize::from(fields[*at].quoted))
                        }
                        ColumnSource::Folder(told) => {
                            (told.clone().map(|told| Cow::Owned(told.into_bytes())), 0)
                        }
                        ColumnSource::JsonText(at, member) => {
                            let text = value(*at).map(|text| member_text(&lossy(&text), member)).transpose();
                            let text = text.map_err(|what| columns.not_json(column, record.start, what))?;
                            (text.flatten().map(|text| Cow::Owned(text.into_bytes())), 0)
                        }
                        // There are no members in CSV, and no several within several.
                        ColumnSource::Nested(..) | ColumnSource::FirstOf(_) => (None, 0),
                    };
                    if text.is_some() {
                        break;
                    }
                }
                match text {
                    Some(text) if *is_whole => columns.push_whole(column, &lossy(&text), record.start)?,
                    text => columns.push(column, text, start)?,
                }
            }
            match time {
                TimeSource::Column(at) => {
                    columns.push_time(value(at).as_deref().map(lossy).as_deref(), record.start)?;
                }
                TimeSource::DateAndClock(date, clock) => {
                    let (date, clock) = (value(date), value(clock));
                    let both = date.as_deref().zip(clock.as_deref());
                    let both = both.map(|(date, clock)| join(&lossy(date), &lossy(clock), &mut joined));
                    columns.push_time(both, record.start)?;
                }
            }
            rows += 1;
            Ok(())
        })?;
        let (in_file, time) = columns.finish();
        let mut in_file = in_file.into_iter();
        let columns = sources.iter().filter_map(|source| match source {
            ColumnSource::Folder(value) => Some(constant_column(value.as_deref(), rows)),
            _ => in_file.next(),
        });
        let format = Format::Csv(self.dialect);
        let whereabouts = Whereabouts::Lines { file: file.clone(), block: block.clone(), format };
        Ok(Batch { columns: columns.collect(), time, whereabouts, with_key: None })
    }
}
