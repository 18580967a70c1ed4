//! The longest pause that still belongs to a session, as an exact number of nanoseconds.

use std::fmt;
use std::str::FromStr;

use arrow_schema::TimeUnit;

/// A pause longer than zero. Written as in `30m`, `1h30m`, `90s`, `500ms` or `2d`; a day is 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Gap {
    nanoseconds: u64,
}

/// Why a text or a number is not a gap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GapError {
    /// The text is not a duration at all.
    #[error("gap '{0}' is not a duration; write a number and a unit, such as 30m, 1h30m, 90s, 500ms or 2d")]
    NotADuration(String),
    /// Zero would make a session of every instant.
    #[error("gap '{0}' must be longer than zero")]
    Zero(String),
    /// Longer than 2^64 nanoseconds.
    #[error("gap '{0}' is longer than the 584 years that a gap can hold")]
    TooLong(String),
}

/// The units a gap is written in, longest first, which is also the order in which it is printed.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

impl Gap {
    /// The original's 30 minutes.
    pub const DEFAULT: Self = Self { nanoseconds: 30 * 60_000_000_000 };

    /// A gap of so many nanoseconds.
    ///
    /// # Errors
    /// [`GapError::Zero`] when `nanoseconds` is zero.
    pub fn from_nanoseconds(nanoseconds: u64) -> Result<Self, GapError> {
        if nanoseconds == 0 { Err(GapError::Zero("0".into())) } else { Ok(Self { nanoseconds }) }
    }

    /// The gap in nanoseconds.
    pub fn nanoseconds(self) -> u64 {
        self.nanoseconds
    }
}

/// How many nanoseconds one `unit` has.
pub fn nanoseconds_per(unit: TimeUnit) -> u64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

impl FromStr for Gap {
    type Err = GapError;

    fn from_str(text: &str) -> Result<Self, GapError> {
        let not_a_duration = || GapError::NotADuration(text.to_owned());
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(not_a_duration());
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, after) = rest.split_at(digits);
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            if number.is_empty() {
                return Err(not_a_duration());
            }
            let (_, nanoseconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(not_a_duration)?;
            let too_long = || GapError::TooLong(text.to_owned());
            let number: u64 = number.parse().map_err(|_| too_long())?;
            total =
                number.checked_mul(*nanoseconds).and_then(|n| total.checked_add(n)).ok_or_else(too_long)?;
            rest = after.trim_start();
        }
        if total == 0 { Err(GapError::Zero(text.to_owned())) } else { Ok(Self { nanoseconds: total }) }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.nanoseconds;
        for (name, size) in UNITS {
            if rest >= size {
                write!(f, "{}{name}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (written, printed) in [
            ("30m", "30m"),
            ("1h30m", "1h30m"),
            ("90s", "1m30s"),
            ("500ms", "500ms"),
            ("2d", "2d"),
            ("1h 5m", "1h5m"),
        ] {
            assert_eq!(written.parse::<Gap>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn refuses_nonsense_by_name() {
        let message = |text: &str| text.parse::<Gap>().unwrap_err().to_string();
        assert_eq!(message("0s"), "gap '0s' must be longer than zero");
        for nonsense in ["", "m", "30", "-30m", "30 parsecs", "1.5h", "30m!"] {
            assert!(message(nonsense).contains("is not a duration"), "{nonsense}: {}", message(nonsense));
        }
        assert!(message("999999999d").contains("584 years"));
    }
}
