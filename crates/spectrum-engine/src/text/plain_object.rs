//! An object of one line taken apart in one go. What is plain JSON is read here, in a third of the time that a parser for
//! all of JSON's uses takes; everything else, and everything that is wrong, is left to that.

/// Writes the text of each member's value into the place that `place_of` says for its name, the last one of a name that
/// stands there twice. `None` where it takes a parser to say: names with escapes, deep nesting, and what is not JSON.
#[inline]
pub(super) fn read<'a>(
    line: &'a str,
    place_of: impl Fn(&str) -> Option<usize>,
    values: &mut [Option<&'a str>],
) -> Option<()> {
    let bytes = line.as_bytes();
    let mut at = after_blanks(bytes, 0);
    at = after_blanks(bytes, after(bytes, at, b'{')?);
    if bytes.get(at) == Some(&b'}') {
        return ends(bytes, at + 1);
    }
    loop {
        let name = after(bytes, at, b'"')?;
        at = name + length_without_special(&bytes[name..]);
        let name = line.get(name..at)?;
        at = after_blanks(bytes, after(bytes, at, b'"')?);
        let start = after_blanks(bytes, after(bytes, at, b':')?);
        at = after_value(bytes, start)?;
        if let Some(place) = place_of(name) {
            *values.get_mut(place)? = Some(line.get(start..at)?);
        }
        at = after_blanks(bytes, at);
        match bytes.get(at)? {
            b',' => at = after_blanks(bytes, at + 1),
            b'}' => return ends(bytes, at + 1),
            _ => return None,
        }
    }
}

fn ends(bytes: &[u8], at: usize) -> Option<()> {
    (after_blanks(bytes, at) == bytes.len()).then_some(())
}

/// One past this byte, which stands here.
#[inline]
fn after(bytes: &[u8], at: usize, expected: u8) -> Option<usize> {
    (*bytes.get(at)? == expected).then_some(at + 1)
}

#[inline]
fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

#[inline]
fn after_value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => after_string(bytes, at + 1),
        b'{' | b'[' => after_nested(bytes, at),
        _ => after_scalar(bytes, at),
    }
}

/// One past the end of an object or array.
fn after_nested(bytes: &[u8], begin: usize) -> Option<usize> {
    // Of each level whether it is an object, the innermost in the last bit; the first bit of all marks where they begin.
    let (mut levels, mut at) = (1_u64, begin);
    loop {
        // A value begins here, or what is empty ends.
        match bytes.get(at)? {
            open @ (b'{' | b'[') => {
                if levels >> 63 == 1 {
                    return None;
                }
                let is_object = *open == b'{';
                levels = levels << 1 | u64::from(is_object);
                at = after_blanks(bytes, at + 1);
                let is_empty = *bytes.get(at)? == if is_object { b'}' } else { b']' };
                if !is_empty {
                    if is_object {
                        at = after_name(bytes, at)?;
                    }
                    continue;
                }
            }
            b'"' => at = after_blanks(bytes, after_string(bytes, at + 1)?),
            _ => at = after_blanks(bytes, after_scalar(bytes, at)?),
        }
        // A value has ended, or an empty one is about to.
        loop {
            let is_object = levels & 1 == 1;
            match bytes.get(at)? {
                b',' => {
                    at = after_blanks(bytes, at + 1);
                    if is_object {
                        at = after_name(bytes, at)?;
                    }
                    break;
                }
                b'}' if is_object => {}
                b']' if !is_object => {}
                _ => return None,
            }
            at += 1;
            levels >>= 1;
            if levels == 1 {
                return Some(at);
            }
            at = after_blanks(bytes, at);
        }
    }
}

/// Where the value begins whose name stands here.
fn after_name(bytes: &[u8], at: usize) -> Option<usize> {
    let at = after_blanks(bytes, after_string(bytes, after(bytes, at, b'"')?)?);
    Some(after_blanks(bytes, after(bytes, at, b':')?))
}

