//! CSV as RFC 4180 has it, taken apart without copying: a field is a range of bytes and whether it was quoted.
//!
//! An own splitter, because whether an empty field was quoted (a text) or not (a NULL) must be known, and
//! because a record's own bytes are passed on as they are. Both are lost in the csv crates at hand.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// A field's bytes in its block, quotes included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) quoted: bool,
}

/// The records of a block; empty lines are none.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
    unclosed: bool,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: usize, delimiter: u8) -> Self {
        Self { bytes, at: start, delimiter, unclosed: false }
    }

    /// Whether the last field of the last record opens a quote that is never closed.
    pub(crate) fn ends_in_quotes(&self) -> bool {
        self.unclosed
    }

    /// The next record's range without its line end; `None` after the last.
    pub(crate) fn skip_record(&mut self) -> Option<std::ops::Range<usize>> {
        self.skip_empty_lines();
        let start = self.at;
        match memchr2(b'"', b'\n', &self.bytes[start..]) {
            Some(length) if self.bytes[start + length] == b'\n' => {
                let end = start + length;
                self.at = end + 1;
                Some(start..if self.bytes[end - 1] == b'\r' { end - 1 } else { end })
            }
            // Whether a quote opens a field takes the fields to know.
            _ => self.next_record(&mut Vec::new()),
        }
    }

    fn skip_empty_lines(&mut self) {
        while self.bytes.get(self.at) == Some(&b'\n') || self.bytes[self.at..].starts_with(b"\r\n") {
            self.at += if self.bytes[self.at] == b'\r' { 2 } else { 1 };
        }
    }

    /// Replaces `fields` by those of the next record and returns the record's range without its line end;
    /// `None` after the last. A quoted field that is never closed ends with the block.
    #[inline]
    pub(crate) fn next_record(&mut self, fields: &mut Vec<Field>) -> Option<std::ops::Range<usize>> {
        self.skip_empty_lines();
        if self.at >= self.bytes.len() {
            return None;
        }
        fields.clear();
        let start = self.at;
        loop {
            let field_start = self.at;
            let quoted = self.bytes.get(field_start) == Some(&b'"');
            let plain_from = match quoted {
                true => after_closing_quote(self.bytes, field_start + 1).unwrap_or_else(|| {
                    self.unclosed = true;
                    self.bytes.len()
                }),
                false => field_start,
            };
            let stop = memchr2(self.delimiter, b'\n', &self.bytes[plain_from..])
                .map_or(self.bytes.len(), |stop| plain_from + stop);
            let ends_record = self.bytes.get(stop) != Some(&self.delimiter);
            let mut end = stop;
            if ends_record && end > field_start && self.bytes[end - 1] == b'\r' && stop < self.bytes.len() {
                end -= 1;
            }
            fields.push(Field { start: field_start, end, quoted });
            self.at = (stop + 1).min(self.bytes.len());
            if ends_record {
                return Some(start..end);
            }
            if stop + 1 == self.bytes.len() {
                // The last record ends with a delimiter and no line end: an empty field follows.
                fields.push(Field { start: stop + 1, end: stop + 1, quoted: false });
                return Some(start..stop + 1);
            }
        }
    }
}

/// One past the quote that closes a field whose content begins at `at`; `None` when there is none.
pub(crate) fn after_closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b'"', bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// A field's text, without quotes.
pub(crate) fn unquoted<'a>(bytes: &'a [u8], field: Field) -> Cow<'a, [u8]> {
    let raw = &bytes[field.start..field.end];
    if !field.quoted {
        return Cow::Borrowed(raw);
    }
    if let Some(inner) = raw[1..].strip_suffix(b"\"").filter(|inner| memchr(b'"', inner).is_none()) {
        return Cow::Borrowed(inner);
    }
    let end = after_closing_quote(raw, 1).unwrap_or(raw.len());
    let quoted = raw[1..end].strip_suffix(b"\"").unwrap_or(&raw[1..end]);
    let mut text = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(quote) = memchr(b'"', &quoted[at..]) {
        text.extend_from_slice(&quoted[at..=at + quote]);
        at += quote + 2; // quotes inside come in twos
    }
    text.extend_from_slice(quoted.get(at..).unwrap_or_default());
    text.extend_from_slice(&raw[end..]); // what follows the closing quote belongs to the field as it is
    Cow::Owned(text)
}

/// Appends a field, quoted where it must be: when it holds a delimiter, a quote or a line end, or when it is
/// an empty text, which unquoted would be NULL.
pub(crate) fn write_field(text: &[u8], delimiter: u8, line: &mut Vec<u8>) {
    let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !text.is_empty() && !text.iter().any(special) {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    for byte in text {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<Vec<(String, bool)>> {
        let mut records = Records::new(text.as_bytes(), 0, b',');
        let mut fields = Vec::new();
        let mut all = Vec::new();
        while records.next_record(&mut fields).is_some() {
            let text_of = |f: &Field| String::from_utf8(unquoted(text.as_bytes(), *f).into_owned()).unwrap();
            all.push(fields.iter().map(|f| (text_of(f), f.quoted)).collect());
        }
        all
    }

    #[test]
    fn skipping_sees_the_same_records() {
        for text in
            ["a,b\r\n\n,\nc,", "\"a\n\",b\n5\" pipe,x\r\n\r\n\"q\"\n", "a\r", "\r\n", "x,y\r\nlast\"\n"]
        {
            let ranges = |skip: bool| {
                let mut records = Records::new(text.as_bytes(), 0, b',');
                let mut all = Vec::new();
                while let Some(record) =
                    if skip { records.skip_record() } else { records.next_record(&mut Vec::new()) }
                {
                    all.push(record);
                }
                all
            };
            assert_eq!(ranges(true), ranges(false), "{text:?}");
        }
    }

    fn plain(fields: &[&str]) -> Vec<(String, bool)> {
        fields.iter().map(|f| ((*f).to_owned(), false)).collect()
    }

    #[test]
    fn splits_records_and_fields() {
        assert_eq!(split("a,b\r\n\n,\nc,"), [plain(&["a", "b"]), plain(&["", ""]), plain(&["c", ""])]);
        assert_eq!(split("5\" pipe,x\n"), [plain(&["5\" pipe", "x"])]);
        assert_eq!(
            split("\"a,\n\"\"b\"\"\",\"\"\n"),
            [vec![("a,\n\"b\"".into(), true), (String::new(), true)]]
        );
        assert_eq!(split("\"a\"b,c"), [vec![("ab".into(), true), ("c".into(), false)]]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let ends_in_quotes = |text: &str| {
            let mut records = Records::new(text.as_bytes(), 0, b',');
            while records.next_record(&mut Vec::new()).is_some() {}
            records.ends_in_quotes()
        };
        assert!(ends_in_quotes("a,\"b\nc,d\n"));
        assert!(ends_in_quotes("a,\"b\"\""));
        assert!(!ends_in_quotes("a,\"b\"\nc,5\" pipe\n"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["plain", "", "a,b", "say \"hi\"", "two\nlines", "\r"] {
            let mut line = Vec::new();
            write_field(text.as_bytes(), b',', &mut line);
            line.push(b'\n');
            assert_eq!(split(std::str::from_utf8(&line).unwrap())[0][0].0, text);
        }
    }
}
