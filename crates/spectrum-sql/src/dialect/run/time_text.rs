//! Times that are written as text: which of them are times, and how an engine reads them.

use super::super::columns::name;
use super::super::file_run::FileRun;
use super::super::time_text::TimeText;
use super::super::{Dialect, Unsupported};
use super::INPUT;

/// What a date and a clock look like: RFC 3339, with a blank in place of the T, without seconds or without a clock.
/// Fractions end at microseconds, as the engines' do. No backslash, which engines read differently in a text.
const DATE: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const CLOCK: &str = "[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?";
const ZONE: &str = "([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)";

/// One row: how many times have a zone, how many have none, how many are not times; an example of each.
///
/// # Errors
/// When the engine cannot tell.
pub fn time_texts(dialect: Dialect, column: &str) -> Result<String, Unsupported> {
    let text = name(dialect, column);
    let engine = dialect.file_run().ok_or_else(|| no_texts(dialect))?;
    let matching = |pattern: &str| engine.matches(&text, pattern).ok_or_else(|| no_texts(dialect));
    let (zoned, naive) =
        (matching(&format!("^{DATE}{CLOCK}{ZONE}$"))?, matching(&format!("^{DATE}({CLOCK})?$"))?);
    let kinds =
        [zoned.clone(), naive.clone(), format!("{text} IS NOT NULL AND NOT ({zoned}) AND NOT ({naive})")];
    let columns = kinds.iter().enumerate().map(|(at, condition)| {
        let count = engine.digits(&format!("SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"));
        format!("{count} AS count_{at}, MIN(CASE WHEN {condition} THEN {text} END) AS example_{at}")
    });
    Ok(format!("SELECT {}\nFROM {INPUT}", columns.collect::<Vec<_>>().join(",\n       ")))
}

/// The text as a time.
pub(super) fn parsed(kind: TimeText, engine: &dyn FileRun, text: &str) -> Result<String, Unsupported> {
    engine.time_of_text(text, kind).ok_or_else(|| no_texts(engine.dialect()))
}

fn no_texts(dialect: Dialect) -> Unsupported {
    Unsupported::new(dialect, "a time that is written as text", "write Parquet with a timestamp column")
}
