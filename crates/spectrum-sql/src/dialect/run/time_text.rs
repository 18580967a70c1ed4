//! Times that are written as text: which of them are times, and how an engine reads them.

use super::super::columns::name;
use super::super::syntax::Syntax;
use super::super::{Dialect, Unsupported};
use super::INPUT;

/// How a time is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeText {
    /// With a zone: an instant.
    Zoned,
    /// Without one: a date and a clock.
    Naive,
    /// A whole number that counts from 1970 in UTC.
    Epoch(EpochUnit),
}

/// What numbers count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum EpochUnit {
    Second,
    Millisecond,
    Microsecond,
}

/// What a date and a clock look like: RFC 3339, with a blank in place of the T, without seconds or without a clock.
/// Fractions end at microseconds, as the engines' do. No backslash, which engines read differently in a text.
const DATE: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const CLOCK: &str = "[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?";
const ZONE: &str = "([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)";

/// One row: how many times have a zone, how many have none, how many are no times; an example of each.
///
/// # Errors
/// When the engine cannot tell.
pub fn time_texts(dialect: Dialect, column: &str) -> Result<String, Unsupported> {
    let text = name(dialect, column);
    let Some(syntax) = dialect.syntax() else { return Err(no_texts(dialect)) };
    let matching = |pattern: &str| syntax.matches(&text, pattern).ok_or_else(|| no_texts(dialect));
    let (zoned, naive) =
        (matching(&format!("^{DATE}{CLOCK}{ZONE}$"))?, matching(&format!("^{DATE}({CLOCK})?$"))?);
    let kinds =
        [zoned.clone(), naive.clone(), format!("{text} IS NOT NULL AND NOT ({zoned}) AND NOT ({naive})")];
    let columns = kinds.iter().enumerate().map(|(at, condition)| {
        let count = syntax.digits(&format!("SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"));
        format!("{count} AS count_{at}, MIN(CASE WHEN {condition} THEN {text} END) AS example_{at}")
    });
    Ok(format!("SELECT {}\nFROM {INPUT}", columns.collect::<Vec<_>>().join(",\n       ")))
}

impl TimeText {
    /// The text as a time.
    pub(super) fn parsed(self, syntax: &dyn Syntax, text: &str) -> Result<String, Unsupported> {
        syntax.time_of_text(text, self).ok_or_else(|| no_texts(syntax.dialect()))
    }
}

fn no_texts(dialect: Dialect) -> Unsupported {
    Unsupported::new(dialect, "a time that is written as text", "write Parquet with a timestamp column")
}
