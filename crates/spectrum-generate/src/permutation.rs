//! A full permutation of `0..len` without a table.
//!
//! A Feistel network permutes the smallest power of two that holds `len`; a number that lands outside is sent
//! through again until it is inside ("cycle walking": John Black and Phillip Rogaway, "Ciphers with arbitrary
//! finite domains", CT-RSA 2002, <https://doi.org/10.1007/3-540-45760-7_9>). That takes fewer than two rounds on
//! average, no memory, and any position can be asked for first.

use crate::rng::mix;

#[derive(Debug, Clone)]
pub(crate) struct Permutation {
    len: u64,
    right_bits: u32,
    left_mask: u64,
    right_mask: u64,
    salt: u64,
}

impl Permutation {
    pub(crate) fn new(len: u64, salt: u64) -> Self {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        let right_bits = bits.div_ceil(2);
        let left_bits = bits - right_bits;
        Self { len, right_bits, left_mask: (1 << left_bits) - 1, right_mask: (1 << right_bits) - 1, salt }
    }

    /// Where `position` goes; both are smaller than `len`.
    pub(crate) fn at(&self, position: u64) -> u64 {
        debug_assert!(position < self.len);
        let mut image = self.scramble(position);
        while image >= self.len {
            image = self.scramble(image);
        }
        image
    }

    /// Each step changes one half by a function of the other, and so can be undone: whatever the function, this
    /// is a permutation of all numbers of `left` and `right` bits together. Four steps are enough to look random
    /// (Michael Luby and Charles Rackoff, 1988, <https://doi.org/10.1137/0217022>).
    fn scramble(&self, number: u64) -> u64 {
        let mut left = number >> self.right_bits;
        let mut right = number & self.right_mask;
        for round in 0..2 {
            left ^= mix(right ^ self.salt.wrapping_add(2 * round)) & self.left_mask;
            right ^= mix(left ^ self.salt.wrapping_add(2 * round + 1)) & self.right_mask;
        }
        left << self.right_bits | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_taken_once() {
        for len in (1..70).chain([255, 256, 257, 1_000, 4_097]) {
            let permutation = Permutation::new(len, 42);
            let mut images: Vec<u64> = (0..len).map(|position| permutation.at(position)).collect();
            images.sort_unstable();
            assert!(images.into_iter().eq(0..len), "length {len}");
        }
    }

    #[test]
    fn few_positions_stay_where_they_are() {
        let permutation = Permutation::new(10_000, 42);
        let fixed = (0..10_000).filter(|&position| permutation.at(position) == position).count();
        assert!(fixed < 10, "{fixed} of 10000 stayed");
    }
}
