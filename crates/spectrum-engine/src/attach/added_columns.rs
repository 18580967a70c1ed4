//! The columns that a run adds: session_id, and session_seq where it is asked for.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::{DataType, Field, FieldRef};
use spectrum_core::{IdScheme, SessionDefinition, SessionIndex, Sessions};

/// Names and types of the added columns.
#[derive(Clone, Debug)]
pub(crate) struct AddedColumns {
    pub(crate) session_id: String,
    /// Whether ids can be NULL: under `sequence`, and under rules by which events belong to no session.
    pub(crate) nullable: bool,
    /// Whether numbers can be, which is so under such rules only.
    pub(crate) nullable_seq: bool,
    pub(crate) session_seq: Option<String>,
}

impl AddedColumns {
    pub(crate) fn new(session_id: String, definition: &SessionDefinition, with_sequence: bool) -> Self {
        let session_seq = with_sequence.then(|| "session_seq".to_owned());
        let leaves_out = definition.rule().leaves_out();
        let nullable = leaves_out || definition.id() == IdScheme::Sequence;
        Self { session_id, nullable, nullable_seq: leaves_out, session_seq }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.session_id).chain(&self.session_seq)
    }

    /// The columns as fields.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        let id = Field::new(&self.session_id, DataType::Utf8, self.nullable);
        let seq = self.session_seq.as_ref().map(|name| Field::new(name, DataType::Int64, self.nullable_seq));
        std::iter::once(id).chain(seq).map(Arc::new).collect()
    }

    /// The cells for these events, id by id.
    pub(crate) fn plain(&self, sessions: &Sessions, events: &[Option<SessionIndex>]) -> Vec<ArrayRef> {
        let mut ids = StringBuilder::with_capacity(events.len(), events.len() * 32);
        for session in events {
            match session.and_then(|session| sessions.id(session)).map(|id| id.hex()) {
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
        events: impl Iterator<Item = Option<SessionIndex>>,
    ) -> Option<ArrayRef> {
        self.session_seq.as_ref()?;
        let number = |session| sessions.number(session) as i64;
        match self.nullable_seq {
            true => Some(Arc::new(events.map(|session| session.map(number)).collect::<Int64Array>())),
            // Without room for NULLs, as it has always been.
            false => Some(Arc::new(Int64Array::from_iter_values(events.flatten().map(number)))),
        }
    }
}
