//! Prints of events: 32 bits of what makes two events of one id copies of each other, the same on every thread.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use spectrum_core::internals::KeyNumbers;

/// Prints are only compared with one another, so a fixed seed is as good as any.
const HASHER: FixedState = FixedState::with_seed(0x0fac_51e5);

/// The hashes of keys and types by their numbers, which differ from thread to thread.
#[derive(Default)]
pub(super) struct Prints {
    keys: Vec<u32>,
    types: Vec<u32>,
}

impl Prints {
    /// Takes in keys and types that are new.
    pub(super) fn learn(&mut self, keys: &KeyNumbers, types: &KeyNumbers) {
        for (known, numbers) in [(&mut self.keys, keys), (&mut self.types, types)] {
            let new = known.len()..numbers.len();
            known.extend(new.map(|number| HASHER.hash_one(numbers.texts(number as u32)) as u32));
        }
    }

    /// The print of an event, which is never [`NO_PRINT`](super::ids::NO_PRINT).
    pub(super) fn of(&self, instant: i64, key: u32, event_type: u32) -> u32 {
        let hash = |known: &[u32], number: u32| known.get(number as usize).copied().unwrap_or_default();
        let print = HASHER.hash_one((instant, hash(&self.keys, key), hash(&self.types, event_type)));
        (print as u32).max(1)
    }
}
