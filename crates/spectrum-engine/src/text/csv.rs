//! CSV as RFC 4180 has it, or as a [`Dialect`] says, taken apart without copying: a field is a range of bytes and whether
//! it was quoted. What the dialect does not have is told, and never taken for something else.
//!
//! An own splitter, because whether an empty field was quoted (a text) or not (a NULL) must be known, and
//! because a record's own bytes are passed on as they are. Both are lost in the csv crates at hand.

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
        let (bytes, delimiter) = (self.bytes, self.dialect.delimiter);
        // Nothing but delimiters and line ends means anything in most blocks.
        let is_simple = self.special.is_none() && delimiter.is_one_byte();
        let quote = self.special.filter(|_| self.dialect.quote.is_some());
        let start = self.at;
        let mut field_start = start;
        loop {
            let quoted = quote.is_some() && bytes.get(field_start).copied() == quote;
            let (plain_from, before) = match quoted {
                true => (self.after_quoted(field_start), self.fault),
                false => (field_start, None),
            };
            let stop = match is_simple {
                true => memchr2(delimiter.first(), b'\n', &bytes[field_start..])
                    .map_or(bytes.len(), |stop| field_start + stop),
                false => self.stop(plain_from),
            };
            let ends_record = bytes.get(stop).is_none_or(|byte| *byte == b'\n');
            let mut end = stop;
            // A file that was cut within its last line end has only the half of it.
            if ends_record && end > field_start && bytes[end - 1] == b'\r' {
                end -= 1;
            }
            if quoted && plain_from < end {
                self.fault = before.or(Some(Fault::AfterQuote(field_start, plain_from)));
            }
            fields.push(Field { start: field_start, end, quoted });
            if ends_record {
                self.ended_by_line = stop < bytes.len();
                self.at = (stop + 1).min(bytes.len());
                return Some(start..end);
            }
            field_start = stop + delimiter.length();
            if field_start >= bytes.len() {
                // The last record ends with a delimiter and no line end: an empty field follows.
                fields.push(Field { start: field_start, end: field_start, quoted: false });
                self.ended_by_line = false;
                self.at = field_start;
                return Some(start..field_start);
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
        let (bytes, delimiter) = (self.bytes, self.dialect.delimiter);
        let mut at = from;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let found = match self.special {
                None => memchr2(delimiter.first(), b'\n', rest),
                Some(special) => memchr3(delimiter.first(), b'\n', special, rest),
            };
            let Some(found) = found else { return bytes.len() };
            at += found;
            let is_delimiter = bytes[at] == delimiter.first()
                && (delimiter.is_one_byte() || bytes[at..].starts_with(delimiter.as_bytes()));
            if is_delimiter || bytes[at] == b'\n' {
                return at;
            }
            at += self.length_without_meaning(at);
        }
    }

    /// How many bytes from here on mean nothing, though the first might have. A quote here is a fault.
    #[cold]
    fn length_without_meaning(&mut self, at: usize) -> usize {
        if self.special != Some(self.bytes[at]) {
            return 1;
        }
        match self.dialect.quote {
            Some(_) => {
                self.fault.get_or_insert(Fault::InPlain(at));
                1
            }
            // What is escaped means nothing either.
            None => 2,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::field_text::unquoted;

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
}
