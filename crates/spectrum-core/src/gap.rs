//! The longest pause that still belongs to a session, as an exact number of nanoseconds.

use std::fmt;
use std::str::FromStr;

use arrow_schema::TimeUnit;

/// A pause longer than zero. Written as in `30m`, `1h30m`, `1.5h`, `90s`, `500ms`, `2d` or `1w`, with longer names of units as
/// in `30min`, or as ISO 8601 has it, as in `PT30M`; a day is 24 hours. Printed in the shortest of these ways.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Gap {
    nanoseconds: u64,
}

/// Why a text or a number is not a gap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.of("gap"))]
#[non_exhaustive]
pub enum GapError {
    /// The text is not a duration at all.
    NotADuration(String),
    /// Zero would make a session of every instant.
    Zero(String),
    /// No gap is counted that finely.
    TooFine(String),
    /// Longer than 2^64 nanoseconds.
    TooLong(String),
}

impl GapError {
    /// The reason in words, for a duration of this name.
    pub fn of(&self, name: &str) -> String {
        match self {
            Self::NotADuration(text) => format!(
                "{name} '{text}' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or \
                 PT30M"
            ),
            Self::Zero(text) => format!("{name} '{text}' must be longer than zero"),
            Self::TooFine(text) => format!("{name} '{text}' is not a whole number of nanoseconds"),
            Self::TooLong(text) => {
                format!("{name} '{text}' is longer than the 584 years that a {name} can hold")
            }
        }
    }
}

/// The units a gap is printed in, in this order.
const PRINTED: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// All names that units have.
const NAMES: [(&[&str], u64); 8] = [
    (&["w", "week", "weeks"], 7 * 86_400_000_000_000),
    (&["d", "day", "days"], 86_400_000_000_000),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000_000_000),
    (&["m", "min", "mins", "minute", "minutes"], 60_000_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (&["ms"], 1_000_000),
    (&["us", "\u{b5}s", "\u{3bc}s"], 1_000),
    (&["ns"], 1),
];

/// The letters of ISO 8601 for days, and for clock times after a T. Months and years have no one length.
const ISO_DAYS: [(&[&str], u64); 2] = [(&["W"], 7 * 86_400_000_000_000), (&["D"], 86_400_000_000_000)];
const ISO_CLOCK: [(&[&str], u64); 3] =
    [(&["H"], 3_600_000_000_000), (&["M"], 60_000_000_000), (&["S"], 1_000_000_000)];

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
        let problem = |problem| match problem {
            Problem::NotADuration => GapError::NotADuration(text.to_owned()),
            Problem::TooFine => GapError::TooFine(text.to_owned()),
            Problem::TooLong => GapError::TooLong(text.to_owned()),
        };
        let written = text.trim();
        let total = match written.strip_prefix('P') {
            Some(iso) => {
                let (days, clock) =
                    iso.split_once('T').map_or((iso, None), |(days, clock)| (days, Some(clock)));
                if clock == Some("") || iso.contains(' ') {
                    return Err(GapError::NotADuration(text.to_owned()));
                }
                let days = if days.is_empty() { Ok(0) } else { sum(days, &ISO_DAYS) };
                days.and_then(|days| {
                    days.checked_add(clock.map_or(Ok(0), |clock| sum(clock, &ISO_CLOCK))?)
                        .ok_or(Problem::TooLong)
                })
            }
            None => sum(written, &NAMES),
        };
        match total.map_err(problem)? {
            0 if written == "P" => Err(GapError::NotADuration(text.to_owned())),
            0 => Err(GapError::Zero(text.to_owned())),
            nanoseconds => Ok(Self { nanoseconds }),
        }
    }
}

enum Problem {
    NotADuration,
    TooFine,
    TooLong,
}

/// The sum of numbers with units, in nanoseconds. There is at least one.
fn sum(text: &str, units: &[(&[&str], u64)]) -> Result<u64, Problem> {
    let mut rest = text;
    let mut total: u64 = 0;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(letters);
        let unit = units.iter().find(|(names, _)| names.contains(&name));
        let (_, nanoseconds) = unit.ok_or(Problem::NotADuration)?;
        total = total.checked_add(times(number, *nanoseconds)?).ok_or(Problem::TooLong)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(total);
        }
    }
}

/// A decimal times a unit, exactly.
fn times(number: &str, nanoseconds: u64) -> Result<u64, Problem> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(Problem::NotADuration);
    }
    let whole: u64 = whole.parse().map_err(|_| Problem::TooLong)?;
    let whole = whole.checked_mul(nanoseconds).ok_or(Problem::TooLong)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        return Ok(whole);
    }
    // A week has 15 digits of nanoseconds; no fraction of one that is whole has more.
    if fraction.len() > 15 {
        return Err(Problem::TooFine);
    }
    let digits: u128 = fraction.parse().map_err(|_| Problem::TooFine)?;
    let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
    let part = digits * u128::from(nanoseconds);
    match part % scale {
        0 => {
            u64::try_from(part / scale).ok().and_then(|part| whole.checked_add(part)).ok_or(Problem::TooLong)
        }
        _ => Err(Problem::TooFine),
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.nanoseconds;
        for (name, size) in PRINTED {
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
            ("30min", "30m"),
            ("30 minutes", "30m"),
            ("1.5h", "1h30m"),
            ("0.25 days", "6h"),
            ("1w", "7d"),
            ("1800s", "30m"),
            ("1hr 30mins", "1h30m"),
            ("1.000000001s", "1s1ns"),
            ("2.50us", "2us500ns"),
            ("3\u{b5}s", "3us"),
            ("PT30M", "30m"),
            ("PT1H30M", "1h30m"),
            ("PT0.5S", "500ms"),
            ("P1DT12H", "1d12h"),
            ("P2W", "14d"),
        ] {
            assert_eq!(written.parse::<Gap>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn refuses_nonsense_by_name() {
        let message = |text: &str| text.parse::<Gap>().unwrap_err().to_string();
        assert_eq!(message("0s"), "gap '0s' must be longer than zero");
        for nonsense in [
            "",
            "m",
            "30",
            "-30m",
            "30 parsecs",
            "30m!",
            "1.h",
            ".5h",
            "1.5.2h",
            "1,5h",
            "30M",
            "P",
            "PT",
            "P30M",
            "P1Y",
            "PT30",
            "P1D T1H",
            "pt30m",
            "PT1H30",
            "30m 5",
            "1e3s",
        ] {
            assert!(message(nonsense).contains("is not a duration"), "{nonsense}: {}", message(nonsense));
        }
        assert_eq!(message("PT0S"), "gap 'PT0S' must be longer than zero");
        for fine in ["0.5ns", "0.0000000001s", "1.0000000000000000001h"] {
            assert_eq!(message(fine), format!("gap '{fine}' is not a whole number of nanoseconds"));
        }
        for long in ["999999999d", "99999999999999999999s", "P99999W", "18446744073s1000000000ns"] {
            assert!(message(long).contains("584 years"), "{long}");
        }
    }
}
