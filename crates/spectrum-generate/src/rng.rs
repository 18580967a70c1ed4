//! The only source of chance: SplitMix64.
//!
//! Guy L. Steele Jr., Doug Lea and Christine H. Flood, "Fast splittable pseudorandom number generators",
//! OOPSLA 2014, <https://doi.org/10.1145/2660193.2660195>; constants as in Sebastiano Vigna's public-domain
//! reference, <https://prng.di.unimi.it/splitmix64.c>. It is written out here because a library's generator may
//! change with its next version, and the events of a seed must not.

/// The odd step between two states: 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: u64,
}

/// What a stream or a salt is for, so that two purposes never see the same numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// When a user acts, and what they do.
    Behaviour = 1,
    /// Which user number goes to whom.
    UserNumbers = 2,
    /// In how many accounts a user works.
    Memberships = 3,
    /// In which accounts a user works.
    Accounts = 4,
    /// Which events arrive late, and how late.
    Lateness = 5,
    /// The shuffled order.
    Shuffle = 6,
    /// The uuids of events.
    EventIds = 7,
    /// The uuids of users.
    UserIds = 8,
    /// The uuids of accounts.
    AccountIds = 9,
}

impl Rng {
    /// The stream of `seed` for one purpose and one thing (a user, an event).
    pub(crate) fn stream(seed: u64, purpose: Purpose, of: u64) -> Self {
        Self { state: mix(salt(seed, purpose).wrapping_add(of)) }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// A number smaller than `bound`, or zero where that is zero. The high half of a product takes the place of a
    /// remainder (Daniel Lemire, <https://arxiv.org/abs/1805.10941>); without his rejection step some numbers are
    /// likelier than others by less than `bound` in 2^64, which nobody can see here.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        scale(self.next(), bound)
    }

    /// Whether something happens that happens once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Brings a number spread over all 64 bits into `0..bound`.
pub(crate) fn scale(random: u64, bound: u64) -> u64 {
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}

/// A number that stands for one purpose under one seed.
pub(crate) fn salt(seed: u64, purpose: Purpose) -> u64 {
    mix(mix(seed.wrapping_add(GAMMA)).wrapping_add((purpose as u64).wrapping_mul(GAMMA)))
}

/// Scatters a number over all 64 bits. A bijection: different numbers stay different.
pub(crate) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs for the seed 1234567, from Vigna's reference program.
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut rng = Rng { state: 1_234_567 };
        let numbers = [rng.next(), rng.next(), rng.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn bounded_numbers_reach_every_value_and_no_further() {
        let mut rng = Rng::stream(1, Purpose::Behaviour, 1);
        let mut seen = [0_u32; 7];
        for _ in 0..7_000 {
            seen[rng.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1_150).contains(count)), "{seen:?}");
    }
}
