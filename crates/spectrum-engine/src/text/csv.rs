//! CSV as RFC 4180 has it, or as a [`Dialect`] says, taken apart without copying: a field is a range of bytes and whether
//! it was quoted. What the dialect does not have is told, and never taken for something else.
//!
//! An own splitter, because whether an empty field was quoted (a text) or not (a NULL) must be known, and
//! because a record's own bytes are passed on as they are. Both are lost in the csv crates at hand.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

use super::dialect::Dialect;

/// A field's bytes in its block, quotes included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) quoted: bool,
}

/// What a dialect does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The quote here opens a field and is never closed.
    Unclosed(usize),
    /// The field that begins at the first is closed before the second, and something else than its end follows.
    AfterQuote(usize, usize),
    /// A quote inside a field that is not quoted.
    InPlain(usize),
}

/// The records of a block; empty lines and comments are none.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    /// Beside delimiters and line ends, what means something outside of quotes, if the block has it anywhere.
    special: Option<u8>,
    fault: Option<Fault>,
    ended_by_line: bool,
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8], start: usize, dialect: Dialect) -> Self {
        let special = dialect.quote.or(dialect.escape).filter(|byte| memchr(*byte, bytes).is_some());
        Self { bytes, at: start, dialect, special, fault: None, ended_by_line: false }
    }

    /// The first thing so far that the dialect does not have.
    pub(crate) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// One past the line end of the last record so far that has one.
    pub(crate) fn end_of_whole_records(mut self) -> Option<usize> {
        let mut end = None;
        let mut fields = Vec::new();
        loop {
            let record = self.next_record(&mut fields);
            let is_whole = match record {
                Some(_) => self.ended_by_line,
                None => {
                    self.at > 0 && self.bytes[self.at - 1] == b'\n' && end.is_some_and(|end| end < self.at)
                }
            };
            match (is_whole, record) {
                (true, Some(_)) => end = Some(self.at),
                // Comments and empty lines up to here are whole too.
                (true, None) => return Some(self.at),
                (false, _) => return end,
            }
        }
    }

    /// The next record's range without its line end; `None` after the last.
    pub(crate) fn skip_record(&mut self) -> Option<std::ops::Range<usize>> {
        self.skip_lines_without_records();
        let start = self.at;
        let stop = match self.special {
            Some(special) => memchr2(special, b'\n', &self.bytes[start..]),
            None => memchr(b'\n', &self.bytes[start..]),
        };
        match stop {
            Some(length) if self.bytes[start + length] == b'\n' => {
                let end = start + length;
                self.at = end + 1;
                Some(start..if self.bytes[end - 1] == b'\r' { end - 1 } else { end })
            }
            // Whether a quote opens a field takes the fields to know.
            _ => self.next_record(&mut Vec::new()),
        }
    }

    fn skip_lines_without_records(&mut self) {
        loop {
            match self.bytes.get(self.at) {
                Some(b'\n') => self.at += 1,
                Some(b'\r') if self.bytes[self.at..].starts_with(b"\r\n") => self.at += 2,
                Some(byte) if self.dialect.comment == Some(*byte) => {
                    let rest = &self.bytes[self.at..];
                    self.at += memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                }
                _ => return,
            }
        }
    }

    /// Replaces `fields` by those of the next record and returns the record's range without its line end;
    /// `None` after the last. A quoted field that is never closed ends with the block.
    #[inline]
    pub(crate) fn next_record(&mut self, fields: &mut Vec<Field>) -> Option<std::ops::Range<usize>> {
        self.skip_lines_without_records();
        if self.at >= self.bytes.len() {
            return None;
        }
        fields.clear();
        let start = self.at;
        loop {
            let field_start = self.at;
            let quoted =
                self.dialect.quote.is_some() && self.bytes.get(field_start).copied() == self.dialect.quote;
            let plain_from = if quoted { self.after_quoted(field_start) } else { field_start };
            let before = self.fault;
            let stop = self.stop(plain_from);
            let ends_record = self.bytes.get(stop).is_none_or(|byte| *byte == b'\n');
            let mut end = stop;
            // A file that was cut within its last line end has only the half of it.
            if ends_record && end > field_start && self.bytes[end - 1] == b'\r' {
                end -= 1;
            }
            if quoted && plain_from < end {
                self.fault = before.or(Some(Fault::AfterQuote(field_start, plain_from)));
            }
            fields.push(Field { start: field_start, end, quoted });
            if ends_record {
                self.ended_by_line = stop < self.bytes.len();
                self.at = (stop + 1).min(self.bytes.len());
                return Some(start..end);
            }
            self.at = stop + self.dialect.delimiter.as_bytes().len();
            if self.at >= self.bytes.len() {
                // The last record ends with a delimiter and no line end: an empty field follows.
                fields.push(Field { start: self.at, end: self.at, quoted: false });
                self.ended_by_line = false;
                return Some(start..self.at);
            }
        }
    }

    /// One past the quote that closes the field that begins here.
    fn after_quoted(&mut self, field_start: usize) -> usize {
        after_closing_quote(self.bytes, field_start + 1, self.dialect).unwrap_or_else(|| {
            self.fault.get_or_insert(Fault::Unclosed(field_start));
            self.bytes.len()
        })
    }

    /// Where the next delimiter or line end is, or the block's end.
    #[inline]
    fn stop(&mut self, from: usize) -> usize {
        let delimiter = self.dialect.delimiter;
        let mut at = from;
        loop {
            let rest = &self.bytes[at.min(self.bytes.len())..];
            let found = match self.special {
                None => memchr2(delimiter.first(), b'\n', rest),
                Some(special) => memchr3(delimiter.first(), b'\n', special, rest),
            };
            let Some(found) = found else { return self.bytes.len() };
            at += found;
            let byte = self.bytes[at];
            if byte == b'\n'
                || byte == delimiter.first()
                    && (delimiter.is_one_byte() || self.bytes[at..].starts_with(delimiter.as_bytes()))
            {
                return at;
            }
            if self.special == Some(byte) {
                match self.dialect.quote {
                    Some(_) => _ = self.fault.get_or_insert(Fault::InPlain(at)),
                    // What is escaped means nothing.
                    None => at += 1,
                }
            }
            at += 1;
        }
    }
}

