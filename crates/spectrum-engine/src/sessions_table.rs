//! The sessions as a table: one row per session, by start and then by key.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::take::take;
use spectrum_core::{Reason, SessionDefinition, SessionIndex};

use crate::attach::AddedColumns;
use crate::error::{AddedColumnError, EngineError, Result};
use crate::format::{Compression, Format};
use crate::labelled::Labelled;
use crate::output::batches::{BatchEncoder, BatchFile};
use crate::output::run_outputs::OutputFile;
use crate::timestamps::{relabelled, timestamps};
use crate::told::Told;
use crate::watch::Watch;

/// The column that says whether a session could still go on.
const IS_OPEN: &str = "is_open";

/// Rows made at a time.
const BATCH_SESSIONS: usize = 65_536;

/// What the table says of sessions besides.
#[derive(Clone, Copy)]
pub(crate) struct Besides<'a> {
    pub(crate) told: Option<&'a Told>,
    /// Whether they could still go on.
    pub(crate) is_open: bool,
}

/// Writes the sessions: session_id, the key columns, session_seq, started_at, ended_at, duration_seconds, events and, under
/// a rule that is more than a gap or where more is told, started_by, what is told, and ended_by; at last, where a time is
/// asked about, is_open.
pub(crate) fn write(
    labelled: &Labelled,
    definition: &SessionDefinition,
    added: &AddedColumns,
    besides: Besides<'_>,
    out: OutputFile,
    (format, compression): (Format, Compression),
    watch: &Watch,
) -> Result<OutputFile> {
    let name = out.name.clone();
    let schema = Arc::new(schema(labelled, definition, added, besides, format));
    let order = labelled.resolution.sessions.in_order();
    let encoder = BatchEncoder::new(format, compression);
    let mut out = BatchFile::begin(out, format, compression, &schema, None)?;
    let cannot = |source| EngineError::Arrow { name: name.clone(), source };
    watch.begin("writing sessions", order.len() as u64);
    for sessions in order.chunks(BATCH_SESSIONS) {
        let columns = columns(labelled, definition, added, besides, sessions, &schema).map_err(cannot)?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(cannot)?;
        out.write(encoder.encode(batch, &name)?)?;
        watch.advance(sessions.len() as u64)?;
    }
    out.finish()
}

/// Refuses names that would stand for two columns of the table.
pub(crate) fn check_names(
    definition: &SessionDefinition,
    added: &AddedColumns,
    says_open: bool,
) -> Result<()> {
    let is_told_twice = |name: &str| *name == added.session_id || says_open && name == IS_OPEN;
    if let Some(column) = definition.summary().iter().find(|column| is_told_twice(&column.name)) {
        return Err(AddedColumnError::SummaryNameTaken(column.name.clone()).into());
    }
    let mut own = vec!["session_seq", "started_at", "ended_at", "duration_seconds", "events"];
    if !definition.is_plain() {
        own.extend(["started_by", "ended_by"]);
    }
    own.extend(says_open.then_some(IS_OPEN));
    if own.contains(&added.session_id.as_str()) {
        return Err(AddedColumnError::SessionColumnTaken(added.session_id.clone()).into());
    }
    let taken = |key: &&String| own.contains(&key.as_str()) || **key == added.session_id;
    definition
        .key()
        .iter()
        .find(taken)
        .map_or(Ok(()), |column| Err(AddedColumnError::KeyTaken(column.clone()).into()))
}

fn schema(
    labelled: &Labelled,
    definition: &SessionDefinition,
    added: &AddedColumns,
    besides: Besides<'_>,
    format: Format,
) -> Schema {
    let mut fields = vec![Field::new(&added.session_id, DataType::Utf8, added.nullable)];
    for field in &labelled.key_fields {
        fields.push(field.clone().with_data_type(plain_type(field.data_type())));
    }
    fields.push(Field::new("session_seq", DataType::Int64, false));
    fields.push(Field::new("started_at", shown_time(labelled, format), false));
    fields.push(Field::new("ended_at", shown_time(labelled, format), false));
    fields.push(Field::new("duration_seconds", DataType::Float64, false));
    fields.push(Field::new("events", DataType::Int64, false));
    if !definition.is_plain() {
        fields.push(Field::new("started_by", DataType::Utf8, false));
    }
    fields.extend(besides.told.into_iter().flat_map(|told| &told.columns).map(|(field, _)| field.clone()));
    if !definition.is_plain() {
        fields.push(Field::new("ended_by", DataType::Utf8, true));
    }
    if besides.is_open {
        fields.push(Field::new(IS_OPEN, DataType::Boolean, false));
    }
    Schema::new(fields)
}

