//! A Parquet file's footer, read once, and readers for its row groups.

mod checks;
mod int96;
mod kept_footer;
mod raw_footer;
mod stored_schema;
mod thrift;
mod view;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Encoding, PageType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

pub(crate) use self::kept_footer::Kept;
pub(crate) use self::raw_footer::RawFooter;
use self::view::View;
pub(crate) use self::view::place_in_file;
use crate::chunk_source::ChunkSource;
use crate::error::{EngineError, ParquetFault, Result};
use crate::input::InputFile;
use crate::lake::Layout;
use crate::parallel::in_order;
use crate::store::ReadOrder;

/// Rows decoded at a time.
pub(crate) const BATCH_ROWS: usize = 16_384;

/// How many footers are asked for together where they lie elsewhere.
const AT_ONCE: usize = 16;

/// How the parquet library says that it cannot read even the footer.
const ENCRYPTED_FOOTER: &str = "encrypted footer";
/// And what it says before something that it does not know.
const UNKNOWN: &str = "NYI: ";

/// An input file's footer.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    pub(crate) input: InputFile,
    metadata: ArrowReaderMetadata,
    /// The columns as the file's writer meant them; those that are read differ in how they count INT96.
    written_schema: SchemaRef,
    /// Arrow's own schema, where it stands in the footer.
    arrow_schema: Option<Schema>,
    /// For copies alone.
    footer: RawFooter,
    /// The root columns with INT96.
    int96: Vec<usize>,
    encrypted: Vec<String>,
    /// How the table that the file belongs to has it.
    view: Option<View>,
}

impl ParquetFile {
    /// Reads the footer, to decode columns. Whole row groups need no page index, and a damaged one
    /// would only lead the decoder astray.
    pub(crate) fn open(input: &InputFile) -> Result<Self> {
        let mut file = Self::open_with(input, PageIndexPolicy::Skip, ArrowReaderOptions::new())?;
        if let Some(in_table) = &input.in_table {
            file.view = Some(View::new(input, in_table, file.metadata.schema())?);
        }
        Ok(file)
    }

    /// Reads the footer with everything that it says, for whoever copies chunks: the file as it is.
    pub(crate) fn open_to_copy(input: &InputFile) -> Result<Self> {
        let file = Self::open_with(
            input,
            PageIndexPolicy::Optional,
            ArrowReaderOptions::new().with_encoding_stats_as_mask(false),
        )?;
        // Without the keys, which stay behind, the copy could never be read.
        file.check_not_encrypted(|_| true)?;
        Ok(file)
    }

    /// Opens all files of an input with `open`; many at a time where each answer takes a while.
    pub(crate) fn all<T: Send>(
        files: &[InputFile],
        open: impl Fn(&InputFile) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        if !files.iter().any(|file| file.store.is_elsewhere(&file.path)) {
            return files.iter().map(open).collect();
        }
        let mut opened = Vec::with_capacity(files.len());
        in_order(files.iter().map(Ok), AT_ONCE, open, |file| {
            opened.push(file);
            Ok(())
        })?;
        Ok(opened)
    }

    fn open_with(
        input: &InputFile,
        page_indexes: PageIndexPolicy,
        options: ArrowReaderOptions,
    ) -> Result<Self> {
        let file = ChunkSource::open(input)?;
        let unreadable = unreadable(input);
        let parsed = ParquetMetaDataReader::new()
            .with_page_index_policy(page_indexes)
            .with_metadata_options(Some(options.metadata_options().clone()))
            .parse_and_finish(&file)
            .and_then(checks::mended)
            .and_then(|metadata| checks::check(&metadata, input.bytes).map(|()| metadata))
            .map_err(&unreadable)?;
        let footer = RawFooter::read(&file).map_err(&unreadable)?;
        let metadata = ArrowReaderMetadata::try_new(Arc::new(parsed), options).map_err(&unreadable)?;
        let mut file = Self {
            input: input.clone(),
            written_schema: Arc::clone(metadata.schema()),
            int96: int96::roots(metadata.parquet_schema()),
            arrow_schema: stored_schema::stored(metadata.metadata()),
            encrypted: footer.encrypted_columns(),
            footer: if page_indexes == PageIndexPolicy::Skip { RawFooter::default() } else { footer },
            view: None,
            metadata,
        };
        let stored = file.arrow_schema.as_ref();
        let zoned = stored.and_then(|stored| stored_schema::with_zones(file.metadata.schema(), stored));
        if let Some(zoned) = zoned {
            file.metadata = file.with_schema(zoned)?;
            file.written_schema = Arc::clone(file.metadata.schema());
        }
        if !file.int96.is_empty() {
            file.metadata = file.with_schema(file.counted_in(TimeUnit::Microsecond, &file.written_schema))?;
        }
        Ok(file)
    }

