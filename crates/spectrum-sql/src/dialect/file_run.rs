//! What an engine needs to say for a run over files, beside all that sessions need.

use super::expressions::Expressions;
use super::time_text::TimeText;

/// How an engine that reads and writes files writes what only a run needs. Arguments are SQL expressions.
pub(super) trait FileRun: Expressions {
    /// A NULL of the type of texts.
    fn no_text(&self) -> String {
        self.digits("NULL")
    }

    /// A whole number as a floating one.
    fn double(&self, number: &str) -> String {
        format!("CAST({number} AS DOUBLE)")
    }

    /// The day of a time, as a date; of an instant, the day in UTC.
    fn day(&self, time: &str) -> String {
        format!("CAST({time} AS DATE)")
    }

    /// Whether a value is not a uuid, where the engine holds uuids in a type that holds other things too.
    fn is_no_uuid(&self, _column: &str) -> Option<String> {
        None
    }

    /// Whether a text matches a regular expression from its first to its last letter; NULL does not.
    fn matches(&self, _text: &str, _pattern: &str) -> Option<String> {
        None
    }

    /// The whole number of 64 bits that a text is, where the engine reads text files; NULL where it is none.
    fn whole_number(&self, text: &str) -> Option<String> {
        let is_whole = self.matches(text, "^[+-]?[0-9]+$")?;
        Some(format!("CASE WHEN {is_whole} THEN TRY_CAST({text} AS BIGINT) END"))
    }

    /// The time that a text of a known kind tells, where the engine reads text files.
    fn time_of_text(&self, _text: &str, _kind: TimeText) -> Option<String> {
        None
    }

    /// Sixteen hex digits as a number that is not negative, whose sum over all events is exact.
    fn unsigned(&self, hex: &str) -> String;
}
