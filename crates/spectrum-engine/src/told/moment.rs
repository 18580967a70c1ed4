//! When events were, and which they are.

/// An event, by its part and its row there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Event(u64);

impl Event {
    /// Where there is none.
    pub(crate) const NONE: Self = Self(u64::MAX);

    pub(crate) fn part(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(crate) fn row(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}

/// The rows of a batch: their times, and which events they are.
pub(crate) struct Moments<'a> {
    /// Nothing where the pass reads no times.
    pub(crate) times: &'a [i64],
    pub(crate) rows: usize,
    pub(crate) part: usize,
    /// Rows of the part before the batch.
    pub(crate) before: usize,
}

impl Moments<'_> {
    /// Labels number parts and rows in 32 bits too.
    pub(crate) fn event(&self, row: usize) -> Event {
        Event((self.part as u64) << 32 | (self.before + row) as u64)
    }
}
