//! Where the wanted columns are in a file that names its columns.

use spectrum_core::ColumnRole;

use super::Wanted;
use crate::error::{AddedColumn, EngineError, Result};
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
        for (name, role) in wanted.columns() {
            columns.push(match (find_column(names.clone(), file, name, role), file.told_by_folder(name)) {
                (Err(EngineError::NoSuchColumn { .. }), Some(value)) => {
                    ColumnSource::Folder(value.map(str::to_owned))
                }
                (found, _) => ColumnSource::InFile(found?),
            });
        }
        let time = find_column(names, file, &wanted.time, ColumnRole::Time)?;
        Ok(Self { columns, time })
    }
}

/// The column called `name`, which must stand in `names` once.
pub(crate) fn find_column<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    name: &str,
    role: ColumnRole,
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
            doubt: None,
        }),
    }
}

/// Refuses a file that already has one of the columns that the output adds.
pub(super) fn check_absent<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    absent: &[String],
) -> Result<()> {
    for (at, absent_name) in absent.iter().enumerate() {
        if let Some(name) = names.clone().find(|name| name.to_lowercase() == absent_name.to_lowercase()) {
            return Err(column_exists(name, absent, at, file));
        }
    }
    Ok(())
}

/// That a file has one of the columns that the output adds, or one that differs only in letter case.
pub(super) fn column_exists(column: &str, absent: &[String], at: usize, file: &InputFile) -> EngineError {
    let added = if at == 0 { AddedColumn::SessionId } else { AddedColumn::SessionSeq };
    let (column, name) = (column.to_owned(), file.name.clone());
    match column == absent[at] {
        true => EngineError::ColumnExists { column, name, added },
        false => EngineError::ColumnAlmostExists { column, name, new: absent[at].clone(), added },
    }
}
