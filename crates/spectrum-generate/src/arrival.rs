//! The order in which events stand in the file.
//!
//! With [`Order::Time`] the file is what a log would hold: an event is written when it arrives, and most
//! arrive at once. One in two hundred, chosen by its number, arrives five minutes to four hours later: it
//! waits in a queue by time of arrival and is written before the first punctual event that happens after
//! that. Events that still wait when the last one has happened are written at the end, in order of arrival.
//!
//! With [`Order::Shuffled`] the rows are a permutation of all events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::Order;
use crate::event::Event;
use crate::permutation::Permutation;
use crate::rng::{Purpose, Rng, salt};
use crate::spread::{Section, Spread};
use crate::window::{HOUR, MINUTE};

/// An event and its number: its place, from 0, in the order of time, whatever the order of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) number: u64,
    pub(crate) event: Event,
}

/// How far the file has been read.
#[derive(Debug)]
pub(crate) enum Arrival {
    Time { seed: u64, next: usize, late: BinaryHeap<Reverse<Late>> },
    Shuffled { next: u64, permutation: Permutation },
}

/// An event that has happened and not yet arrived.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Late {
    arrives_at: u64,
    number: usize,
}

impl Arrival {
    pub(crate) fn new(order: Order, seed: u64, events: &[Event]) -> Self {
        match order {
            Order::Time => Self::Time { seed, next: 0, late: BinaryHeap::new() },
            Order::Shuffled => {
                let permutation = Permutation::new(events.len() as u64, salt(seed, Purpose::Shuffle));
                Self::Shuffled { next: 0, permutation }
            }
        }
    }

    /// Appends the next rows of the file, at most `count`; none when the file is at its end. `events` are all
    /// events, sorted.
    pub(crate) fn read(&mut self, events: &[Event], count: usize, rows: &mut Vec<Row>) {
        match self {
            Self::Time { seed, next, late } => {
                let arrivals = std::iter::from_fn(|| next_arrival(*seed, events, next, late));
                rows.extend(arrivals.take(count));
            }
            Self::Shuffled { next, permutation } => {
                let end = (*next + count as u64).min(events.len() as u64);
                // All numbers first, so that the reads from memory that they lead to overlap: this trebles the speed.
                let numbers: Vec<u64> = (*next..end).map(|position| permutation.at(position)).collect();
                rows.extend(numbers.into_iter().map(|number| Row { number, event: events[number as usize] }));
                *next = end;
            }
        }
    }
}

fn next_arrival(
    seed: u64,
    events: &[Event],
    next: &mut usize,
    late: &mut BinaryHeap<Reverse<Late>>,
) -> Option<Row> {
    loop {
        let event = events.get(*next);
        if let Some(Reverse(first)) = late.peek()
            && event.is_none_or(|event| first.arrives_at < event.at)
        {
            let number = first.number;
            late.pop();
            return Some(Row { number: number as u64, event: events[number] });
        }
        let event = *event?;
        let number = *next;
        *next += 1;
        match delay(seed, number as u64) {
            None => return Some(Row { number: number as u64, event }),
            Some(delay) => late.push(Reverse(Late { arrives_at: event.at + delay, number })),
        }
    }
}

/// How late an event is, if it is late.
fn delay(seed: u64, number: u64) -> Option<u64> {
    const DELAY: Spread = Spread {
        sections: &[
            Section { percent: 60, from: 5 * MINUTE, until: 30 * MINUTE },
            Section { percent: 30, from: 30 * MINUTE, until: 90 * MINUTE },
            Section { percent: 10, from: 90 * MINUTE, until: 4 * HOUR },
        ],
    };
    let mut rng = Rng::stream(seed, Purpose::Lateness, number);
    rng.one_in(200).then(|| DELAY.draw(&mut rng))
}
