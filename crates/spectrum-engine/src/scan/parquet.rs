//! Parquet, and tables in memory: row groups are the parts, and only the wanted columns are decoded.

use std::sync::Arc;

use arrow_array::{ArrayRef, NullArray, new_empty_array};
use arrow_schema::extension::Uuid;
use arrow_schema::{DataType, Field, TimeUnit};
use spectrum_core::{KeyKind, LabelError, ValueKind, time_unit_of};

use super::columns::{ColumnSource, Layout};
use super::key_values::{read_as, read_key};
use super::nested::{member, member_texts, type_of, values};
use super::parquet_times::{TimeKind, read_times};
use super::time_values::TimeReading;
use super::zones::Zones;
use super::{Batch, Wanted, Whereabouts};
use crate::error::{ColumnError, EngineError, InputError, Result, RuleError};
use crate::input::{Input, TextOptions};
use crate::parquet_file::ParquetFile;
use crate::text::time::TimeSpelling;
use crate::typed_file::TypedFile;
use crate::watch::Watch;

/// Opened files and where the wanted columns are in each.
pub(crate) struct ParquetScan<'a> {
    pub(crate) files: Vec<TypedFile>,
    layouts: Vec<RootLayout>,
    pub(super) wanted: &'a Wanted,
    pub(super) input: &'a Input,
    pub(super) zones: Zones,
}

struct RootLayout {
    roots: Layout,
    time: TimeKind,
    reads_time: bool,
    /// All root columns to read, in the order of the file, each once.
    read: Vec<usize>,
}

impl<'a> ParquetScan<'a> {
    pub(crate) fn open(input: &'a Input, wanted: &'a Wanted) -> Result<Self> {
        let files = ParquetFile::all(&input.files, TypedFile::open)?;
        let layouts =
            files.iter().map(|file| layout(file, wanted, &input.text)).collect::<Result<Vec<_>>>()?;
        let scan = Self { files, layouts, wanted, input, zones: Zones::default() };
        scan.check_kinds()?;
        scan.check_rule_types()?;
        scan.check_zones()?;
        Ok(scan)
    }

    /// A key column must be of one kind in all files, or equal values would make different keys.
    fn check_kinds(&self) -> Result<()> {
        for column in 0..self.wanted.key.len() {
            let mut first: Option<(KeyKind, usize)> = None;
            for (at, file) in self.files.iter().enumerate() {
                let Some(kind) = self
                    .key_type(at, column)
                    .and_then(|data_type| KeyKind::of(&data_type))
                    .map_err(|source| self.column_error(file, &self.wanted.key[column], source))?
                else {
                    continue;
                };
                match first {
                    Some((other, other_file)) if other != kind => {
                        return Err(InputError::MixedTypes {
                            column: self.wanted.key[column].clone(),
                            a: self.files[other_file].input.path.clone(),
                            a_type: other.to_string(),
                            b: file.input.path.clone(),
                            b_type: kind.to_string(),
                        }
                        .into());
                    }
                    _ => first = first.or(Some((kind, at))),
                }
            }
        }
        Ok(())
    }

    /// Types say what columns hold: text is not a number here, even where all of it would be one.
    fn check_rule_types(&self) -> Result<()> {
        let first = self.wanted.first_of_rule();
        for (at, file) in self.files.iter().enumerate() {
            for (column, input) in (first..).zip(&self.wanted.rule) {
                let data_type = self.column_type(at, column);
                if input.splits {
                    KeyKind::of(&data_type).map_err(|source| self.column_error(file, &input.name, source))?;
                }
                // The text of a member is asked for, whatever it is.
                let has_text = input.member.is_some() && KeyKind::of(&data_type).is_ok();
                let wrong = |kind: &ValueKind| !(has_text || holds(&data_type, *kind));
                let Some(kind) = input.kind.filter(wrong) else { continue };
                return Err(RuleError::Type {
                    column: input.name.clone(),
                    name: file.input.name.clone(),
                    data_type,
                    kind,
                }
                .into());
            }
        }
        Ok(())
    }

