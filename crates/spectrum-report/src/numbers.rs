//! Numbers, instants and lengths of time as people read them, in the page and on a terminal.

use jiff::Timestamp;

use crate::figures::{Instant, Zone};

/// A count with commas between thousands: 1,234,567.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and the word for what is counted, in the plural unless it is one.
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(number), if number == 1 { singular } else { plural })
}

/// A length of time in seconds, to about three digits: 4.2 s, 17m 05s, 3h 20m, 12d 4h.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        _ if seconds == 0.0 => "0 s".to_owned(),
        _ if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// A share in percent with one decimal; a dash where there is nothing to have a share of. Some are not told as none, nor most as
/// all.
pub fn share(part: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    let text = format!("{:.1} %", 100.0 * part as f64 / of as f64);
    match text.as_str() {
        "0.0 %" if part > 0 => "under 0.1 %".to_owned(),
        "100.0 %" if part < of => "over 99.9 %".to_owned(),
        _ => text,
    }
}

/// A number with one decimal, unless that is zero.
pub(crate) fn to_tenths(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    match tenths % 10 {
        0 => count(tenths / 10),
        tenth => format!("{}.{tenth}", count(tenths / 10)),
    }
}

/// A number on an axis.
pub(crate) fn on_axis(number: f64) -> String {
    let short = |number: f64, unit: &str| format!("{} {unit}", to_tenths(number));
    match number {
        1e9.. => short(number / 1e9, "bn"),
        1e6.. => short(number / 1e6, "M"),
        _ if number.fract() == 0.0 => count(number as u64),
        _ => format!("{number:.1}"),
    }
}

/// The date and the time of day to the second; `None` outside the calendar.
pub(crate) fn date_and_clock(instant: Instant) -> Option<(String, String)> {
    let seconds = i64::try_from(instant.0.div_euclid(1_000_000_000)).ok()?;
    let text = Timestamp::from_second(seconds).ok()?.to_string();
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    Some((date.to_owned(), clock.to_owned()))
}

/// An instant to the second, with the zone if it has one.
pub(crate) fn instant(instant: Instant, zone: Zone) -> String {
    match date_and_clock(instant) {
        Some((date, clock)) if zone == Zone::Utc => format!("{date} {clock} UTC"),
        Some((date, clock)) => format!("{date} {clock}"),
        None => format!("{} nanoseconds since 1970", instant.0),
    }
}

/// An instant as the machine-readable value of a `time` element; `None` outside the calendar.
pub(crate) fn machine_time(instant: Instant, zone: Zone) -> Option<String> {
    let timestamp = Timestamp::from_nanosecond(instant.0).ok()?.to_string();
    Some(match zone {
        Zone::Utc => timestamp,
        Zone::AsWritten => timestamp.trim_end_matches('Z').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "event", "events"), "1 event");
        assert_eq!(seconds(1025.0), "17m 05s");
        assert_eq!(seconds(0.25), "250 ms");
        assert_eq!(seconds(0.0), "0 s");
        assert_eq!(
            (share(1, 3), share(0, 3), share(3, 3)),
            ("33.3 %".into(), "0.0 %".into(), "100.0 %".into())
        );
        assert_eq!((share(1, 3000), share(2999, 3000)), ("under 0.1 %".into(), "over 99.9 %".into()));
        assert_eq!((to_tenths(5.04), to_tenths(1234.56)), ("5".to_owned(), "1,234.6".to_owned()));
        assert_eq!(on_axis(1_500_000.0), "1.5 M");
        assert_eq!(instant(Instant(-1), Zone::Utc), "1969-12-31 23:59:59 UTC");
        assert_eq!(instant(Instant(i128::MAX), Zone::Utc), format!("{} nanoseconds since 1970", i128::MAX));
    }
}
