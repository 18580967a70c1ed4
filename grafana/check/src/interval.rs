//! Intervals as Grafana writes and reads them: `5m`, `2h`, `1d`.

use anyhow::{Result, bail, ensure};

use crate::time_range::TimeRange;

/// Seconds of an interval, as Grafana's back end reads it (`gtime.ParseInterval` of its plugin SDK): a number of
/// days or weeks, or a duration as Go writes it.
///
/// Months and years are refused: there they are counted from today, and no dashboard that is checked needs them.
pub fn parse_interval(text: &str) -> Result<f64> {
    let number = |unit: char| text.strip_suffix(unit).and_then(|digits| digits.parse::<u32>().ok());
    if let Some(days) = number('d') {
        return Ok(f64::from(days) * 86_400.0);
    }
    if let Some(weeks) = number('w') {
        return Ok(f64::from(weeks) * 7.0 * 86_400.0);
    }
    ensure!(!text.is_empty(), "an interval must not be empty");
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => bail!("interval '{text}' has the unit '{unit}'; known are ms, s, m, h, d and w"),
        };
        let Ok(number) = number.parse::<f64>() else {
            bail!("interval '{text}' has a unit without a number")
        };
        seconds += number * unit;
        rest = after;
    }
    Ok(seconds)
}

/// The bucket that the variable's `auto` stands for, as Grafana's front end chooses it (`calculateInterval` of
/// @grafana/data): the time range through the wished-for number of buckets, made round.
pub fn auto_interval(range: &TimeRange, buckets: u32, narrowest: &str) -> Result<String> {
    let exact = range.seconds() * 1000.0 / f64::from(buckets);
    // Up to which milliseconds which number of seconds is taken; below the first line nothing is used here.
    const ROUND: [(f64, u64); 16] = [
        (90_000.0, 60),
        (210_000.0, 120),
        (450_000.0, 300),
        (750_000.0, 600),
        (1_050_000.0, 900),
        (1_500_000.0, 1200),
        (2_700_000.0, 1800),
        (5_400_000.0, 3600),
        (9_000_000.0, 7200),
        (16_200_000.0, 10_800),
        (32_400_000.0, 21_600),
        (86_400_000.0, 43_200),
        (604_800_000.0, 86_400),
        (1_814_400_000.0, 604_800),
        (3_628_800_000.0, 2_592_000),
        (f64::INFINITY, 31_536_000),
    ];
    let rounded = ROUND.iter().find(|(below, _)| exact < *below).map_or(60, |(_, seconds)| *seconds);
    let seconds = (rounded as f64).max(parse_interval(narrowest)?) as u64;
    Ok(match seconds {
        31_536_000.. => format!("{}y", seconds / 31_536_000),
        86_400.. => format!("{}d", seconds / 86_400),
        3600.. => format!("{}h", seconds / 3600),
        60.. => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_seconds() {
        for (text, seconds) in
            [("5m", 300.0), ("1h30m", 5400.0), ("1.5h", 5400.0), ("20ms", 0.02), ("12d", 1_036_800.0)]
        {
            assert_eq!(parse_interval(text).unwrap(), seconds, "{text}");
        }
        for text in ["", "5", "m", "5x", "1y", "5m'; DROP"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }

    #[test]
    fn auto_cuts_the_range_into_about_as_many_buckets_as_wished_for() {
        let auto = |days: i64| {
            let from = "2026-03-01T00:00:00Z".parse().unwrap();
            let to = from + jiff::SignedDuration::from_hours(24 * days);
            auto_interval(&TimeRange { from, to }, 80, "5m").unwrap()
        };
        assert_eq!(auto(7), "2h");
        assert_eq!(auto(1), "20m");
        assert_eq!(auto(90), "1d");
        assert_eq!(auto(800), "7d");
        let from = "2026-03-01T00:00:00Z".parse().unwrap();
        let hour = TimeRange { from, to: from + jiff::SignedDuration::from_hours(1) };
        assert_eq!(auto_interval(&hour, 80, "5m").unwrap(), "5m", "never narrower than the narrowest");
    }
}
