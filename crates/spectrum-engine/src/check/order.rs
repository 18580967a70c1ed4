//! How late events are by the order of their files, where nobody knows when they arrived.

use spectrum_check::{Example, Late, Sample, Thresholds};

use super::event::NO_KEY;
use super::read::Events;

/// So many events in a row say how far a file has come: the one in the middle of them is not misled by a single wrong
/// clock.
const BLOCK: usize = 101;

/// Files of which more than this share is late have another order than that of time, and nothing is said of them.
const MOST_LATE: f64 = 0.2;

/// An event that is late: in which part, in which row of it, and in whose share it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct LateRow {
    pub(super) part: usize,
    pub(super) row: usize,
    instant: i64,
    key: u32,
}

/// What is known of one file on the way.
#[derive(Default)]
struct OfFile {
    events: u64,
    late: u64,
    latest: i64,
    first: Vec<LateRow>,
    block: Vec<i64>,
    reached: Option<i64>,
}

/// Events that stand after a hundred events that happened [`Thresholds::late_after`] later, and where the first of them are.
pub(super) fn late_by_order(events: &Events, thresholds: &Thresholds) -> (Late, Vec<LateRow>) {
    let after = i64::try_from(thresholds.late_after.nanoseconds() / 1_000).unwrap_or(i64::MAX);
    // Rounded up to the unit of the scan, which changes nothing that shows.
    let after = events.clock.instant(after);
    let (mut all, mut rows, mut latest) = (Sample::default(), Vec::new(), 0);
    let mut parts = events.parts.iter().peekable();
    while let Some(first) = parts.peek().map(|place| place.part.file) {
        let mut file = OfFile::default();
        while let Some(place) = parts.next_if(|place| place.part.file == first) {
            for (row, event) in events.shares[place.share][place.from..place.until].iter().enumerate() {
                if event.key != NO_KEY {
                    let row =
                        LateRow { part: place.part.number, row, instant: event.instant, key: event.key };
                    file.take_in(row, after);
                }
            }
        }
        all.of += file.events;
        if file.late as f64 <= MOST_LATE * file.events as f64 {
            all.count += file.late;
            latest = latest.max(file.latest);
            rows.extend(file.first);
        }
    }
    rows.truncate(spectrum_check::Finding::EXAMPLES);
    all.examples = rows
        .iter()
        .map(|row| Example {
            key: Some(events.keys.texts(row.key)),
            time: Some(events.clock.micros(row.instant)),
            ..Example::default()
        })
        .collect();
    (Late { late: all, latest: events.clock.seconds(latest), by_arrival: false }, rows)
}

impl OfFile {
    fn take_in(&mut self, row: LateRow, after: i64) {
        self.events += 1;
        let behind = self.reached.map_or(0, |reached| reached.saturating_sub(row.instant));
        if behind > after {
            self.late += 1;
            self.latest = self.latest.max(behind);
            if self.first.len() < spectrum_check::Finding::EXAMPLES {
                self.first.push(row);
            }
        }
        self.block.push(row.instant);
        if self.block.len() == BLOCK {
            let middle = *self.block.select_nth_unstable(BLOCK / 2).1;
            self.reached = Some(self.reached.map_or(middle, |reached| reached.max(middle)));
            self.block.clear();
        }
    }
}
