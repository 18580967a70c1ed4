//! Sessions of events in memory.

use std::sync::Arc;

use anyhow::Context;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use pyo3::prelude::*;
use spectrum_cli::library;
use spectrum_engine::{EngineError, EventTable, Input, SessionizeOptions};

use crate::capsule::Source;
use crate::definition::Definition;
use crate::errors::{of_any, raised, settled};
use crate::reading::Reading;
use crate::remedy::in_keywords;
use crate::table::Table;
use crate::work::work;

/// What messages call events in memory.
const NAME: &str = "events";

/// The keywords of the output, by name.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Adding {
    session_column: String,
    sequence: bool,
    reason: bool,
    allow_id_collisions: bool,
    whole: bool,
}

/// The added columns of events, or all of them; `columns` are the names of all that they have, where not all are handed over. Which events have a row there, if some have none; and warnings.
#[pyfunction]
#[pyo3(signature = (events, columns, definition, reading, adding, progress = None))]
pub(crate) fn sessionize(
    py: Python<'_>,
    events: &Bound<'_, PyAny>,
    columns: Option<Vec<String>>,
    definition: Definition,
    reading: Reading,
    adding: Adding,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Table, Option<Table>, Vec<String>)> {
    let mut options = SessionizeOptions::default();
    options.threads = reading.threads();
    options.session_column = adding.session_column;
    options.with_sequence = adding.sequence;
    options.with_reason = adding.reason;
    options.allow_id_collisions = adding.allow_id_collisions;
    options.whole = adding.whole;
    options.null_time = settled(py, || reading.null_time())?;
    let input_options = settled(py, || reading.options(definition.time_unit))?;
    let source = Source::of(events)?;
    let done = work(py, progress.as_ref(), |watch| {
        let Source { schema, batches } = source;
        let mut kept = Vec::new();
        for batch in batches {
            // Whoever makes the batches may take long.
            if watch.is_stopped() {
                return Err(EngineError::Interrupted.into());
            }
            kept.push(batch.context("reading the events failed")?);
        }
        let table = match columns {
            Some(columns) => EventTable::new(schema, kept).among(columns),
            None => EventTable::new(schema, kept),
        };
        let input = Input::of_table(table, NAME, &input_options);
        let done = spectrum_engine::sessionize(&input, &definition.checked, &options, watch);
        anyhow::Ok(done?)
    })?;
    let done = done.map_err(|error| match error.downcast_ref::<ArrowError>() {
        Some(_) => raised(py, "InputError", &format!("{error:#}"), None),
        None => of_any(py, &error),
    })?;
    let warning = library::warning(done.report.unusual_times.as_ref(), definition.checked.time());
    let mut warnings: Vec<String> = warning.iter().map(|words| in_keywords(words)).collect();
    if done.report.null_id_events > 0 {
        let events = match done.report.null_id_events {
            1 => "1 event; its".to_owned(),
            several => format!("{several} events; their"),
        };
        warnings.push(format!("NULL key in {events} session id is NULL (id=\"encoded\" gives one)"));
    }
    let kept = match done.kept.is_empty() {
        true => None,
        false => {
            let schema = Arc::new(Schema::new(vec![Field::new("kept", DataType::Boolean, false)]));
            let batch = |mask| RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(mask) as ArrayRef]);
            let batches: Result<Vec<_>, _> = done.kept.into_iter().map(batch).collect();
            Some(Table::new(
                Arc::clone(&schema),
                batches.map_err(|error| raised(py, "SpectrumError", &error.to_string(), None))?,
            ))
        }
    };
    Ok((Table::new(done.schema, done.batches), kept, warnings))
}
