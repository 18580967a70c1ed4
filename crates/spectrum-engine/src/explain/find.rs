//! Where the events asked for are: one pass over ids, keys and times.

use arrow_array::Array;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use spectrum_core::ColumnRole;
use spectrum_core::internals::instants;

use super::sought::{Sought, text_of};
use crate::error::{ColumnError, EngineError, EventIdError, Result};
use crate::scan::{Batch, Part, Scan, Wanted};
use crate::usual_times::UnusualTimes;
use crate::watch::Watch;

/// Events of one id.
pub(super) struct Found {
    /// How many there are.
    pub(super) count: u64,
    /// The first of them, in the order of the input.
    pub(super) first: Vec<FoundEvent>,
    /// The time column's type, in the unit that instants are counted in.
    pub(super) time_type: DataType,
    /// What numbers were found to count, where their magnitudes decided.
    pub(super) found_unit: Option<TimeUnit>,
    /// Whether events have times that nobody expects, if that was asked.
    pub(super) unusual: Option<UnusualTimes>,
}

/// An event to explain.
#[derive(Clone, Debug)]
pub(super) struct FoundEvent {
    pub(super) part: Part,
    /// Where it is, in words.
    pub(super) whereabouts: String,
    /// `None` for NULL.
    pub(super) instant: Option<i64>,
    /// The texts of the key columns.
    pub(super) key: Vec<Option<String>>,
}

/// Finds all events with an id and describes the first `most`. Ids are compared as text.
pub(super) fn find(
    scan: &Scan,
    wanted: &Wanted,
    event_id: &str,
    most: usize,
    threads: usize,
    watch: &Watch,
) -> Result<Found> {
    let sought = Sought::new(Some(event_id.to_owned()));
    let (id_column, key_columns) = (wanted.key.len(), 0..wanted.key.len());
    let scanned = scan.each_batch(
        |unit| (0..threads.max(1)).map(|_| (unit, 0_u64, Vec::new())).collect(),
        watch,
        |(unit, count, first), part, batch| {
            let rows = rows(&batch, &[(id_column, &sought)], wanted)?;
            *count += rows.len() as u64;
            let clock = instants(&batch.time, *unit)?;
            // Threads take parts in order, so the first of all are among the first of each.
            for row in rows.into_iter().take(most.saturating_sub(first.len())) {
                let key = key_columns.clone().map(|column| cell(&batch, column, row, wanted));
                first.push(FoundEvent {
                    part,
                    whereabouts: batch.whereabouts.of_row(row)?,
                    instant: batch.time.is_valid(row).then(|| clock.instants[row]),
                    key: key.collect::<Result<_>>()?,
                });
            }
            Ok(())
        },
    )?;
    let count = scanned.workers.iter().map(|(_, count, _)| count).sum();
    if count == 0 {
        let column = wanted.event_id.clone().unwrap_or_default();
        return Err(EventIdError::NoSuchEvent { column, id: event_id.to_owned() }.into());
    }
    let mut first: Vec<FoundEvent> = scanned.workers.into_iter().flat_map(|(.., first)| first).collect();
    first.sort_by_key(|target| target.part.number); // stable: rows of one part are in order already
    first.truncate(most);
    Ok(Found {
        count,
        first,
        time_type: scanned.time_type,
        found_unit: scanned.found_unit,
        unusual: scanned.unusual,
    })
}

/// The rows of a batch in which all of these columns hold what is sought there.
pub(super) fn rows(batch: &Batch, sought: &[(usize, &Sought)], wanted: &Wanted) -> Result<Vec<usize>> {
    let mut marks = vec![true; batch.time.len()];
    for (column, sought) in sought {
        let kept = sought.keep(&batch.columns[*column], &mut marks);
        kept.map_err(|problem| no_text(*column, wanted, problem))?;
    }
    Ok(marks.iter().enumerate().filter(|(_, mark)| **mark).map(|(row, _)| row).collect())
}

/// The text of a cell; `None` for NULL.
pub(super) fn cell(batch: &Batch, column: usize, row: usize, wanted: &Wanted) -> Result<Option<String>> {
    text_of(&batch.columns[column], row).map_err(|problem| no_text(column, wanted, problem))
}

fn no_text(column: usize, wanted: &Wanted, source: ArrowError) -> EngineError {
    let (column, role) = match wanted.key.get(column) {
        Some(key) => (Some(key), ColumnRole::Key),
        None => (wanted.event_id.as_ref(), ColumnRole::EventId),
    };
    ColumnError::NoText { column: column.cloned().unwrap_or_default(), role, source }.into()
}
