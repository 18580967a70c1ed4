//! Whole numbers that somebody wrote as decimals, such as the ids `7.0` and `1e3`.

use std::borrow::Cow;

use super::time::decimal;

/// The number in plain digits; `None` where a text is not a whole number.
pub(crate) fn whole_number(text: &str) -> Option<Cow<'_, str>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain && (digits == "0" || !digits.starts_with('0')) && text != "-0" {
        return Some(Cow::Borrowed(text));
    }
    let (digits, exponent) = decimal(text).ok()?;
    let scale = 10_i128.checked_pow(exponent.unsigned_abs());
    let whole = match scale {
        _ if digits == 0 => 0,
        Some(scale) if exponent >= 0 => digits.checked_mul(scale)?,
        Some(scale) if digits % scale == 0 => digits / scale,
        _ => return None,
    };
    Some(Cow::Owned(whole.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_that_are_whole_are_integers() {
        for (text, whole) in [
            ("7", Some("7")),
            ("-7", Some("-7")),
            ("7.0", Some("7")),
            ("7.000", Some("7")),
            ("1e3", Some("1000")),
            ("1.5e1", Some("15")),
            ("120e-1", Some("12")),
            ("-0.0", Some("0")),
            ("-0", Some("0")),
            ("007", Some("7")),
            ("123456789012345678901234567890", Some("123456789012345678901234567890")),
            ("7.5", None),
            ("seven", None),
            ("", None),
            ("NaN", None),
            ("1e99", None),
        ] {
            assert_eq!(whole_number(text).as_deref(), whole, "{text}");
        }
    }
}
