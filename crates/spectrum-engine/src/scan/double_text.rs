//! Doubles as PostgreSQL writes them (its d2s.c and f2s.c): the shortest decimal that is read back as the same number, with
//! an exponent where it is large or small.

use std::cmp::Ordering;

/// The text of a double.
pub(super) fn of_double(value: f64) -> String {
    let size = value.abs();
    written(&fewest_digits(size, &format!("{size:e}"), |text| text.parse() == Ok(size)), value, 15)
}

/// The text of a float of 32 bits, which has an exponent earlier.
pub(super) fn of_single(value: f32) -> String {
    let size = value.abs();
    let digits = fewest_digits(size.into(), &format!("{size:e}"), |text| text.parse() == Ok(size));
    written(&digits, value.into(), 6)
}

/// The fewest digits that are read back as this number and as no other, however a reader rounds. Rust's `shortest` may lie
/// halfway to the next number, as 1e23 does, where readers round to the even one; PostgreSQL has one more digit then.
fn fewest_digits(size: f64, shortest: &str, is_read_back: impl Fn(&str) -> bool) -> String {
    let exact = format!("{size:.40e}");
    let (Some((digits, exponent)), Some((all, exact_exponent))) = (parts(shortest), parts(&exact)) else {
        return shortest.to_owned();
    };
    let just_beyond = match (exponent, format!("{digits:0<41}")).cmp(&(exact_exponent, all)) {
        Ordering::Equal => return shortest.to_owned(),
        Ordering::Greater => format!("{digits:0<41}1"),
        Ordering::Less => {
            let less = digits.parse::<u64>().unwrap_or_default().saturating_sub(1); // of at most 17 digits
            format!("{less:0>width$}{}", "9".repeat(40), width = digits.len())
        }
    };
    let (first, rest) = just_beyond.split_at(1);
    match is_read_back(&format!("{first}.{rest}e{exponent}")) {
        true => shortest.to_owned(),
        false => {
            let is_another = |text: &String| {
                parts(text).is_some_and(|(longer, _)| longer.trim_end_matches('0') != digits)
                    && is_read_back(text)
            };
            let mut longer = (digits.len()..17).map(|more| format!("{size:.more$e}"));
            longer.find(is_another).unwrap_or_else(|| shortest.to_owned())
        }
    }
}

/// The digits of a number with an exponent, without their point, and the exponent.
fn parts(text: &str) -> Option<(String, i32)> {
    let (mantissa, exponent) = text.split_once('e')?;
    Some((mantissa.replace('.', ""), exponent.parse().ok()?))
}

/// `shortest` has the digits and the exponent; from ten to the `most` on, and below a ten-thousandth, the exponent is shown.
/// Zero is one key, whatever its sign.
fn written(shortest: &str, value: f64, most: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let Some((digits, exponent)) = parts(shortest) else {
        return if value.is_nan() { "NaN".to_owned() } else { format!("{sign}Infinity") };
    };
    if exponent < -4 || exponent >= most {
        let direction = if exponent < 0 { '-' } else { '+' };
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.abs());
    }
    match usize::try_from(exponent) {
        Ok(whole) if digits.len() <= whole + 1 => format!("{sign}{digits:0<width$}", width = whole + 1),
        Ok(whole) => format!("{sign}{}.{}", &digits[..=whole], &digits[whole + 1..]),
        Err(_) => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PostgreSQL 18 says to `SELECT x::float8::text` and `x::float4::text`.
    #[test]
    fn doubles_are_written_as_postgresql_writes_them() {
        for (value, double, single) in [
            (0.0, "0", "0"),
            (-0.0, "0", "0"),
            (7.0, "7", "7"),
            (-2.5, "-2.5", "-2.5"),
            (0.1, "0.1", "0.1"),
            (120.25, "120.25", "120.25"),
            (0.0001, "0.0001", "0.0001"),
            (-0.00001, "-1e-05", "-1e-05"),
            (100_000.0, "100000", "100000"),
            (1_000_000.0, "1000000", "1e+06"),
            (123_456_789_012_345.0, "123456789012345", "1.2345679e+14"),
            (1_234_567_890_123_456.0, "1.234567890123456e+15", "1.234568e+15"),
            (1e22, "1e+22", "1e+22"),
            (1e23, "9.999999999999999e+22", "1e+23"),
            (f64::NAN, "NaN", "NaN"),
            (f64::INFINITY, "Infinity", "Infinity"),
            (f64::NEG_INFINITY, "-Infinity", "-Infinity"),
        ] {
            assert_eq!(of_double(value), double);
            assert_eq!(of_single(value as f32), single, "{value}");
        }
        assert_eq!(of_double(f64::MAX), "1.7976931348623157e+308");
        assert_eq!(of_double(5e-324), "5e-324");
    }
}
