//! Durations of very different lengths, from a small table instead of a logarithm.

use crate::rng::{Rng, scale};

/// How durations are spread: sections, one of which is chosen by weight and then evenly drawn from.
#[derive(Debug)]
pub(crate) struct Spread {
    pub(crate) sections: &'static [Section],
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) percent: u64,
    pub(crate) from: u64,
    pub(crate) until: u64,
}

impl Spread {
    /// A duration in microseconds. The percentages of the sections add up to 100.
    pub(crate) fn draw(&self, rng: &mut Rng) -> u64 {
        let mut ticket = rng.below(100);
        for section in self.sections {
            if ticket < section.percent {
                return section.from + scale(rng.next(), section.until - section.from);
            }
            ticket -= section.percent;
        }
        0
    }
}
