//! Events that wait to be labelled together, by key.
//!
//! In a shuffled input of many keys nearly every event needs memory that is in no cache. Taken by the hundred
//! thousands and sorted roughly by key, they touch a few keys at a time, and most waits for memory are gone.

use crate::label_forest::Label;
use crate::numbering::number;

/// An event whose label will be written to `place`.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct WaitingEvent {
    pub(crate) instant: i64,
    pub(crate) key: u32,
    pub(crate) place: u32,
}

/// Events in the order in which they came, and room to sort them in.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    events: Vec<WaitingEvent>,
    sorted: Vec<WaitingEvent>,
}

/// How many events wait at most; 16 bytes each, twice.
const MOST_WAITING: usize = 1 << 19;

/// The keys are taken in this many runs; so many streams can be written at once without losing the cache.
const RUNS: usize = 1024;

impl Waiting {
    pub(crate) fn push(&mut self, event: WaitingEvent) {
        self.events.push(event);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= MOST_WAITING
    }

    /// Labels all that wait, run by run of `keys` keys. Events of one key keep their order.
    pub(crate) fn settle(
        &mut self,
        keys: usize,
        labels: &mut [Label],
        mut label: impl FnMut(u32, i64) -> Label,
    ) {
        if self.events.is_empty() {
            return;
        }
        let keys_a_run = number(keys.div_ceil(RUNS).max(1));
        let run_of = |event: &WaitingEvent| (event.key / keys_a_run) as usize;
        let mut next = [0_usize; RUNS + 1];
        for event in &self.events {
            next[run_of(event) + 1] += 1;
        }
        for run in 0..RUNS {
            next[run + 1] += next[run];
        }
        self.sorted.resize(self.events.len(), WaitingEvent::default());
        for event in &self.events {
            let at = &mut next[run_of(event)];
            self.sorted[*at] = *event;
            *at += 1;
        }
        for event in &self.sorted {
            labels[event.place as usize] = label(event.key, event.instant);
        }
        self.events.clear();
    }
}
