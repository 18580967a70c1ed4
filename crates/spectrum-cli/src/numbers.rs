//! Numbers, instants and durations as people read them; some of them stand in pages as well.

use std::time::Duration;

use arrow_schema::TimeUnit;
use jiff::Timestamp;
pub(crate) use spectrum_report::numbers::{count, counted, seconds};

/// A size as people read it.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..10_000_000_000 => format!("{} MB", count(bytes / 1_000_000)),
        _ => format!("{} GB", count(bytes / 1_000_000_000)),
    }
}

/// An instant as RFC 3339, with `Z` when it has a zone. Instants outside the calendar are plain numbers.
pub(crate) fn instant(instant: i64, unit: TimeUnit, zoned: bool) -> String {
    let timestamp = match unit {
        TimeUnit::Second => Timestamp::from_second(instant),
        TimeUnit::Millisecond => Timestamp::from_millisecond(instant),
        TimeUnit::Microsecond => Timestamp::from_microsecond(instant),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(i128::from(instant)),
    };
    match timestamp {
        Ok(timestamp) if zoned => timestamp.to_string(),
        Ok(timestamp) => timestamp.to_string().trim_end_matches('Z').to_owned(),
        Err(_) => format!("{instant} {} since 1970", unit_words(unit)),
    }
}

/// What a unit of time is called, of more than one.
pub(crate) fn unit_words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}

/// How long something took, and how many events a second that is. Of few events the rate would say how long a program
/// takes to start.
pub(crate) fn took(time: Duration, events: u64) -> String {
    const FEW: u64 = 10_000;
    let took = seconds(time.as_secs_f64());
    match events {
        0..FEW => took,
        _ => {
            let rate = events as f64 / time.as_secs_f64().max(1e-9);
            format!("{took} ({} events per second)", count(rate as u64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_of_many_events() {
        assert_eq!(took(Duration::from_millis(18), 4), "18 ms");
        assert_eq!(took(Duration::from_millis(18), 9_999), "18 ms");
        assert_eq!(took(Duration::from_millis(500), 10_000), "500 ms (20,000 events per second)");
    }

    #[test]
    fn instants_read_well() {
        assert_eq!(instant(0, TimeUnit::Second, true), "1970-01-01T00:00:00Z");
        assert_eq!(instant(1_500, TimeUnit::Millisecond, false), "1970-01-01T00:00:01.5");
        assert_eq!(instant(i64::MAX, TimeUnit::Second, true), "9223372036854775807 seconds since 1970");
    }
}
