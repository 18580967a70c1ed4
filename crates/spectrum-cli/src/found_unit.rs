//! The unit that `--time-unit auto` took. Nobody named it, so it is said.

use arrow_schema::TimeUnit;

use crate::commands::note;
use crate::numbers::unit_words;
use crate::unusual_times::flag;

/// Says on standard error what numbers in the time column were taken to count, if their magnitude decided.
pub(crate) fn tell(found: Option<TimeUnit>, column: &str, is_quiet: bool) {
    let Some(unit) = found.filter(|_| !is_quiet) else { return };
    note(&format!(
        "note: the numbers in '{column}' were taken for {} since 1970, as with --time-unit {}",
        unit_words(unit),
        flag(unit)
    ));
}
