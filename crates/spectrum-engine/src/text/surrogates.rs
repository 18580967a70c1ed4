//! Characters beyond 16 bits that JSON escapes as pairs of surrogates.
//!
//! arrow-json joins a pair wrongly in every second plane: it makes U+10BB7 of `\\ud842\\udfb7`, which is U+20BB7. So it gets
//! these characters as themselves.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// The same JSON with every escaped pair as the character that it stands for.
pub(crate) fn with_plain_pairs(json: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(json, b"\\u").is_none() {
        return Cow::Borrowed(json);
    }
    let (mut plain, mut copied, mut at) = (Vec::new(), 0, 0);
    while let Some(backslash) = memchr(b'\\', &json[at..]).map(|found| at + found) {
        let escape = &json[backslash..];
        at = match pair(escape) {
            Some(character) => {
                plain.extend_from_slice(&json[copied..backslash]);
                plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                copied = backslash + 2 * UNIT;
                copied
            }
            // What follows a backslash belongs to it, be it another backslash.
            None => (backslash + 2).min(json.len()),
        };
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    plain.extend_from_slice(&json[copied..]);
    Cow::Owned(plain)
}

/// The length of `\\ud842`.
const UNIT: usize = 6;

fn pair(escape: &[u8]) -> Option<char> {
    let units = [unit(escape)?, unit(escape.get(UNIT..)?)?];
    char::decode_utf16(units).next()?.ok().filter(|character| character.len_utf16() == 2)
}

fn unit(escape: &[u8]) -> Option<u16> {
    let digits = escape.get(..UNIT)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_characters_and_nothing_else_does() {
        let of = |json: &str| String::from_utf8(with_plain_pairs(json.as_bytes()).into_owned()).unwrap();
        assert_eq!(of(r#"{"a":"\ud842\uDFB7x\uD83D\ude00"}"#), "{\"a\":\"\u{20bb7}x\u{1f600}\"}");
        assert_eq!(of(r"\udbff\udfff"), "\u{10ffff}");
        for same in [
            r"\\ud842\\udfb7",
            r"\\\ud842",
            r"\u00e9\n",
            r"\ud842",
            r"\ud842\u0041",
            r"\udfb7\ud842",
            r"\ud84",
            "\\",
            "",
        ] {
            assert_eq!(of(same), same);
        }
        assert_eq!(of(r"\\\ud842\udfb7"), "\\\\\u{20bb7}");
    }
}
