//! Instants from what stands in a time column: texts of the usual form or of a format that was named, and numbers that
//! count from 1970.

mod counted;
mod format;
mod iso;
mod usual;

use std::fmt;

use arrow_schema::TimeUnit;

pub(crate) use self::counted::decimal;
pub use self::format::{NotATimeFormat, TimeFormat};
pub(crate) use self::iso::read_pieces as read_without_blank;
use crate::input::TextOptions;

/// What the numbers of a time column count since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberUnit {
    /// This.
    Known(TimeUnit),
    /// What their magnitude says, which has to be the same for all of them. Seconds are below 10^11, which is the year
    /// 5138, and each finer unit begins where the coarser one ends; numbers below 10^8 could be anything.
    Auto,
}

impl From<TimeUnit> for NumberUnit {
    fn from(unit: TimeUnit) -> Self {
        Self::Known(unit)
    }
}

/// How instants are written in a time column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimeSpelling<'a> {
    /// RFC 3339, `YYYY-MM-DD HH:MM:SS[.fraction][zone]` and dates.
    Usual,
    /// Whichever of these formats fits.
    Formats(&'a [TimeFormat]),
    /// Numbers that count from 1970.
    Numbers(NumberUnit),
}

/// An instant read from a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TextTime {
    /// Counted in the unit asked for.
    pub(crate) instant: i64,
    /// Whether the text had a zone; numbers count from 1970 in UTC, so they have one.
    pub(crate) zoned: bool,
    /// What a number was found to count, where its magnitude decided.
    pub(crate) found_unit: Option<TimeUnit>,
}

/// An instant read from a text, for those who read rows themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReadTime {
    /// Since 1970.
    pub nanoseconds: i128,
    /// Whether the text had a zone; numbers count from 1970 in UTC, so they have one.
    pub zoned: bool,
    /// What a number was found to count, where its magnitude decided. It has to be the same for all of a column.
    pub found_unit: Option<TimeUnit>,
}

impl TextOptions {
    /// Reads a text of the time column as a run does; `None` where it is not a time, or could be several.
    ///
    /// ```
    /// # use spectrum_engine::TextOptions;
    /// let mut options = TextOptions::default();
    /// options.time_formats = vec!["%d.%m.%Y %H:%M".parse()?];
    /// let read = options.read_time("01.01.1970 00:01").map(|time| time.nanoseconds);
    /// assert_eq!(read, Some(60_000_000_000));
    /// assert_eq!(options.read_time("1970-01-01 00:01"), None);
    /// # Ok::<(), spectrum_engine::NotATimeFormat>(())
    /// ```
    pub fn read_time(&self, text: &str) -> Option<ReadTime> {
        let spelling = TimeSpelling::of(self);
        // Microseconds reach further than nanoseconds, and few texts are finer.
        let (time, scale) = match spelling.read(text, TimeUnit::Microsecond) {
            Err(TimeProblem::Finer) => (spelling.read(text, TimeUnit::Nanosecond).ok()?, 1),
            read => (read.ok()?, 1_000),
        };
        let TextTime { instant, zoned, found_unit } = time;
        Some(ReadTime { nanoseconds: i128::from(instant) * scale, zoned, found_unit })
    }
}

/// Why a value is not an instant of the unit asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeProblem {
    /// It is not written as times are.
    NotATime,
    /// It is finer than the unit.
    Finer,
    /// It is finer than a nanosecond.
    TooFine,
    /// The unit cannot hold it.
    OutOfRange,
    /// Nobody can tell from its magnitude what it counts.
    AnyUnit,
    /// Several of the formats fit, and they give different instants.
    Ambiguous,
}

/// How values had to be written, for messages.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ExpectedTime {
    /// As RFC 3339 and its like.
    Usual,
    /// By one of these formats.
    Formats(Vec<String>),
    /// As a number.
    Number,
    /// As a number whose decimals stand behind a point, and not behind a comma.
    Point,
}

impl fmt::Display for ExpectedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("a time"),
            Self::Number => f.write_str("a number"),
            Self::Point => f.write_str("a number with a decimal point"),
            Self::Formats(formats) => write!(f, "a time of the form {}", formats.join(" or ")),
        }
    }
}