    /// Times with a zone are instants and times without are not, so the two cannot be compared. INT96 says nothing of
    /// it, and is what the other files have.
    fn check_zones(&self) -> Result<()> {
        let mut first: Option<(bool, usize)> = None;
        for (at, layout) in self.told_time_types() {
            let Some(now) = layout.time.has_zone() else { continue };
            let (before, file) = *first.get_or_insert((now, at));
            if before != now {
                let words = |with| if with { "a time with a zone" } else { "a time without a zone" };
                return Err(InputError::MixedTypes {
                    column: self.wanted.time.clone(),
                    a: self.files[file].input.path.clone(),
                    a_type: words(before).into(),
                    b: self.files[at].input.path.clone(),
                    b_type: words(now).into(),
                }
                .into());
            }
        }
        // Zones that only the values tell are compared while these are read.
        if let Some((zoned, at)) = first {
            self.zones.note_zone(zoned, || format!("by their type in {}", self.files[at].input.name));
        }
        Ok(())
    }

    /// The files whose types tell whether times have a zone: INT96 does not.
    fn told_time_types(&self) -> impl Iterator<Item = (usize, &RootLayout)> {
        let says_nothing = |(at, layout): &(usize, &RootLayout)| {
            layout.roots.time.columns().any(|root| self.files[*at].has_int96(root))
        };
        self.layouts.iter().enumerate().filter(move |layout| !says_nothing(layout))
    }

    fn column_error(&self, file: &TypedFile, column: &str, source: LabelError) -> EngineError {
        ColumnError::DoesNotFit { column: column.to_owned(), name: file.input.name.clone(), source }.into()
    }

    fn column_type(&self, file: usize, column: usize) -> DataType {
        type_of(&self.layouts[file].roots.columns[column], self.files[file].schema())
    }

