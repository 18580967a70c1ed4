//! Sessions on shelves: neighbours stand on one shelf, and who takes events looks at one shelf at a time, so that threads
//! seldom wait for each other and there is one state of a session however many there are.

use std::sync::{Mutex, PoisonError};

/// Shelves at most, beside those of a remainder. There are more than threads, which take them in turns.
const SHELVES: usize = 64;

/// A row of a batch, and the place of its session on its shelf.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    pub(super) row: u32,
    pub(super) at: u32,
}

/// Shelves, each with the states of its sessions.
#[derive(Debug)]
pub(super) struct Shelves<S> {
    /// Sessions of a shelf are those whose numbers have all but so many bits in common.
    bits: u32,
    sessions: usize,
    shelves: Vec<Mutex<S>>,
}

impl<S> Shelves<S> {
    /// Shelves for so many sessions, at least one; `fill` makes one for its number of them.
    pub(super) fn new(sessions: usize, fill: impl Fn(usize) -> S) -> Self {
        let bits = sessions.div_ceil(SHELVES).max(1).next_power_of_two().trailing_zeros();
        let shelves = sessions.div_ceil(1 << bits).max(1);
        let shelves = (0..shelves).map(|shelf| Mutex::new(fill(on_shelf(shelf, bits, sessions)))).collect();
        Self { bits, sessions, shelves }
    }

    /// Makes all of them anew.
    pub(super) fn refill(&self, fill: impl Fn(usize) -> S) {
        for (shelf, states) in self.shelves.iter().enumerate() {
            *states.lock().unwrap_or_else(PoisonError::into_inner) =
                fill(on_shelf(shelf, self.bits, self.sessions));
        }
    }

    /// Shows `visit` the rows of one shelf after the other, beginning anywhere. Rows without a session have `u32::MAX`.
    pub(super) fn each<E>(
        &self,
        sessions: &[u32],
        sorted: &mut Sorted,
        mut visit: impl FnMut(&mut S, &[Row]) -> Result<(), E>,
    ) -> Result<(), E> {
        sorted.sort(sessions, self.bits, self.shelves.len());
        let count = self.shelves.len();
        for shelf in (0..count).map(|shelf| (shelf + sorted.first * SHELVES / 4) % count) {
            let rows = &sorted.rows[sorted.ends[shelf] as usize..sorted.ends[shelf + 1] as usize];
            if !rows.is_empty() {
                let mut states = self.shelves[shelf].lock().unwrap_or_else(PoisonError::into_inner);
                visit(&mut states, rows)?;
            }
        }
        Ok(())
    }

    /// All of them, in the order of their sessions.
    pub(super) fn into_inner(self) -> impl Iterator<Item = S> {
        self.shelves.into_iter().map(|shelf| shelf.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

fn on_shelf(shelf: usize, bits: u32, sessions: usize) -> usize {
    (sessions - (shelf << bits)).min(1 << bits)
}

/// The rows of a batch by their shelves; one thread's, which is used again and again.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    rows: Vec<Row>,
    /// Where the rows of each shelf begin; those of the next begin where they end.
    ends: Vec<u32>,
    /// Where to begin, another place for each thread.
    first: usize,
}

impl Sorted {
    /// For a thread that begins at another shelf than the others.
    pub(super) fn beginning_at(first: usize) -> Self {
        Self { first, ..Self::default() }
    }

    fn sort(&mut self, sessions: &[u32], bits: u32, shelves: usize) {
        self.ends.clear();
        self.ends.resize(shelves + 2, 0);
        let with_session = || sessions.iter().enumerate().filter(|(_, session)| **session != u32::MAX);
        for (_, session) in with_session() {
            self.ends[(session >> bits) as usize + 2] += 1;
        }
        for shelf in 2..self.ends.len() {
            self.ends[shelf] += self.ends[shelf - 1];
        }
        self.rows.clear();
        self.rows.resize(self.ends[shelves + 1] as usize, Row::default());
        let mask = (1_u32 << bits) - 1;
        for (row, session) in with_session() {
            // Where the shelf's next row goes; in the end, where its rows end.
            let next = &mut self.ends[(session >> bits) as usize + 1];
            self.rows[*next as usize] = Row { row: row as u32, at: session & mask };
            *next += 1;
        }
    }
}
