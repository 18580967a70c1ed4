//! The pauses between neighbouring events of a key, and how many sessions a gap alone would make of them.

use arrow_schema::TimeUnit;
use spectrum_core::{AtGap, Gap, SessionIndex, SessionRule, Sessions, nanoseconds_per};

use super::instants::Instants;
use super::log_bins::{Bin, bins, half_octaves};
use crate::error::Result;
use crate::watch::Watch;

/// The pauses between neighbouring events of a key. Events of no session are left out.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Pauses {
    /// How many there are, those of no length among them.
    pub count: u64,
    /// How many have no length, because the events happened at the same instant.
    pub none: u64,
    /// How many of the others are how long, in seconds.
    pub bins: Vec<Bin>,
    /// How many are longer than the definition's gap allows.
    pub beyond_gap: u64,
}

/// What came of looking at all pauses.
pub(super) struct Tally {
    pub(super) pauses: Pauses,
    pub(super) gaps: Vec<(Gap, u64)>,
}

/// Looks at the pauses of all keys. `gaps` are sorted, and the definition's is among them.
pub(super) fn tally(
    sessions: &Sessions,
    instants: &Instants,
    rule: &SessionRule,
    gaps: &[Gap],
    threads: usize,
    watch: &Watch,
) -> Result<Tally> {
    let unit = sessions.unit();
    let per_second = 1e9 / nanoseconds_per(unit) as f64;
    let octaves = half_octaves(per_second);
    let longest: Vec<u64> = gaps.iter().map(|gap| longest_pause(*gap, rule.at_gap(), unit)).collect();
    let cells = Cells::new(octaves.iter().chain(&longest).copied());
    let (shares, cells) = (shares(sessions, threads), &cells);
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || count(sessions, instants, share, cells, watch)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut all = Counts { none: 0, by_cell: vec![0; cells.bounds.len() + 1] };
    for counts in counts {
        all.none += counts.none;
        all.by_cell.iter_mut().zip(counts.by_cell).for_each(|(all, some)| *all += some);
    }
    let keys = sessions.keys() as u64;
    let beyond = |longest: u64| all.by_cell[cells.of(longest) + 1..].iter().sum::<u64>();
    let mut in_octaves = vec![0; octaves.len() + 1];
    for (cell, count) in all.by_cell.iter().enumerate() {
        // The bound of a cell lies in the bin of all its values.
        let bin =
            cells.bounds.get(cell).map_or(octaves.len(), |bound| octaves.partition_point(|o| o < bound));
        in_octaves[bin] += count;
    }
    Ok(Tally {
        pauses: Pauses {
            count: all.none + all.by_cell.iter().sum::<u64>(),
            none: all.none,
            bins: bins(&in_octaves, &octaves, per_second),
            beyond_gap: beyond(longest_pause(rule.gap(), rule.at_gap(), unit)),
        },
        gaps: gaps.iter().zip(longest).map(|(gap, longest)| (*gap, keys + beyond(longest))).collect(),
    })
}

/// The longest pause, in whole units, that a gap allows; [`spectrum_core::SessionRule::neighbours`] says the same.
fn longest_pause(gap: Gap, at_gap: AtGap, unit: TimeUnit) -> u64 {
    let nanoseconds = match at_gap {
        AtGap::Same => gap.nanoseconds(),
        AtGap::New => gap.nanoseconds() - 1,
    };
    nanoseconds / nanoseconds_per(unit)
}

/// One thread's counts.
struct Counts {
    none: u64,
    by_cell: Vec<u64>,
}

/// Ranges of sessions, each of whole keys.
fn shares(sessions: &Sessions, threads: usize) -> Vec<(usize, usize)> {
    let all: Vec<SessionIndex> = sessions.all().collect();
    let per_thread = all.len().div_ceil(threads.max(1)).max(1);
    let mut shares = Vec::new();
    let mut from = 0;
    while from < all.len() {
        let mut to = (from + per_thread).min(all.len());
        while to < all.len() && sessions.before(all[to]).is_some() {
            to += 1;
        }
        shares.push((from, to));
        from = to;
    }
    shares
}

fn count(
    sessions: &Sessions,
    instants: &Instants,
    (from, to): (usize, usize),
    cells: &Cells,
    watch: &Watch,
) -> Result<Counts> {
    let mut counts = Counts { none: 0, by_cell: vec![0; cells.bounds.len() + 1] };
    let mut before: Option<i64> = None;
    for (at, session) in sessions.all().enumerate().skip(from).take(to - from) {
        if sessions.before(session).is_none() {
            before = None;
        }
        for instant in instants.of(session) {
            if let Some(before) = before {
                match instant.wrapping_sub(before) as u64 {
                    0 => counts.none += 1,
                    pause => counts.by_cell[cells.of(pause)] += 1,
                }
            }
            before = Some(*instant);
        }
        if at.is_multiple_of(100_000) {
            watch.advance(0)?;
        }
    }
    Ok(counts)
}

/// Stretches of lengths between bounds, which are found quickly.
struct Cells {
    /// The greatest length of each but the last, which has no end.
    bounds: Vec<u64>,
    /// Where the lengths of so many bits begin.
    of_bits: [u16; 65],
}

impl Cells {
    fn new(bounds: impl Iterator<Item = u64>) -> Self {
        let mut bounds: Vec<u64> = bounds.collect();
        bounds.sort_unstable();
        bounds.dedup();
        let mut of_bits = [0; 65];
        for (bits, first) in of_bits.iter_mut().enumerate() {
            let least = if bits == 0 { 0 } else { 1_u64 << (bits - 1) };
            *first = bounds.partition_point(|bound| *bound < least) as u16;
        }
        Self { bounds, of_bits }
    }

    /// The cell of a length: the first whose bound is not less.
    #[inline]
    fn of(&self, length: u64) -> usize {
        let mut at = usize::from(self.of_bits[64 - length.leading_zeros() as usize]);
        while self.bounds.get(at).is_some_and(|bound| *bound < length) {
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_has_the_cell_that_looking_at_all_finds() {
        let cells = Cells::new([3, 3, 7, 8, 60, 1_800, u64::MAX / 3].into_iter());
        let lengths = (0..5_000).chain([u64::MAX / 3, u64::MAX / 3 + 1, u64::MAX]);
        for length in lengths {
            let expected = cells.bounds.iter().filter(|bound| **bound < length).count();
            assert_eq!(cells.of(length), expected, "{length}");
        }
    }

    #[test]
    fn the_longest_pause_is_the_rules_own() {
        for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Nanosecond] {
            for gap in ["1ns", "1s", "1500ms", "30m"] {
                let gap: Gap = gap.parse().unwrap();
                let longest = longest_pause(gap, AtGap::Same, unit);
                let neighbours = SessionRule::of_gap(gap).neighbours(unit);
                assert!(
                    neighbours.joins(0, longest as i64) && !neighbours.joins(0, longest as i64 + 1),
                    "{gap}"
                );
            }
        }
    }
}