/// One past the quote that ends the string whose content begins here.
#[inline]
fn after_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += length_without_special(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => at += 6,
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// How many bytes there are before the first quote, backslash or control character. Eight are looked at together.
#[inline]
fn length_without_special(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let (quote, backslash) = (word ^ (ONES * b'"' as u64), word ^ (ONES * b'\\' as u64));
        // The highest bit of a byte is set where the byte is zero, or is less than 32; above the first such byte perhaps too.
        let found = quote.wrapping_sub(ONES) & !quote
            | backslash.wrapping_sub(ONES) & !backslash
            | word.wrapping_sub(ONES * 0x20) & !word;
        if found & HIGHEST != 0 {
            return at + (found & HIGHEST).trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes[at..].iter().position(is_special).map_or(bytes.len(), |found| at + found)
}

/// One past a number, a boolean or null.
fn after_scalar(bytes: &[u8], at: usize) -> Option<usize> {
    for word in [&b"null"[..], b"true", b"false"] {
        if bytes[at..].starts_with(word) {
            return Some(at + word.len());
        }
    }
    let after_digits = |at: usize| {
        let digits = bytes.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0).then_some(at + digits)
    };
    let first = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = after_digits(first)?;
    if bytes[first] == b'0' && end > first + 1 {
        return None;
    }
    if bytes.get(end) == Some(&b'.') {
        end = after_digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let has_sign = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
        end = after_digits(end + 1 + usize::from(has_sign))?;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ndjson::{Wanted, parsed};
    use super::*;

    /// The members' texts, if they were read.
    type Read<'a> = Option<Vec<Option<&'a str>>>;

    /// What is read here, and what the parser reads.
    fn both(line: &str) -> (Read<'_>, Read<'_>) {
        let names = ["a".to_owned(), "k\u{e9}y".to_owned(), "Session".to_owned()];
        let wanted = Wanted { names: &names, loose: &(2..3) };
        let mut here = vec![None; names.len()];
        let is_read = read(line, |name| wanted.place_of(name), &mut here);
        let mut there = vec![None; names.len()];
        let is_parsed = parsed(line, wanted, &mut there);
        (is_read.map(|()| here), is_parsed.ok().map(|()| there))
    }

    #[test]
    fn plain_objects_are_read_here() {
        for line in [
            "{}",
            " { } ",
            r#"{"a":1}"#,
            "{\t\"a\" : -0.5e+3 , \"b\":null}\r",
            r#"{"a":{"a":"x\"}"},"kéy":"a\"b","a":[]}"#,
            r#"{"x":"\\","a":"\u00e9\ud800","SESSION":true}"#,
            r#"{"a":[1,{"b":[{},[ ]],"c":false},"]"],"x":"\\\""}"#,
            r#"{"long":"0123456789abcdef0123456789abcdef","a":"\/\b\f\n\r\t"}"#,
        ] {
            let (here, there) = both(line);
            assert!(here.is_some(), "{line}");
            assert_eq!(here, there, "{line}");
        }
    }

    #[test]
    fn what_is_not_an_object_is_left_to_the_parser() {
        for line in [
            "",
            "[]",
            "{",
            "{}}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":{"b":1,}}"#,
            r#"{"a":[1}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":-}"#,
            r#"{"a":1e}"#,
            r#"{"a":nul}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            "{\"a\":\"\u{1}\"}",
            "{\"a\":\"b\tc\"}",
            r#"{"a":"b}"#,
            r#"{"a" 1}"#,
            r#"{a:1}"#,
            r#"{"a":1 "b":2}"#,
        ] {
            assert_eq!(both(line), (None, None), "{line}");
        }
        // This is one, and the parser says what it is called.
        let (here, there) = both(r#"{"\u0061":1}"#);
        assert_eq!((here, there), (None, Some(vec![Some("1"), None, None])));
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(80), "]".repeat(80));
        assert!(matches!(both(&deep), (None, Some(_))));
    }

    proptest! {
        /// Pieces of JSON in any order: what is read here is what the parser reads, and is never what it refuses.
        #[test]
        fn what_is_read_here_is_what_the_parser_reads(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"a\":", "\"kéy\":", "\"session\":", "{\"a\":", "\"x\":[", "1", "-", "0", ".5",
                "e9", "null", "true", "\\", "\\\"", "\\u00e9", " ", "\t", "\u{2}", "xyz", "é", "\"text of some length\"", "},", "],",
            ]), 0..14),
        ) {
            let line = pieces.concat();
            for line in [line.clone(), format!("{{\"a\":{line}}}"), format!("{{\"x\":{line},\"a\":7}}")] {
                let (here, there) = both(&line);
                if here.is_some() {
                    prop_assert_eq!(here, there, "{}", line);
                }
            }
        }
    }
}
