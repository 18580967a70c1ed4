//! How a CSV file is written: what stands between fields, what quotes them, and what else its lines may be.

use std::fmt;
use std::str::FromStr;

/// What CSV has between fields: a character or several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Delimiter {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl Delimiter {
    /// A comma.
    pub const COMMA: Self = Self::of_byte(b',');
    /// A tab.
    pub const TAB: Self = Self::of_byte(b'\t');
    /// How many bytes it has at most.
    const LONGEST: usize = 8;

    const fn of_byte(byte: u8) -> Self {
        let mut bytes = [0; Self::LONGEST];
        bytes[0] = byte;
        Self { bytes, length: 1 }
    }

    /// The delimiter's own bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Its first byte, which is where it is looked for.
    pub(crate) fn first(self) -> u8 {
        self.bytes[0]
    }

    pub(crate) fn length(self) -> usize {
        usize::from(self.length)
    }

    pub(crate) fn is_one_byte(self) -> bool {
        self.length == 1
    }
}

/// A text that cannot stand between fields.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("delimiter {0:?} must be one to eight bytes, without a line end")]
pub struct UnusableDelimiter(pub String);

impl FromStr for Delimiter {
    type Err = UnusableDelimiter;

    /// The text itself, or a tab by the names `tab` and `\t`, because a tab is hard to type.
    fn from_str(text: &str) -> Result<Self, UnusableDelimiter> {
        if matches!(text, "tab" | "\\t") {
            return Ok(Self::TAB);
        }
        if text.is_empty() || text.len() > Self::LONGEST || text.contains(['\n', '\r']) {
            return Err(UnusableDelimiter(text.to_owned()));
        }
        let mut bytes = [0; Self::LONGEST];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length: text.len() as u8 })
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// How the lines of a CSV file are taken apart and written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// What stands between fields.
    pub delimiter: Delimiter,
    /// What a field begins and ends with that holds a delimiter, a line end or this character. Without one, a field is
    /// what stands between delimiters.
    pub quote: Option<u8>,
    /// What stands before a quote that is text; without one such a quote is doubled. Where nothing quotes, it stands for
    /// what a field cannot hold: `\t`, `\n`, `\r`, and itself doubled.
    pub escape: Option<u8>,
    /// Lines that begin with it are left out.
    pub comment: Option<u8>,
    /// Whether the first line names the columns.
    pub has_header: bool,
    /// How many lines stand before all of that and are left out.
    pub skipped_lines: u32,
}

impl Dialect {
    /// RFC 4180.
    pub const CSV: Self = Self {
        delimiter: Delimiter::COMMA,
        quote: Some(b'"'),
        escape: None,
        comment: None,
        has_header: true,
        skipped_lines: 0,
    };

    /// As IANA registered text/tab-separated-values: a field is what stands between tabs, quotes included.
    pub const TSV: Self = Self { delimiter: Delimiter::TAB, quote: None, ..Self::CSV };

    /// The dialect of what is written for this one: what was left out is not there.
    pub(crate) fn written(self) -> Self {
        Self { comment: None, skipped_lines: 0, ..self }
    }

    /// Whether line ends part records wherever they stand.
    pub(crate) fn has_a_record_a_line(self) -> bool {
        self.quote.is_none() && self.escape.is_none()
    }
}

/// What was asked for, over what a file's name tells.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DialectOptions {
    /// Replaces the delimiter of CSV.
    pub delimiter: Option<Delimiter>,
    /// Replaces what quotes fields.
    pub quote: Option<Quote>,
    /// What stands before a quote that is text, instead of another quote.
    pub escape: Option<u8>,
    /// Lines that begin with it are left out.
    pub comment: Option<u8>,
    /// Whether no line names the columns.
    pub no_header: bool,
    /// The names of the columns of files without a header; `column1`, `column2` ... if there are none.
    pub columns: Vec<String>,
    /// How many lines to leave out at the beginning of every file.
    pub skipped_lines: u32,
}

/// What quotes fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quote {
    /// This character.
    With(u8),
    /// Nothing does.
    Nothing,
}

impl DialectOptions {
    /// The dialect of an input.
    pub(crate) fn reading(&self, by_name: Dialect) -> Dialect {
        let delimiter = self.delimiter.unwrap_or(by_name.delimiter);
        let asked = self.over(by_name);
        Dialect { delimiter, comment: self.comment, skipped_lines: self.skipped_lines, ..asked }
    }

    /// The dialect of an output, which is the inputs' as far as it was asked for; only that a `.tsv` has tabs.
    pub(crate) fn writing(&self, by_name: Dialect) -> Dialect {
        let named = self.delimiter.filter(|_| by_name.delimiter == Delimiter::COMMA);
        Dialect { delimiter: named.unwrap_or(by_name.delimiter), ..self.over(by_name) }
    }

    fn over(&self, by_name: Dialect) -> Dialect {
        let quote = match self.quote {
            None => by_name.quote,
            Some(Quote::With(quote)) => Some(quote),
            Some(Quote::Nothing) => None,
        };
        Dialect {
            quote,
            // Doubling is what quotes do anyway.
            escape: self.escape.filter(|escape| quote != Some(*escape)),
            has_header: !self.no_header && self.columns.is_empty(),
            ..by_name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_itself_or_a_tab_by_name() {
        let of = |text: &str| text.parse::<Delimiter>().map(|delimiter| delimiter.as_bytes().to_vec());
        assert_eq!(of("tab"), Ok(b"\t".to_vec()));
        assert_eq!(of("\\t"), Ok(b"\t".to_vec()));
        assert_eq!(of("||"), Ok(b"||".to_vec()));
        assert_eq!(of("§"), Ok("§".as_bytes().to_vec()));
        for unusable in ["", "a\nb", "\r", "123456789"] {
            assert_eq!(of(unusable), Err(UnusableDelimiter(unusable.to_owned())));
        }
    }
}