/// The type of a session's bounds: that of the events' time. Parquet knows no whole seconds and would hold bare numbers,
/// so they are milliseconds there.
pub(crate) fn shown_time(labelled: &Labelled, format: Format) -> DataType {
    match &labelled.time_type {
        _ if labelled.has_dates => DataType::Date32,
        DataType::Timestamp(TimeUnit::Second, zone) if format == Format::Parquet => {
            DataType::Timestamp(TimeUnit::Millisecond, zone.clone())
        }
        other => other.clone(),
    }
}

/// A key column's type without its dictionary.
pub(crate) fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::Null => DataType::Utf8,
        other => other.clone(),
    }
}

fn columns(
    labelled: &Labelled,
    definition: &SessionDefinition,
    added: &AddedColumns,
    besides: Besides<'_>,
    order: &[SessionIndex],
    schema: &Schema,
) -> std::result::Result<Vec<ArrayRef>, arrow_schema::ArrowError> {
    let sessions = &labelled.resolution.sessions;
    let each: Vec<_> = order.iter().copied().map(Some).collect();
    let mut ids =
        AddedColumns { session_seq: None, started_by: None, ..added.clone() }.plain(sessions, &each);
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    columns.append(&mut ids);
    for column in 0..definition.key().len() {
        let values = sessions.key_column(column, order);
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        columns.push(cast_with_options(&values, schema.field(column + 1).data_type(), &exact)?);
    }
    columns.push(Arc::new(Int64Array::from_iter_values(order.iter().map(|s| sessions.number(*s) as i64))));
    for (instant, field) in [
        (order.iter().map(|s| sessions.start(*s)).collect::<Vec<_>>(), "started_at"),
        (order.iter().map(|s| sessions.end(*s)).collect(), "ended_at"),
    ] {
        let naive = timestamps(instant, None, sessions.unit());
        let labelled = relabelled(&naive, &labelled.time_type)?;
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        let data_type = schema.field_with_name(field)?.data_type();
        columns.push(cast_with_options(&labelled, data_type, &exact)?);
    }
    let seconds =
        order.iter().map(|s| seconds_between(sessions.start(*s), sessions.end(*s), sessions.unit()));
    columns.push(Arc::new(Float64Array::from_iter_values(seconds)));
    columns.push(Arc::new(Int64Array::from_iter_values(order.iter().map(|s| sessions.events(*s) as i64))));
    if !definition.is_plain() {
        let reasons = order.iter().map(|session| sessions.started_by(*session).name());
        columns.push(Arc::new(StringArray::from_iter_values(reasons)));
    }
    let places = UInt32Array::from_iter_values(order.iter().map(|session| session.index() as u32));
    for (_, values) in besides.told.into_iter().flat_map(|told| &told.columns) {
        columns.push(take(values, &places, None)?);
    }
    if !definition.is_plain() {
        let reasons = order.iter().map(|session| sessions.ended_by(*session).map(Reason::name));
        columns.push(Arc::new(reasons.collect::<StringArray>()));
    }
    if besides.is_open {
        let open = order.iter().map(|session| Some(sessions.is_open(*session)));
        columns.push(Arc::new(open.collect::<BooleanArray>()));
    }
    Ok(columns)
}

/// The time from one instant to a later one, in seconds.
pub(crate) fn seconds_between(start: i64, end: i64, unit: TimeUnit) -> f64 {
    let units = end.wrapping_sub(start) as u64;
    units as f64 / units_per_second(unit)
}

pub(crate) fn units_per_second(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e3,
        TimeUnit::Microsecond => 1e6,
        TimeUnit::Nanosecond => 1e9,
    }
}