    fn with_schema(&self, schema: SchemaRef) -> Result<ArrowReaderMetadata> {
        let options = ArrowReaderOptions::new().with_schema(schema);
        ArrowReaderMetadata::try_new(Arc::clone(self.metadata.metadata()), options)
            .map_err(unreadable(&self.input))
    }

    fn counted_in(&self, unit: TimeUnit, schema: &Schema) -> SchemaRef {
        int96::counted_in(unit, schema, self.metadata.parquet_schema(), self.has_arrow_schema())
    }

    fn has_arrow_schema(&self) -> bool {
        self.arrow_schema.is_some()
    }

    /// Whether a root column holds INT96, alone or in lists and structs, and nothing says which type is meant.
    pub(crate) fn has_int96(&self, root: usize) -> bool {
        self.view.is_none() && self.int96.contains(&root)
    }

    /// Whether a copy of the file's chunks has what is read of it.
    pub(crate) fn is_read_as_stored(&self) -> bool {
        match (&self.view, &self.input.in_table) {
            (Some(view), Some(in_table)) => {
                self.int96.is_empty() && view.is_as_stored(in_table, self.metadata.schema())
            }
            _ => true,
        }
    }

    /// Arrow's own schema, where it stands in the footer.
    pub(crate) fn arrow_schema(&self) -> Option<&Schema> {
        self.arrow_schema.as_ref()
    }

    /// The footer as it stands in the file.
    pub(crate) fn footer(&self) -> &RawFooter {
        &self.footer
    }

    /// Refuses encrypted columns among the wanted roots, by name.
    fn check_not_encrypted(&self, is_wanted: impl Fn(&str) -> bool) -> Result<()> {
        let root = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
        match self.encrypted.iter().find(|path| is_wanted(&root(path))) {
            None => Ok(()),
            Some(column) => {
                Err(ParquetFault::Encrypted { name: self.input.name.clone(), column: Some(column.clone()) }
                    .into())
            }
        }
    }

    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// The columns as Arrow types.
    pub(crate) fn schema(&self) -> &SchemaRef {
        self.view.as_ref().map_or_else(|| self.metadata.schema(), View::schema)
    }

    /// How many rows of a row group are read.
    pub(crate) fn rows(&self, row_group: usize) -> usize {
        let stored = self.stored_rows(row_group) as usize;
        let Some(view) = &self.view else { return stored };
        let before = self.stored_before(row_group);
        stored - view.deleted_within(before..before + stored as u64)
    }

    fn stored_rows(&self, row_group: usize) -> u64 {
        self.metadata().row_group(row_group).num_rows().max(0) as u64
    }

    fn stored_before(&self, row_group: usize) -> u64 {
        (0..row_group).map(|group| self.stored_rows(group)).sum()
    }

    /// The compressed size of the given root columns in a row group.
    pub(crate) fn compressed_bytes(&self, row_group: usize, columns: &[usize]) -> u64 {
        let roots = self.view.as_ref().map(|view| view.roots(columns));
        let columns = roots.as_deref().unwrap_or(columns);
        let root_of = |leaf| self.metadata.parquet_schema().get_column_root_idx(leaf);
        let chunks = self.metadata().row_group(row_group).columns().iter().enumerate();
        chunks
            .filter(|(leaf, _)| columns.contains(&root_of(*leaf)))
            .map(|(_, c)| c.compressed_size().max(0) as u64)
            .sum()
    }

    /// Where the chunks of a row group's leaves lie, as far as they lie within the file.
    pub(crate) fn ranges(&self, row_group: usize, is_wanted: impl Fn(usize) -> bool) -> Vec<Range<u64>> {
        let chunks = self.metadata().row_group(row_group).columns().iter().enumerate();
        let wanted = chunks.filter(|(leaf, _)| is_wanted(*leaf));
        let range = |chunk: &ColumnChunkMetaData| {
            let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
            let start = u64::try_from(start).ok()?;
            let end = start.checked_add(u64::try_from(chunk.compressed_size()).ok()?)?;
            (end <= self.input.bytes).then_some(start..end)
        };
        wanted.filter_map(|(_, chunk)| range(chunk)).collect()
    }

