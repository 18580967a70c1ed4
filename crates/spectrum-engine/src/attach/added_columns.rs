//! The columns that a run adds: session_id, and session_seq where it is asked for.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_schema::{DataType, Field, FieldRef};
use spectrum_core::{IdScheme, SessionDefinition, SessionIndex, Sessions};

use crate::run_options::RunOptions;

/// Names and types of the added columns.
#[derive(Clone, Debug)]
pub(crate) struct AddedColumns {
    pub(crate) session_id: String,
    /// Whether ids can be NULL: under `sequence`, and under rules by which events belong to no session.
    pub(crate) nullable: bool,
    /// Whether events can belong to no session, by the rule; numbers and reasons are NULL then.
    pub(crate) leaves_out: bool,
    pub(crate) session_seq: Option<String>,
    /// Why the event's session began.
    pub(crate) started_by: Option<String>,
    /// Whether nothing at all is added: events go out as they came.
    pub(crate) nothing: bool,
}

impl AddedColumns {
    pub(crate) fn new(definition: &SessionDefinition, options: &RunOptions) -> Self {
        let session_seq = options.with_sequence.then(|| "session_seq".to_owned());
        let started_by = options.with_reason.then(|| "started_by".to_owned());
        let leaves_out = definition.rule().leaves_out();
        let nullable = leaves_out || definition.id() == IdScheme::Sequence;
        Self {
            session_id: options.session_column.clone(),
            nullable,
            leaves_out,
            session_seq,
            started_by,
            nothing: false,
        }
    }

    /// No column, for events that belong to no session and go where such events go.
    pub(crate) fn none() -> Self {
        Self {
            session_id: String::new(),
            nullable: true,
            leaves_out: true,
            session_seq: None,
            started_by: None,
            nothing: true,
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        let id = (!self.nothing).then_some(&self.session_id);
        id.into_iter().chain(&self.session_seq).chain(&self.started_by)
    }

    /// The columns as fields.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        let id = (!self.nothing).then(|| Field::new(&self.session_id, DataType::Utf8, self.nullable));
        let seq = self.session_seq.as_ref().map(|name| Field::new(name, DataType::Int64, self.leaves_out));
        let reason = self.started_by.as_ref().map(|name| Field::new(name, DataType::Utf8, self.leaves_out));
        id.into_iter().chain(seq).chain(reason).map(Arc::new).collect()
    }

    /// The cells for these events, id by id.
    pub(crate) fn plain(&self, sessions: &Sessions, events: &[Option<SessionIndex>]) -> Vec<ArrayRef> {
        if self.nothing {
            return Vec::new();
        }
        let mut ids = StringBuilder::with_capacity(events.len(), events.len() * 32);
        for session in events {
            match session.and_then(|session| sessions.id(session)).map(|id| id.hex()) {
                Some(hex) => ids.append_value(std::str::from_utf8(&hex).unwrap_or_default()),
                None => ids.append_null(),
            }
        }
        let ids: ArrayRef = Arc::new(ids.finish());
        std::iter::once(ids).chain(self.others(sessions, || events.iter().copied())).collect()
    }

    /// The columns beside the ids for these events, of those that are asked for.
    pub(crate) fn others<I: Iterator<Item = Option<SessionIndex>>>(
        &self,
        sessions: &Sessions,
        events: impl Fn() -> I,
    ) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        if self.session_seq.is_some() {
            let number = |session| sessions.number(session) as i64;
            columns.push(match self.leaves_out {
                true => Arc::new(events().map(|session| session.map(number)).collect::<Int64Array>()),
                // Without room for NULLs, as it has always been.
                false => Arc::new(Int64Array::from_iter_values(events().flatten().map(number))),
            });
        }
        if self.started_by.is_some() {
            let reason = |session: Option<SessionIndex>| session.map(|at| sessions.started_by(at).name());
            columns.push(Arc::new(events().map(reason).collect::<StringArray>()));
        }
        columns
    }
}
