//! Finds the codes of values by their hashes, without waiting for memory at each of them.
//!
//! A table of many values lies in no cache, and a look-up that has to end before the next begins waits for memory most of
//! the time. So a look-up has two steps: [`CodeIndex::guess`] is a single look at memory that nothing depends on, done
//! for many values in a row; whoever asks compares what was guessed, and searches only where it was something else.

/// Codes, which count from 1, by the hashes of what they stand for. The values are elsewhere.
#[derive(Debug, Default)]
pub(crate) struct CodeIndex {
    /// Two to some power of them, of which no more than half are taken.
    slots: Vec<Slot>,
    taken: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    /// 0 where nothing is.
    code: u32,
}

/// Look-ups that are done in a row. What they need in between stays in the nearest cache.
pub(crate) const IN_A_ROW: usize = 256;

impl CodeIndex {
    /// What stands where the search for a hash begins: mostly the code of the value, sometimes that of another, and 0 where
    /// there is none.
    #[inline]
    pub(crate) fn guess(&self, hash: u32) -> u32 {
        self.slots.get(hash as usize & self.slots.len().wrapping_sub(1)).map_or(0, |slot| slot.code)
    }

    /// The code with this hash of which `is_it` is true.
    pub(crate) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = hash as usize;
        loop {
            let slot = self.slots.get(at & self.slots.len().wrapping_sub(1))?;
            if slot.code == 0 {
                return None;
            }
            if slot.hash == hash && is_it(slot.code) {
                return Some(slot.code);
            }
            at += 1;
        }
    }

    /// Adds a code that is not there.
    pub(crate) fn insert(&mut self, hash: u32, code: u32) {
        if self.taken * 2 >= self.slots.len() {
            let more = vec![Slot::default(); (self.slots.len() * 2).max(16)];
            for slot in std::mem::replace(&mut self.slots, more) {
                if slot.code > 0 {
                    self.put(slot);
                }
            }
        }
        self.put(Slot { hash, code });
        self.taken += 1;
    }

    fn put(&mut self, new: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = new.hash as usize & mask;
        while self.slots[at].code > 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of which many are equal and many begin their search in the last slots, so that it goes on in the first.
    #[test]
    fn every_code_is_found_and_no_other() {
        let hash_of = |code: u32| u32::MAX - code % 40;
        let mut index = CodeIndex::default();
        assert_eq!((index.guess(7), index.find(7, |_| true)), (0, None));
        for code in 1..500 {
            assert_eq!(index.find(hash_of(code), |found| found == code), None);
            index.insert(hash_of(code), code);
        }
        for code in 1..500 {
            assert_eq!(index.find(hash_of(code), |found| found == code), Some(code));
        }
        assert_eq!(index.find(hash_of(3), |_| false), None);
        assert_eq!(index.find(5, |_| true), None);
    }

    #[test]
    fn a_guess_is_right_where_hashes_differ() {
        let mut index = CodeIndex::default();
        (1..9).for_each(|code| index.insert(code * 3, code));
        assert_eq!((1..9).map(|code| index.guess(code * 3)).collect::<Vec<_>>(), (1..9).collect::<Vec<_>>());
        assert_eq!(index.guess(1), 0);
    }
}
