//! Uuids as text, and back.

/// How long the text of a uuid is.
pub const LENGTH: usize = 36;

/// Where the two digits of each byte stand, hyphens left out.
const DIGITS_OF_BYTE: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// The text of a uuid, as ASCII: lower case, with hyphens.
pub fn hyphenated(uuid: [u8; 16]) -> [u8; LENGTH] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; LENGTH];
    for (at, byte) in DIGITS_OF_BYTE.into_iter().zip(uuid) {
        text[at] = DIGITS[usize::from(byte >> 4)];
        text[at + 1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// The text of a uuid: lower case, with hyphens.
pub fn text(uuid: [u8; 16]) -> String {
    hyphenated(uuid).into_iter().map(char::from).collect()
}

/// The uuid that PostgreSQL reads in a text: 32 digits in either case, in braces or not, with hyphens after any four.
pub fn read(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
    let (mut bytes, mut digits) = ([0_u8; 16], 0_usize);
    for byte in inner.bytes() {
        if byte == b'-' && digits > 0 && digits.is_multiple_of(4) {
            continue;
        }
        let digit = u8::try_from(char::from(byte).to_digit(16)?).ok()?;
        let place = bytes.get_mut(digits / 2)?;
        *place = *place << 4 | digit;
        digits += 1;
    }
    (digits == 32).then_some(bytes)
}

/// The uuid whose text this is, to the letter.
pub fn of_text(text: &str) -> Option<[u8; 16]> {
    read(text).filter(|uuid| hyphenated(*uuid) == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: [u8; 16] = *b"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11";
    const TEXT: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

    #[test]
    fn uuids_as_postgresql_reads_them() {
        for text in [
            TEXT,
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ] {
            assert_eq!(read(text), Some(UUID), "{text}");
            assert_eq!(of_text(text), (text == TEXT).then_some(UUID), "{text}");
        }
        for text in
            ["", "a0eebc99", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn uuids_as_postgresql_writes_them() {
        assert_eq!(text(UUID), TEXT);
        assert_eq!(hyphenated(UUID), TEXT.as_bytes());
    }
}
