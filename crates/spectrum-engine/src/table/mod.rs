//! Whole rows: files of any format as record batches with all their columns, in order.

mod column_type;
mod csv_table;
mod exact_numbers;
mod infer;
mod ndjson_table;

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, SchemaRef};
use parquet::file::metadata::KeyValue;

pub use self::column_type::{ColumnType, UnknownColumnType};
use self::csv_table::CsvTable;
use self::ndjson_table::NdjsonTable;
use crate::error::{EngineError, InputError, Result};
use crate::format::Format;
use crate::input::{InputFile, TextOptions};
use crate::parquet_file::ParquetFile;
use crate::scan::alternatives;
use crate::text::blocks::{Block, Blocks};
use crate::watch::Watch;

/// What is read as a table, and how.
#[derive(Clone, Copy)]
pub(crate) struct TableSource<'a> {
    pub(crate) files: &'a [InputFile],
    pub(crate) format: Format,
    pub(crate) text: &'a TextOptions,
    /// The key, whose columns may stand for several.
    pub(crate) key: &'a [Field],
    /// The column of text formats that is read as a time in any case, and its type.
    pub(crate) time: &'a str,
    pub(crate) time_type: &'a DataType,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Watch,
}

impl TableSource<'_> {
    /// The type that a column was given; of several the last counts.
    fn given_type(&self, column: &str) -> Option<ColumnType> {
        self.text.types.iter().rev().find(|(name, _)| name == column).map(|(_, column_type)| *column_type)
    }

    /// Whether a column's values are parts of keys as the texts that they are, so that no other text may be written for them.
    fn is_key_text(&self, column: &str) -> bool {
        let names =
            |key: &str| key == column || alternatives(key).is_some_and(|several| several.contains(&column));
        self.text.key_type(column) != Some(ColumnType::Integer)
            && self.key.iter().any(|key| names(key.name()))
    }
}

/// Files as one table.
pub(crate) enum Table<'a> {
    Parquet(Vec<ParquetFile>),
    Csv(CsvTable<'a>),
    Ndjson(NdjsonTable<'a>),
}

/// Some rows of one part, decoded or not.
pub(crate) struct Piece {
    /// Among the table's files.
    pub(crate) file: usize,
    pub(crate) part: usize,
    /// Which rows of the part; all of them when `None`.
    pub(crate) rows: Option<Range<usize>>,
    /// How much of the input it stands for.
    pub(crate) bytes: u64,
    content: Content,
}

enum Content {
    Batch(RecordBatch),
    Block(Block),
}

impl<'a> Table<'a> {
    /// Opens files, and finds the types of text formats by reading all values once.
    pub(crate) fn open(source: TableSource<'a>) -> Result<Self> {
        Ok(match source.format {
            Format::Parquet => {
                let files = ParquetFile::all(source.files, ParquetFile::open)?;
                for file in &files[1..] {
                    check_same_columns(&files[0], file)?;
                }
                Self::Parquet(files)
            }
            Format::Csv(dialect) => Self::Csv(CsvTable::open(source, dialect)?),
            Format::Ndjson => Self::Ndjson(NdjsonTable::open(source)?),
        })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        match self {
            Self::Parquet(files) => files[0].schema(),
            Self::Csv(table) => table.schema(),
            Self::Ndjson(table) => table.schema(),
        }
    }

    /// The metadata of a Parquet source.
    pub(crate) fn key_values(&self) -> Option<Vec<KeyValue>> {
        match self {
            // What a file of a table says beside is of its own columns.
            Self::Parquet(files) if files[0].input.in_table.is_some() => None,
            Self::Parquet(files) => files[0].metadata().file_metadata().key_value_metadata().cloned(),
            _ => None,
        }
    }

    /// The rows of the given parts in pieces, in order. Parquet is decoded as it is drawn, text by
    /// [`Self::decode`].
    pub(crate) fn pieces(&self, parts: Range<usize>) -> Box<dyn Iterator<Item = Result<Piece>> + Send + '_> {
        match self {
            Self::Parquet(files) => {
                let groups = files.iter().enumerate().flat_map(|(at, file)| {
                    (0..file.metadata().num_row_groups()).map(move |group| (at, group))
                });
                Box::new(
                    parts.zip(groups).flat_map(|(part, (at, group))| row_group(&files[at], at, group, part)),
                )
            }
            Self::Csv(CsvTable { source, .. }) | Self::Ndjson(NdjsonTable { source, .. }) => {
                Box::new(Blocks::new(source.files, source.format).zip(parts).map(|(block, part)| {
                    let block = block?;
                    let (file, bytes) = (block.file, block.bytes.len() as u64);
                    Ok(Piece { file, part, rows: None, bytes, content: Content::Block(block) })
                }))
            }
        }
    }

    pub(crate) fn decode(&self, piece: Piece) -> Result<RecordBatch> {
        match (self, piece.content) {
            (_, Content::Batch(batch)) => Ok(batch),
            (Self::Csv(table), Content::Block(block)) => table.decode(&block),
            (Self::Ndjson(table), Content::Block(block)) => table.decode(&block),
            (Self::Parquet(_), Content::Block(_)) => {
                Err(EngineError::Mistake("a block of text was read from Parquet"))
            }
        }
    }
}

/// The batches of a row group; an error is the last of them.
fn row_group(
    file: &ParquetFile,
    at: usize,
    group: usize,
    part: usize,
) -> impl Iterator<Item = Result<Piece>> + Send + use<'_> {
    let (reader, failed) = match file.read_all(group) {
        Ok(reader) => (Some(reader), None),
        Err(error) => (None, Some(Err(error))),
    };
    let all_rows = file.rows(group).max(1) as u64;
    let all_bytes = file.metadata().row_group(group).compressed_size().max(0) as u64;
    let mut before = 0;
    let batches = reader.into_iter().flatten().map(move |batch| {
        let batch = batch?;
        let rows = before..before + batch.num_rows();
        before = rows.end;
        let bytes = all_bytes * batch.num_rows() as u64 / all_rows;
        Ok(Piece { file: at, part, rows: Some(rows), bytes, content: Content::Batch(batch) })
    });
    failed.into_iter().chain(batches)
}

fn check_same_columns(a: &ParquetFile, b: &ParquetFile) -> Result<()> {
    let (ours, theirs) = (a.schema().fields(), b.schema().fields());
    if Arc::ptr_eq(a.schema(), b.schema()) || ours == theirs {
        return Ok(());
    }
    let names = |schema: &SchemaRef| {
        let fields = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
        fields.collect::<Vec<_>>().join(", ")
    };
    Err(InputError::MixedSchemas {
        a: a.input.path.clone(),
        b: b.input.path.clone(),
        difference: format!("({}) and ({})", names(a.schema()), names(b.schema())),
    }
    .into())
}
