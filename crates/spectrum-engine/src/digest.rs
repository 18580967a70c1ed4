//! The digest of all events and their sessions: one more pass, over event ids.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};
use spectrum_core::text::each_text;
use spectrum_core::{ColumnRole, Digest, SessionDefinition};

use crate::error::{ColumnError, EngineError, EventIdError, Result};
use crate::input::Input;
use crate::labelled::Labelled;
use crate::scan::{Scan, Wanted};
use crate::watch::Watch;

/// What the pass reads.
pub(crate) fn event_ids(definition: &SessionDefinition) -> Wanted {
    Wanted {
        time: definition.time().to_owned(),
        event_id: Some(definition.event_id().to_owned()),
        is_timeless: true,
        ..Wanted::default()
    }
}

/// That there are no event ids, where that is what was missed.
pub(crate) fn without_event_ids(error: EngineError) -> EngineError {
    match error {
        EngineError::Column(ColumnError::NoSuchColumn {
            column,
            name,
            present,
            role: ColumnRole::EventId,
            doubt: None,
        }) => EventIdError::NothingToDigest { column, name, present }.into(),
        other => other,
    }
}

/// One thread's share.
struct Share {
    digest: Digest,
    /// The part worked on last, and how many of its events have passed.
    part: usize,
    before: usize,
    events: u64,
}

/// Event ids whose text the digest takes: decimals without a fraction as the integers that they are.
pub(crate) fn with_text(event_ids: &ArrayRef) -> std::result::Result<ArrayRef, ArrowError> {
    match event_ids.data_type() {
        DataType::Decimal128(_, 0) | DataType::Decimal256(_, 0) => cast(event_ids, &DataType::Utf8),
        _ => Ok(Arc::clone(event_ids)),
    }
}

/// Reads the event ids of all events and adds up those that have a session, on `threads` threads.
pub(crate) fn digest(
    input: &Input,
    event_ids: &Scan,
    labelled: &Labelled,
    column: &str,
    threads: usize,
    watch: &Watch,
) -> Result<Digest> {
    let ids = &labelled.resolution.sessions;
    let new_share = || Share { digest: Digest::default(), part: usize::MAX, before: 0, events: 0 };
    let scanned = event_ids.each_batch(
        |_| (0..threads).map(|_| new_share()).collect(),
        watch,
        |share, part, batch| {
            let name = || input.files[part.file].name.clone();
            let [event_ids] = &batch.columns[..] else { return Err(EngineError::Changed(name())) };
            let before = if share.part == part.number { share.before } else { 0 };
            let after = before + event_ids.len();
            let mut sessions = labelled.sessions(part.number, before..after);
            if sessions.len() != event_ids.len() {
                return Err(EngineError::Changed(name()));
            }
            let event_ids =
                &with_text(event_ids).map_err(|source| EngineError::Arrow { name: name(), source })?;
            let texts = each_text(event_ids, |event_id| {
                // Events without a time are left out.
                if let Some(Some(session)) = sessions.next() {
                    share.digest.add(event_id, session.and_then(|session| ids.id(session)));
                }
            });
            (share.part, share.before) = (part.number, after);
            share.events += event_ids.len() as u64;
            texts.map_err(|_| {
                let data_type = event_ids.data_type().clone();
                EventIdError::NoDigest { column: column.to_owned(), name: name(), data_type }.into()
            })
        },
    )?;
    let events: u64 = scanned.workers.iter().map(|share| share.events).sum();
    // No part has more events than before, so when there are as many in all, each has as many.
    if events != labelled.events {
        return Err(EngineError::Changed(input.files[0].name.clone()));
    }
    Ok(scanned.workers.into_iter().fold(Digest::default(), |all, share| all.merge(share.digest)))
}
