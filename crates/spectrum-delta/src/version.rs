//! One version of a table: its columns, its files, and what each of them has to do with the table.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::ArrayRef;
use delta_kernel::history_manager::error::{LogHistoryError, NearestTimestamp};
use delta_kernel::history_manager::{HistoryCommitType, get_earliest_commit, latest_version_as_of};
use delta_kernel::scan::StatsOptions;
use delta_kernel::scan::state::ScanFile;
use delta_kernel::schema::{ColumnMetadataKey, MetadataValue, StructField, StructType};
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::table_features::ColumnMappingMode;
use delta_kernel::{Engine, KernelError, KernelResult, Snapshot};
use spectrum_engine::store::{Kind, Store};
use spectrum_engine::{LakeFile, LakeTable};
use url::Url;

use crate::error::DeltaError;
use crate::kernel::Handlers;
use crate::partition;
use crate::places::{named, path_of, url_of};
use crate::types::{Purpose, arrow_field, arrow_schema};

/// Which version is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum At {
    /// The latest.
    #[default]
    Latest,
    /// This one.
    Version(u64),
    /// The one that was the latest at a time, in milliseconds since 1970.
    Time(i64),
}

/// Whether a folder has the log of a Delta table.
pub fn is_table(store: &dyn Store, folder: &Path) -> bool {
    matches!(store.kind(&folder.join("_delta_log")), Ok(Kind::Folder))
}

/// Reads what the log of a table says of a version.
///
/// # Errors
/// When there is no such version, the log is damaged, or the table asks for what is not known here.
pub fn read(store: &Arc<dyn Store>, folder: &Path, at: At) -> Result<LakeTable, DeltaError> {
    let shown = folder.display().to_string();
    let name = Some(shown.trim_end_matches('/')).filter(|name| !name.is_empty()).unwrap_or(&shown).to_owned();
    if matches!(store.kind(&folder.join("_delta_log")), Ok(Kind::File)) {
        return Err(DeltaError::LogIsFile(name));
    }
    if !is_table(&**store, folder) {
        return Err(DeltaError::NotATable(name));
    }
    let handlers = Handlers::new(Arc::clone(store));
    let real = match store.is_elsewhere(folder) {
        true => folder.to_path_buf(),
        false => folder
            .canonicalize()
            .map_err(|source| DeltaError::Table { table: name.clone(), source: source.into() })?,
    };
    let reading = Reading { name: &name, folder, real: &real, handlers: &handlers };
    if store.is_elsewhere(folder) && matches!(at, At::Time(_)) {
        return Err(DeltaError::TimesUnknown(name));
    }
    let mut root = url_of(&**store, &real).map_err(|error| reading.of_kernel(error))?;
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let snapshot = reading.snapshot(&root, at)?;
    reading.table(&snapshot)
}

struct Reading<'a> {
    name: &'a str,
    /// The folder as it was named, and as it is called whatever it was named.
    folder: &'a Path,
    real: &'a Path,
    handlers: &'a Handlers,
}

