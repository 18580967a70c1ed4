//! Pairs of codes as numbers, which is how codes of several columns become one.

use crate::distinct_values::NumberValues;

/// Distinct pairs of codes.
#[derive(Debug, Default)]
pub(crate) struct PairCodes {
    pairs: NumberValues,
    latest: LatestPairs,
}

/// The pair that each code of one side was in last. Mostly it is in the same again, as a user has one account, and then
/// nothing has to be hashed.
#[derive(Debug, Default)]
struct LatestPairs {
    side: Side,
    of_code: Vec<Latest>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    /// The code of the other side.
    other: u32,
    /// One more than the pair's number; 0 where there is no pair.
    pair: u32,
}

/// The side of a pair that has more codes: a user has one tenant, and a tenant many users.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Side {
    #[default]
    Left,
    Right,
}

impl PairCodes {
    /// Replaces each of `lefts` by the number of its pair with the code of `rights` at the same place. Pairs are numbered
    /// from zero in the order in which they are first seen; `side` makes it quicker and nothing else.
    pub(crate) fn pair_up(&mut self, lefts: &mut [u32], rights: impl Iterator<Item = u32>, side: Side) {
        if self.latest.side != side {
            self.latest = LatestPairs { side, of_code: Vec::new() };
        }
        for (left, right) in lefts.iter_mut().zip(rights) {
            let (code, other) = match side {
                Side::Left => (*left, right),
                Side::Right => (right, *left),
            };
            let latest = self.latest.of_code.get(code as usize).copied().unwrap_or_default();
            *left = if latest.other == other && latest.pair > 0 {
                latest.pair - 1
            } else {
                let pair = self.pairs.code(u64::from(*left) << 32 | u64::from(right));
                self.latest.note(code, Latest { other, pair });
                pair - 1
            };
        }
    }

    pub(crate) fn pair(&self, code: u32) -> (u32, u32) {
        let [a, b, c, d, e, f, g, h] = self.pairs.get(code).to_be_bytes();
        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }
}

impl LatestPairs {
    fn note(&mut self, code: u32, latest: Latest) {
        let at = code as usize;
        if at >= self.of_code.len() {
            self.of_code.resize(at + 1, Latest::default());
        }
        self.of_code[at] = latest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs that come again after others of the same code, from either side, keep their numbers.
    #[test]
    fn pairs_are_numbered_as_they_are_first_seen_whichever_side_has_more() {
        let mut pairs = PairCodes::default();
        let mut numbers = |lefts: &[u32], rights: &[u32], side| {
            let mut numbers = lefts.to_vec();
            pairs.pair_up(&mut numbers, rights.iter().copied(), side);
            numbers
        };
        assert_eq!(numbers(&[0, 0, 7, 0, 7], &[0, 3, 3, 0, 0], Side::Left), [0, 1, 2, 0, 3]);
        assert_eq!(numbers(&[7, 0, 0, 3], &[0, 3, 0, 7], Side::Right), [3, 1, 0, 4]);
        assert_eq!(numbers(&[3, 7, 0], &[7, 3, 9], Side::Left), [4, 2, 5]);
        assert_eq!(
            (0..6).map(|n| pairs.pair(n)).collect::<Vec<_>>(),
            [(0, 0), (0, 3), (7, 3), (7, 0), (3, 7), (0, 9)]
        );
        assert_eq!(pairs.len(), 6);
    }
}
