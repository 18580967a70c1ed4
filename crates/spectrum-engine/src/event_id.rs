//! Whether the events have the event id column, for whoever named it and does not read it.

use spectrum_core::{ColumnRole, SessionDefinition};

use crate::error::{ColumnError, EngineError, Result};
use crate::format::Format;
use crate::input::{Input, InputFile};
use crate::scan::find_column;
use crate::text::blocks::Blocks;
use crate::text::csv_file::header;
use crate::text::header_doubt::doubting_header;
use crate::text::ndjson::members;
use crate::text::ndjson_file::{first_members, lines};
use crate::typed_file::TypedFile;

/// Refuses inputs that have no such column as the definition's event id. NDJSON is read until a line has it.
///
/// # Errors
/// When it is not there, or a file cannot be read.
pub fn check_event_id(input: &Input, definition: &SessionDefinition) -> Result<()> {
    let column = definition.event_id();
    let mut files = input.files.iter().filter(|file| file.told_by_folder(column).is_none());
    match input.format {
        Format::Parquet => files.try_for_each(|file| check_parquet(file, column)),
        Format::Csv(dialect) => files.try_for_each(|file| {
            let names = header(file, dialect, &input.text)?;
            let found = find_column(names.iter().map(String::as_str), file, column, ColumnRole::EventId);
            found.map(drop).map_err(|error| doubting_header(error, file, dialect, &input.text))
        }),
        Format::Ndjson => check_ndjson(input, column),
    }
}

/// Whether the events have that column.
pub(crate) fn has_event_ids(input: &Input, definition: &SessionDefinition) -> Result<bool> {
    match check_event_id(input, definition) {
        Ok(()) => Ok(true),
        Err(EngineError::Column(ColumnError::NoSuchColumn { role: ColumnRole::EventId, .. })) => Ok(false),
        Err(other) => Err(other),
    }
}

fn check_parquet(file: &InputFile, column: &str) -> Result<()> {
    let typed = TypedFile::open(file)?;
    find_column(typed.names().into_iter(), file, column, ColumnRole::EventId).map(drop)
}

fn check_ndjson(input: &Input, column: &str) -> Result<()> {
    let named = [column.to_owned()];
    let mut has_lines = false;
    for block in Blocks::new(&input.files, input.format) {
        let block = block?;
        let mut values: Vec<Option<&str>> = Vec::new();
        for (_, line) in lines(&block) {
            has_lines = true;
            // A line that is not an object is refused by the pass that reads all of them.
            if members(line, &named, &mut values).is_err() || values[0].is_some() {
                return Ok(());
            }
        }
    }
    let is_in_a_folder = input.files.iter().any(|file| file.told_by_folder(column).is_some());
    match input.files.first() {
        Some(file) if has_lines && !is_in_a_folder => Err(ColumnError::NoSuchColumn {
            column: column.to_owned(),
            name: file.name.clone(),
            present: first_members(file)?,
            role: ColumnRole::EventId,
            doubt: None,
        }
        .into()),
        _ => Ok(()),
    }
}
