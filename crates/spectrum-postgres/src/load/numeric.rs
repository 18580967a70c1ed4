//! PostgreSQL's numeric as its binary format has it: digits to the base of ten thousand (its numeric.c,
//! `numeric_recv`).

/// Appends a decimal text such as `-12.50`; `None` when it is none. Exponents are resolved.
pub(super) fn write(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let (negative, rest) = match text.trim() {
        text if text.starts_with('-') => (true, &text[1..]),
        text => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.eq_ignore_ascii_case("nan") {
        header(out, 0, 0, 0xC000, 0);
        return Some(());
    }
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    // Far more than anybody's numbers, and far less than PostgreSQL's limits of 131072 and 16383 digits.
    if !is_number || digits.len() > 1_000 || exponent.abs() > 1_000 {
        return None;
    }
    // Where the point stands among the digits, and how many follow it.
    let point = whole.len() as i32 + exponent;
    let scale = (fraction.len() as i32 - exponent).max(0);
    // Digits of ten thousand begin at multiples of four from the point.
    let first = if point > 0 { -(point + 3) / 4 * 4 + point } else { point + -point / 4 * 4 };
    let mut groups: Vec<u16> = Vec::new();
    let mut at = first;
    while at < digits.len() as i32 {
        let digit = |at: i32| {
            usize::try_from(at).ok().and_then(|at| digits.get(at)).map_or(0, |d| u16::from(d - b'0'))
        };
        groups.push((0..4).fold(0, |group, place| group * 10 + digit(at + place)));
        at += 4;
    }
    let mut weight = (point - first) / 4 - 1;
    let leading = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..leading);
    weight -= leading as i32;
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let sign = if negative && !groups.is_empty() { 0x4000 } else { 0 };
    header(out, groups.len() as i16, if groups.is_empty() { 0 } else { weight as i16 }, sign, scale as u16);
    groups.iter().for_each(|group| out.extend_from_slice(&group.to_be_bytes()));
    Some(())
}

fn header(out: &mut Vec<u8>, digits: i16, weight: i16, sign: u16, scale: u16) {
    out.extend_from_slice(&digits.to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
}

/// A whole number of `10^-scale` as text.
pub(super) fn text(number: i128, scale: i8) -> String {
    if scale <= 0 {
        let zeros = if number == 0 { 0 } else { usize::from(scale.unsigned_abs()) };
        return format!("{number}{}", "0".repeat(zeros));
    }
    let scale = usize::from(scale.unsigned_abs());
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if number < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(i16, u16, u16, Vec<u16>)> {
        let mut out = Vec::new();
        write(text, &mut out)?;
        let words: Vec<u16> = out.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        assert_eq!(usize::from(words[0]), words.len() - 4, "{text}");
        Some((words[1] as i16, words[2], words[3], words[4..].to_vec()))
    }

    #[test]
    fn digits_stand_in_fours_around_the_point() {
        assert_eq!(of("0"), Some((0, 0, 0, vec![])));
        assert_eq!(of("1"), Some((0, 0, 0, vec![1])));
        assert_eq!(of("-12345.678"), Some((1, 0x4000, 3, vec![1, 2345, 6780])));
        assert_eq!(of("0.0001"), Some((-1, 0, 4, vec![1])));
        assert_eq!(of("0.00001"), Some((-2, 0, 5, vec![1000])));
        assert_eq!(of("10000"), Some((1, 0, 0, vec![1])));
        assert_eq!(of("1.5e3"), Some((0, 0, 0, vec![1500])));
        assert_eq!(of("15e-1"), Some((0, 0, 1, vec![1, 5000])));
        assert_eq!(of("000.50"), Some((-1, 0, 2, vec![5000])));
        assert_eq!(of("NaN"), Some((0, 0xC000, 0, vec![])));
        for none in ["", ".", "-", "1,5", "abc", "1e", "1e99999"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn decimals_as_text() {
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(12345, 2), "123.45");
        assert_eq!(text(7, 0), "7");
        assert_eq!(text(7, -3), "7000");
    }
}
