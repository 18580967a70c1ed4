//! The events of a run, key by key and in the order of time.

use super::parted::{Record, Run, instant, key_in_run};
use crate::numbering::number;

/// Puts runs in order, one after another; kept from run to run for its memory alone.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// For each key where its events begin among all of the run.
    starts: Vec<usize>,
    /// The events, by their places in the run.
    events: Vec<usize>,
    timed: Vec<(i64, usize)>,
}

impl Order {
    /// Shows `take` every key with the records of the run, and which of them are its own, in the order of time.
    pub(super) fn each_key<const W: usize>(
        &mut self,
        run: &mut Run<'_, W>,
        mut take: impl FnMut(u32, &mut [Record<W>], &[usize]),
    ) {
        // Counted, so that events of a key stay in the order in which they came.
        self.starts.clear();
        self.starts.resize(run.keys + 1, 0);
        for record in run.records.iter() {
            self.starts[key_in_run(record) + 1] += 1;
        }
        let mut before = 0;
        for start in &mut self.starts {
            before += *start;
            *start = before;
        }
        self.events.clear();
        self.events.resize(run.records.len(), 0);
        for (event, record) in run.records.iter().enumerate() {
            let next = &mut self.starts[key_in_run(record)];
            self.events[*next] = event;
            *next += 1;
        }
        // By now the events of a key end where those of the next begin.
        let mut begin = 0;
        for (key, end) in self.starts[..run.keys].iter().enumerate() {
            let events = &mut self.events[begin..*end];
            begin = *end;
            if events.is_empty() {
                continue;
            }
            if !events.is_sorted_by_key(|event| instant(&run.records[*event])) {
                self.timed.clear();
                self.timed.extend(events.iter().map(|event| (instant(&run.records[*event]), *event)));
                self.timed.sort_unstable();
                for (event, (_, sorted)) in events.iter_mut().zip(&self.timed) {
                    *event = *sorted;
                }
            }
            take(number(run.first_key + key), run.records, events);
        }
    }
}
