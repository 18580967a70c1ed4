//! The narrowest type that holds every value of a text column without losing any of it.
//!
//! A column is one of numbers only if every value comes back as the same text: `007`, `1.10`, `20.00`, `+1` and `1e3`
//! are versions, prices, codes, and a number would lose a part of them. So is a whole number among fractions, which
//! would come back as `2.0`, and a decimal with more digits than a double holds. Times are spelled anew: those with
//! offsets are written in UTC.

use arrow_schema::{DataType, TimeUnit};

use crate::text::time::{TimeProblem, read_without_blank};

/// What a column's values could all be. Starts with everything and loses what a value rules out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Possible {
    any_value: bool,
    integer: bool,
    float: bool,
    boolean: bool,
    date: bool,
    zoned: bool,
    naive: bool,
    nanoseconds: bool,
    /// Whether all times lie in the years that 64-bit nanoseconds reach.
    near: bool,
}

impl Default for Possible {
    fn default() -> Self {
        Self {
            any_value: false,
            integer: true,
            float: true,
            boolean: true,
            date: true,
            zoned: true,
            naive: true,
            nanoseconds: false,
            near: true,
        }
    }
}

impl Possible {
    /// Rules out what this value, which is not NULL, cannot be.
    pub(crate) fn see(&mut self, text: &str) {
        self.any_value = true;
        self.integer = self.integer && is_plain_integer(text);
        self.float = self.float && is_plain_number(text);
        self.boolean = self.boolean && matches!(text, "true" | "false");
        self.date = self.date && is_plain_date(text);
        if self.zoned || self.naive {
            self.see_time(text);
        }
    }

    fn see_time(&mut self, text: &str) {
        let parse = |unit| match text.len() < 16 {
            true => Err(TimeProblem::NotATime), // a plain date is a date, and a number is a number
            false => read_without_blank(text, unit),
        };
        let (parsed, finer) = match parse(TimeUnit::Microsecond) {
            Err(TimeProblem::Finer) => (parse(TimeUnit::Nanosecond), true),
            parsed => (parsed, false),
        };
        match parsed {
            Ok(time) => {
                self.zoned &= time.zoned;
                self.naive &= !time.zoned;
                self.nanoseconds |= finer;
                self.near &= finer || time.instant.checked_mul(1000).is_some();
            }
            Err(_) => (self.zoned, self.naive) = (false, false),
        }
    }

    /// What both leave possible.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            any_value: self.any_value || other.any_value,
            integer: self.integer && other.integer,
            float: self.float && other.float,
            boolean: self.boolean && other.boolean,
            date: self.date && other.date,
            zoned: self.zoned && other.zoned,
            naive: self.naive && other.naive,
            nanoseconds: self.nanoseconds || other.nanoseconds,
            near: self.near && other.near,
        }
    }

    /// The narrowest possible type; text when nothing else is, or there is no value to go by.
    pub(crate) fn data_type(self) -> DataType {
        let unit = if self.nanoseconds { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
        match self {
            Self { any_value: false, .. } => DataType::Utf8,
            Self { integer: true, .. } => DataType::Int64,
            Self { float: true, .. } => DataType::Float64,
            Self { boolean: true, .. } => DataType::Boolean,
            Self { date: true, .. } => DataType::Date32,
            Self { nanoseconds: true, near: false, .. } => DataType::Utf8,
            Self { zoned: true, .. } => DataType::Timestamp(unit, Some("UTC".into())),
            Self { naive: true, .. } => DataType::Timestamp(unit, None),
            _ => DataType::Utf8,
        }
    }
}

pub(super) fn is_plain_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits && (digits == "0" || !digits.starts_with('0')) && text != "-0" && text.parse::<i64>().is_ok()
}

/// Decimals that come back as they are written: of at most 15 digits, which a double holds exactly enough, with no zero
/// at the end but the one of `2.0`, and neither so large nor so small that they would be written with an exponent.
pub(super) fn is_plain_number(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let Some((whole, fraction)) = number.split_once('.') else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && (whole == "0" || !whole.starts_with('0'))
        && (fraction == "0" || !fraction.ends_with('0'))
        && whole.len() <= 9
        && !(whole == "0" && fraction.starts_with("0000"))
        && whole.len() + fraction.len() <= 15
}

pub(super) fn is_plain_date(text: &str) -> bool {
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> DataType {
        let mut possible = Possible::default();
        values.iter().for_each(|value| possible.see(value));
        possible.data_type()
    }

    #[test]
    fn a_type_is_chosen_only_if_it_keeps_every_value() {
        assert_eq!(of(&["1", "-7", "0"]), DataType::Int64);
        assert_eq!(of(&["1", "007"]), DataType::Utf8);
        assert_eq!(of(&["1.5", "-2.0", "0.0001", "-0.5"]), DataType::Float64);
        for text in
            ["1.10", "20.00", "2", "00.5", "1.", ".5", "+1.5", "1.5e3", "1234567890.5", "0.00001", "-0.00"]
        {
            assert_eq!(of(&["1.5", text]), DataType::Utf8, "{text}");
        }
        assert_eq!(of(&["0.1234567890123456789"]), DataType::Utf8);
        assert_eq!(of(&["9223372036854775808"]), DataType::Utf8);
        assert_eq!(of(&["true", "false"]), DataType::Boolean);
        assert_eq!(of(&["true", "1"]), DataType::Utf8);
        assert_eq!(of(&["2026-01-01"]), DataType::Date32);
        assert_eq!(
            of(&["2026-01-01T00:00:00Z"]),
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        );
        assert_eq!(of(&["2026-01-01 00:00:00.123456789"]), DataType::Timestamp(TimeUnit::Nanosecond, None));
        assert_eq!(of(&["2026-01-01 00:00:00", "2026-01-01T00:00:00Z"]), DataType::Utf8);
        assert_eq!(of(&[]), DataType::Utf8);
        // No unit of 64 bits holds both.
        assert_eq!(of(&["3000-01-01 00:00:00", "2026-01-01 00:00:00.000000001"]), DataType::Utf8);
        assert_eq!(of(&["3000-01-01 00:00:00"]), DataType::Timestamp(TimeUnit::Microsecond, None));
    }
}
