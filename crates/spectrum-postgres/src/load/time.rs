//! Times as text and as PostgreSQL counts them.

use arrow_schema::TimeUnit;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};
use jiff::{SignedDuration, Span};

use super::value::Value;
use crate::message::{Message, message};
use crate::remedy::Remedy;

static PARSER: DateTimeParser = DateTimeParser::new();

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const EPOCH_DAY: Date = Date::constant(1970, 1, 1);

/// From 1970 to 2000, where PostgreSQL begins to count.
const DAYS: i64 = 10_957;
const MICROSECONDS: i128 = DAYS as i128 * 86_400_000_000;

/// What PostgreSQL's times reach (its timestamp.h), in its own microseconds: 4714-11-24 BC to 294276-12-31.
const FIRST: i128 = -211_813_488_000_000_000;
const END: i128 = 9_223_371_331_200_000_000;
/// What its dates reach, in its own days.
const FIRST_DAY: i64 = -2_451_545;
const END_DAY: i64 = 2_145_031_949;

/// PostgreSQL's microseconds, and whether nanoseconds were cut off; `None` outside its calendar.
pub(super) fn microseconds(nanoseconds: i128) -> Option<(i64, bool)> {
    let counted = nanoseconds.div_euclid(1_000) - MICROSECONDS;
    let fits = (FIRST..END).contains(&counted);
    fits.then(|| (counted as i64, nanoseconds.rem_euclid(1_000) != 0))
}

/// PostgreSQL's days; `None` outside its calendar.
pub(super) fn days(since_1970: i64) -> Option<i32> {
    let counted = since_1970.checked_sub(DAYS)?;
    (FIRST_DAY..END_DAY).contains(&counted).then_some(counted as i32)
}

/// The midnight that begins a day, in nanoseconds since 1970.
pub(super) fn midnight(day: i64) -> i128 {
    i128::from(day) * 86_400_000_000_000
}

/// A whole number of a unit, in nanoseconds.
pub(super) fn of_unit(number: i128, unit: TimeUnit) -> Option<i128> {
    number.checked_mul(match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    })
}

/// A number that counts from 1970.
pub(super) fn counted(value: Value<'_>, unit: TimeUnit) -> Result<Value<'_>, Message> {
    let number = match value {
        Value::Integer(number) => Some(number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Json(json) if json != "null" => json.trim_matches('"').trim().parse().ok(),
        Value::Json(_) => return Ok(Value::Null),
        other => return Ok(other),
    };
    let instant = number.and_then(|number| of_unit(number, unit));
    instant
        .map(|instant| Value::Instant(instant, true))
        .ok_or_else(|| message!["it is not a whole number, as ", Remedy::GiveTimeUnit, " says"])
}

/// A time as the number that a column of type bigint has of it.
pub(super) fn in_units(value: Value<'_>, unit: TimeUnit) -> Result<Value<'_>, Message> {
    let nanoseconds = match counted(value, unit)? {
        Value::Instant(nanoseconds, _) => nanoseconds,
        Value::Date(day) => midnight(day),
        other => return Ok(other),
    };
    let one = of_unit(1, unit).unwrap_or(1);
    match nanoseconds % one {
        0 => Ok(Value::Integer(nanoseconds / one)),
        _ => Err(message![
            format!(
                "{} is finer than what the column counts; say another unit with ",
                instant_text(nanoseconds, true).as_deref().unwrap_or("it")
            ),
            Remedy::GiveTimeUnit
        ]),
    }
}

/// Reads RFC 3339, `YYYY-MM-DD HH:MM:SS[.fraction][zone]` and plain dates: nanoseconds since 1970, and whether the
/// text had a zone. A blank may stand before the zone, which may be called UTC, GMT or Z.
pub(super) fn parse(text: &str) -> Option<(i128, bool)> {
    let text = text.trim();
    let (before, zone) = match text.rsplit_once(' ') {
        Some((before, "UTC" | "GMT" | "Z")) => (before, "Z"),
        Some((before, zone)) if zone.starts_with(['+', '-']) => (before, zone),
        _ => return parse_joined(text),
    };
    // A date alone has no clock that a zone could be ahead of.
    let has_clock = before.len() >= "2026-01-01 10".len() && !before.ends_with(' ');
    if has_clock { parse_joined(&format!("{before}{zone}")) } else { None }
}

fn parse_joined(text: &str) -> Option<(i128, bool)> {
    let pieces = PARSER.parse_pieces(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let time = pieces.time().unwrap_or_default();
    let (ahead, zoned) = match pieces.offset() {
        Some(PiecesOffset::Zulu) => (0, true),
        Some(PiecesOffset::Numeric(numeric)) => (numeric.offset().seconds(), true),
        Some(_) => return None,
        None => (0, false),
    };
    let since = pieces.date().to_datetime(time).duration_since(EPOCH);
    // Second 60 is the first of the next minute, as in PostgreSQL; the parser makes it second 59.
    let leap = i128::from(time.second() == 59 && text.contains(":60"));
    Some((since.as_nanos() + (leap - i128::from(ahead)) * 1_000_000_000, zoned))
}

/// A day as `YYYY-MM-DD`; `None` outside the years that text has.
pub(super) fn day_text(day: i64) -> Option<String> {
    let date = EPOCH_DAY.checked_add(Span::new().try_days(day).ok()?).ok()?;
    (date.year() >= 0).then(|| date.to_string())
}

/// An instant as RFC 3339, with `Z` when it was counted in UTC.
pub(super) fn instant_text(nanoseconds: i128, zoned: bool) -> Option<String> {
    let (seconds, rest) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let since = SignedDuration::new(i64::try_from(seconds).ok()?, rest as i32);
    let at = EPOCH.checked_add(since).ok().filter(|at| at.year() >= 0)?;
    Some(format!("{at}{}", if zoned { "Z" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        let noon = 1_767_268_800_000_000_000;
        assert_eq!(parse("2026-01-01T12:00:00Z"), Some((noon, true)));
        assert_eq!(parse("2026-01-01 13:00:00+01"), Some((noon, true)));
        assert_eq!(parse("2026-01-01 12:00:00.000000001"), Some((noon + 1, false)));
        assert_eq!(parse("2026-01-01"), Some((noon - 43_200_000_000_000, false)));
        assert_eq!(parse("2026-01-01 11:59:60"), Some((noon, false)));
        for zoned in ["2026-01-01 13:00:00 +0100", "2026-01-01T12:00:00.000 GMT", "2026-01-01 12:00 UTC"] {
            assert_eq!(parse(zoned), Some((noon, true)), "{zoned}");
        }
        for none in [
            "",
            "noon",
            "2026-01-01 UTC",
            "2026-01-01 12:00 CET",
            "2026-01-01 12:00  Z",
            "1767268800",
            "2026-13-01",
            "2026-01-01T12:00:00[Europe/Paris]",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for nanoseconds in [0, -1, 1_767_268_800_123_456_789, -2_208_988_800_000_000_000] {
            for zoned in [true, false] {
                let text = instant_text(nanoseconds, zoned).unwrap();
                assert_eq!(parse(&text), Some((nanoseconds, zoned)), "{text}");
            }
        }
        assert_eq!(day_text(20_454).as_deref(), Some("2026-01-01"));
        assert_eq!(instant_text(i128::MAX, true), None);
        assert_eq!(microseconds(946_684_800_000_000_001), Some((0, true)));
        assert_eq!(microseconds(i128::from(i64::MAX) * 1_000_000_000), None);
        assert_eq!(days(10_957), Some(0));
    }
}
