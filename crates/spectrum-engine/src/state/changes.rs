//! What a run made of the sessions that were there, a row for each, so that whoever has the outputs of earlier runs can bring
//! them up to date.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::nullif::nullif;
use spectrum_core::{Resolution, SessionDefinition, SessionIndex};

use super::leaves::{counts, exactly, ids, stored_times};
use super::merge::{Fate, Merged};
use super::past::Past;

/// One row of a past session, or of a new one, which has none.
type Row = (Fate, SessionIndex, Option<u32>);

/// The rows: every past session that is not what it was, and every new one.
pub(super) fn rows(resolution: &Resolution, merged: &Merged, past: &Past) -> Vec<Row> {
    let mut rows = Vec::new();
    for session in resolution.sessions.all() {
        match merged.fate(session, resolution, past) {
            Fate::Unchanged => {}
            Fate::New => rows.push((Fate::New, session, None)),
            fate => rows.extend(merged.rows(session).iter().map(|row| (fate, session, Some(*row)))),
        }
    }
    let key = |(_, session, row): &Row| {
        let before = row.map(|row| past.start[row as usize]);
        let now = resolution.sessions.start(*session);
        (before.unwrap_or(now), now, resolution.sessions.id(*session), *row)
    };
    rows.sort_by_cached_key(key);
    rows
}

/// Columns: change, session_id_before, started_at_before, ended_at_before, events_before, session_id, the key, started_at,
/// ended_at, events. By the start before, or of a new session its start.
pub(super) fn table(
    rows: &[Row],
    resolution: &Resolution,
    past: &Past,
    definition: &SessionDefinition,
    key_types: &[DataType],
    time_type: &DataType,
) -> Result<RecordBatch, ArrowError> {
    let sessions = &resolution.sessions;
    let (unit, each) = (sessions.unit(), || rows.iter());
    let before = |value: &dyn Fn(usize) -> i64| -> Vec<i64> {
        each().map(|(_, _, row)| row.map_or(0, |row| value(row as usize))).collect()
    };
    let is_new = arrow_array::BooleanArray::from_iter(each().map(|(_, _, row)| Some(row.is_none())));
    let or_null = |column: ArrayRef| nullif(&column, &is_new);
    let mut fields = vec![Field::new("change", DataType::Utf8, false)];
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(StringArray::from_iter_values(each().map(|(fate, _, _)| fate.name())))];
    let mut add = |name: &str, column: ArrayRef, nullable: bool| {
        fields.push(Field::new(name, column.data_type().clone(), nullable));
        columns.push(column);
    };
    let of_past = each().map(|(_, _, row)| row.and_then(|row| past.id[row as usize]));
    add("session_id_before", ids(of_past), true);
    let started = stored_times(before(&|row| past.start[row]), unit, time_type)?;
    add("started_at_before", or_null(started)?, true);
    let ended = stored_times(before(&|row| past.end[row]), unit, time_type)?;
    add("ended_at_before", or_null(ended)?, true);
    let events: ArrayRef = Arc::new(Int64Array::from(before(&|row| past.events[row] as i64)));
    add("events_before", or_null(events)?, true);
    add("session_id", ids(each().map(|(_, at, _)| sessions.id(*at))), true);
    let order: Vec<SessionIndex> = each().map(|(_, at, _)| *at).collect();
    for (at, (name, data_type)) in definition.key().iter().zip(key_types).enumerate() {
        add(name, exactly(&sessions.key_column(at, &order), data_type)?, true);
    }
    let starts = order.iter().map(|at| sessions.start(*at)).collect();
    add("started_at", stored_times(starts, unit, time_type)?, false);
    let ends = order.iter().map(|at| sessions.end(*at)).collect();
    add("ended_at", stored_times(ends, unit, time_type)?, false);
    add("events", counts(order.iter().map(|at| sessions.events(*at))), false);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
