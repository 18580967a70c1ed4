//! Decimal numbers of up to 38 digits, compared exactly.

use std::cmp::Ordering;
use std::fmt;

use arrow_buffer::i256;

/// A whole number times a negative power of ten: `digits` / 10^`scale`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    digits: i128,
    scale: u8,
}

/// The most digits that a number can have.
const MOST_DIGITS: u8 = 38;

impl Decimal {
    /// `digits` / 10^`scale`.
    pub fn new(digits: i128, scale: u8) -> Self {
        Self { digits, scale }
    }

    /// Reads `12`, `-1.50`, `.5` or `1e3`. `None` where the text is not a number, or has more than 38 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, unsigned) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
            digits = digits.checked_mul(10)?.checked_add(digit)?;
        }
        let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        while scale < 0 {
            digits = digits.checked_mul(10)?;
            scale += 1;
        }
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        let fits = digits < 10_i128.pow(MOST_DIGITS.into()) && scale <= MOST_DIGITS.into();
        let digits = if negative { -digits } else { digits };
        fits.then(|| u8::try_from(scale).ok().map(|scale| Self { digits, scale })).flatten()
    }

    /// The digits, without the point.
    pub fn digits(self) -> i128 {
        self.digits
    }

    /// How many of the digits stand behind the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The digits with so many behind the point; `None` where there is no room for them, or some would be lost.
    pub fn at_scale(self, scale: u8) -> Option<i128> {
        match scale.checked_sub(self.scale) {
            Some(more) => self.digits.checked_mul(10_i128.checked_pow(more.into())?),
            None => {
                let less = 10_i128.checked_pow((self.scale - scale).into())?;
                (self.digits % less == 0).then(|| self.digits / less)
            }
        }
    }

    /// The sum; `None` where it has more than 38 digits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let digits = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        (digits.unsigned_abs() < 10_u128.pow(MOST_DIGITS.into())).then_some(Self { digits, scale })
    }

    /// The same number without zeros at the end of its fraction.
    #[must_use]
    pub fn normalized(self) -> Self {
        let mut number = self;
        while number.scale > 0 && number.digits % 10 == 0 {
            number = Self { digits: number.digits / 10, scale: number.scale - 1 };
        }
        number
    }

    /// The nearest number of floating point.
    pub(crate) fn to_f64(self) -> f64 {
        // Written out and read again, which rounds once.
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.digits.cmp(&other.digits);
        }
        // 38 digits and up to 38 zeros are 76 digits, which is what 256 bits hold.
        let scale = self.scale.max(other.scale);
        let at = |number: &Self| {
            let ten = i256::from_i128(10);
            (number.scale..scale).fold(i256::from_i128(number.digits), |digits, _| digits.wrapping_mul(ten))
        };
        at(self).cmp(&at(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn texts_are_read_exactly() {
        for (text, same) in [
            ("12", "12"),
            ("-1.50", "-1.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.25e1", "12.5"),
            ("12e-1", "1.2"),
            ("-0.0", "0"),
            ("+7", "7"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(decimal(text).to_string(), same, "{text}");
        }
        for text in
            ["", "-", ".", "1x", "1e", "NaN", "1e99", "1 2", "999999999999999999999999999999999999999"]
        {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn comparison_is_by_value() {
        assert_eq!(decimal("1.0"), decimal("1"));
        assert!(decimal("-0.1") < decimal("0"));
        let longest = "99999999999999999999999999999999999999";
        assert!(decimal(longest) > decimal("0.00000000000000000000000000000000000001"));
        assert!(Decimal::new(10, 1) == Decimal::new(1, 0) && Decimal::new(11, 1) > Decimal::new(1, 0));
    }
}
