//! MD5s of short messages, several at a time.
//!
//! Every step of an MD5 waits for the one before, so that a single one leaves most of a processor idle. Here the
//! messages stand side by side, a lane each, and all go through the same steps; the compiler turns the lanes into
//! vector instructions. It takes about a quarter of the time of one after another.

/// How many messages stand side by side. With fewer than 16 the compiler unrolls the loops over the lanes and finds
/// no vectors in what is left; 32 were quickest.
const LANES: usize = 32;

/// The same word of every message.
type Word = [u32; LANES];

/// The bytes of a block.
const BLOCK: usize = 64;

/// The most blocks of a message.
const MOST_BLOCKS: usize = 3;

/// The longest message: its end mark and its length stand in the last block too.
pub(crate) const LONGEST: usize = MOST_BLOCKS * BLOCK - 9;

/// Messages that wait for company, by their number of blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes([Waiting; MOST_BLOCKS]);

/// Messages of equally many blocks.
#[derive(Clone, Debug)]
struct Waiting {
    blocks: [[Word; 16]; MOST_BLOCKS],
    messages: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { blocks: [[[0; LANES]; 16]; MOST_BLOCKS], messages: 0 }
    }
}

impl Lanes {
    /// Takes in the first `length` bytes of `message`, which are at most [`LONGEST`] and followed by zeros. Shows
    /// `visit` the MD5s of those that need not wait any more.
    #[inline]
    pub(crate) fn push(
        &mut self,
        message: &mut [u8; MOST_BLOCKS * BLOCK],
        length: usize,
        visit: impl FnMut(u128),
    ) {
        let blocks = (length + 9).div_ceil(BLOCK);
        message[length] = 0x80;
        message[blocks * BLOCK - 8..blocks * BLOCK].copy_from_slice(&(length as u64 * 8).to_le_bytes());
        let waiting = &mut self.0[blocks - 1];
        let words =
            message.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let places = waiting.blocks[..blocks].iter_mut().flatten();
        places.zip(words).for_each(|(place, word)| place[waiting.messages] = word);
        waiting.messages += 1;
        if waiting.messages == LANES {
            waiting.finish(blocks, visit);
        }
    }

    /// Shows `visit` the MD5s of all that still wait.
    pub(crate) fn finish(&mut self, mut visit: impl FnMut(u128)) {
        for (blocks, waiting) in (1..).zip(&mut self.0) {
            waiting.finish(blocks, &mut visit);
        }
    }
}

impl Waiting {
    fn finish(&mut self, blocks: usize, mut visit: impl FnMut(u128)) {
        let mut state = START.map(|word| [word; LANES]);
        self.blocks[..blocks].iter().for_each(|block| compress(&mut state, block));
        for lane in 0..std::mem::take(&mut self.messages) {
            // The digest is the words' bytes one after another, each word with its lowest byte first.
            let words = state.iter().map(|word| u128::from(word[lane].swap_bytes()));
            visit(words.fold(0, |bits, word| bits << 32 | word));
        }
    }
}

/// The state before the first block (RFC 1321, section 3.3).
const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// 2^32 times the sine of 1 to 64, without sign and fraction (section 3.4).
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// Takes one block of every message into the state (section 3.4).
fn compress(state: &mut [Word; 4], block: &[Word; 16]) {
    let before = *state;
    round::<0, 7, 12, 17, 22>(state, block, |step| step, |b, c, d| d ^ (b & (c ^ d)));
    round::<1, 5, 9, 14, 20>(state, block, |step| 5 * step + 1, |b, c, d| c ^ (d & (b ^ c)));
    round::<2, 4, 11, 16, 23>(state, block, |step| 3 * step + 5, |b, c, d| b ^ c ^ d);
    round::<3, 6, 10, 15, 21>(state, block, |step| 7 * step, |b, c, d| c ^ (b | !d));
    for (now, before) in state.iter_mut().flatten().zip(before.iter().flatten()) {
        *now = now.wrapping_add(*before);
    }
}

/// Sixteen steps, each with the block's word at `place` of its number. They turn by a constant number of bits, for
/// which there are vector instructions everywhere.
#[inline(always)]
fn round<const ROUND: usize, const R: u32, const S: u32, const T: u32, const U: u32>(
    state: &mut [Word; 4],
    block: &[Word; 16],
    place: impl Fn(usize) -> usize,
    mix: impl Fn(u32, u32, u32) -> u32,
) {
    let [a, b, c, d] = state;
    for step in (0..16).step_by(4) {
        let word = |at: usize| (&block[place(step + at) % 16], SINES[ROUND * 16 + step + at]);
        turn::<R>(a, b, c, d, word(0), &mix);
        turn::<S>(d, a, b, c, word(1), &mix);
        turn::<T>(c, d, a, b, word(2), &mix);
        turn::<U>(b, c, d, a, word(3), &mix);
    }
}

/// One step.
#[inline(always)]
fn turn<const BITS: u32>(
    a: &mut Word,
    b: &Word,
    c: &Word,
    d: &Word,
    (word, sine): (&Word, u32),
    mix: impl Fn(u32, u32, u32) -> u32,
) {
    for lane in 0..LANES {
        let sum =
            a[lane].wrapping_add(mix(b[lane], c[lane], d[lane])).wrapping_add(word[lane]).wrapping_add(sine);
        a[lane] = b[lane].wrapping_add(sum.rotate_left(BITS));
    }
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5};

    use super::*;

    /// Messages of all lengths, in an order in which full and waiting lanes of all numbers of blocks mix.
    #[test]
    fn every_message_has_its_md5() {
        let lengths = (0..5_000).map(|n| n * 7919 % (LONGEST + 1));
        let (mut lanes, mut found, mut expected) = (Lanes::default(), Vec::new(), Vec::new());
        for (number, length) in lengths.enumerate() {
            let mut message = [0; MOST_BLOCKS * BLOCK];
            message[..length].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 31 + number) as u8);
            expected.push(u128::from_be_bytes(Md5::digest(&message[..length]).into()));
            lanes.push(&mut message, length, |bits| found.push(bits));
        }
        assert!(found.len() < expected.len(), "some still wait");
        lanes.finish(|bits| found.push(bits));
        lanes.finish(|_| panic!("none is left"));
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