    /// Reads all columns of a row group, as they are.
    pub(crate) fn read_all(&self, row_group: usize) -> Result<Batches> {
        self.check_not_encrypted(|_| true)?;
        let all: Vec<usize> = (0..self.schema().fields().len()).collect();
        self.read_seen(self.metadata.clone(), row_group, &all, Layout::OfTable)
    }

    fn read_seen(
        &self,
        metadata: ArrowReaderMetadata,
        row_group: usize,
        columns: &[usize],
        layout: Layout,
    ) -> Result<Batches> {
        let Some(view) = &self.view else { return self.read(metadata, row_group, columns) };
        let seen = Some((view.clone(), columns.to_vec(), layout));
        Ok(Batches { seen, ..self.read(metadata, row_group, &view.roots(columns))? })
    }

    /// Reads a few root columns of a row group. Text comes as views into the decoded pages, or as a
    /// dictionary where the whole chunk has one, so that no text is copied.
    pub(crate) fn read_columns(&self, row_group: usize, columns: &[usize]) -> Result<Batches> {
        let chunks = self.metadata().row_group(row_group).columns();
        let roots = self.view.as_ref().map(|view| view.roots(columns));
        let roots = roots.as_deref().unwrap_or(columns);
        let fields = self.metadata.schema().fields().iter().enumerate().map(|(root, field)| {
            if !roots.contains(&root) {
                return Arc::clone(field);
            }
            let leaf = (0..chunks.len())
                .find(|leaf| self.metadata.parquet_schema().get_column_root_idx(*leaf) == root);
            let has_dictionary = leaf.is_some_and(|leaf| is_all_dictionary(&chunks[leaf]));
            let data_type = match field.data_type() {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if has_dictionary => {
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                }
                DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
                other => other.clone(),
            };
            Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
        });
        let hint = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self.check_not_encrypted(|root| roots.iter().any(|column| hint.field(*column).name() == root))?;
        self.read_seen(self.with_schema(hint)?, row_group, columns, Layout::AsRead)
    }

    fn read(&self, metadata: ArrowReaderMetadata, row_group: usize, roots: &[usize]) -> Result<Batches> {
        let open = |metadata: ArrowReaderMetadata, roots: &[usize]| {
            let file = ChunkSource::open(&self.input)?;
            let mask = ProjectionMask::roots(metadata.parquet_schema(), roots.iter().copied());
            file.will_read(&self.ranges(row_group, |leaf| mask.leaf_included(leaf)), ReadOrder::InTurns);
            let reader = caught(|| {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                    .with_row_groups(vec![row_group])
                    .with_batch_size(BATCH_ROWS)
                    .with_projection(mask)
                    .build()
            });
            reader.map_err(unreadable(&self.input))
        };
        let int96: Vec<usize> = roots.iter().copied().filter(|root| self.int96.contains(root)).collect();
        let reader = if int96.is_empty() {
            Decoder::Plain(open(metadata, roots)?)
        } else {
            let wanted = metadata.schema();
            let in_unit = |unit| self.with_schema(self.counted_in(unit, wanted));
            let kept = wanted.fields().iter().enumerate().filter(|(root, _)| roots.contains(root));
            let fields: Vec<_> = kept.map(|(_, field)| Arc::clone(field)).collect();
            Decoder::Int96 {
                schema: Arc::new(Schema::new_with_metadata(fields, wanted.metadata().clone())),
                seconds: open(in_unit(TimeUnit::Second)?, roots)?,
                nanoseconds: open(in_unit(TimeUnit::Nanosecond)?, &int96)?,
            }
        };
        Ok(Batches {
            decoder: Some(reader),
            input: self.input.clone(),
            row_group,
            before: self.stored_before(row_group),
            read: 0,
            expected: self.stored_rows(row_group),
            seen: None,
        })
    }
}

/// The batches of a row group; nothing follows an error.
pub(crate) struct Batches {
    decoder: Option<Decoder>,
    input: InputFile,
    row_group: usize,
    /// Rows of the file before the row group.
    before: u64,
    /// Rows read so far, and how many the footer says there are.
    read: u64,
    expected: u64,
    /// The columns of a table that are asked for, and how they are made of those that are read.
    seen: Option<(View, Vec<usize>, Layout)>,
}

enum Decoder {
    Plain(ParquetRecordBatchReader),
    /// The same rows in two units.
    Int96 {
        schema: SchemaRef,
        seconds: ParquetRecordBatchReader,
        nanoseconds: ParquetRecordBatchReader,
    },
}

