//! Parquet: row groups are the parts, and only the wanted columns are decoded.

use std::sync::Arc;

use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::extension::Uuid;
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::{KeyKind, LabelError, time_unit_of};

use super::columns::{ColumnSource, Layout};
use super::{Batch, Wanted, Whereabouts};
use crate::error::{EngineError, Result};
use crate::input::{Input, constant_column};
use crate::parquet_file::ParquetFile;
use crate::watch::Watch;

/// Opened files and where the wanted columns are in each.
pub(crate) struct ParquetScan<'a> {
    pub(crate) files: Vec<ParquetFile>,
    layouts: Vec<RootLayout>,
    pub(super) wanted: &'a Wanted,
}

struct RootLayout {
    roots: Layout,
    /// All root columns to read, in the order of the file, each once.
    read: Vec<usize>,
}

impl<'a> ParquetScan<'a> {
    pub(crate) fn open(input: &Input, wanted: &'a Wanted) -> Result<Self> {
        let files: Vec<ParquetFile> = input.files.iter().map(ParquetFile::open).collect::<Result<_>>()?;
        let layouts = files.iter().map(|file| layout(file, wanted)).collect::<Result<Vec<_>>>()?;
        let scan = Self { files, layouts, wanted };
        scan.check_kinds()?;
        scan.check_zones()?;
        Ok(scan)
    }

    /// A key column must be of one kind in all files, or equal values would make different keys.
    fn check_kinds(&self) -> Result<()> {
        for column in 0..self.wanted.key.len() {
            let mut first: Option<(KeyKind, usize)> = None;
            for (at, file) in self.files.iter().enumerate() {
                let data_type = self.column_type(at, column);
                let Some(kind) = KeyKind::of(&data_type)
                    .map_err(|source| self.column_error(file, &self.wanted.key[column], source))?
                else {
                    continue;
                };
                match first {
                    Some((other, other_file)) if other != kind => {
                        return Err(EngineError::MixedTypes {
                            column: self.wanted.key[column].clone(),
                            a: self.files[other_file].input.path.clone(),
                            a_type: other.to_string(),
                            b: file.input.path.clone(),
                            b_type: kind.to_string(),
                        });
                    }
                    _ => first = first.or(Some((kind, at))),
                }
            }
        }
        Ok(())
    }

