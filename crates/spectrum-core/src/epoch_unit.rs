//! What a number counts that stands for a time.

use std::fmt;
use std::str::FromStr;

/// What the numbers of a time column count since 1970 in UTC.
///
/// ```
/// # use spectrum_core::EpochUnit;
/// let unit: EpochUnit = "ms".parse()?;
/// assert_eq!((unit.nanoseconds(), unit.to_string().as_str()), (1_000_000, "ms"));
/// # Ok::<(), spectrum_core::UnknownEpochUnit>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum EpochUnit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// The text names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time unit '{0}' is not one of s, ms, us, ns")]
pub struct UnknownEpochUnit(String);

impl EpochUnit {
    /// How long it is.
    pub fn nanoseconds(self) -> u64 {
        match self {
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        }
    }

    /// Its name in full, of more than one.
    pub fn words(self) -> &'static str {
        match self {
            Self::Second => "seconds",
            Self::Millisecond => "milliseconds",
            Self::Microsecond => "microseconds",
            Self::Nanosecond => "nanoseconds",
        }
    }
}

impl fmt::Display for EpochUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
        })
    }
}

impl FromStr for EpochUnit {
    type Err = UnknownEpochUnit;

    fn from_str(text: &str) -> Result<Self, UnknownEpochUnit> {
        match text {
            "s" => Ok(Self::Second),
            "ms" => Ok(Self::Millisecond),
            "us" => Ok(Self::Microsecond),
            "ns" => Ok(Self::Nanosecond),
            _ => Err(UnknownEpochUnit(text.to_owned())),
        }
    }
}
