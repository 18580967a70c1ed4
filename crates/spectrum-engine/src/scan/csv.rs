//! CSV: blocks are the parts, and only the wanted fields are looked at. Keys are text: CSV has no types.

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

/// Where the wanted fields are in each file.
pub(crate) struct CsvScan<'a> {
    pub(super) input: &'a Input,
    pub(super) zones: Zones,
    delimiter: u8,
    pub(super) wanted: &'a Wanted,
    records: Vec<RecordLayout>,
}

struct RecordLayout {
    fields: Layout,
    /// Fields a record has.
    width: usize,
}

impl<'a> CsvScan<'a> {
    pub(super) fn open(input: &'a Input, wanted: &'a Wanted, delimiter: u8) -> Result<Self> {
        let layout = |file: &InputFile| {
            let header = header(file, delimiter)?;
            let fields = Layout::of(header.iter().map(String::as_str), file, wanted)?;
            Ok(RecordLayout { fields, width: header.len() })
        };
        let records = input.files.iter().map(layout).collect::<Result<_>>()?;
        Ok(Self { input, zones: Zones::default(), delimiter, wanted, records })
    }

    /// Reads a block; its batch has one row per record.
    pub(super) fn read(&self, block: &Block, unit: TimeUnit) -> Result<Batch> {
        let (file, layout) = (&self.input.files[block.file], &self.records[block.file]);
        let (sources, time) = (&layout.fields.columns, layout.fields.time);
        let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
        // Where each is, and whether it is read as a whole number.
        let names = self.wanted.columns().map(|(name, _)| name);
        let in_file: Vec<(usize, &str, bool)> = sources
            .iter()
            .zip(names)
            .filter_map(|(source, name)| match source {
                ColumnSource::InFile(at) => Some((*at, name, self.wanted.is_whole(name, &self.input.text))),
                ColumnSource::Folder(_) => None,
            })
            .collect();
        let names = in_file.iter().map(|(_, name, _)| *name).collect();
        let mut columns = TextColumns::new(file, block, names, reading);
        block.text(file)?;
        let (mut rows, mut joined) = (0, String::new());
        each_record(file, block, self.delimiter, layout.width, |record, fields| {
            for (column, (at, _, is_whole)) in in_file.iter().enumerate() {
                let (field, start) = (fields[*at], fields[*at].start + usize::from(fields[*at].quoted));
                match value(&block.bytes, field, &self.input.text) {
                    Some(text) if *is_whole => columns.push_whole(column, &lossy(&text), record.start)?,
                    text => columns.push(column, text, start)?,
                }
            }
            let value = |at: usize| value(&block.bytes, fields[at], &self.input.text);
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
            ColumnSource::InFile(_) => in_file.next(),
            ColumnSource::Folder(value) => Some(constant_column(value.as_deref(), rows)),
        });
        let format = Format::Csv { delimiter: self.delimiter };
        let whereabouts = Whereabouts::Lines { file: file.clone(), block: block.clone(), format };
        Ok(Batch { columns: columns.collect(), time, whereabouts, with_key: None })
    }
}