    /// Times with a zone are instants and times without are not, so the two cannot be compared. INT96 says nothing of
    /// it, and is what the other files have.
    fn check_zones(&self) -> Result<()> {
        let has_zone = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, Some(_)));
        let mut told = self.told_time_types();
        let Some((first_file, first)) = told.next() else { return Ok(()) };
        match told.find(|(_, other)| has_zone(other) != has_zone(first)) {
            None => Ok(()),
            Some((other_file, _)) => {
                let words = |with| if with { "a time with a zone" } else { "a time without a zone" };
                Err(EngineError::MixedTypes {
                    column: self.wanted.time.clone(),
                    a: self.files[first_file].input.path.clone(),
                    a_type: words(has_zone(first)).into(),
                    b: self.files[other_file].input.path.clone(),
                    b_type: words(!has_zone(first)).into(),
                })
            }
        }
    }

    /// The files whose types tell whether times have a zone, with these types.
    fn told_time_types(&self) -> impl Iterator<Item = (usize, &DataType)> {
        let is_told = |(at, _): &(usize, &DataType)| !self.files[*at].has_int96(self.layouts[*at].roots.time);
        self.time_types().enumerate().filter(is_told)
    }

    fn column_error(&self, file: &ParquetFile, column: &str, source: LabelError) -> EngineError {
        EngineError::Column { column: column.to_owned(), name: file.input.name.clone(), source }
    }

    fn column_type(&self, file: usize, column: usize) -> DataType {
        match &self.layouts[file].roots.columns[column] {
            ColumnSource::InFile(root) => self.files[file].schema().field(*root).data_type().clone(),
            ColumnSource::Folder(_) => DataType::Utf8,
        }
    }

    /// The key columns with their types; where files differ, with the type that holds the values of all of them.
    pub(crate) fn key_fields(&self) -> Vec<Field> {
        let common = |column| {
            let types = (0..self.files.len()).map(|file| self.column_type(file, column));
            let mut types = types.filter(|data_type| *data_type != DataType::Null);
            let Some(first) = types.next() else { return DataType::Null };
            if types.all(|other| other == first) { first } else { widest(first) }
        };
        let field = |(column, name): (usize, &String)| {
            let field = Field::new(name, common(column), true);
            match self.layouts.first().map(|layout| &layout.roots.columns[column]) {
                Some(ColumnSource::InFile(root)) if is_uuid(self.files[0].schema().field(*root)) => {
                    field.with_extension_type(Uuid)
                }
                _ => field,
            }
        };
        self.wanted.key.iter().enumerate().map(field).collect()
    }

    fn time_types(&self) -> impl Iterator<Item = &DataType> {
        self.files
            .iter()
            .zip(&self.layouts)
            .map(|(file, layout)| file.schema().field(layout.roots.time).data_type())
    }

    pub(crate) fn unit(&self) -> TimeUnit {
        self.time_types().filter_map(time_unit_of).max().unwrap_or(TimeUnit::Microsecond)
    }

    /// The type of the first file that tells of zones, in the finest unit of all.
    pub(crate) fn time_type(&self) -> DataType {
        let told = self.told_time_types().map(|(_, data_type)| data_type).next();
        match told.or_else(|| self.time_types().next()) {
            Some(DataType::Timestamp(_, zone)) => DataType::Timestamp(self.unit(), zone.clone()),
            _ => DataType::Timestamp(self.unit(), None),
        }
    }

    /// Whether the times are days.
    pub(crate) fn has_dates(&self) -> bool {
        let mut types = self.time_types().peekable();
        types.peek().is_some() && types.all(|ty| matches!(ty, DataType::Date32 | DataType::Date64))
    }

    /// Every row group as its file and its place there.
    pub(crate) fn row_groups(&self) -> impl Iterator<Item = (usize, usize)> + Send {
        let groups = |(at, file): (usize, &ParquetFile)| {
            let count = file.metadata().num_row_groups();
            (0..count).map(move |group| (at, group))
        };
        self.files.iter().enumerate().flat_map(groups)
    }

    /// How many compressed bytes a scan reads.
    pub(crate) fn bytes(&self) -> u64 {
        self.row_groups()
            .map(|(file, group)| self.files[file].compressed_bytes(group, &self.layouts[file].read))
            .sum()
    }

    fn empty_batch(&self, file: usize) -> Batch {
        let source = &self.files[file];
        let columns =
            (0..self.layouts[file].roots.columns.len()).map(|column| self.column_type(file, column));
        let time = source.schema().field(self.layouts[file].roots.time).data_type();
        Batch {
            columns: columns.map(|data_type| new_empty_array(&data_type)).collect(),
            time: new_empty_array(time),
            whereabouts: Whereabouts::Rows { name: source.input.name.clone(), before: 0 },
        }
    }

    pub(crate) fn read(
        &self,
        file: usize,
        row_group: usize,
        watch: &Watch,
        mut visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        let (source, layout) = (&self.files[file], &self.layouts[file]);
        let first: u64 = (0..row_group).map(|group| source.rows(group) as u64).sum();
        let mut before = first;
        let nth_read = |root: usize| layout.read.iter().position(|read| *read == root).unwrap_or_default();
        for batch in source.read_columns(row_group, &layout.read)? {
            let batch = batch?;
            let columns = layout.roots.columns.iter().map(|column| match column {
                ColumnSource::InFile(root) => Arc::clone(batch.column(nth_read(*root))),
                ColumnSource::Folder(value) => constant_column(value.as_deref(), batch.num_rows()),
            });
            let columns: Vec<ArrayRef> = columns.collect();
            for (name, column) in self.wanted.key.iter().zip(&columns) {
                KeyKind::of(column.data_type()).map_err(|e| self.column_error(source, name, e))?;
            }
            let time = Arc::clone(batch.column(nth_read(layout.roots.time)));
            let whereabouts = Whereabouts::Rows { name: source.input.name.clone(), before };
            visit(Batch { columns, time, whereabouts }).map_err(|error| match error {
                EngineError::Label(e @ LabelError::TimeRange { .. }) => {
                    self.column_error(source, &self.wanted.time, e)
                }
                other => other,
            })?;
            before += batch.num_rows() as u64;
            watch.advance(0)?;
        }
        if before == first {
            // A row group without rows is a part too.
            visit(self.empty_batch(file))?;
        }
        watch.advance(source.compressed_bytes(row_group, &layout.read))
    }
}

/// Whether sixteen bytes are marked as a uuid, so that other readers show them as one.
fn is_uuid(field: &Field) -> bool {
    field.has_valid_extension_type::<Uuid>()
}

/// The type that holds every value of the same kind.
fn widest(data_type: DataType) -> DataType {
    match KeyKind::of(&data_type) {
        Ok(Some(KeyKind::Integer)) => DataType::Int64,
        Ok(Some(KeyKind::Text)) => DataType::Utf8,
        _ => data_type,
    }
}

fn layout(file: &ParquetFile, wanted: &Wanted) -> Result<RootLayout> {
    let schema = file.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let roots = Layout::of(names, &file.input, wanted)?;
    if time_unit_of(schema.field(roots.time).data_type()).is_none() {
        return Err(EngineError::Column {
            column: wanted.time.clone(),
            name: file.input.name.clone(),
            source: LabelError::TimeType(schema.field(roots.time).data_type().clone()),
        });
    }
    let mut read: Vec<usize> = vec![roots.time];
    read.extend(roots.columns.iter().filter_map(|column| match column {
        ColumnSource::InFile(root) => Some(*root),
        ColumnSource::Folder(_) => None,
    }));
    read.sort_unstable();
    read.dedup();
    Ok(RootLayout { roots, read })
}