impl Batches {
    fn decode(&mut self) -> Option<Result<RecordBatch>> {
        let next = |reader: &mut ParquetRecordBatchReader| {
            let batch = caught(|| reader.next().transpose().map_err(ParquetError::from)).transpose()?;
            Some(batch.map_err(unreadable(&self.input)))
        };
        match self.decoder.as_mut()? {
            Decoder::Plain(reader) => next(reader),
            Decoder::Int96 { schema, seconds, nanoseconds } => {
                let (coarse, fine) = (next(seconds)?, next(nanoseconds)?);
                let exact = coarse.and_then(|coarse| {
                    int96::exact(schema, &coarse, &fine?).map_err(|failure| match failure {
                        int96::Failure::Inexact(inexact) => ParquetFault::Int96 {
                            name: self.input.name.clone(),
                            row: self.before + self.read + inexact.row as u64 + 1,
                            column: schema.field(inexact.column).name().clone(),
                            value: int96::text(inexact.instant),
                        }
                        .into(),
                        int96::Failure::Arrow(source) => {
                            EngineError::Arrow { name: self.input.name.clone(), source }
                        }
                    })
                });
                Some(exact)
            }
        }
    }

    /// Whether as many rows came as the footer promises.
    fn checked(&self) -> Result<()> {
        if self.read == self.expected {
            return Ok(());
        }
        let reason = format!(
            "row group {} has {} rows by the footer and {} by its pages",
            self.row_group, self.expected, self.read
        );
        Err(ParquetFault::Unreadable { name: self.input.name.clone(), reason }.into())
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_read()? {
                Ok(batch) if batch.num_rows() == 0 && self.seen.is_some() => {}
                batch => return Some(batch),
            }
        }
    }
}

impl Batches {
    fn next_read(&mut self) -> Option<Result<RecordBatch>> {
        self.decoder.as_ref()?;
        let batch = match self.decode() {
            Some(Ok(batch)) => {
                let first = self.before + self.read;
                self.read += batch.num_rows() as u64;
                // Sooner than at the end: whoever asked has made room for so many.
                let batch =
                    if self.read > self.expected { self.checked().map(|()| batch) } else { Ok(batch) };
                match &self.seen {
                    None => batch,
                    Some((view, columns, layout)) => {
                        batch.and_then(|batch| view.seen(&self.input, &batch, first, columns, *layout))
                    }
                }
            }
            Some(Err(error)) => Err(error),
            None => {
                self.decoder = None;
                return self.checked().err().map(Err);
            }
        };
        if batch.is_err() {
            self.decoder = None;
        }
        Some(batch)
    }
}

/// The decoder checks most of what it reads, but some damage makes it panic, and for a user with a damaged
/// file that is not different from an error.
fn caught<T>(decode: impl FnOnce() -> parquet::errors::Result<T>) -> parquet::errors::Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("the decoder gave up");
        Err(ParquetError::General(said.to_owned()))
    })
}

/// Whether every data page of a chunk refers to its dictionary.
fn is_all_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    if let Some(pages) = chunk.page_encoding_stats() {
        return pages
            .iter()
            .filter(|page| matches!(page.page_type, PageType::DATA_PAGE | PageType::DATA_PAGE_V2))
            .all(|page| matches!(page.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY));
    }
    chunk.page_encoding_stats_mask().is_some_and(|mask| {
        mask.encodings()
            .all(|encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY))
    })
}

/// What a failed read means: the system's reason if there is one, what the reader does not know, and damage otherwise.
pub(crate) fn unreadable(input: &InputFile) -> impl Fn(ParquetError) -> EngineError + use<> {
    let name = input.name.clone();
    move |error| {
        let reason = match error {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(error) => return EngineError::reading(&name)(*error),
                Err(inner) => plain(&inner.to_string()),
            },
            other => plain(&other.to_string()),
        };
        let name = name.clone();
        match reason.strip_prefix(UNKNOWN) {
            Some(reason) => ParquetFault::Unknown { name, reason: reason.to_owned() }.into(),
            None if reason.contains(ENCRYPTED_FOOTER) => {
                ParquetFault::Encrypted { name, column: None }.into()
            }
            None => ParquetFault::Unreadable { name, reason }.into(),
        }
    }
}

/// The reader's words without the kinds of error that it puts before them, one for each layer they came through.
fn plain(reason: &str) -> String {
    let kinds = ["Parquet error: ", "Parquet argument error: ", "External: ", "EOF: ", "Arrow: "];
    let mut reason = reason;
    while let Some(rest) = kinds.iter().find_map(|kind| reason.strip_prefix(kind)) {
        reason = rest;
    }
    reason.to_owned()
}
