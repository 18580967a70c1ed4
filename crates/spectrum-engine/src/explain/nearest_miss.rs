//! The event that came just too late: the start of a session whose pause before it was longer than the gap by
//! the least.

use arrow_array::Array;
use spectrum_core::internals::instants;
use spectrum_core::{SessionDefinition, SessionIndex, Sessions};

use super::find::{cell, rows};
use super::sought::Sought;
use super::{ExplainOptions, wanted};
use crate::counted::count;
use crate::error::Result;
use crate::input::Input;
use crate::scan::Scan;
use crate::watch::Watch;

/// An event that started a session although it nearly joined the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NearestMiss {
    /// Its id; `None` for NULL.
    pub event_id: Option<String>,
    /// How far it is from the event before it, in units of the data.
    pub distance: u64,
}

/// Finds the event that missed the session before it by the least; of several the earliest, and of those the
/// one with the least key. `None` when no key has two sessions. Reads the input twice.
///
/// # Errors
/// What makes an input unreadable. Events without a time are left out.
pub fn nearest_miss(
    input: &Input,
    definition: &SessionDefinition,
    options: &ExplainOptions,
    watch: &Watch,
) -> Result<Option<NearestMiss>> {
    let counted = count(input, definition, definition.rule(), None, options.threads, watch)?;
    let sessions = &counted.sessions;
    let Some((distance, session)) = least_pause(sessions) else { return Ok(None) };
    let start = sessions.start(session);
    let key: Vec<Sought> =
        (0..definition.key().len()).map(|column| Sought::new(sessions.key_text(session, column))).collect();
    let sought: Vec<_> = key.iter().enumerate().collect();

    let wanted = wanted(definition);
    let scan = Scan::open(input, &wanted)?;
    let scanned = scan.each_batch(
        |unit| (0..options.threads.max(1)).map(|_| (unit, None)).collect(),
        watch,
        |(unit, first), part, batch| {
            if first.is_some() {
                return Ok(());
            }
            let clock = instants(&batch.time, *unit)?;
            let mut rows = rows(&batch, &sought, &wanted)?.into_iter();
            if let Some(row) = rows.find(|row| batch.time.is_valid(*row) && clock.instants[*row] == start) {
                *first = Some((part.number, cell(&batch, key.len(), row, &wanted)?));
            }
            Ok(())
        },
    )?;
    let first = scanned.workers.into_iter().filter_map(|(_, first)| first).min();
    Ok(first.map(|(_, event_id)| NearestMiss { event_id, distance }))
}

/// The session that follows the one before it, of the same key, after the least pause.
fn least_pause(sessions: &Sessions) -> Option<(u64, SessionIndex)> {
    let pauses = sessions.in_order().into_iter().filter_map(|session| {
        let before = sessions.end(sessions.before(session)?);
        Some((sessions.start(session).abs_diff(before), session))
    });
    pauses.min_by_key(|(pause, _)| *pause) // the first of equals
}
