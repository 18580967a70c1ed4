//! The text of a field of CSV: without what quotes and escapes it, and with it.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::csv::Field;
use super::dialect::Dialect;

/// A field's text, without quotes and escapes.
pub(crate) fn unquoted<'a>(bytes: &'a [u8], field: Field, dialect: Dialect) -> Cow<'a, [u8]> {
    let raw = &bytes[field.start..field.end];
    match (dialect.quote, dialect.escape) {
        (Some(quote), escape) if field.quoted => {
            let inner = raw[1..].strip_suffix(&[quote]).unwrap_or(&raw[1..]);
            unescaped(inner, escape.unwrap_or(quote), |byte| {
                (byte == quote || Some(byte) == escape).then_some(byte)
            })
        }
        (None, Some(escape)) => unescaped(raw, escape, |byte| {
            Some(match byte {
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                other => other,
            })
        }),
        _ => Cow::Borrowed(raw),
    }
}

/// A text in which `escape` and the byte after it stand for what `meant` says; where it says nothing, for themselves.
fn unescaped(text: &[u8], escape: u8, meant: impl Fn(u8) -> Option<u8>) -> Cow<'_, [u8]> {
    let Some(first) = memchr(escape, text) else { return Cow::Borrowed(text) };
    let mut plain = Vec::with_capacity(text.len());
    plain.extend_from_slice(&text[..first]);
    let mut at = first;
    while let Some(byte) = text.get(at) {
        match text.get(at + 1).filter(|_| *byte == escape).and_then(|next| meant(*next)) {
            Some(byte) => {
                plain.push(byte);
                at += 2;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    Cow::Owned(plain)
}

/// A text with a delimiter or a line end in it, in a dialect that has no way to write that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unwritable;

/// Appends a field, quoted where it must be: when it holds a delimiter, a quote or a line end, or when it is
/// an empty text, which unquoted would be NULL. Where nothing quotes, what must be is escaped.
pub(crate) fn write_field(text: &[u8], dialect: Dialect, line: &mut Vec<u8>) -> Result<(), Unwritable> {
    let delimiter = dialect.delimiter;
    let special = |byte: &u8| {
        *byte == delimiter.first()
            || matches!(byte, b'\n' | b'\r')
            || dialect.quote == Some(*byte)
            // Some readers unescape outside of quotes too.
            || dialect.escape == Some(*byte)
    };
    let is_empty_text = text.is_empty() && dialect.quote.is_some();
    if !is_empty_text && !text.iter().any(special) {
        line.extend_from_slice(text);
        return Ok(());
    }
    let Some(quote) = dialect.quote else { return write_escaped(text, dialect, line) };
    let escape = dialect.escape.unwrap_or(quote);
    line.push(quote);
    for byte in text {
        if *byte == quote || *byte == escape {
            line.push(escape);
        }
        line.push(*byte);
    }
    line.push(quote);
    Ok(())
}

fn write_escaped(text: &[u8], dialect: Dialect, line: &mut Vec<u8>) -> Result<(), Unwritable> {
    let Some(escape) = dialect.escape else {
        let is_delimited = memchr::memmem::find(text, dialect.delimiter.as_bytes()).is_some();
        if is_delimited || memchr2(b'\n', b'\r', text).is_some() {
            return Err(Unwritable);
        }
        line.extend_from_slice(text);
        return Ok(());
    };
    for byte in text {
        let written = match byte {
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            byte if *byte == escape || *byte == dialect.delimiter.first() => *byte,
            plain => {
                line.push(*plain);
                continue;
            }
        };
        line.extend_from_slice(&[escape, written]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::csv::Records;

    const BACKSLASH: Dialect = Dialect { escape: Some(b'\\'), ..Dialect::CSV };
    const ESCAPED_TSV: Dialect = Dialect { escape: Some(b'\\'), ..Dialect::TSV };

    #[test]
    fn what_is_written_is_read_back() {
        let semicolons = Dialect { delimiter: "; ".parse().unwrap(), quote: Some(b'\''), ..Dialect::CSV };
        for dialect in [Dialect::CSV, BACKSLASH, ESCAPED_TSV, semicolons] {
            for text in
                ["plain", "", "a,b", "say \"hi\"", "it's; \\", "two\nlines", "\r", "\\", "\\t", "a\tb"]
            {
                let mut line = Vec::new();
                write_field(text.as_bytes(), dialect, &mut line).unwrap();
                line.extend_from_slice(dialect.delimiter.as_bytes());
                line.extend_from_slice(b"x\n");
                let (mut records, mut fields) = (Records::new(&line, 0, dialect), Vec::new());
                records.next_record(&mut fields);
                let read = unquoted(&line, fields[0], dialect);
                assert_eq!((&*read, fields.len(), records.fault()), (text.as_bytes(), 2, None));
            }
        }
    }

    /// Python's csv unescapes everywhere, Spectrum, DuckDB and Spark only within quotes; quoted, all of them read the same.
    #[test]
    fn a_field_with_the_escape_in_it_is_quoted() {
        let mut line = Vec::new();
        write_field(b"\\N", BACKSLASH, &mut line).unwrap();
        assert_eq!(line, b"\"\\\\N\"");
    }

    #[test]
    fn what_tsv_cannot_hold_is_not_written() {
        let written = |text: &str, dialect| {
            let mut line = Vec::new();
            write_field(text.as_bytes(), dialect, &mut line).map(|()| String::from_utf8(line).unwrap())
        };
        assert_eq!(written("say \"hi\"", Dialect::TSV), Ok("say \"hi\"".into()));
        for text in ["a\tb", "a\nb", "\r"] {
            assert_eq!(written(text, Dialect::TSV), Err(Unwritable));
        }
        let bars = Dialect { delimiter: "||".parse().unwrap(), ..Dialect::TSV };
        assert_eq!(written("a|b", bars), Ok("a|b".into()));
        assert_eq!(written("a||b", bars), Err(Unwritable));
    }
}
