//! A case in the words of `spectrum-sql`.

use anyhow::{Context, Result};
use spectrum_core::{EpochUnit, SessionDefinition};
use spectrum_sql::dialect::{
    KeyType, TimeType, Types, Unit, Unsupported, ValueType, sessions_sql, summary_of_events_sql, summary_sql,
};
use spectrum_testkit::{Case, ColumnType, NullTime, TimeUnit};

use super::engines::Engine;

/// The relation that an engine has the events in, and the one that its sessions are put into.
pub(super) const EVENTS: &str = "events";
pub(super) const SESSIONS: &str = "sessions";

/// A case's definition, checked. Cases that Spectrum refuses may have none.
pub(super) fn definition(case: &Case) -> Result<SessionDefinition> {
    SessionDefinition::from_toml(&case.definition.to_toml()).with_context(|| case.place())
}

/// Every event with its session and the session's number.
pub(super) fn numbered_sessions(
    engine: &Engine,
    definition: &SessionDefinition,
    case: &Case,
) -> Result<String, Unsupported> {
    let types = Types { numbered: true, ..types(engine, case) };
    sessions_sql(engine.dialect, definition, &[EVENTS], &types)
}

/// Every event with its session, as users get it.
pub(super) fn sessions(
    engine: &Engine,
    definition: &SessionDefinition,
    case: &Case,
) -> Result<String, Unsupported> {
    sessions_sql(engine.dialect, definition, &[EVENTS], &types(engine, case))
}

/// A row a session, from a relation with what [`sessions`] gives.
pub(super) fn summary(
    engine: &Engine,
    definition: &SessionDefinition,
    case: &Case,
) -> Result<String, Unsupported> {
    summary_sql(engine.dialect, definition, &[SESSIONS], &types(engine, case))
}

/// A row a session, from the events.
pub(super) fn summary_of_events(
    engine: &Engine,
    definition: &SessionDefinition,
    case: &Case,
) -> Result<String, Unsupported> {
    summary_of_events_sql(engine.dialect, definition, &[EVENTS], &types(engine, case))
}

fn types(engine: &Engine, case: &Case) -> Types {
    Types { plan: engine.plan, ..types_of(case) }
}

/// What SQL must know of a case's columns.
pub(super) fn types_of(case: &Case) -> Types {
    let counted = case.definition.time_unit.map(|unit| TimeType::Epoch(counts(unit)));
    let time = counted.unwrap_or(match case.time_type() {
        ColumnType::Date32 => TimeType::Date,
        ColumnType::Timestamp(unit, None) => TimeType::Timestamp(compared_in(*unit)),
        ColumnType::Timestamp(unit, Some(_)) => TimeType::TimestampTz(compared_in(*unit)),
        // Milliseconds, which every engine is given as timestamps.
        _ => TimeType::Timestamp(Unit::Microsecond),
    });
    Types {
        time: Some(time),
        key: case.key_columns().iter().map(|column| key_type(&column.ty)).collect(),
        event_id: key_type(&case.columns[0].ty),
        without_null_times: case.definition.null_time == NullTime::Drop,
        told: case
            .columns
            .iter()
            .filter_map(|column| Some((column.name.clone(), value_type(&column.ty)?)))
            .collect(),
        // What the summary reads goes along with the sessions.
        carried: match case.definition.summary.is_empty() {
            true => Vec::new(),
            false => case.columns[case.time_index() + 1..].iter().map(|column| column.name.clone()).collect(),
        },
        ..Types::default()
    }
}

fn counts(unit: TimeUnit) -> EpochUnit {
    match unit {
        TimeUnit::Second => EpochUnit::Second,
        TimeUnit::Millisecond => EpochUnit::Millisecond,
        TimeUnit::Microsecond => EpochUnit::Microsecond,
        TimeUnit::Nanosecond => EpochUnit::Nanosecond,
    }
}

fn compared_in(unit: TimeUnit) -> Unit {
    if unit == TimeUnit::Nanosecond { Unit::Nanosecond } else { Unit::Microsecond }
}

fn value_type(ty: &ColumnType) -> Option<ValueType> {
    Some(match ty {
        ColumnType::Float64 => ValueType::Double,
        ColumnType::Decimal(_, scale) => ValueType::Decimal(*scale),
        ColumnType::Boolean => ValueType::Boolean,
        ColumnType::Uuid => ValueType::Uuid,
        ColumnType::Binary => return None,
        ty if ty.is_number() => ValueType::Integer,
        ty if ty.is_time() => ValueType::Time,
        _ => ValueType::Text,
    })
}

fn key_type(ty: &ColumnType) -> KeyType {
    match ty {
        ColumnType::Boolean => KeyType::Boolean,
        ColumnType::Uuid => KeyType::Uuid,
        ColumnType::Int8
        | ColumnType::Int16
        | ColumnType::Int32
        | ColumnType::Int64
        | ColumnType::UInt8
        | ColumnType::UInt16
        | ColumnType::UInt32
        | ColumnType::UInt64 => KeyType::Integer,
        _ => KeyType::Text,
    }
}
