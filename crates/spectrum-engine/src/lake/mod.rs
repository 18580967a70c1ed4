//! Versions of lake tables as inputs: files whose columns are those of the table, whatever the files call them, and whose rows
//! are those that the table still has.
//!
//! Who knows the log of a table fills in a [`LakeTable`], and everything else reads it as it reads any Parquet: the columns
//! and the rows that are left out are settled where a file is opened (`parquet_file/view.rs`).

mod fit;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{FieldRef, SchemaRef};
use parquet::arrow::ArrowWriter;

pub use self::fit::fitted;
pub(crate) use self::fit::{Fit, FitError, Layout, field_id, find_field};
use crate::error::{EngineError, InputError, Result};
use crate::format::{Compression, Format};
use crate::input::{Input, InputFile, InputOptions};
use crate::text::encoding::Encoding;
use spectrum_store::Unnamed;

/// One version of a table.
#[derive(Clone, Debug)]
pub struct LakeTable {
    /// What messages call it.
    pub name: String,
    /// What kind of table it is, in a word.
    pub kind: &'static str,
    /// The version.
    pub version: u64,
    /// The table's columns.
    pub schema: SchemaRef,
    /// Of each column how files have it: under which name, with which id of Parquet (`PARQUET:field_id` of the field,
    /// by which alone it is found then), and so on inside of structs. `None` for one that no file has, because each file has one value of it.
    pub stored: Vec<Option<FieldRef>>,
    /// The files.
    pub files: Vec<LakeFile>,
}

/// A file of a version.
#[derive(Clone, Debug)]
pub struct LakeFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The values of the columns that no file has, in their order, each as an array of one value.
    pub values: Vec<ArrayRef>,
    /// The rows that the table does not have any more, counted from 0, in order.
    pub deleted: Vec<u64>,
}

/// What a file is within its table.
#[derive(Debug)]
pub(crate) struct InTable {
    pub(crate) schema: SchemaRef,
    pub(crate) stored: Vec<Option<FieldRef>>,
    pub(crate) values: Vec<ArrayRef>,
    pub(crate) deleted: Arc<[u64]>,
}

/// Which version of which table was read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TableVersion {
    /// What messages call the table.
    pub name: String,
    /// What kind of table it is, in a word.
    pub kind: &'static str,
    /// The version.
    pub version: u64,
}

impl Input {
    /// The events of one version of a table. A table without files is one file without rows.
    ///
    /// # Errors
    /// When one of its files is gone.
    pub fn of_lake_table(table: LakeTable, options: &InputOptions) -> Result<Self> {
        let LakeTable { name, kind, version, schema, stored, files } = table;
        let store = options.store();
        let mut found = Vec::with_capacity(files.len().max(1));
        let names = relative_names(&files);
        for (file, relative) in files.into_iter().zip(names) {
            let shown = file.path.display().to_string();
            let bytes = store.length(&file.path).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound => InputError::FileOfTableGone {
                    file: file.path.clone(),
                    table: name.clone(),
                    kind,
                    version,
                }
                .into(),
                _ => EngineError::reading(&shown)(source),
            })?;
            let in_table = InTable {
                schema: Arc::clone(&schema),
                stored: stored.clone(),
                values: file.values,
                deleted: file.deleted.into(),
            };
            found.push(InputFile {
                store: Arc::clone(&store),
                name: shown,
                path: file.path,
                compression: Compression::None,
                bytes,
                relative,
                partition: Vec::new(),
                encoding: Encoding::Utf8,
                is_json: false,
                table: None,
                in_table: Some(Arc::new(in_table)),
            });
        }
        if found.is_empty() {
            found.push(without_rows(&name, &schema)?);
        }
        Ok(Self::of_version(found, store, options, TableVersion { name, kind, version }))
    }
}

/// Where the output of each file goes below a folder: folders of a table name values that stand in the rows too, and may hold
/// files of the same name.
fn relative_names(files: &[LakeFile]) -> Vec<PathBuf> {
    let names = || files.iter().map(|file| file.path.file_name().map(PathBuf::from).unwrap_or_default());
    let are_unique = names().collect::<HashSet<_>>().len() == files.len();
    let number = |(at, name): (usize, PathBuf)| match are_unique {
        true => name,
        false => PathBuf::from(format!("{at}-{}", name.display())),
    };
    names().enumerate().map(number).collect()
}

/// A file that has the columns and nothing else.
fn without_rows(name: &str, schema: &SchemaRef) -> Result<InputFile> {
    let failed = |error: parquet::errors::ParquetError| EngineError::Io {
        action: "writing",
        name: "a temporary file (set TMPDIR to choose where)".to_owned(),
        source: std::io::Error::other(error),
    };
    let copied = "a temporary file (set TMPDIR to choose where)";
    let file = tempfile::tempfile().map_err(EngineError::writing(copied))?;
    let kept = file.try_clone().map_err(EngineError::writing(copied))?;
    let mut writer = ArrowWriter::try_new(file, Arc::clone(schema), None).map_err(failed)?;
    writer.write(&RecordBatch::new_empty(Arc::clone(schema))).map_err(failed)?;
    writer.close().map_err(failed)?;
    let bytes = kept.metadata().map_err(EngineError::writing(copied))?.len();
    Ok(InputFile {
        store: Arc::new(Unnamed(kept)),
        path: PathBuf::new(),
        name: name.to_owned(),
        compression: Compression::None,
        bytes,
        relative: PathBuf::from("events.parquet"),
        partition: Vec::new(),
        encoding: Encoding::Utf8,
        is_json: false,
        table: None,
        in_table: None,
    })
}

/// Formats that files of tables have.
pub(crate) const FORMAT: Format = Format::Parquet;
