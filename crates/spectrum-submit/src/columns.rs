//! From the columns that an engine found to what SQL must know of them.

use spectrum_core::{ColumnRole, SessionDefinition};
use spectrum_sql::dialect::run::EpochUnit;
use spectrum_sql::dialect::{Dialect, KeyType, TimeType, Types};

use crate::column_types::{key_type, time_type};
use crate::error::{AddedColumn, Result, SubmitError};
use crate::options::Options;
use crate::remedy::Remedy;
use crate::runner::{Column, Found, InputFormat};

/// How the time column is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Time {
    /// As a time.
    Typed(TimeType),
    /// As text, with or without a zone.
    Text,
    /// As a number.
    Epoch(EpochUnit),
}

/// The types of key and event id, and how the time is written.
pub(crate) fn fit(
    dialect: Dialect,
    found: &Found,
    definition: &SessionDefinition,
    options: &Options,
) -> Result<(Types, Time)> {
    let key = definition.key().iter().map(|column| {
        let column = named(found, column, ColumnRole::Key)?;
        Ok(key_type(dialect, &column.ty))
    });
    let key = key.collect::<Result<Vec<_>>>()?;
    let time = named(found, definition.time(), ColumnRole::Time)?;
    let event_id = match found.columns.iter().find(|column| column.name == definition.event_id()) {
        Some(column) => key_type(dialect, &column.ty),
        None if options.digest || options.needs_event_id => {
            named(found, definition.event_id(), ColumnRole::EventId)?;
            KeyType::Text
        }
        None => KeyType::Text,
    };
    if options.digest
        && let KeyType::Other(ty) = &event_id
    {
        return Err(SubmitError::NoDigest { column: definition.event_id().to_owned(), ty: ty.clone() });
    }
    free(found, definition, options)?;
    let time = time_written(dialect, found, time, options)?;
    Ok((Types { key, event_id, ..Types::default() }, time))
}

/// The column that the folders of the output are named by: one of the events, or `date`, the day of the time, which is
/// added. The second is whether it is added.
pub(crate) fn partition<'o>(
    dialect: Dialect,
    found: &Found,
    options: &'o Options,
) -> Result<Option<(&'o str, bool)>> {
    let Some(column) = options.partition_by.as_deref() else { return Ok(None) };
    if dialect == Dialect::Clickhouse {
        return Err(SubmitError::CannotPartition { engine: dialect.title() });
    }
    if found.columns.iter().any(|present| present.name == column) || column == options.session_column {
        return Ok(Some((column, false)));
    }
    if column == "date" {
        return Ok(Some((column, true)));
    }
    Err(SubmitError::NoPartitionColumn { column: column.to_owned(), present: present(found) })
}

pub(crate) fn named<'f>(found: &'f Found, column: &str, role: ColumnRole) -> Result<&'f Column> {
    found.columns.iter().find(|present| present.name == column).ok_or_else(|| SubmitError::NoSuchColumn {
        column: column.to_owned(),
        present: present(found),
        role,
    })
}

fn present(found: &Found) -> Vec<String> {
    found.columns.iter().map(|column| column.name.clone()).collect()
}

/// Refuses names that are needed for what is added, in any case of letters, as engines read names.
fn free(found: &Found, definition: &SessionDefinition, options: &Options) -> Result<()> {
    let has = |name: &str| found.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    if let Some(column) = has(&options.session_column) {
        return Err(SubmitError::ColumnExists { column: column.name.clone(), added: AddedColumn::SessionId });
    }
    if let Some(column) = has("session_seq").filter(|_| options.with_sequence) {
        return Err(SubmitError::ColumnExists {
            column: column.name.clone(),
            added: AddedColumn::SessionSeq,
        });
    }
    if options.session_column.is_empty() {
        return Err(SubmitError::UnnamedSessionColumn);
    }
    let own =
        ["session_id", "session_seq", "started_at", "ended_at", "duration_seconds", "events", "started_by"];
    let own = &own[..own.len() - usize::from(definition.is_plain())];
    let told = definition.summary().iter().map(|told| told.name.as_str());
    if own[1..].iter().copied().chain(told).any(|own| own.eq_ignore_ascii_case(&options.session_column)) {
        return Err(SubmitError::SessionColumnTaken(options.session_column.clone()));
    }
    match definition.key().iter().find(|key| own.iter().any(|own| own.eq_ignore_ascii_case(key))) {
        Some(column) => Err(SubmitError::Refused(format!(
            "key column '{column}' has the name of a column of the sessions table, which this engine needs; rename it"
        ))),
        None => Ok(()),
    }
}

fn time_written(dialect: Dialect, found: &Found, column: &Column, options: &Options) -> Result<Time> {
    let refused = |remedy| SubmitError::NoTime {
        column: column.name.clone(),
        ty: column.ty.clone(),
        remedies: vec![remedy, Remedy::NameColumn(ColumnRole::Time)],
    };
    if let Some(ty) = time_type(dialect, &column.ty) {
        return Ok(Time::Typed(ty));
    }
    let is_text = key_type(dialect, &column.ty) == KeyType::Text;
    let is_number = key_type(dialect, &column.ty) == KeyType::Integer;
    match (found.format, options.time_unit) {
        (InputFormat::Parquet, _) => Err(refused(Remedy::Other("use a timestamp or a date"))),
        (_, Some(unit)) if is_text || is_number => Ok(Time::Epoch(unit)),
        (_, None) if is_text => Ok(Time::Text),
        (_, None) if is_number => Err(refused(Remedy::GiveTimeUnit)),
        _ => Err(refused(Remedy::Other("use a text"))),
    }
}

#[cfg(test)]
mod tests;
