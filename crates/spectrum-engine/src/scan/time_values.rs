//! Values of a time column that have to be read: texts, and numbers that count from 1970.

use arrow_schema::TimeUnit;

use super::zones::Zones;
use crate::error::{EngineError, Result, TimeError};
use crate::input::TextOptions;
use crate::text::time::{TextTime, TimeProblem, TimeSpelling};

/// How the values of a time column are read.
#[derive(Clone, Copy)]
pub(crate) struct TimeReading<'a> {
    column: &'a str,
    pub(super) unit: TimeUnit,
    pub(super) spelling: TimeSpelling<'a>,
    zones: &'a Zones,
}

impl<'a> TimeReading<'a> {
    pub(crate) fn new(column: &'a str, unit: TimeUnit, options: &'a TextOptions, zones: &'a Zones) -> Self {
        Self { column, unit, spelling: TimeSpelling::of(options), zones }
    }

    /// Reads a text; `place` names the row, for messages.
    #[inline]
    pub(super) fn read(&self, text: &str, place: impl Fn() -> Result<String>) -> Result<i64> {
        self.take(self.spelling.read(text, self.unit), || text.to_owned(), place)
    }

    /// Takes what came of reading a value, which `value` shows.
    pub(super) fn take(
        &self,
        read: std::result::Result<TextTime, TimeProblem>,
        value: impl Fn() -> String,
        place: impl Fn() -> Result<String>,
    ) -> Result<i64> {
        match read {
            Ok(time) => {
                self.zones.note(time, || format!("'{}' in {}", value(), place().unwrap_or_default()));
                Ok(time.instant)
            }
            Err(problem) => Err(self.error(problem, &value(), place()?)),
        }
    }

    fn error(&self, problem: TimeProblem, value: &str, place: String) -> EngineError {
        let (column, whole, value) = (self.column.to_owned(), value, shortened(value));
        match problem {
            TimeProblem::NotATime => {
                TimeError::NotATime { place, column, value, expected: self.spelling.expected_of(whole) }
                    .into()
            }
            TimeProblem::Ambiguous => {
                let readings = self.spelling.readings(whole, self.unit);
                TimeError::AmbiguousTime { place, column, value, readings }.into()
            }
            TimeProblem::AnyUnit => TimeError::AnyUnit { place, column, value }.into(),
            TimeProblem::OutOfRange => TimeError::OutOfRange { place, value, unit: self.range() }.into(),
            TimeProblem::TooFine => TimeError::OutOfRange {
                place,
                value,
                unit: "what is counted here: it is finer than a nanosecond",
            }
            .into(),
            TimeProblem::Finer => {
                self.zones.note_finer();
                TimeError::OutOfRange { place, value, unit: self.range() }.into()
            }
        }
    }

    fn range(&self) -> &'static str {
        match (self.unit, self.spelling) {
            (TimeUnit::Nanosecond, _) => {
                "nanoseconds in 64 bits (years 1677 to 2262), which other times in the input need"
            }
            (_, TimeSpelling::Numbers(_)) => "64 bits in its unit",
            _ => "the calendar (years -9999 to 9999)",
        }
    }
}

/// A date and a clock time as one text.
pub(super) fn join<'j>(date: &str, clock: &str, joined: &'j mut String) -> &'j str {
    joined.clear();
    joined.push_str(date);
    joined.push(' ');
    joined.push_str(clock);
    joined
}

/// The beginning of a value, for messages.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value.to_owned(),
    }
}
