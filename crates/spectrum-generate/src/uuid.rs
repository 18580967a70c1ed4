//! Numbers as uuids (RFC 9562, version 4) in text form.

use crate::rng::mix;

pub(crate) const TEXT_LENGTH: usize = 36;

/// The uuid of a number, as text. Under one salt different numbers have different uuids: 60 of the upper 64 bits and
/// four of the lower hold a bijection of the number, and the other 58 are a hash of that.
pub(crate) fn text(number: u64, salt: u64) -> [u8; TEXT_LENGTH] {
    let scattered = mix(number.wrapping_add(salt));
    let hashed = mix(scattered ^ salt.rotate_left(32));
    // The version takes four bits in the middle of the upper half, the variant the first two of the lower half.
    let upper = scattered & !0xffff | 0x4000 | scattered >> 4 & 0x0fff;
    let lower = 0b10 << 62 | (scattered & 0xf) << 58 | hashed >> 6;

    let mut text = [b'-'; TEXT_LENGTH];
    for (digits, byte) in
        BYTE_PLACES.into_iter().zip(upper.to_be_bytes().into_iter().chain(lower.to_be_bytes()))
    {
        text[digits..digits + 2].copy_from_slice(&HEX[usize::from(byte)]);
    }
    text
}

/// Where the two digits of each byte stand, hyphens left out.
const BYTE_PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut hex = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        hex[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    hex
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_form_is_that_of_version_4() {
        for number in 0..1_000 {
            let text = text(number, 99);
            for (place, digit) in text.into_iter().enumerate() {
                match place {
                    8 | 13 | 18 | 23 => assert_eq!(digit, b'-'),
                    14 => assert_eq!(digit, b'4'),
                    19 => assert!(b"89ab".contains(&digit)),
                    _ => assert!(b"0123456789abcdef".contains(&digit)),
                }
            }
        }
    }

    /// The scattered number can be read back from the digits, so no two numbers share a uuid.
    #[test]
    fn the_number_survives() {
        for number in (0..1_000).chain(u64::MAX - 1_000..=u64::MAX) {
            let digits: String =
                text(number, 7).into_iter().map(char::from).filter(|&digit| digit != '-').collect();
            let upper = u64::from_str_radix(&digits[..16], 16).unwrap();
            let lower = u64::from_str_radix(&digits[16..], 16).unwrap();
            let scattered = upper & !0xffff | (upper & 0xfff) << 4 | lower >> 58 & 0xf;
            assert_eq!(scattered, mix(number.wrapping_add(7)));
        }
    }

    #[test]
    fn salts_make_other_uuids() {
        let uuids: HashSet<_> =
            (0..1_000).flat_map(|number| [text(number, 1 << 40), text(number, 1 << 50)]).collect();
        assert_eq!(uuids.len(), 2_000);
    }
}