/// One past the quote that closes a field whose content begins at `at`; `None` when there is none.
pub(crate) fn after_closing_quote(bytes: &[u8], mut at: usize, dialect: Dialect) -> Option<usize> {
    let quote = dialect.quote?;
    loop {
        match dialect.escape {
            None => {
                at += memchr(quote, bytes.get(at..)?)? + 1;
                if bytes.get(at) != Some(&quote) {
                    return Some(at);
                }
                at += 1;
            }
            Some(escape) => {
                at += memchr2(quote, escape, bytes.get(at..)?)? + 1;
                if bytes[at - 1] == quote {
                    return Some(at);
                }
                at += 1;
            }
        }
    }
}

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
            || dialect.quote.map_or(dialect.escape == Some(*byte), |quote| quote == *byte)
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
    use crate::text::dialect::Delimiter;

    const BACKSLASH: Dialect = Dialect { escape: Some(b'\\'), ..Dialect::CSV };
    const ESCAPED_TSV: Dialect = Dialect { escape: Some(b'\\'), ..Dialect::TSV };

    type Texts = Vec<Vec<(String, bool)>>;

    fn split_as(text: &str, dialect: Dialect) -> (Texts, Option<Fault>) {
        let mut records = Records::new(text.as_bytes(), 0, dialect);
        let mut fields = Vec::new();
        let mut all = Vec::new();
        while records.next_record(&mut fields).is_some() {
            let text_of =
                |f: &Field| String::from_utf8(unquoted(text.as_bytes(), *f, dialect).into_owned()).unwrap();
            all.push(fields.iter().map(|f| (text_of(f), f.quoted)).collect());
        }
        (all, records.fault())
    }

    fn split(text: &str) -> Texts {
        let (records, fault) = split_as(text, Dialect::CSV);
        assert_eq!(fault, None);
        records
    }

    fn plain(fields: &[&str]) -> Vec<(String, bool)> {
        fields.iter().map(|f| ((*f).to_owned(), false)).collect()
    }

    fn quoted(text: &str) -> (String, bool) {
        (text.to_owned(), true)
    }

    #[test]
    fn skipping_sees_the_same_records() {
        let commented = Dialect { comment: Some(b'#'), ..Dialect::CSV };
        for (text, dialect) in [
            ("a,b\r\n\n,\nc,", Dialect::CSV),
            ("\"a\n\",b\n5\" pipe,x\r\n\r\n\"q\"\n", Dialect::CSV),
            ("a\r", Dialect::CSV),
            ("\r\n", Dialect::CSV),
            ("x,y\r\nlast\"\n", Dialect::CSV),
            ("a,\"b\\\"\n\",c\nd,e\n", BACKSLASH),
            ("\"a\tb\nc\\\nd\t\\\t\n", ESCAPED_TSV),
            ("\"a\tb\nc\n", Dialect::TSV),
            ("# a\nb,c\n#,\"\n\n#\n\"#\",d\n# e", commented),
        ] {
            let ranges = |skip: bool| {
                let mut records = Records::new(text.as_bytes(), 0, dialect);
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

    #[test]
    fn splits_records_and_fields() {
        assert_eq!(split("a,b\r\n\n,\nc,"), [plain(&["a", "b"]), plain(&["", ""]), plain(&["c", ""])]);
        assert_eq!(split("\"a,\n\"\"b\"\"\",\"\"\n"), [vec![quoted("a,\n\"b\""), quoted("")]]);
        // A line end that was cut in half.
        assert_eq!(split("a,b\r\nc,\"d\"\r"), [plain(&["a", "b"]), vec![("c".into(), false), quoted("d")]]);
    }

    #[test]
    fn what_rfc_4180_does_not_have_is_told() {
        let fault = |text: &str| split_as(text, Dialect::CSV).1;
        assert_eq!(fault("\"a\"b,c\n"), Some(Fault::AfterQuote(0, 3)));
        assert_eq!(fault("x,\"a\\\"\"\ny,\"b\\\"\"\n"), Some(Fault::AfterQuote(2, 11)));
        assert_eq!(fault("\"a\" ,c\n"), Some(Fault::AfterQuote(0, 3)));
        assert_eq!(fault("5\" pipe,x\n"), Some(Fault::InPlain(1)));
        assert_eq!(fault("a, \"b\"\n"), Some(Fault::InPlain(3)));
        assert_eq!(fault("a,\"b\nc,d\n"), Some(Fault::Unclosed(2)));
        assert_eq!(fault("a,\"b\"\""), Some(Fault::Unclosed(2)));
        assert_eq!(fault("a,\"b\"\n\"c\"\r\n\"\"\r"), None);
    }

    #[test]
    fn a_backslash_escapes_a_quote_where_it_was_asked_to() {
        let (records, fault) = split_as("\"a\\\"\",\"b,\\\\\"\n\"\\n\",c\\d\n", BACKSLASH);
        assert_eq!(fault, None);
        assert_eq!(
            records,
            [vec![quoted("a\""), quoted("b,\\")], vec![quoted("\\n"), ("c\\d".into(), false)]]
        );
        assert_eq!(split_as("\"a\"\"b\"\n", BACKSLASH).1, Some(Fault::AfterQuote(0, 3)));
    }

    #[test]
    fn tsv_has_no_quotes() {
        let text = "12\" mix\t\"Unclosed\n\"a\"b\t\n";
        assert_eq!(
            split_as(text, Dialect::TSV),
            (vec![plain(&["12\" mix", "\"Unclosed"]), plain(&["\"a\"b", ""])], None)
        );
        assert_eq!(split_as("a\\tb\tc\\\\\n", ESCAPED_TSV).0, [plain(&["a\tb", "c\\"])]);
    }

    #[test]
    fn delimiters_of_several_characters_and_comments() {
        let bars = Dialect { delimiter: "||".parse().unwrap(), comment: Some(b'#'), ..Dialect::CSV };
        let (records, fault) = split_as("# \"\na||b|c||\"d||e\"\n#\nf||||", bars);
        assert_eq!(fault, None);
        assert_eq!(
            records,
            [vec![("a".into(), false), ("b|c".into(), false), quoted("d||e")], plain(&["f", "", ""])]
        );
    }

    #[test]
    fn whole_records_end_with_their_line() {
        let end = |text: &str, dialect| Records::new(text.as_bytes(), 0, dialect).end_of_whole_records();
        assert_eq!(end("a,\"\\\"\n\"\nb", BACKSLASH), Some(8));
        assert_eq!(end("a,b\nc,\"\\\"\nd\n", BACKSLASH), Some(4));
        assert_eq!(end("a\\\nb\nc\\\n", ESCAPED_TSV), Some(5));
        assert_eq!(end("a", BACKSLASH), None);
        let commented = Dialect { comment: Some(b'#'), ..Dialect::CSV };
        assert_eq!(end("a\n# \"\n\nb", commented), Some(2));
        assert_eq!(end("a\n# \"\n\n", commented), Some(7));
        assert_eq!(end("a\n# \"", commented), Some(2));
    }

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
                let (records, fault) = split_as(std::str::from_utf8(&line).unwrap(), dialect);
                assert_eq!((records[0][0].0.as_str(), records[0].len(), fault), (text, 2, None));
            }
        }
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
        let bars = Dialect { delimiter: "||".parse::<Delimiter>().unwrap(), ..Dialect::TSV };
        assert_eq!(written("a|b", bars), Ok("a|b".into()));
        assert_eq!(written("a||b", bars), Err(Unwritable));
    }
}