impl<'a> TimeSpelling<'a> {
    pub(crate) fn of(options: &'a TextOptions) -> Self {
        match options.time_unit {
            Some(unit) => Self::Numbers(unit),
            None if options.time_formats.is_empty() => Self::Usual,
            None => Self::Formats(&options.time_formats),
        }
    }

    /// Whether the user named it.
    pub(crate) fn is_named(self) -> bool {
        !matches!(self, Self::Usual)
    }

    /// Whether values are numbers that count something.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Numbers(_))
    }

    /// Reads a value and counts it in `unit`.
    pub(crate) fn read(self, text: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
        match self {
            Self::Usual => iso::read(text.trim(), unit),
            Self::Formats(formats) => format::read_any(formats, text.trim(), unit),
            Self::Numbers(epoch) => counted::read(text.trim(), epoch, unit),
        }
    }

    /// Reads the number `digits` times ten to the `exponent`, where numbers are expected.
    pub(crate) fn read_number(
        self,
        digits: i128,
        exponent: i32,
        unit: TimeUnit,
    ) -> Result<TextTime, TimeProblem> {
        match self {
            Self::Numbers(epoch) => counted::of_decimal(digits, exponent, epoch, unit),
            _ => Err(TimeProblem::NotATime),
        }
    }

    /// A text as each of the formats reads it that fits: the format, and the time in words.
    pub(crate) fn readings(self, text: &str, unit: TimeUnit) -> Vec<(String, String)> {
        match self {
            Self::Formats(formats) => format::readings(formats, text.trim(), unit),
            _ => Vec::new(),
        }
    }

    /// The unit to begin with. Coarser than all that is read it may not be, and finer it need not.
    pub(crate) fn first_unit(self) -> TimeUnit {
        match self {
            Self::Numbers(NumberUnit::Known(unit)) => unit,
            _ => TimeUnit::Microsecond,
        }
    }

    /// What a value had to be that was not read.
    pub(crate) fn expected_of(self, value: &str) -> ExpectedTime {
        let is_read = |text: &str| self.read(text, TimeUnit::Nanosecond) != Err(TimeProblem::NotATime);
        match self {
            Self::Numbers(_) if value.matches(',').count() == 1 && is_read(&value.replace(',', ".")) => {
                ExpectedTime::Point
            }
            _ => self.expected(),
        }
    }

    pub(crate) fn expected(self) -> ExpectedTime {
        match self {
            Self::Usual => ExpectedTime::Usual,
            Self::Numbers(_) => ExpectedTime::Number,
            Self::Formats(formats) => {
                ExpectedTime::Formats(formats.iter().map(|format| format!("'{format}'")).collect())
            }
        }
    }
}

/// An instant on the calendar, counted in `unit` (microseconds, unless it is nanoseconds).
fn counted_in(seconds: i64, nanoseconds: i64, unit: TimeUnit, zoned: bool) -> Result<TextTime, TimeProblem> {
    let instant = match unit {
        TimeUnit::Nanosecond => i64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
            .map_err(|_| TimeProblem::OutOfRange)?,
        _ if nanoseconds % 1000 != 0 => return Err(TimeProblem::Finer),
        _ => seconds * 1_000_000 + nanoseconds / 1000, // ten thousand years are well within 64 bits
    };
    Ok(TextTime { instant, zoned, found_unit: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_a_run_reads_them() {
        let read = |options: &TextOptions, text: &str| {
            options.read_time(text).map(|time| (time.nanoseconds, time.zoned))
        };
        let mut options = TextOptions::default();
        let noon = 1_767_268_800_000_000_000;
        assert_eq!(read(&options, "2026-01-01 13:00:00 +0100"), Some((noon, true)));
        assert_eq!(read(&options, "2026-01-01 12:00:00.000000001"), Some((noon + 1, false)));
        assert_eq!(read(&options, "9999-12-31"), Some((253_402_214_400_000_000_000, false)));
        assert_eq!(read(&options, "1767268800"), None);
        options.time_unit = Some(TimeUnit::Second.into());
        assert_eq!(read(&options, "1767268800.000000001"), Some((noon + 1, true)));
        options.time_unit = Some(NumberUnit::Auto);
        let found = options.read_time("1767268800000").unwrap();
        assert_eq!((found.nanoseconds, found.found_unit), (noon, Some(TimeUnit::Millisecond)));
        assert_eq!(options.read_time("5"), None);
    }
}
