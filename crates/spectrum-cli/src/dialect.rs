//! The flags that say how CSV is written.

use std::str::FromStr;

use anyhow::{Result, bail};
use clap::Args;
use spectrum_engine::{Delimiter, DialectOptions, Quote};

const HEADING: &str = "Reading";

/// How CSV is written.
#[derive(Args, Debug)]
pub(crate) struct DialectFlags {
    /// What stands between fields of CSV: a character, several, or tab [default: a comma; a tab in .tsv]
    #[arg(long, value_name = "TEXT", help_heading = HEADING)]
    delimiter: Option<Delimiter>,
    /// What fields of CSV are quoted with, or none where quotes are text [default: '"'; none in .tsv]
    #[arg(long, value_name = "CHAR", help_heading = HEADING)]
    quote: Option<QuoteFlag>,
    /// What stands before a quote that is text, as in --escape '\'; in .tsv, \t, \n, \r and \\ are then a tab, line ends
    /// and a backslash [default: such a quote is doubled]
    #[arg(long, value_name = "CHAR", help_heading = HEADING)]
    escape: Option<OneByte>,
    /// The first line of CSV is an event and names no columns; they are called column1, column2 ...
    #[arg(long, help_heading = HEADING)]
    no_header: bool,
    /// Names for the columns of CSV without a header, separated by commas, as in --columns user_id,occurred_at,page
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = HEADING)]
    columns: Vec<String>,
    /// Leave out lines of CSV that begin with this, as in --comment '#'
    #[arg(long, value_name = "CHAR", help_heading = HEADING)]
    comment: Option<OneByte>,
    /// Leave out this many lines at the beginning of every CSV file
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = HEADING)]
    skip_lines: u32,
}

/// An ASCII character that ends no line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct OneByte(u8);

impl FromStr for OneByte {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Ok(Self(*byte)),
            _ => Err(format!("{text:?} must be one ASCII character other than a line end")),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct QuoteFlag(Quote);

impl FromStr for QuoteFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(Quote::Nothing)),
            other => match other.parse() {
                Ok(OneByte(quote)) => Ok(Self(Quote::With(quote))),
                Err(_) => Err(format!("{text:?} must be one ASCII character other than a line end, or none")),
            },
        }
    }
}

impl DialectFlags {
    /// Whether any was given.
    pub(crate) fn are_given(&self) -> bool {
        let has_bytes = self.delimiter.is_some() || self.escape.is_some() || self.comment.is_some();
        has_bytes || self.quote.is_some() || self.no_header || !self.columns.is_empty() || self.skip_lines > 0
    }

    /// What was asked for.
    pub(crate) fn options(&self) -> Result<DialectOptions> {
        self.check()?;
        let mut options = DialectOptions::default();
        options.delimiter = self.delimiter;
        options.quote = self.quote.map(|QuoteFlag(quote)| quote);
        options.escape = self.escape.map(|OneByte(byte)| byte);
        options.comment = self.comment.map(|OneByte(byte)| byte);
        options.no_header = self.no_header;
        options.columns = self.columns.iter().map(|name| name.trim().to_owned()).collect();
        options.skipped_lines = self.skip_lines;
        Ok(options)
    }

    /// Refuses a character that would mean two things.
    fn check(&self) -> Result<()> {
        let quote = self.quote().filter(|_| self.escape.map(|OneByte(byte)| byte) != self.quote());
        let escape = self.escape.map(|OneByte(byte)| byte);
        let of = |byte: Option<u8>| byte.map(|byte| vec![byte]).unwrap_or_default();
        let meanings = [
            (
                "--delimiter",
                self.delimiter.map(|delimiter| delimiter.as_bytes().to_vec()).unwrap_or_default(),
            ),
            ("--quote", of(quote)),
            ("--escape", of(escape)),
            ("--comment", of(self.comment.map(|OneByte(byte)| byte))),
        ];
        for (at, (flag, bytes)) in meanings.iter().enumerate() {
            for (other, others) in &meanings[..at] {
                if let Some(byte) = bytes.iter().find(|byte| others.contains(byte)) {
                    let byte = char::from(*byte).escape_default();
                    bail!(
                        "'{byte}' cannot be both {other} and {flag}; name another character for one of them"
                    );
                }
            }
        }
        if self.columns.iter().any(|name| name.trim().is_empty()) {
            bail!(
                "--columns has a name that is empty; name every column, as in --columns user_id,occurred_at,page"
            );
        }
        let mut names = std::collections::HashSet::new();
        match self.columns.iter().find(|name| !names.insert(name.trim())) {
            Some(name) => {
                bail!("--columns names '{}' twice; give every column a name of its own", name.trim())
            }
            None => Ok(()),
        }
    }

    /// What fields of CSV are quoted with, as far as it is known: the default as long as no other is named.
    fn quote(&self) -> Option<u8> {
        match self.quote {
            Some(QuoteFlag(Quote::With(quote))) => Some(quote),
            Some(QuoteFlag(Quote::Nothing)) => None,
            None => self.delimiter.filter(|delimiter| delimiter.as_bytes().contains(&b'"')).map(|_| b'"'),
        }
    }

    /// Refuses what other engines do not do.
    pub(crate) fn check_for_engines(&self) -> Result<()> {
        let given = [
            ("--no-header", self.no_header),
            ("--columns", !self.columns.is_empty()),
            ("--comment", self.comment.is_some()),
            ("--skip-lines", self.skip_lines > 0),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => bail!(
                "{flag} is for files that spectrum itself reads; leave out --engine, or write the files anew with a run \
                 of its own"
            ),
            None => self.check(),
        }
    }

    /// What was said of delimiter, quote and escape, for other engines.
    pub(crate) fn for_engines(&self) -> spectrum_submit::CsvOptions {
        spectrum_submit::CsvOptions {
            delimiter: self.delimiter.map(|delimiter| delimiter.to_string()),
            quote: self.quote.map(|QuoteFlag(quote)| match quote {
                Quote::With(quote) => char::from(quote).to_string(),
                Quote::Nothing => String::new(),
            }),
            escape: self.escape.map(|OneByte(byte)| char::from(byte).to_string()),
        }
    }
}
