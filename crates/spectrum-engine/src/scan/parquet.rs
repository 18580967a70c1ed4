//! Parquet: row groups are the parts, and only the wanted columns are decoded.

use std::sync::Arc;

use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::extension::Uuid;
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::{KeyKind, LabelError, time_unit_of};

use super::{Batch, Place, Wanted, check_absent, columns_of, constant_column, find_column};
use crate::error::{EngineError, Result};
use crate::input::Input;
use crate::table::parquet_file::ParquetFile;
use crate::watch::Watch;

/// Opened files and where the wanted columns are in each.
pub(crate) struct ParquetScan<'a> {
    pub(crate) files: Vec<ParquetFile>,
    layouts: Vec<Layout>,
    pub(super) wanted: &'a Wanted,
}

struct Layout {
    columns: Vec<ColumnPlace>,
    time: usize,
    /// All root columns to read, in the order of the file, each once.
    read: Vec<usize>,
}

enum ColumnPlace {
    Root(usize),
    /// Told by the name of a folder.
    Constant(Option<String>),
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

    /// Times with a zone are instants and times without are not, so the two cannot be compared.
    fn check_zones(&self) -> Result<()> {
        let has_zone = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, Some(_)));
        let Some(first) = self.time_types().next() else { return Ok(()) };
        match self.time_types().position(|other| has_zone(other) != has_zone(first)) {
            None => Ok(()),
            Some(other) => {
                let words = |with| if with { "a time with a zone" } else { "a time without a zone" };
                Err(EngineError::MixedTypes {
                    column: self.wanted.time.clone(),
                    a: self.files[0].input.path.clone(),
                    a_type: words(has_zone(first)).into(),
                    b: self.files[other].input.path.clone(),
                    b_type: words(!has_zone(first)).into(),
                })
            }
        }
    }

    fn column_error(&self, file: &ParquetFile, column: &str, source: LabelError) -> EngineError {
        EngineError::Column { column: column.to_owned(), name: file.input.name.clone(), source }
    }

    fn column_type(&self, file: usize, column: usize) -> DataType {
        match &self.layouts[file].columns[column] {
            ColumnPlace::Root(root) => self.files[file].schema().field(*root).data_type().clone(),
            ColumnPlace::Constant(_) => DataType::Utf8,
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
            match self.layouts.first().map(|layout| &layout.columns[column]) {
                Some(ColumnPlace::Root(root)) if is_uuid(self.files[0].schema().field(*root)) => {
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
            .map(|(file, layout)| file.schema().field(layout.time).data_type())
    }

    pub(crate) fn unit(&self) -> TimeUnit {
        self.time_types().filter_map(time_unit_of).max().unwrap_or(TimeUnit::Microsecond)
    }

    /// The first file's type, in the finest unit of all.
    pub(crate) fn time_type(&self) -> DataType {
        match self.time_types().next() {
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
        let columns = (0..self.layouts[file].columns.len()).map(|column| self.column_type(file, column));
        let time = source.schema().field(self.layouts[file].time).data_type();
        Batch {
            columns: columns.map(|data_type| new_empty_array(&data_type)).collect(),
            time: new_empty_array(time),
            place: Place::Rows { name: source.input.name.clone(), before: 0 },
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
        let place_of = |root: &usize| layout.read.iter().position(|read| read == root).unwrap_or_default();
        for batch in source.read_columns(row_group, &layout.read)? {
            let batch = batch?;
            let columns = layout.columns.iter().map(|place| match place {
                ColumnPlace::Root(root) => Arc::clone(batch.column(place_of(root))),
                ColumnPlace::Constant(value) => constant_column(value.as_deref(), batch.num_rows()),
            });
            let columns: Vec<ArrayRef> = columns.collect();
            for (name, column) in self.wanted.key.iter().zip(&columns) {
                KeyKind::of(column.data_type()).map_err(|e| self.column_error(source, name, e))?;
            }
            let [time] = &columns_of(&batch, &[place_of(&layout.time)])[..] else { continue };
            let place = Place::Rows { name: source.input.name.clone(), before };
            visit(Batch { columns, time: Arc::clone(time), place }).map_err(|error| match error {
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

fn layout(file: &ParquetFile, wanted: &Wanted) -> Result<Layout> {
    let schema = file.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    check_absent(names.clone(), &file.input, &wanted.absent)?;
    let mut columns = Vec::new();
    for (name, role, flag) in wanted.columns() {
        let partition = file.input.partition.iter().find(|(column, _)| column == name);
        columns.push(match (find_column(names.clone(), &file.input, name, role, flag), partition) {
            (Err(EngineError::NoSuchColumn { .. }), Some((_, value))) => ColumnPlace::Constant(value.clone()),
            (found, _) => ColumnPlace::Root(found?),
        });
    }
    let time = find_column(names, &file.input, &wanted.time, "time", "--time")?;
    if time_unit_of(schema.field(time).data_type()).is_none() {
        return Err(EngineError::Column {
            column: wanted.time.clone(),
            name: file.input.name.clone(),
            source: LabelError::TimeType(schema.field(time).data_type().clone()),
        });
    }
    let mut read: Vec<usize> = vec![time];
    read.extend(columns.iter().filter_map(|place| match place {
        ColumnPlace::Root(root) => Some(*root),
        ColumnPlace::Constant(_) => None,
    }));
    read.sort_unstable();
    read.dedup();
    Ok(Layout { columns, time, read })
}
