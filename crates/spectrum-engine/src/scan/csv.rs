//! CSV: blocks are the parts, and only the wanted fields are looked at. Keys are text: CSV has no types.

use arrow_schema::TimeUnit;

use super::columns::{ColumnSource, Layout};
use super::text_columns::{TextColumns, TimeReading};
use super::zones::Zones;
use super::{Batch, Wanted, Whereabouts};
use crate::error::Result;
use crate::format::Format;
use crate::input::{Input, InputFile, constant_column};
use crate::text::blocks::Block;
use crate::text::csv_file::{each_record, header, lossy, value};
use crate::text::dialect::Dialect;
use crate::text::header_doubt::doubting_header;

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

impl<'a> CsvScan<'a> {
    pub(super) fn open(input: &'a Input, wanted: &'a Wanted, dialect: Dialect) -> Result<Self> {
        let layout = |file: &InputFile| {
            let header = header(file, dialect, &input.text)?;
            let fields = Layout::of(header.iter().map(String::as_str), file, wanted)
                .map_err(|error| doubting_header(error, dialect))?;
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
        let in_file: Vec<usize> = sources
            .iter()
            .filter_map(|source| match source {
                ColumnSource::InFile(at) => Some(*at),
                ColumnSource::Folder(_) => None,
            })
            .collect();
        let mut columns = TextColumns::new(file, block, in_file.len(), reading);
        block.text(file)?;
        let mut rows = 0;
        each_record(file, block, self.dialect, layout.width, |record, fields| {
            for (column, field) in in_file.iter().map(|at| fields[*at]).enumerate() {
                columns.push(
                    column,
                    value(&block.bytes, field, self.dialect, &self.input.text),
                    field.start + usize::from(field.quoted),
                )?;
            }
            let time = value(&block.bytes, fields[time], self.dialect, &self.input.text);
            columns.push_time(time.as_deref().map(lossy).as_deref(), record.start)?;
            rows += 1;
            Ok(())
        })?;
        let (in_file, time) = columns.finish();
        let mut in_file = in_file.into_iter();
        let columns = sources.iter().filter_map(|source| match source {
            ColumnSource::InFile(_) => in_file.next(),
            ColumnSource::Folder(value) => Some(constant_column(value.as_deref(), rows)),
        });
        let format = Format::Csv(self.dialect);
        let whereabouts = Whereabouts::Lines { file: file.clone(), block: block.clone(), format };
        Ok(Batch { columns: columns.collect(), time, whereabouts })
    }
}
