//! Which event of a session is the first or the last. Its value is read when all events have been seen.

use super::super::moment::{Event, Moments};

/// Ties that are kept however few sessions there are.
const FEW: usize = 4_096;

/// The earliest events of sessions, or the latest.
#[derive(Debug)]
pub(in super::super) struct Picks {
    is_last: bool,
    /// The times of those that are kept, such that the least is the best.
    times: Vec<i64>,
    events: Vec<Event>,
    /// Other events at the time of one that was kept then.
    ties: Vec<Tie>,
    /// How many ties there were when those of other times were last thrown away.
    settled: usize,
}

#[derive(Clone, Copy, Debug)]
struct Tie {
    at: u32,
    time: i64,
    event: Event,
}

impl Picks {
    pub(super) fn new(is_last: bool, sessions: usize) -> Self {
        Self {
            is_last,
            times: vec![i64::MAX; sessions],
            events: vec![Event::NONE; sessions],
            ties: Vec::new(),
            settled: 0,
        }
    }

    pub(in super::super) fn is_last(&self) -> bool {
        self.is_last
    }

    pub(super) fn take(&mut self, rows: impl Iterator<Item = (usize, usize)>, moments: &Moments<'_>) {
        for (row, at) in rows {
            let instant = moments.times[row];
            // Which turns the order round.
            let time = if self.is_last { !instant } else { instant };
            let event = moments.event(row);
            if time < self.times[at] || self.events[at] == Event::NONE {
                (self.times[at], self.events[at]) = (time, event);
            } else if time == self.times[at] {
                self.ties.push(Tie { at: at as u32, time, event });
            }
        }
        if self.ties.len() > 2 * self.settled + FEW {
            self.settle();
        }
    }

    /// Throws away the ties of times that are not kept any more.
    fn settle(&mut self) {
        let times = &self.times;
        self.ties.retain(|tie| times[tie.at as usize] == tie.time);
        self.settled = self.ties.len();
    }

    /// Each session's event, and the other events at its time.
    pub(in super::super) fn into_events(mut self) -> (Vec<Event>, Vec<(u32, Event)>) {
        self.settle();
        (self.events, self.ties.into_iter().map(|tie| (tie.at, tie.event)).collect())
    }
}
