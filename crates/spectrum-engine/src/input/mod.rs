//! The files a run reads: found once, in a settled order, all of one format.

mod apart;
mod find;
mod open;
mod partition;
mod recognize;
mod spool;
mod table_folder;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use apart::InputsApart;
use find::Found;
pub(crate) use open::{line_of_text, open_text};
pub(crate) use partition::constant_column;
pub(crate) use table_folder::TableFolders;

use crate::error::{EngineError, Result};
use crate::event_table::EventTable;
use crate::format::{Compression, Format};
use crate::lake::{self, InTable, TableVersion};
use crate::null_keys::NullKey;
use crate::store::{LocalFiles, Store, Version};
use crate::table::ColumnType;
use crate::text::csv_file::header;
use crate::text::dialect::DialectOptions;
use crate::text::encoding::Encoding;
use crate::text::header_doubt::{HeaderDoubt, doubt};
use crate::text::time::{NumberUnit, TimeFormat};
use crate::usual_times::UsualTimes;
use crate::watch::Watch;

/// Input files in the order in which their events count as coming: as named, and by path within a folder or
/// pattern.
#[derive(Clone, Debug)]
pub struct Input {
    pub(crate) files: Vec<InputFile>,
    pub(crate) format: Format,
    pub(crate) text: TextOptions,
    pub(crate) usual_times: Option<UsualTimes>,
    pub(crate) null_key: NullKey,
    /// Where the files lie.
    pub(crate) store: Arc<dyn Store>,
    is_stdin: bool,
    left_out: BTreeMap<String, u64>,
    /// The version of a lake table that the files are.
    version: Option<TableVersion>,
}

/// How to find and read inputs.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct InputOptions {
    /// The format, where names do not show it or standard input is read.
    pub from: Option<Format>,
    /// How values in text formats are read.
    pub text: TextOptions,
    /// Which times are usual. Results of commands then tell whether more than one in a thousand events has another.
    pub usual_times: Option<UsualTimes>,
    /// What to do with events that have a NULL in a key column.
    pub null_key: NullKey,
    /// Leave out files that changed no longer ago than this, because they may still be written, where files are taken as they
    /// come ([`Input::find_apart`]).
    pub settle: Option<Duration>,
    /// Where the files lie, and the outputs of commands that read them; on this machine, unless it is said.
    pub store: Option<Arc<dyn Store>>,
}

impl InputOptions {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.store.clone().unwrap_or_else(|| Arc::new(LocalFiles))
    }
}

/// How values in text formats are read, and times in columns of Parquet that are not of a time type.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TextOptions {
    /// Texts that mean NULL in CSV, beside the empty unquoted field.
    pub nulls: Vec<String>,
    /// What numbers in the time column count. Without this its texts are read.
    pub time_unit: Option<NumberUnit>,
    /// How the texts of the time column are written, by whichever fits; without any they are RFC 3339 and its like.
    pub time_formats: Vec<TimeFormat>,
    /// Types of columns in outputs that have types; those of other columns are found.
    pub types: Vec<(String, ColumnType)>,
    /// What values of key columns are read as, text or integers, where their own type has no settled text.
    pub key_types: Vec<(String, ColumnType)>,
    /// How CSV is written.
    pub dialect: DialectOptions,
    /// How characters are.
    pub encoding: Encoding,
}

impl TextOptions {
    pub(crate) fn key_type(&self, column: &str) -> Option<ColumnType> {
        self.key_types.iter().rev().find(|(name, _)| name == column).map(|(_, key_type)| *key_type)
    }
}

/// One input file.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) path: PathBuf,
    /// What messages call it.
    pub(crate) name: String,
    pub(crate) compression: Compression,
    pub(crate) bytes: u64,
    /// Where it lies below the folder that was named; a folder output uses the same place.
    pub(crate) relative: PathBuf,
    /// Columns that the names of its folders give, as in `date=2026-01-01/part.parquet`.
    pub(crate) partition: Vec<(String, Option<String>)>,
    /// How a text's characters are written.
    pub(crate) encoding: Encoding,
    /// Whether its JSON is an array, or values over several lines, instead of an object a line.
    pub(crate) is_json: bool,
    /// The events themselves, where they are in memory and not in a file.
    pub(crate) table: Option<Arc<EventTable>>,
    /// What its table makes of it.
    pub(crate) in_table: Option<Arc<InTable>>,
}

impl InputFile {
    /// The rows of the file that its table does not have any more, counted from 0, in order.
    pub(crate) fn deleted(&self) -> Arc<[u64]> {
        self.in_table.as_ref().map_or_else(Arc::default, |in_table| Arc::clone(&in_table.deleted))
    }

    /// What the name of a folder tells of a column: its value, which may be NULL; `None` when no folder names it.
    pub(crate) fn told_by_folder(&self, column: &str) -> Option<Option<&str>> {
        self.partition.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_deref())
    }
}

