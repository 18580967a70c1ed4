//! From the columns that an engine found to what SQL must know of them.

use spectrum_core::{ColumnRole, SessionDefinition};
use spectrum_sql::dialect::run::EpochUnit;
use spectrum_sql::dialect::{Dialect, KeyType, TimeType, Types, Unit};

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
        None if options.digest => {
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

fn named<'f>(found: &'f Found, column: &str, role: ColumnRole) -> Result<&'f Column> {
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
    let own = ["session_id", "session_seq", "started_at", "ended_at", "duration_seconds", "events"];
    if own[1..].iter().any(|own| own.eq_ignore_ascii_case(&options.session_column)) {
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

/// How a key column of an engine's type is written.
fn key_type(dialect: Dialect, ty: &str) -> KeyType {
    let lower = ty.to_ascii_lowercase();
    let known = match dialect {
        Dialect::Spark => spark_key(&lower),
        Dialect::Duckdb => duckdb_key(&lower),
        Dialect::Clickhouse => clickhouse_key(&lower),
        _ => None,
    };
    known.unwrap_or_else(|| KeyType::Other(ty.to_owned()))
}

/// Spark has no unsigned numbers: those of 64 bits come as DECIMAL(20,0). Sixteen bytes come as BINARY, as all bytes do,
/// so their length is looked at before they are taken for uuids.
fn spark_key(ty: &str) -> Option<KeyType> {
    Some(match ty {
        "string" => KeyType::Text,
        "tinyint" | "smallint" | "int" | "bigint" | "decimal(20,0)" => KeyType::Integer,
        "boolean" => KeyType::Boolean,
        "binary" => KeyType::Uuid,
        _ if ty.starts_with("varchar(") => KeyType::Text,
        _ => return None,
    })
}

fn duckdb_key(ty: &str) -> Option<KeyType> {
    Some(match ty {
        "varchar" => KeyType::Text,
        "tinyint" | "smallint" | "integer" | "bigint" | "utinyint" | "usmallint" | "uinteger" | "ubigint" => {
            KeyType::Integer
        }
        "boolean" => KeyType::Boolean,
        "uuid" => KeyType::Uuid,
        _ => return None,
    })
}

/// Whether a column may hold NULL is part of ClickHouse's types.
fn clickhouse_key(ty: &str) -> Option<KeyType> {
    Some(match without_nullable(ty) {
        "string" => KeyType::Text,
        "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" => KeyType::Integer,
        "bool" => KeyType::Boolean,
        "uuid" => KeyType::Uuid,
        _ => return None,
    })
}

fn without_nullable(ty: &str) -> &str {
    let inner = ["Nullable(", "nullable("].iter().find_map(|before| ty.strip_prefix(before));
    inner.and_then(|inner| inner.strip_suffix(')')).unwrap_or(ty)
}

fn time_type(dialect: Dialect, ty: &str) -> Option<TimeType> {
    match (dialect, ty) {
        (Dialect::Spark, "timestamp") => Some(TimeType::TimestampTz(Unit::Microsecond)),
        (Dialect::Spark, "timestamp_ntz") => Some(TimeType::Timestamp(Unit::Microsecond)),
        (Dialect::Spark, "date") => Some(TimeType::Date),
        (Dialect::Duckdb, "TIMESTAMP" | "TIMESTAMP_S" | "TIMESTAMP_MS") => {
            Some(TimeType::Timestamp(Unit::Microsecond))
        }
        (Dialect::Duckdb, "TIMESTAMP_NS") => Some(TimeType::Timestamp(Unit::Nanosecond)),
        (Dialect::Duckdb, "TIMESTAMP WITH TIME ZONE") => Some(TimeType::TimestampTz(Unit::Microsecond)),
        (Dialect::Duckdb, "DATE") => Some(TimeType::Date),
        (Dialect::Clickhouse, ty) => match without_nullable(ty) {
            "DateTime64(3, 'UTC')" | "DateTime64(6, 'UTC')" => Some(TimeType::TimestampTz(Unit::Microsecond)),
            "DateTime64(9, 'UTC')" => Some(TimeType::TimestampTz(Unit::Nanosecond)),
            "Date" | "Date32" => Some(TimeType::Date),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
