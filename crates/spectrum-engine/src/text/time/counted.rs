//! Numbers that count from 1970, with a fraction or without. All arithmetic is in whole decimals: a double of seconds
//! does not hold microseconds exactly.

use arrow_schema::TimeUnit;

use super::{NumberUnit, TextTime, TimeProblem};

/// More digits than any time has, and less than 128 bits hold.
const MOST_DIGITS: usize = 36;

/// Reads `1700000000`, `1700000000.123` or `1.7e9`, which count in `epoch`, as an instant counted in `unit`.
pub(super) fn read(text: &str, epoch: NumberUnit, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
    if epoch == NumberUnit::Known(unit)
        && let Ok(instant) = text.parse()
    {
        return Ok(TextTime { instant, zoned: true, found_unit: None });
    }
    let (digits, exponent) = decimal(text)?;
    of_decimal(digits, exponent, epoch, unit)
}

/// The instant that `digits` times ten to the `exponent` stands for.
pub(super) fn of_decimal(
    digits: i128,
    exponent: i32,
    epoch: NumberUnit,
    unit: TimeUnit,
) -> Result<TextTime, TimeProblem> {
    let (counts, found_unit) = match epoch {
        NumberUnit::Known(counts) => (counts, None),
        NumberUnit::Auto => {
            let found = unit_by_magnitude(digits, exponent).ok_or(TimeProblem::AnyUnit)?;
            (found, Some(found))
        }
    };
    let exponent = exponent.saturating_add(power(counts) - power(unit));
    let instant = match 10_i128.checked_pow(exponent.unsigned_abs()) {
        _ if digits == 0 => 0,
        Some(factor) if exponent >= 0 => digits.checked_mul(factor).ok_or(TimeProblem::OutOfRange)?,
        Some(divisor) if digits % divisor == 0 => digits / divisor,
        None if exponent >= 0 => return Err(TimeProblem::OutOfRange),
        _ if unit == TimeUnit::Nanosecond => return Err(TimeProblem::TooFine),
        _ => return Err(TimeProblem::Finer),
    };
    let instant = i64::try_from(instant).map_err(|_| TimeProblem::OutOfRange)?;
    Ok(TextTime { instant, zoned: true, found_unit })
}

/// A decimal as its digits and the power of ten that they are multiplied by.
pub(crate) fn decimal(text: &str) -> Result<(i128, i32), TimeProblem> {
    let not_a_number = TimeProblem::NotATime;
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| not_a_number)?),
        None => (text, 0),
    };
    let (is_negative, number) = match number.as_bytes().first() {
        Some(b'-') => (true, &number[1..]),
        Some(b'+') => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction_digits = fraction.trim_end_matches('0');
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(not_a_number);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() + fraction_digits.len() > MOST_DIGITS {
        return Err(if whole.len() > 19 { TimeProblem::OutOfRange } else { TimeProblem::TooFine });
    }
    let digits = whole.bytes().chain(fraction_digits.bytes());
    let digits = digits.fold(0_i128, |number, digit| number * 10 + i128::from(digit - b'0'));
    Ok((if is_negative { -digits } else { digits }, exponent.saturating_sub(fraction_digits.len() as i32)))
}

/// The unit in which a number counts times between the years 1973 and 5138.
fn unit_by_magnitude(digits: i128, exponent: i32) -> Option<TimeUnit> {
    let places = digits.checked_ilog10()? as i32;
    match places.checked_add(exponent)? {
        8..=10 => Some(TimeUnit::Second),
        11..=13 => Some(TimeUnit::Millisecond),
        14..=16 => Some(TimeUnit::Microsecond),
        17..=18 => Some(TimeUnit::Nanosecond),
        _ => None,
    }
}

/// How many powers of ten a unit is above a nanosecond.
fn power(unit: TimeUnit) -> i32 {
    match unit {
        TimeUnit::Second => 9,
        TimeUnit::Millisecond => 6,
        TimeUnit::Microsecond => 3,
        TimeUnit::Nanosecond => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn microseconds(text: &str, epoch: impl Into<NumberUnit>) -> Result<i64, TimeProblem> {
        read(text, epoch.into(), TimeUnit::Microsecond).map(|time| time.instant)
    }

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        for (text, expected) in [
            ("1700000000", 1_700_000_000_000_000),
            ("1700000000.123", 1_700_000_000_123_000),
            ("1700000000.000100", 1_700_000_000_000_100),
            ("1700000000.123456000", 1_700_000_000_123_456),
            ("1.7e9", 1_700_000_000_000_000),
            ("1.7000000001E+9", 1_700_000_000_100_000),
            ("17000000000e-1", 1_700_000_000_000_000),
            ("-0.000001", -1),
            ("+1", 1_000_000),
            ("007.50", 7_500_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("0e999", 0),
        ] {
            assert_eq!(microseconds(text, TimeUnit::Second), Ok(expected), "{text}");
        }
        assert_eq!(microseconds("1700000000123.5", TimeUnit::Millisecond), Ok(1_700_000_000_123_500));
        assert_eq!(microseconds("1700000000123456000", TimeUnit::Nanosecond), Ok(1_700_000_000_123_456));
    }

    #[test]
    fn what_is_finer_too_large_or_not_a_number_is_told_apart() {
        let seconds = |text, unit| read(text, TimeUnit::Second.into(), unit);
        assert_eq!(seconds("1700000000.5", TimeUnit::Second), Err(TimeProblem::Finer));
        assert_eq!(seconds("1.0000001", TimeUnit::Microsecond), Err(TimeProblem::Finer));
        assert_eq!(seconds("1.0000000001", TimeUnit::Nanosecond), Err(TimeProblem::TooFine));
        assert_eq!(seconds("1e-400", TimeUnit::Nanosecond), Err(TimeProblem::TooFine));
        for large in ["1e400", "99999999999999999999", "9223372036854775808", "1e30", "1e40"] {
            assert_eq!(seconds(large, TimeUnit::Second), Err(TimeProblem::OutOfRange), "{large}");
        }
        for text in
            ["", ".", "-", "e5", "1e", "1.5.2", "0x10", "NaN", "inf", "1_000", "1,5", "--1", "2026-01-01"]
        {
            assert_eq!(seconds(text, TimeUnit::Second), Err(TimeProblem::NotATime), "{text}");
        }
    }

    #[test]
    fn magnitudes_tell_units_and_small_numbers_tell_none() {
        let found = |text| read(text, NumberUnit::Auto, TimeUnit::Nanosecond);
        for (text, unit) in [
            ("100000000", TimeUnit::Second),
            ("1700000000.25", TimeUnit::Second),
            ("1.7e12", TimeUnit::Millisecond),
            ("1700000000000", TimeUnit::Millisecond),
            ("1700000000000000", TimeUnit::Microsecond),
            ("1700000000000000000", TimeUnit::Nanosecond),
        ] {
            let time = found(text).unwrap();
            assert_eq!(time.found_unit, Some(unit), "{text}");
            assert_eq!(
                time.instant / 1_000_000_000 / 1_700_000_000,
                i64::from(text != "100000000"),
                "{text}"
            );
        }
        for text in ["0", "-1700000000", "99999999", "5", "10000000000000000000"] {
            assert_eq!(found(text), Err(TimeProblem::AnyUnit), "{text}");
        }
    }
}
