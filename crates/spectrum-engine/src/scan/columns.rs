//! Where the wanted columns are in a file that names its columns.

use spectrum_core::ColumnRole;

use super::Wanted;
use crate::error::{AddedColumn, AddedColumnError, ColumnError, EngineError, Result};
use crate::input::InputFile;

/// Where the wanted columns are in one file.
pub(super) struct Layout {
    pub(super) columns: Vec<ColumnSource>,
    pub(super) time: TimeSource,
}

/// Where times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeSource {
    /// The file's column at this place.
    Column(usize),
    /// A column of dates and one of clock times.
    DateAndClock(usize, usize),
}

impl TimeSource {
    pub(super) fn columns(self) -> impl Iterator<Item = usize> {
        let (first, second) = match self {
            Self::Column(at) => (at, None),
            Self::DateAndClock(date, clock) => (date, Some(clock)),
        };
        std::iter::once(first).chain(second)
    }
}

/// The names of two columns, one of dates and one of clock times, in what stands for the time. A column whose own name
/// has a comma in it comes first: whoever asks has looked for that.
pub(crate) fn date_and_clock(time: &str) -> Option<(&str, &str)> {
    let (date, clock) = time.split_once(',')?;
    let (date, clock) = (date.trim(), clock.trim());
    (!date.is_empty() && !clock.is_empty()).then_some((date, clock))
}

/// Finds the time, or the date and the clock time that it is made of.
fn find_time<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    time: &str,
) -> Result<TimeSource> {
    match date_and_clock(time).filter(|_| !names.clone().any(|name| name == time)) {
        Some((date, clock)) => Ok(TimeSource::DateAndClock(
            find_column(names.clone(), file, date, ColumnRole::Time)?,
            find_column(names, file, clock, ColumnRole::Time)?,
        )),
        None => Ok(TimeSource::Column(find_column(names, file, time, ColumnRole::Time)?)),
    }
}

/// Where a column's values come from.
pub(super) enum ColumnSource {
    /// The file's column at this place.
    InFile(usize),
    /// A member within one of the file's columns.
    Nested(Member),
    /// A member of the JSON that one of the file's columns has as text.
    JsonText(usize, String),
    /// The name of a folder: one value for the whole file.
    Folder(Option<String>),
    /// The first of these that has a value.
    FirstOf(Vec<Self>),
}

/// Where a member is.
pub(super) struct Member {
    /// The place of the column that it is in.
    pub(super) root: usize,
    /// The names on the way to it.
    pub(super) path: Vec<String>,
}

impl ColumnSource {
    /// The file's columns that have to be read for it.
    pub(super) fn in_file(&self) -> Vec<usize> {
        match self {
            Self::InFile(at) | Self::JsonText(at, _) => vec![*at],
            Self::Nested(member) => vec![member.root],
            Self::Folder(_) => Vec::new(),
            Self::FirstOf(sources) => sources.iter().flat_map(Self::in_file).collect(),
        }
    }
}

/// The names of several columns, of which the first that has a value counts. A column whose own name has a bar in it
/// comes first: whoever asks has looked for that.
pub(crate) fn alternatives(name: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = name.split('|').map(str::trim).collect();
    (names.len() > 1 && names.iter().all(|name| !name.is_empty())).then_some(names)
}

/// Finds what a name stands for: a column, what a folder's name tells, a member within a column, or the first of several
/// such that has a value.
fn find_source<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    file: &InputFile,
    name: &str,
    role: ColumnRole,
    nested: &dyn Fn(&str) -> Option<Member>,
) -> Result<ColumnSource> {
    let missing = match find_column(names.clone(), file, name, role) {
        Ok(at) => return Ok(ColumnSource::InFile(at)),
        Err(missing @ EngineError::Column(ColumnError::NoSuchColumn { .. })) => missing,
        Err(other) => return Err(other),
    };
    if let Some(value) = file.told_by_folder(name) {
        return Ok(ColumnSource::Folder(value.map(str::to_owned)));
    }
    if let Some(member) = nested(name) {
        return Ok(ColumnSource::Nested(member));
    }
    match alternatives(name) {
        Some(several) => {
            let find = |name: &&str| find_source(names.clone(), file, name, role, nested);
            Ok(ColumnSource::FirstOf(several.iter().map(find).collect::<Result<_>>()?))
        }
        None => Err(missing),
    }
}

impl Layout {
    /// Finds the wanted columns among the names of a file's columns.
    pub(super) fn of<'n>(
        names: impl Iterator<Item = &'n str> + Clone,
        file: &InputFile,
        wanted: &Wanted,
        nested: &dyn Fn(&str) -> Option<Member>,
    ) -> Result<Self> {
        check_absent(names.clone(), file, &wanted.absent)?;
        let find = |(at, (name, role))| match find_source(names.clone(), file, name, role, nested) {
            // What is not a member by the file's own types may be one of JSON that stands there as text.
            Err(missing @ EngineError::Column(ColumnError::NoSuchColumn { .. })) => match wanted.member(at) {
                Some((column, member)) if names.clone().any(|name| name == column) => {
                    let at = find_column(names.clone(), file, column, role)?;
                    Ok(ColumnSource::JsonText(at, member.clone()))
                }
                _ => Err(missing),
            },
            found => found,
        };
        let columns = wanted.columns().enumerate().map(find).collect::<Result<_>>()?;
        let time = find_time(names, file, &wanted.time)?;
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
            Err(ColumnError::RepeatedColumn { column: name.to_owned(), name: file.name.clone() }.into())
        }
        (None, _) => Err(ColumnError::NoSuchColumn {
            column: name.to_owned(),
            name: file.name.clone(),
            present: names.map(str::to_owned).collect(),
            role,
            doubt: None,
        }
        .into()),
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
    let added = match absent[at].as_str() {
        _ if at == 0 => AddedColumn::SessionId,
        "started_by" => AddedColumn::StartedBy,
        _ => AddedColumn::SessionSeq,
    };
    let (column, name) = (column.to_owned(), file.name.clone());
    match column == absent[at] {
        true => AddedColumnError::ColumnExists { column, name, added }.into(),
        false => AddedColumnError::ColumnAlmostExists { column, name, new: absent[at].clone(), added }.into(),
    }
}
