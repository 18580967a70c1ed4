//! Generated events, in any arrangement, and the sessions they must get.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use spectrum_core::{SessionDefinition, sessionize};
use spectrum_generate::{Generate, Ids, Order, generate};

use crate::outcome;

/// An event's session: its number and its id.
pub(crate) type Session = (u64, Option<String>);

/// The sessions of all events, by event id.
pub(crate) type Sessions = BTreeMap<String, Session>;

pub(crate) fn events(count: u64, ids: Ids, order: Order) -> RecordBatch {
    let options = Generate { events: count, seed: 11, order, ids };
    generate(&options, count as usize).unwrap().next().unwrap()
}

/// The rows in another order, which `seed` decides.
pub(crate) fn permuted(batch: &RecordBatch, seed: u64) -> RecordBatch {
    let mut rows: Vec<u32> = (0..batch.num_rows() as u32).collect();
    rows.sort_by_key(|row| {
        let mixed = (u64::from(*row) + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    });
    let rows = UInt32Array::from(rows);
    arrow_select::take::take_record_batch(batch, &rows).unwrap()
}

/// The batch in `parts` pieces of about the same size.
pub(crate) fn split(batch: &RecordBatch, parts: usize) -> Vec<RecordBatch> {
    let rows = batch.num_rows();
    let cut = |part: usize| rows * part / parts;
    (0..parts).map(|part| batch.slice(cut(part), cut(part + 1) - cut(part))).collect()
}

/// What the kernel says of the events.
pub(crate) fn expected(batch: &RecordBatch, definition: &SessionDefinition) -> Sessions {
    let sessionized = sessionize(std::slice::from_ref(batch), definition).unwrap();
    let ids = &sessionized.session_ids()[0];
    let sessions = sessionized.session_numbers().zip(ids.iter());
    event_ids(batch)
        .into_iter()
        .zip(sessions.map(|(number, id)| (number.unwrap(), id.map(str::to_owned))))
        .collect()
}

pub(crate) fn event_ids(batch: &RecordBatch) -> Vec<String> {
    let ids: &ArrayRef = batch.column_by_name("event_id").unwrap();
    match ids.as_string_opt::<i32>() {
        Some(ids) => ids.iter().map(|id| id.unwrap().to_owned()).collect(),
        None => ids.as_primitive::<Int64Type>().iter().map(|id| id.unwrap().to_string()).collect(),
    }
}

/// What stands in files. Every event must stand there once.
pub(crate) fn found<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Sessions {
    let mut all = Sessions::new();
    for label in paths.into_iter().flat_map(|path| outcome::labels(path, "event_id")) {
        let session = (label.session_seq.unwrap(), label.session_id);
        assert!(all.insert(label.event_id.clone(), session).is_none(), "{} twice", label.event_id);
    }
    all
}
