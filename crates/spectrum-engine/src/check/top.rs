//! The few examples that a finding shows: the worst, or the first, whatever the threads did.

use std::cmp::Ordering;

use spectrum_check::{Example, Finding};
use spectrum_core::internals::KeyNumbers;

/// The examples of highest rank; of one rank the earliest, and of those the ones whose keys come first as texts.
#[derive(Default)]
pub(super) struct Top(Vec<Candidate>);

struct Candidate {
    rank: u64,
    time: i64,
    key: u32,
    example: Example,
}

impl Top {
    /// Takes in an example unless there are enough better ones.
    pub(super) fn offer(
        &mut self,
        (rank, time, key): (u64, i64, u32),
        keys: &KeyNumbers,
        example: impl FnOnce() -> Example,
    ) {
        let is_before = |other: &Candidate| {
            let order = other.rank.cmp(&rank).then(time.cmp(&other.time));
            order
                .then_with(|| {
                    if other.key == key {
                        Ordering::Equal
                    } else {
                        keys.texts(key).cmp(&keys.texts(other.key))
                    }
                })
                .is_lt()
        };
        let at = self.0.iter().position(is_before).unwrap_or(self.0.len());
        if at < Finding::EXAMPLES {
            self.0.insert(at, Candidate { rank, time, key, example: example() });
            self.0.truncate(Finding::EXAMPLES);
        }
    }

    pub(super) fn merge(&mut self, other: Self, keys: &KeyNumbers) {
        for Candidate { rank, time, key, example } in other.0 {
            self.offer((rank, time, key), keys, || example);
        }
    }

    /// The examples with the values of their keys.
    pub(super) fn examples(self, keys: &KeyNumbers) -> Vec<Example> {
        let named =
            |candidate: Candidate| Example { key: Some(keys.texts(candidate.key)), ..candidate.example };
        self.0.into_iter().map(named).collect()
    }
}
