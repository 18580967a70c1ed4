//! Events without a time: how a message names the first of them.

use arrow_array::Array;

use crate::error::{Result, TimeError};
use crate::scan::{Batch, Part};

/// How many rows without a time a message names.
const NAMED_ROWS: usize = 3;

/// The first rows without a time that one thread saw, by part.
#[derive(Default)]
pub(crate) struct NullTimeRows(Vec<(usize, String)>);

impl NullTimeRows {
    /// Notes the first rows of a batch that have no time, as long as there are few.
    pub(crate) fn note(&mut self, part: Part, batch: &Batch) -> Result<()> {
        let Some(nulls) = batch.time.nulls().filter(|nulls| nulls.null_count() > 0) else { return Ok(()) };
        let has_key = |row| batch.with_key.as_ref().is_none_or(|with_key| with_key.is_valid(row));
        let without = (0..nulls.len()).filter(|row| nulls.is_null(*row) && has_key(*row));
        for row in without.take(NAMED_ROWS.saturating_sub(self.0.len())) {
            self.0.push((part.number, batch.whereabouts.of_row(row)?));
        }
        Ok(())
    }

    /// The first of all rows, in words and in the order of the input. Threads take parts in that order, so
    /// the first rows of all are among the first of each thread.
    pub(crate) fn first(of_threads: impl IntoIterator<Item = Self>) -> Vec<String> {
        let mut rows: Vec<_> = of_threads.into_iter().flat_map(|rows| rows.0).collect();
        rows.sort_by_key(|(part, _)| *part); // stable: rows of one part are in order already
        rows.truncate(NAMED_ROWS);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Refuses events without a time.
pub(crate) fn refuse_null_times(count: u64, column: &str, rows: Vec<String>) -> Result<()> {
    match count {
        0 => Ok(()),
        count => Err(TimeError::Nulls { count, column: column.to_owned(), rows }.into()),
    }
}
