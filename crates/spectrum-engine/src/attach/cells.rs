//! The columns that a run adds: session_id, and session_seq where it is asked for.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int64Array, PrimitiveArray, StringArray};
use arrow_schema::{DataType, Field, FieldRef};
use spectrum_core::{IdScheme, SessionIndex, Sessions};

/// Names and types of the added columns.
#[derive(Clone, Debug)]
pub(crate) struct AddedColumns {
    pub(crate) session_id: String,
    /// Whether ids can be NULL, which they can under `sequence` only.
    pub(crate) nullable: bool,
    pub(crate) session_seq: Option<String>,
}

impl AddedColumns {
    pub(crate) fn new(session_id: String, scheme: IdScheme, with_sequence: bool) -> Self {
        let session_seq = with_sequence.then(|| "session_seq".to_owned());
        Self { session_id, nullable: scheme == IdScheme::Sequence, session_seq }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.session_id).chain(&self.session_seq)
    }

    /// The columns as fields; every event that is written has a session, so numbers are never NULL.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        let id = Field::new(&self.session_id, DataType::Utf8, self.nullable);
        let seq = self.session_seq.as_ref().map(|name| Field::new(name, DataType::Int64, false));
        std::iter::once(id).chain(seq).map(Arc::new).collect()
    }

    /// The cells for these events, id by id.
    pub(crate) fn plain(&self, sessions: &Sessions, events: &[SessionIndex]) -> Vec<ArrayRef> {
        let mut ids = StringBuilder::with_capacity(events.len(), events.len() * 32);
        for session in events {
            match sessions.id(*session).map(|id| id.hex()) {
                Some(hex) => ids.append_value(std::str::from_utf8(&hex).unwrap_or_default()),
                None => ids.append_null(),
            }
        }
        self.with_numbers(Arc::new(ids.finish()), sessions, events)
    }

    /// The cells for these events as a dictionary, which holds each session's id once.
    pub(crate) fn dictionary(
        &self,
        sessions: &Sessions,
        events: &[SessionIndex],
        desks: &Desks,
    ) -> Vec<ArrayRef> {
        let mut desk = desks.take(sessions.len());
        let mut indexes: Vec<Option<i32>> = Vec::with_capacity(events.len());
        desk.entries.clear();
        for session in events {
            if sessions.id(*session).is_none() {
                indexes.push(None);
                continue;
            }
            // A place counts only if the entry it names is this session, so nothing has to be wiped.
            let place = &mut desk.place[session.0 as usize];
            if desk.entries.get(*place as usize) != Some(session) {
                *place = desk.entries.len() as u32;
                desk.entries.push(*session);
            }
            indexes.push(Some(*place as i32));
        }
        let hex = desk.entries.iter().filter_map(|session| sessions.id(*session)).map(|id| id.hex());
        let mut ids = StringBuilder::with_capacity(desk.entries.len(), desk.entries.len() * 32);
        hex.for_each(|hex| ids.append_value(std::str::from_utf8(&hex).unwrap_or_default()));
        let ids: StringArray = ids.finish();
        let indexes: PrimitiveArray<Int32Type> = indexes.into_iter().collect();
        desks.put_back(desk);
        match DictionaryArray::try_new(indexes, Arc::new(ids)) {
            Ok(dictionary) => self.with_numbers(Arc::new(dictionary), sessions, events),
            Err(_) => self.plain(sessions, events), // cannot be: every index is that of an entry
        }
    }

    fn with_numbers(&self, ids: ArrayRef, sessions: &Sessions, events: &[SessionIndex]) -> Vec<ArrayRef> {
        let mut cells = vec![ids];
        if self.session_seq.is_some() {
            let numbers = events.iter().map(|session| sessions.number(*session) as i64);
            cells.push(Arc::new(Int64Array::from_iter_values(numbers)));
        }
        cells
    }
}

/// Room to gather the sessions of a part, used again part after part. Four bytes a session each.
#[derive(Default)]
pub(crate) struct Desks(Mutex<Vec<Desk>>);

#[derive(Default)]
struct Desk {
    place: Vec<u32>,
    entries: Vec<SessionIndex>,
}

impl Desks {
    fn take(&self, sessions: usize) -> Desk {
        let mut desk = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        desk.place.resize(sessions, 0);
        desk
    }

    fn put_back(&self, desk: Desk) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(desk);
    }
}
