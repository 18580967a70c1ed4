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
        std::iter::once(ids).chain(self.numbers(sessions, events.iter().copied())).collect()
    }

    /// The numbers for these events, if they are asked for.
    pub(crate) fn numbers(
        &self,
        sessions: &Sessions,
        events: impl Iterator<Item = SessionIndex>,
    ) -> Option<ArrayRef> {
        self.session_seq.as_ref()?;
        let numbers = events.map(|session| sessions.number(session) as i64);
        Some(Arc::new(Int64Array::from_iter_values(numbers)))
    }
}

/// The distinct ids of a part's events, and which of them each event has: gathered part after part into the
/// same room, because fresh memory for each would cost more than the work itself.
#[derive(Default)]
pub(crate) struct Desk {
    /// Where each session stands in `sessions`, if it does. Four bytes a session.
    place: Vec<u32>,
    sessions: Vec<SessionIndex>,
    pub(crate) entries: Vec<SessionId>,
    /// [`NULL`] for events whose id is NULL.
    pub(crate) indexes: Vec<u32>,
}

impl Desk {
    /// Numbers the sessions of these events in the order in which they first occur.
    pub(crate) fn gather(&mut self, sessions: &Sessions, events: impl Iterator<Item = SessionIndex>) {
        let any_null = sessions.has_null_ids();
        self.place.resize(sessions.len(), 0);
        self.sessions.clear();
        self.indexes.clear();
        self.indexes.extend(events.map(|session| {
            if any_null && sessions.id(session).is_none() {
                return NULL;
            }
            // A place counts only if what stands there is this session, so nothing has to be wiped.
            let place = &mut self.place[session.index()];
            if self.sessions.get(*place as usize) != Some(&session) {
                *place = self.sessions.len() as u32;
                self.sessions.push(session);
            }
            *place
        }));
        self.entries.clear();
        self.entries.extend(self.sessions.iter().filter_map(|session| sessions.id(*session)));
    }
}

/// The desks of all threads.
#[derive(Default)]
pub(crate) struct Desks(Mutex<Vec<Desk>>);

impl Desks {
    pub(crate) fn take(&self) -> Desk {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(crate) fn put_back(&self, desk: Desk) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(desk);
    }
}