impl Input {
    /// Finds the files that `names` mean: paths, folders (all files below of a known format), patterns with
    /// `*`, `?`, `[...]`, `{a,b}` and `**`, or a single `-` for standard input, which is copied to a
    /// temporary file because a run reads its input twice.
    ///
    /// # Errors
    /// When a name means no file, a file is meant twice, or formats are unknown or mixed.
    pub fn find(names: &[String], options: &InputOptions, watch: &Watch) -> Result<Self> {
        let store = options.store();
        let is_stdin = names == ["-"];
        let Found { mut files, format, left_out } = if is_stdin {
            let (file, format) = spool::standard_input(options.from, watch)?;
            Found { files: vec![file], format, left_out: BTreeMap::new() }
        } else {
            find::files(&store, names, options.from)?
        };
        let format = match format {
            Format::Csv(by_name) => Format::Csv(options.text.dialect.reading(by_name)),
            format => format,
        };
        for file in &mut files {
            file.encoding = options.text.encoding;
        }
        let files = recognize::all(files, format, watch)?;
        let (text, usual_times, null_key) = (options.text.clone(), options.usual_times, options.null_key);
        Ok(Self { files, format, text, usual_times, null_key, store, is_stdin, left_out, version: None })
    }

    /// The files of a version of a table.
    pub(crate) fn of_version(
        files: Vec<InputFile>,
        store: Arc<dyn Store>,
        options: &InputOptions,
        version: TableVersion,
    ) -> Self {
        Self {
            files,
            format: lake::FORMAT,
            text: options.text.clone(),
            usual_times: options.usual_times,
            null_key: options.null_key,
            store,
            is_stdin: false,
            left_out: BTreeMap::new(),
            version: Some(version),
        }
    }

    /// The version of a lake table that is read, if it is one.
    pub fn table_version(&self) -> Option<&TableVersion> {
        self.version.as_ref()
    }

    /// Events in memory, which messages call `name`. They are read as those of Parquet are, and what there is of options for
    /// text in columns applies to them too. A run does not write them; [`crate::sessionize()`] says their sessions.
    pub fn of_table(table: EventTable, name: &str, options: &InputOptions) -> Self {
        let store: Arc<dyn Store> = Arc::new(LocalFiles);
        let file = InputFile {
            store: Arc::clone(&store),
            path: PathBuf::from(name),
            name: name.to_owned(),
            compression: Compression::None,
            bytes: table.events() as u64,
            relative: PathBuf::from(name),
            partition: Vec::new(),
            encoding: Encoding::default(),
            is_json: false,
            table: Some(Arc::new(table)),
            in_table: None,
        };
        Self {
            files: vec![file],
            format: Format::Parquet,
            text: options.text.clone(),
            usual_times: options.usual_times,
            null_key: options.null_key,
            store,
            is_stdin: false,
            left_out: BTreeMap::new(),
            version: None,
        }
    }

    /// The events in memory, if that is where they are.
    pub(crate) fn table(&self) -> Option<&EventTable> {
        self.files.first()?.table.as_deref()
    }

    /// Refuses folders and patterns that mean the files of a Delta, Iceberg or Hudi table, for engines that find their
    /// files themselves. What lies elsewhere than on this machine is not looked at.
    ///
    /// # Errors
    /// [`crate::InputError::TableFolder`].
    pub fn refuse_tables(names: &[String]) -> Result<()> {
        find::refuse_tables(&LocalFiles, names)
    }

    /// The endings of files that folders and patterns hold and that are of no known format, each with their number. A
    /// file without an ending has an empty one.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, u64)> {
        self.left_out.iter().map(|(ending, files)| (ending.as_str(), *files))
    }

    /// The format of all files.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What is doubtful about the header of the first file, and what messages call the file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn header_doubt(&self) -> Result<Option<(&str, HeaderDoubt)>> {
        let (Format::Csv(dialect), Some(file)) = (self.format, self.files.first()) else { return Ok(None) };
        let names = header(file, dialect, &self.text)?;
        Ok(doubt(&names, dialect).map(|doubt| (file.name.as_str(), doubt)))
    }

    /// The paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// The size of all files on disk.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The size of all files without their compression; 0 when that is not known.
    pub(crate) fn plain_bytes(&self) -> u64 {
        let compressed = self.files.iter().any(|file| file.compression != Compression::None);
        if compressed { 0 } else { self.bytes() }
    }

    /// As far as progress is counted: of text the plain bytes, if they are known.
    pub(crate) fn bytes_to_read(&self) -> u64 {
        if self.format == Format::Parquet { self.bytes() } else { self.plain_bytes() }
    }

    /// The version of every file.
    pub(crate) fn versions(&self) -> Result<Vec<Version>> {
        let files = self.files.iter().filter(|file| file.table.is_none());
        files.map(|file| file.version()).collect()
    }

    /// Refuses files that are not what they were.
    pub(crate) fn check_versions(&self, before: &[Version]) -> Result<()> {
        for (file, before) in self.files.iter().zip(before) {
            if file.version()? != *before {
                return Err(EngineError::Changed(file.name.clone()));
            }
        }
        Ok(())
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.is_stdin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal numbers of events before and after would hide such a change.
    #[test]
    fn a_file_of_the_same_length_with_other_bytes_is_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "k,t\na,2026-01-01\n").unwrap();
        let name = path.display().to_string();
        let input =
            Input::find(std::slice::from_ref(&name), &InputOptions::default(), &Watch::default()).unwrap();
        let before = input.versions().unwrap();
        input.check_versions(&before).unwrap();
        // Times of changes are as coarse as the system's clock for files.
        while input.versions().unwrap() == before {
            std::fs::write(&path, "k,t\nb,2026-01-01\n").unwrap();
        }
        let error = input.check_versions(&before).unwrap_err();
        assert!(matches!(error, EngineError::Changed(changed) if changed == name));
    }
}