    /// The type that a key column's values are read as.
    fn key_type(&self, file: usize, column: usize) -> std::result::Result<DataType, LabelError> {
        read_as(&self.column_type(file, column), self.input.text.key_type(&self.wanted.key[column]))
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

    /// The unit to begin with: the finest of all types.
    pub(crate) fn unit(&self) -> TimeUnit {
        let first = TimeSpelling::of(&self.input.text).first_unit();
        let units = self.layouts.iter().map(|layout| layout.time.unit().unwrap_or(first));
        units.max().unwrap_or(TimeUnit::Microsecond)
    }

    /// The type of the first file that tells of zones, in the unit that instants were counted in; that of the instants where
    /// values were read.
    pub(super) fn time_type(&self, read: DataType) -> DataType {
        let unit = time_unit_of(&read).unwrap_or(TimeUnit::Microsecond);
        let told = self.told_time_types().map(|(_, layout)| layout).next();
        match told.or(self.layouts.first()).map(|layout| &layout.time) {
            Some(TimeKind::Typed(DataType::Timestamp(_, zone))) => DataType::Timestamp(unit, zone.clone()),
            Some(TimeKind::Typed(_)) => DataType::Timestamp(unit, None),
            _ => read,
        }
    }

    /// Whether the times are days.
    pub(crate) fn has_dates(&self) -> bool {
        !self.layouts.is_empty() && self.layouts.iter().all(|layout| layout.time.is_date())
    }

    /// Every row group as its file and its place there.
    pub(crate) fn row_groups(&self) -> impl Iterator<Item = (usize, usize)> + Send {
        let groups = |(at, file): (usize, &TypedFile)| {
            let count = file.row_groups();
            (0..count).map(move |group| (at, group))
        };
        self.files.iter().enumerate().flat_map(groups)
    }

    /// How many compressed bytes a scan reads.
    pub(crate) fn bytes(&self) -> u64 {
        self.row_groups().map(|(file, group)| self.files[file].bytes(group, &self.layouts[file].read)).sum()
    }

    fn empty_batch(&self, file: usize, unit: TimeUnit) -> Batch {
        let source = &self.files[file];
        let columns =
            (0..self.layouts[file].roots.columns.len()).map(|column| match column < self.wanted.key.len() {
                true => self.key_type(file, column).unwrap_or(DataType::Utf8), // as was checked
                false => self.column_type(file, column),
            });
        let time = match &self.layouts[file].time {
            TimeKind::Typed(data_type) => data_type.clone(),
            _ => DataType::Timestamp(unit, None),
        };
        Batch {
            columns: columns.map(|data_type| new_empty_array(&data_type)).collect(),
            time: new_empty_array(&time),
            whereabouts: Whereabouts::Rows {
                name: source.input.name.clone(),
                before: 0,
                deleted: Arc::default(),
            },
            with_key: None,
        }
    }

    pub(crate) fn read(
        &self,
        file: usize,
        row_group: usize,
        unit: TimeUnit,
        watch: &Watch,
        mut visit: impl FnMut(Batch) -> Result<()>,
    ) -> Result<()> {
        let (source, layout) = (&self.files[file], &self.layouts[file]);
        let first: u64 = (0..row_group).map(|group| source.rows(group) as u64).sum();
        let mut before = first;
        let deleted = source.input.deleted();
        let nth_read = |root: usize| layout.read.iter().position(|read| *read == root).unwrap_or_default();
        for batch in source.read_columns(row_group, &layout.read)? {
            let batch = batch?;
            let root = |root: usize| Arc::clone(batch.column(nth_read(root)));
            let columns = layout.roots.columns.iter().map(|source| values(source, &root, batch.num_rows()));
            let mut columns: Vec<ArrayRef> = columns
                .collect::<std::result::Result<_, _>>()
                .map_err(|error| EngineError::Arrow { name: source.input.name.clone(), source: error })?;
            let whereabouts =
                Whereabouts::Rows { name: source.input.name.clone(), before, deleted: Arc::clone(&deleted) };
            for (name, column) in self.wanted.key.iter().zip(&mut columns) {
                let read_as = read_as(column.data_type(), self.input.text.key_type(name));
                let read_as = read_as.map_err(|e| self.column_error(source, name, e))?;
                *column = read_key(Arc::clone(column), &read_as, name, &whereabouts)?;
            }
            let of_rule = columns.iter_mut().skip(self.wanted.first_of_rule());
            for (_, column) in
                self.wanted.rule.iter().zip(of_rule).filter(|(input, _)| input.member.is_some())
            {
                let texts = member_texts(column);
                *column = texts
                    .map_err(|error| EngineError::Arrow { name: source.input.name.clone(), source: error })?;
            }
            let times = layout.roots.time.columns().filter(|_| layout.reads_time).map(&root);
            let times: Vec<ArrayRef> = times.collect();
            let time: ArrayRef = match &layout.time {
                _ if !layout.reads_time => Arc::new(NullArray::new(batch.num_rows())),
                TimeKind::Typed(_) => Arc::clone(&times[0]),
                _ => {
                    let reading = TimeReading::new(&self.wanted.time, unit, &self.input.text, &self.zones);
                    read_times(&times, reading, &whereabouts)?
                }
            };
            visit(Batch { columns, time, whereabouts, with_key: None }).map_err(|error| match error {
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
            visit(self.empty_batch(file, unit))?;
        }
        watch.advance(source.bytes(row_group, &layout.read))
    }
}

/// Whether a type holds values of a kind.
fn holds(data_type: &DataType, kind: ValueKind) -> bool {
    match (data_type, kind) {
        (DataType::Null, _) => true,
        (DataType::Dictionary(_, values), _) => holds(values, kind),
        (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, kind) => kind == ValueKind::Text,
        (DataType::Boolean, kind) => kind == ValueKind::Boolean,
        (DataType::Decimal256(..), _) => false,
        (other, kind) => kind == ValueKind::Number && other.is_numeric(),
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
        Err(_) if matches!(data_type, DataType::Decimal128(..)) => DataType::Decimal128(38, 0),
        _ => data_type,
    }
}

fn layout(file: &TypedFile, wanted: &Wanted, options: &TextOptions) -> Result<RootLayout> {
    let schema = file.schema();
    let names = file.names();
    let roots = Layout::of(names.into_iter(), &file.input, wanted, &|name| member(name, schema))?;
    let found = roots.columns.iter().flat_map(ColumnSource::in_file).chain(roots.time.columns());
    if found.max().is_some_and(|root| root >= schema.fields().len()) {
        return Err(EngineError::Mistake("a column that is read was not handed over"));
    }
    let types: Vec<&DataType> = roots.time.columns().map(|root| schema.field(root).data_type()).collect();
    let time = TimeKind::of(&types, &wanted.time, file, options)?;
    let mut read: Vec<usize> = roots.columns.iter().flat_map(ColumnSource::in_file).collect();
    // Rows are counted by something that is read.
    let reads_time = !wanted.is_timeless || read.is_empty();
    if reads_time {
        read.extend(roots.time.columns());
    }
    read.sort_unstable();
    read.dedup();
    Ok(RootLayout { roots, time, reads_time, read })
}
