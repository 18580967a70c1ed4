//! Where the wanted columns are in a file that names its columns.

use super::Wanted;
use crate::error::{EngineError, Result};
use crate::input::InputFile;

/// Where the wanted columns are in one file.
pub(super) struct Layout {
    pub(super) columns: Vec<ColumnSource>,
    pub(super) time: usize,
}

/// Where a column's values come from.
pub(super) enum ColumnSource {
    /// The file's column at this place.
    InFile(usize),
    /// The name of a folder: one value for the whole file.
    Folder(Option<String>),
}

impl Layout {
    /// Finds the wanted columns among the names of a file's columns.
    pub(super) fn of<'n>(
        names: impl Iterator<Item = &'n str> + Clone,
        file: &InputFile,
        wanted: &Wanted,
    ) -> Result<Self> {
        check_absent(names.clone(), file, &wanted.absent)?;
        let mut columns = Vec::new();
        for (name, role, flag) in wanted.columns() {
            columns.push(
                match (find_column(names.clone(), file, name, role, flag), file.told_by_folder(name)) {
                    (Err(EngineError::NoSuchColumn { .. }), Some(value)) => {
                        ColumnSource::Folder(value.map(str::to_owned))
                    }
                    (found, _) => ColumnSource::InFile(found?),
                },
            );
        }
        let time = find_column(names, file, &wanted.time, "time", "--time")?;
        Ok(Self { columns, time })
    }
}

/// The column called `name`, which must stand in `names` once.
fn find_column<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    name: &str,
    role: &'static str,
    flag: &'static str,
) -> Result<usize> {
    let mut found = names.clone().enumerate().filter(|(_, present)| *present == name).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => {
            Err(EngineError::RepeatedColumn { column: name.to_owned(), name: file.name.clone() })
        }
        (None, _) => Err(EngineError::NoSuchColumn {
            column: name.to_owned(),
            name: file.name.clone(),
            present: names.map(str::to_owned).collect(),
            role,
            flag,
        }),
    }
}

/// Refuses a file that already has one of the columns that the output adds.
pub(super) fn check_absent<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    absent: &[String],
) -> Result<()> {
    match absent.iter().find(|column| names.clone().any(|name| name == *column)) {
        Some(column) => Err(column_exists(column, file)),
        None => Ok(()),
    }
}

pub(super) fn column_exists(column: &str, file: &InputFile) -> EngineError {
    EngineError::ColumnExists { column: column.to_owned(), name: file.name.clone(), flag: "--session-column" }
}
