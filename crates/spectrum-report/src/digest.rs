//! SHA-256: of key values that are not to be shown, and of what a page's policy lets run.

use sha2::{Digest, Sha256};

/// What stands for a value that is not to be shown: the first 16 hexadecimal digits of the SHA-256 of its text. Equal values
/// have equal ones, and who guesses a value can check the guess.
///
/// ```
/// // printf %s ann | sha256sum | cut -c1-16
/// assert_eq!(spectrum_report::redacted("ann"), "49915e0d7d4b402e");
/// ```
pub fn redacted(value: &str) -> String {
    Sha256::digest(value.as_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A source of a Content-Security-Policy: what is allowed by its digest.
pub(crate) fn source(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let of = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_browsers_compare_them() {
        // From RFC 4648, and: printf %s 'a' | openssl dgst -sha256 -binary | base64
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (text, expected) in pairs {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(source("a"), "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='");
    }
}
