//! Lengths of time to the last nanosecond, for where "about half an hour" is the question and not the answer.

use arrow_schema::TimeUnit;
use spectrum_core::nanoseconds_per;

/// So many units as nanoseconds.
pub(crate) fn nanoseconds(units: u64, unit: TimeUnit) -> u128 {
    u128::from(units) * u128::from(nanoseconds_per(unit))
}

/// A length of time in days, hours, minutes and seconds, those that are zero left out: `30m 0.000001s`.
pub(crate) fn exactly(nanoseconds: u128) -> String {
    let mut parts = Vec::new();
    let mut rest = nanoseconds;
    for (name, size) in [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000)] {
        if rest >= size {
            parts.push(format!("{}{name}", rest / size));
            rest %= size;
        }
    }
    if rest > 0 || parts.is_empty() {
        parts.push(format!("{}s", decimal(rest, 1_000_000_000)));
    }
    parts.join(" ")
}

/// A length of time as [`exactly`] writes it, but in a small unit when it is shorter than a second: `1 µs`.
pub(crate) fn exactly_by(nanoseconds: u128) -> String {
    let (name, size) = match nanoseconds {
        0..1_000 => ("ns", 1),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => return exactly(nanoseconds),
    };
    format!("{} {name}", decimal(nanoseconds, size))
}

/// A number of parts as a decimal fraction of the whole, which is a power of ten.
fn decimal(parts: u128, whole: u128) -> String {
    let digits = whole.ilog10() as usize;
    let fraction = format!("{:0digits$}", parts % whole);
    let fraction = fraction.trim_end_matches('0');
    match fraction {
        "" => (parts / whole).to_string(),
        fraction => format!("{}.{fraction}", parts / whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded() {
        let text = |units, unit| exactly(nanoseconds(units, unit));
        assert_eq!(text(0, TimeUnit::Second), "0s");
        assert_eq!(text(1800, TimeUnit::Second), "30m");
        assert_eq!(text(1_800_000_001, TimeUnit::Microsecond), "30m 0.000001s");
        assert_eq!(text(86_400_000_000_001, TimeUnit::Nanosecond), "1d 0.000000001s");
        assert_eq!(text(93_784_050, TimeUnit::Millisecond), "1d 2h 3m 4.05s");
        assert_eq!(text(10, TimeUnit::Second), "10s");
        assert_eq!(text(u64::MAX, TimeUnit::Second), "213503982334601d 7h 15s");
    }

    #[test]
    fn short_lengths_have_small_units() {
        assert_eq!(exactly_by(1), "1 ns");
        assert_eq!(exactly_by(1_000), "1 µs");
        assert_eq!(exactly_by(1_500), "1.5 µs");
        assert_eq!(exactly_by(250_000_000), "250 ms");
        assert_eq!(exactly_by(1_000_000_000), "1s");
        assert_eq!(exactly_by(90_000_000_000), "1m 30s");
    }
}
