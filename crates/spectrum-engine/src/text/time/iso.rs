//! Times as most of the world writes them: RFC 3339, `YYYY-MM-DD HH:MM:SS[.fraction][zone]` and dates. A blank may
//! stand before the zone, which may be called UTC, GMT or Z.

use arrow_schema::TimeUnit;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};

use super::{TextTime, TimeProblem, counted_in, usual};

static PARSER: DateTimeParser = DateTimeParser::new();

pub(super) const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Reads a time and counts it in `unit`.
pub(super) fn read(text: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
    if let Some(read) = usual::read(text, unit) {
        return read;
    }
    match text.rsplit_once(' ') {
        Some((before, zone)) if zone.starts_with(|first: char| !first.is_ascii_digit()) => {
            read_joined(before, zone, unit)
        }
        _ => read_pieces(text, unit),
    }
}

/// Reads a time and a zone that a blank parted.
fn read_joined(before: &str, zone: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
    let zone = match zone {
        "UTC" | "GMT" | "Z" => "Z",
        _ if zone.starts_with(['+', '-']) => zone,
        _ => return Err(TimeProblem::NotATime),
    };
    // A date alone has no clock that a zone could be ahead of.
    if before.len() < "2026-01-01 10".len() || before.ends_with(' ') {
        return Err(TimeProblem::NotATime);
    }
    read_pieces(&format!("{before}{zone}"), unit)
}

/// Reads a time whose zone, if it has one, follows without a blank.
pub(crate) fn read_pieces(text: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
    let pieces = PARSER.parse_pieces(text).map_err(|_| TimeProblem::NotATime)?;
    if pieces.time_zone_annotation().is_some() {
        return Err(TimeProblem::NotATime);
    }
    let time = pieces.time().unwrap_or_default();
    let (ahead, zoned) = match pieces.offset() {
        Some(PiecesOffset::Zulu) => (0, true),
        Some(PiecesOffset::Numeric(numeric)) => (numeric.offset().seconds(), true),
        Some(_) => return Err(TimeProblem::NotATime),
        None => (0, false),
    };
    // Counted from the calendar date and not by way of jiff's timestamps, which end a day before its calendar.
    let since_epoch = pieces.date().to_datetime(time).duration_since(EPOCH);
    let seconds = since_epoch.as_secs() + leap_second(text, time)? - i64::from(ahead);
    counted_in(seconds, i64::from(since_epoch.subsec_nanos()), unit, zoned)
}

/// Second 60 is the first of the next minute, as in PostgreSQL; the parser makes it second 59.
pub(super) fn leap_second(text: &str, time: Time) -> Result<i64, TimeProblem> {
    match time.second() == 59 && text.contains(":60") {
        false => Ok(0),
        true if time.subsec_nanosecond() == 0 => Ok(1),
        true => Err(TimeProblem::NotATime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn microseconds(text: &str) -> Result<(i64, bool), TimeProblem> {
        read(text, TimeUnit::Microsecond).map(|time| (time.instant, time.zoned))
    }

    #[test]
    fn reads_what_people_and_databases_write() {
        let noon = 1_767_268_800_000_000;
        for text in [
            "2026-01-01T12:00:00Z",
            "2026-01-01 12:00:00+00",
            "2026-01-01 13:00:00+01:00",
            "2026-01-01T17:30:00+0530",
            "2026-01-01 13:00:00 +0100",
            "2026-01-01 07:00 -05:00",
            "2026-01-01 12:00:00 UTC",
            "2026-01-01T12:00:00.000 GMT",
            "2026-01-01 12:00:00 Z",
        ] {
            assert_eq!(microseconds(text), Ok((noon, true)), "{text}");
        }
        for text in ["2026-01-01 12:00:00", "2026-01-01T12:00:00.000", "2026-01-01 12:00"] {
            assert_eq!(microseconds(text), Ok((noon, false)), "{text}");
        }
        assert_eq!(microseconds("2026-01-01"), Ok((noon - 43_200_000_000, false)));
        assert_eq!(microseconds("1969-12-31 23:59:59.5"), Ok((-500_000, false)));
        assert_eq!(microseconds("9999-12-31 23:59:59"), Ok((253_402_300_799_000_000, false)));
        assert_eq!(microseconds("-004713-11-24T00:00:00Z"), Ok((-210_866_803_200_000_000, true)));
        assert_eq!(microseconds("2016-12-31 23:59:60"), microseconds("2017-01-01 00:00:00"));
    }

    #[test]
    fn tells_what_is_wrong() {
        for text in [
            "",
            "yesterday",
            "12:00",
            "2026-02-30",
            "1767268800",
            "2026-01-01T12:00:00[Europe/Berlin]",
            "2026-01-01 12:00:00 CET",
            "2026-01-01 UTC",
            "2026-01-01 12:00Z UTC",
            "2026-01-01 12:00:00  UTC",
            "2026-01-01 12:00 +01:00 +01:00",
            "2026-01-01 12:00:00 -",
            "2026-01-01 12:00:00 BC",
        ] {
            assert_eq!(microseconds(text), Err(TimeProblem::NotATime), "{text}");
        }
        assert_eq!(microseconds("2026-01-01 00:00:00.000000001"), Err(TimeProblem::Finer));
        assert_eq!(read("9999-01-01", TimeUnit::Nanosecond), Err(TimeProblem::OutOfRange));
    }
}
