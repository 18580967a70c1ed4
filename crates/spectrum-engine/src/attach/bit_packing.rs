//! Parquet's hybrid of run lengths and bit packing, for dictionary indexes and definition levels.
//!
//! Source: the encodings page of the Parquet format specification, "Run Length Encoding / Bit-Packing Hybrid".

/// Values packed at a time.
const GROUP: usize = 8;

/// A run of this many equal values or more is written as its length.
const SHORTEST_RUN: usize = 16;

/// Groups in a bit-packed run; other writers stay within this, so that its header fits one byte.
const MOST_GROUPS: usize = 63;

/// How many bits the numbers up to `greatest` need.
pub(super) fn bits_for(greatest: u32) -> u32 {
    u32::BITS - greatest.leading_zeros()
}

/// Appends the values, each of at most `bits` bits.
pub(super) fn write_hybrid(values: &[u32], bits: u32, out: &mut Vec<u8>) {
    let mut at = 0;
    let mut packed_from = 0;
    while at < values.len() {
        let run = values[at..].iter().take_while(|value| **value == values[at]).count();
        // A packed run holds whole groups but at the end, so a run of equal values gives it what it lacks.
        let lacking = (at - packed_from).next_multiple_of(GROUP) - (at - packed_from);
        if run < SHORTEST_RUN + lacking {
            at += run;
            continue;
        }
        write_packed(&values[packed_from..at + lacking], bits, out);
        write_run(values[at], run - lacking, bits, out);
        at += run;
        packed_from = at;
    }
    write_packed(&values[packed_from..], bits, out);
}

/// Appends `length` times the same value.
pub(super) fn write_run(value: u32, length: usize, bits: u32, out: &mut Vec<u8>) {
    write_varint((length as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..bits.div_ceil(8) as usize]);
}

fn write_packed(values: &[u32], bits: u32, out: &mut Vec<u8>) {
    for run in values.chunks(MOST_GROUPS * GROUP) {
        let groups = run.len().div_ceil(GROUP);
        write_varint((groups as u64) << 1 | 1, out);
        let end = out.len() + groups * bits as usize;
        let (mut pending, mut filled) = (0_u64, 0);
        for value in run {
            pending |= u64::from(*value) << filled;
            filled += bits;
            if filled >= u32::BITS {
                out.extend_from_slice(&(pending as u32).to_le_bytes());
                pending >>= u32::BITS;
                filled -= u32::BITS;
            }
        }
        out.extend_from_slice(&pending.to_le_bytes()[..filled.div_ceil(8) as usize]);
        out.resize(end, 0); // the last group is filled up with zeros
    }
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a hybrid back, by the letter of the specification.
    fn read_hybrid(mut bytes: &[u8], bits: u32, count: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while values.len() < count {
            let mut header = 0_u64;
            let mut shift = 0;
            loop {
                header |= u64::from(bytes[0] & 0x7f) << shift;
                shift += 7;
                let more = bytes[0] & 0x80 != 0;
                bytes = &bytes[1..];
                if !more {
                    break;
                }
            }
            if header & 1 == 0 {
                let width = bits.div_ceil(8) as usize;
                let mut value = [0; 4];
                value[..width].copy_from_slice(&bytes[..width]);
                values.extend(std::iter::repeat_n(u32::from_le_bytes(value), (header >> 1) as usize));
                bytes = &bytes[width..];
            } else {
                for at in 0..(header >> 1) as usize * 8 {
                    let bit = |n: usize| u32::from(bytes[n / 8] >> (n % 8) & 1);
                    values.push((0..bits as usize).map(|b| bit(at * bits as usize + b) << b).sum());
                }
                bytes = &bytes[(header >> 1) as usize * bits as usize..];
            }
        }
        assert!(bytes.is_empty());
        assert!(values[count..].iter().all(|padding| *padding == 0));
        values.truncate(count);
        values
    }

    #[test]
    fn what_is_written_is_read_back() {
        for bits in [0, 1, 3, 8, 17, 20, 31, 32] {
            for count in [0, 1, 7, 8, 9, 504, 505, 3000] {
                for run in [1, 5, 15, 17, 30, 1000] {
                    let greatest = if bits == 0 { 0 } else { u32::MAX >> (32 - bits) };
                    let number = |at: usize| (at / run) as u32 & greatest;
                    let values: Vec<u32> = (0..count).map(number).collect();
                    let mut bytes = Vec::new();
                    write_hybrid(&values, bits, &mut bytes);
                    assert_eq!(
                        read_hybrid(&bytes, bits, count),
                        values,
                        "{bits} bits, {count} values, runs of {run}"
                    );
                }
            }
        }
    }

    #[test]
    fn equal_values_take_next_to_nothing() {
        let mut bytes = Vec::new();
        write_hybrid(&[5; 1_000_000], 20, &mut bytes);
        assert!(bytes.len() < 10, "{}", bytes.len());
    }
}
