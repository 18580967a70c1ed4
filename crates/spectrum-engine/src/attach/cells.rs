//! The columns that a run adds: session_id, and session_seq where it is asked for.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field, FieldRef};
use spectrum_core::{IdScheme, SessionId, SessionIndex, Sessions};

use super::id_chunk::NULL;

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
        let ids: ArrayRef = Arc::new(ids.finish());
        std::iter::once(ids).chain(self.numbers(sessions, events)).collect()
    }

    /// The numbers for these events, if they are asked for.
    pub(crate) fn numbers(&self, sessions: &Sessions, events: &[SessionIndex]) -> Option<ArrayRef> {
        self.session_seq.as_ref()?;
        let numbers = events.iter().map(|session| sessions.number(*session) as i64);
        Some(Arc::new(Int64Array::from_iter_values(numbers)))
    }
}

/// The distinct ids of a part's events, and which of them each event has.
pub(crate) struct IdEntries {
    pub(crate) entries: Vec<SessionId>,
    /// [`NULL`] for events whose id is NULL.
    pub(crate) indexes: Vec<u32>,
}

impl IdEntries {
    /// Numbers the sessions of these events in the order in which they first occur.
    pub(crate) fn gather(sessions: &Sessions, events: &[SessionIndex], desks: &Desks) -> Self {
        let mut desk = desks.take(sessions.len());
        let any_null = sessions.has_null_ids();
        let mut indexes = Vec::with_capacity(events.len());
        for session in events {
            if any_null && sessions.id(*session).is_none() {
                indexes.push(NULL);
                continue;
            }
            // A place counts only if the entry it names is this session, so nothing has to be wiped.
            let place = &mut desk.place[session.0 as usize];
            if desk.entries.get(*place as usize) != Some(session) {
                *place = desk.entries.len() as u32;
                desk.entries.push(*session);
            }
            indexes.push(*place);
        }
        let entries = desk.entries.iter().filter_map(|session| sessions.id(*session)).collect();
        desk.entries.clear();
        desks.put_back(desk);
        Self { entries, indexes }
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
