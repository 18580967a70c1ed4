//! Events with a NULL in their key: whether they are events of one key, left out, or refused.

use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, make_array};
use arrow_buffer::NullBuffer;

use crate::error::{EngineError, KeyError, Result};
use crate::scan::{Batch, Part};

/// What to do with events that have a NULL in a key column.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NullKey {
    /// NULL is a value like any other, as in SQL's GROUP BY: all anonymous events are those of one visitor.
    #[default]
    Group,
    /// Leave them out of the output and count them.
    Drop,
    /// Stop and name them.
    Refuse,
}

/// How many rows with a NULL key a message names.
const NAMED_ROWS: usize = 3;

/// Takes care of them while all threads read.
#[derive(Debug)]
pub(crate) struct NullKeys {
    choice: NullKey,
    key_columns: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    count: u64,
    /// The first rows of each part, in words.
    rows: Vec<(usize, String)>,
}

impl NullKeys {
    pub(crate) fn new(choice: NullKey, key_columns: usize) -> Self {
        Self { choice, key_columns, seen: Mutex::default() }
    }

    /// Forgets everything, because reading begins anew.
    pub(crate) fn begin(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    /// Takes the times of events with a NULL in their key away, so that they belong to no session.
    pub(crate) fn take_out(&self, part: Part, mut batch: Batch) -> Result<Batch> {
        if self.choice == NullKey::Group {
            return Ok(batch);
        }
        let nulls = batch.columns[..self.key_columns].iter().map(|column| column.logical_nulls());
        let with_key = nulls.fold(None, |all, nulls| NullBuffer::union(all.as_ref(), nulls.as_ref()));
        let Some(with_key) = with_key.filter(|with_key| with_key.null_count() > 0) else { return Ok(batch) };
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.count += with_key.null_count() as u64;
            // Parts come in order to each thread, and the first of all rows are among the first of each part.
            let named = seen.rows.iter().filter(|(number, _)| *number == part.number).count();
            let without = (0..with_key.len()).filter(|row| with_key.is_null(*row));
            for row in without.take(NAMED_ROWS.saturating_sub(named)) {
                seen.rows.push((part.number, batch.whereabouts.of_row(row)?));
            }
            seen.rows.sort_by_key(|(number, _)| *number);
            seen.rows.truncate(NAMED_ROWS);
        }
        let both = NullBuffer::union(batch.time.nulls(), Some(&with_key));
        let time = batch.time.to_data().into_builder().nulls(both).build();
        batch.time = make_array(time.map_err(|source| EngineError::Arrow { name: "keys".into(), source })?);
        batch.with_key = Some(with_key);
        Ok(batch)
    }

    /// How many were left out; an error where they are refused.
    pub(crate) fn finish(&self, key: &[String]) -> Result<u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.choice, seen.count) {
            (NullKey::Refuse, count @ 1..) => {
                let rows = std::mem::take(&mut seen.rows).into_iter().map(|(_, row)| row).collect();
                Err(KeyError::Nulls { count, key: key.to_vec(), rows }.into())
            }
            (_, count) => Ok(count),
        }
    }
}