impl Reading<'_> {
    fn of_kernel(&self, error: KernelError) -> DeltaError {
        DeltaError::of(self.name, error)
    }

    /// A file below the folder by the name that was given to it.
    fn as_named(&self, path: PathBuf) -> PathBuf {
        path.strip_prefix(self.real).map(|below| self.folder.join(below)).unwrap_or(path)
    }

    fn build(&self, root: &Url, version: Option<u64>) -> KernelResult<SnapshotRef> {
        let builder = Snapshot::builder_for(root.as_str());
        match version {
            Some(version) => builder.at_version(version),
            None => builder,
        }
        .build(self.handlers)
    }

    fn snapshot(&self, root: &Url, at: At) -> Result<SnapshotRef, DeltaError> {
        let latest = || self.build(root, None).map_err(|error| self.of_kernel(error));
        match at {
            At::Latest => latest(),
            At::Version(asked) => self.build(root, Some(asked)).map_err(|error| {
                // Only a version that others stand around is one that somebody mistook; the log may be damaged, too.
                let Ok(last) = self.build(root, None).map(|latest| latest.version()) else {
                    return self.of_kernel(error);
                };
                match self.first_version(root) {
                    Ok(first) if !(first..=last).contains(&asked) => {
                        DeltaError::NoSuchVersion { table: self.name.to_owned(), asked, first, last }
                    }
                    _ => self.of_kernel(error),
                }
            }),
            At::Time(milliseconds) => {
                let latest = latest()?;
                let found = latest_version_as_of(
                    &latest,
                    self.handlers,
                    milliseconds,
                    HistoryCommitType::Recreatable,
                );
                let version = found.map_err(|error| self.of_time(milliseconds, error))?.version;
                self.build(root, Some(version)).map_err(|error| self.of_kernel(error))
            }
        }
    }

    /// Only a time before all versions is one of the caller's.
    fn of_time(&self, asked: i64, error: KernelError) -> DeltaError {
        let KernelError::LogHistory(history) = error else { return self.of_kernel(error) };
        match *history {
            LogHistoryError::TimestampOutOfRange {
                nearest_timestamp: NearestTimestamp::Earliest(first),
                ..
            } => DeltaError::NoVersionSoEarly {
                table: self.name.to_owned(),
                asked: in_utc(asked),
                first: in_utc(first),
            },
            other => DeltaError::Table { table: self.name.to_owned(), source: other.into() },
        }
    }

    /// The kernel passes over a checkpoint whose own commit is gone, though versions are made of it.
    fn first_version(&self, root: &Url) -> KernelResult<u64> {
        let log = root.join("_delta_log/")?;
        let first = get_earliest_commit(self.handlers, &log, None, HistoryCommitType::Recreatable);
        let is_before = |version: &u64| first.as_ref().is_ok_and(|first| version < first) || first.is_err();
        let mut checkpoints = self.checkpoints(&log)?.into_iter().filter(is_before);
        match checkpoints.find(|version| self.build(root, Some(*version)).is_ok()) {
            Some(version) => Ok(version),
            None => first,
        }
    }

    /// The versions that have checkpoints, or parts of some, in order.
    fn checkpoints(&self, log: &Url) -> KernelResult<BTreeSet<u64>> {
        let mut versions = BTreeSet::new();
        for file in self.handlers.storage_handler().list_from(log)? {
            let file = file?;
            let name = file.location.path_segments().and_then(|mut names| names.next_back());
            let version = name.and_then(|name| name.split_once(".checkpoint.")?.0.parse::<u64>().ok());
            versions.extend(version);
        }
        Ok(versions)
    }

    fn table(&self, snapshot: &SnapshotRef) -> Result<LakeTable, DeltaError> {
        let failed = |error| self.of_kernel(error);
        let scan = Arc::clone(snapshot)
            .scan_builder()
            .with_stats(StatsOptions::none())
            .without_row_transforms()
            .build()
            .map_err(failed)?;
        let logical = snapshot.schema();
        let schema = arrow_schema(&logical, Purpose::Columns).map_err(failed)?;
        let mode = snapshot.table_properties().column_mapping_mode;
        let is_mapped = matches!(mode, Some(ColumnMappingMode::Id | ColumnMappingMode::Name));
        let columns = columns(&logical, scan.physical_schema(), is_mapped);
        // Where names are mapped, files may have ids, too, and any.
        let stored_by = match mode {
            Some(ColumnMappingMode::Id) => Purpose::ColumnsById,
            _ => Purpose::Columns,
        };
        let stored = columns.iter().map(|column| match column {
            Column::Stored(field) => Ok(Some(Arc::new(arrow_field(field, stored_by)?))),
            Column::PerFile(..) => Ok(None),
        });
        let stored = stored.collect::<KernelResult<_>>().map_err(failed)?;
        let mut found: Vec<ScanFile> = Vec::new();
        for batch in scan.scan_metadata(self.handlers).map_err(failed)? {
            let batch = batch.map_err(failed)?;
            found = batch.visit_scan_files(found, |found, file| found.push(file)).map_err(failed)?;
        }
        // A log tells the newest first, and a checkpoint as it likes.
        found.sort_by(|a, b| (a.modification_time, &a.path).cmp(&(b.modification_time, &b.path)));
        let per_file: Vec<(&StructField, &str)> = columns
            .iter()
            .filter_map(|column| match column {
                Column::PerFile(field, key) => Some((*field, *key)),
                Column::Stored(_) => None,
            })
            .collect();
        let root = snapshot.table_root();
        let files = found.iter().map(|file| {
            let location = root.join(&file.path).map_err(|error| failed(error.into()))?;
            let deleted = file.dv_info.get_row_indexes(self.handlers, root).map_err(failed)?;
            let mut deleted = deleted.unwrap_or_default();
            deleted.sort_unstable();
            Ok(LakeFile {
                path: self.as_named(path_of(&location).map_err(failed)?),
                values: self.values(&per_file, &file.partition_values, &location)?,
                deleted,
            })
        });
        Ok(LakeTable {
            name: self.name.to_owned(),
            kind: "Delta",
            version: snapshot.version(),
            files: files.collect::<Result<_, DeltaError>>()?,
            schema: Arc::new(schema),
            stored,
        })
    }

    fn values(
        &self,
        columns: &[(&StructField, &str)],
        texts: &HashMap<String, String>,
        file: &Url,
    ) -> Result<Vec<ArrayRef>, DeltaError> {
        let value = |(field, key): &(&StructField, &str)| {
            let text = texts.get(*key).map(String::as_str);
            let arrow = arrow_field(field, Purpose::Columns).map_err(|error| self.of_kernel(error))?;
            partition::value(text, &field.data_type, arrow.data_type()).ok_or_else(|| {
                DeltaError::PartitionValue {
                    table: self.name.to_owned(),
                    column: field.name.clone(),
                    value: text.unwrap_or_default().to_owned(),
                    expected: field.data_type.to_string(),
                    file: path_of(file)
                        .map_or_else(|_| named(file), |path| self.as_named(path).display().to_string()),
                }
            })
        };
        columns.iter().map(value).collect()
    }
}

/// A time in milliseconds since 1970.
fn in_utc(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds);
    time.map_or_else(|_| format!("{milliseconds} ms since 1970"), |time| time.to_string())
}

/// A column of the table.
enum Column<'a> {
    /// As files have it.
    Stored(&'a StructField),
    /// With one value per file, which the log tells under this name.
    PerFile(&'a StructField, &'a str),
}

/// Which columns files have, and which the log tells. The kernel names the former as files do, in the order of the table.
fn columns<'a>(logical: &'a StructType, stored: &'a StructType, is_mapped: bool) -> Vec<Column<'a>> {
    let mut stored = stored.fields().peekable();
    let columns = logical.fields().map(|field| {
        let mapped = match field.get_config_value(&ColumnMetadataKey::ColumnMappingPhysicalName) {
            // It may be left over from a time when names were mapped.
            Some(MetadataValue::String(mapped)) if is_mapped => mapped.as_str(),
            _ => field.name.as_str(),
        };
        match stored.next_if(|next| next.name == mapped) {
            Some(stored) => Column::Stored(stored),
            None => Column::PerFile(field, mapped),
        }
    });
    columns.collect()
}
