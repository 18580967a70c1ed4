//! Commits: one action per line.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_schema::{ArrowError, Schema};
use bytes::Bytes;
use delta_kernel::expressions::PredicateRef;
use delta_kernel::schema::SchemaRef;
use delta_kernel::{
    EngineData, FileDataReadResultIterator, FileMeta, FilteredEngineData, JsonHandler, KernelResult,
    KernelResultIterator,
};
use url::Url;

use super::rows::{Rows, with_file};
use super::storage::Storage;
use super::{only_writers_need, through};
use crate::error::LogError;
use crate::places::named;
use crate::types::{Purpose, arrow_schema};

/// Actions that are handed over at a time.
const ACTIONS: usize = 8192;

pub(super) struct Json {
    pub(super) storage: Storage,
}

impl JsonHandler for Json {
    fn parse_json(&self, _: Box<dyn EngineData>, _: SchemaRef) -> KernelResult<Box<dyn EngineData>> {
        Err(only_writers_need("statistics are to be read"))
    }

    fn read_json_files(
        &self,
        files: &[FileMeta],
        schema: SchemaRef,
        _: Option<PredicateRef>,
    ) -> KernelResult<FileDataReadResultIterator> {
        let (asked, schema) = (Arc::clone(&schema), Arc::new(arrow_schema(&schema, Purpose::Actions)?));
        let files: Vec<Url> = files.iter().map(|file| file.location.clone()).collect();
        let storage = self.storage.clone();
        Ok(Box::new(files.into_iter().flat_map(move |file| match actions(&storage, &file, &schema) {
            Ok(batches) => {
                let rows =
                    |batch| Ok(Box::new(Rows(with_file(batch, &asked, &file)?)) as Box<dyn EngineData>);
                batches.into_iter().map(rows).collect::<Vec<_>>()
            }
            Err(error) => vec![Err(error)],
        })))
    }

    fn write_json_file(
        &self,
        _: &Url,
        _: KernelResultIterator<'_, FilteredEngineData>,
        _: bool,
    ) -> KernelResult<u64> {
        Err(only_writers_need("a commit is to be written"))
    }
}

fn actions(storage: &Storage, file: &Url, schema: &Arc<Schema>) -> KernelResult<Vec<RecordBatch>> {
    let bytes = storage.read(file, None)?;
    let read = || {
        let reader = ReaderBuilder::new(Arc::clone(schema))
            .with_batch_size(ACTIONS)
            // Some writers have numbers where the protocol has text.
            .with_coerce_primitive(true)
            .build(Cursor::new(&bytes))?;
        reader.collect()
    };
    let read: Result<_, ArrowError> = read();
    read.map_err(|error| through(misread(file, &bytes, error)))
}

/// Finds the line that is not an action.
fn misread(file: &Url, bytes: &Bytes, error: ArrowError) -> LogError {
    let name = named(file);
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let broken = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).find_map(|(at, line)| {
        let problem = serde_json::from_slice::<serde_json::Value>(line).err()?;
        let (row, column) = (at + 1, problem.column());
        let problem = problem.to_string();
        let problem = problem.split(" at line ").next().unwrap_or_default();
        Some(format!("line {row}: {problem} at character {column}"))
    });
    LogError::Damaged { name, reason: broken.unwrap_or_else(|| error.to_string()) }
}
