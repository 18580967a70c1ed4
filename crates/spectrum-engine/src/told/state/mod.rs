//! What is known of the sessions of a shelf for one column of the summary, while events are read in any order: a column of
//! its own for all of them, and nothing that is made for each event.

pub(super) mod distinct;
pub(super) mod extremes;
pub(super) mod picks;
pub(super) mod sums;

use std::cmp::Ordering;

use spectrum_core::Measure;

use self::distinct::Distinct;
use self::extremes::Extremes;
use self::picks::Picks;
use self::sums::Sums;
use super::batch::Taken;
use super::moment::Moments;
use super::shelves::Row;

/// What is known so far.
#[derive(Debug)]
pub(super) enum State {
    Counts(Vec<u64>),
    Any(Vec<bool>),
    Distinct(Distinct),
    Sums(Sums),
    Extremes(Extremes),
    Picks(Picks),
}

/// What the values of a measure are to be taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    /// What their type says.
    Typed,
    /// Texts, which may stand for numbers, because the format has no types.
    Texts,
    /// Texts that are the times of the events.
    Times,
}

/// That a sum has more digits than there is room for.
#[derive(Debug)]
pub(super) struct TooManyDigits;

impl State {
    /// Nothing, for a measure of so many sessions; `None` for a condition on other columns.
    pub(super) fn of(measure: &Measure, sessions: usize, values: Reading) -> Option<Self> {
        Some(match measure {
            Measure::Count(_) => Self::Counts(vec![0; sessions]),
            Measure::Any(_) => Self::Any(vec![false; sessions]),
            Measure::CountDistinct(_) => Self::Distinct(Distinct::new(sessions)),
            Measure::Sum(_) => Self::Sums(Sums::new(sessions)),
            Measure::Min(_) => Self::Extremes(Extremes::new(Ordering::Less, sessions, values)),
            Measure::Max(_) => Self::Extremes(Extremes::new(Ordering::Greater, sessions, values)),
            Measure::First(_) => Self::Picks(Picks::new(false, sessions)),
            Measure::Last(_) => Self::Picks(Picks::new(true, sessions)),
            Measure::When(_) => return None,
        })
    }

    /// Takes rows of a batch.
    pub(super) fn take(
        &mut self,
        rows: &[Row],
        taken: &Taken,
        moments: &Moments<'_>,
    ) -> Result<(), TooManyDigits> {
        let rows =
            rows.iter().map(|row| (row.row as usize, row.at as usize)).filter(|(row, _)| taken.hears(*row));
        match (self, &taken.values) {
            (Self::Counts(counts), _) => rows.for_each(|(_, at)| counts[at] += 1),
            (Self::Any(any), _) => rows.for_each(|(_, at)| any[at] = true),
            (Self::Picks(picks), _) => picks.take(rows, moments),
            (Self::Distinct(distinct), Some(values)) => distinct.take(rows, values),
            (Self::Extremes(extremes), Some(values)) => extremes.take(rows, values, moments),
            (Self::Sums(sums), Some(values)) => sums.take(rows, values, &taken.numbers, moments)?,
            (_, None) => {}
        }
        Ok(())
    }
}
