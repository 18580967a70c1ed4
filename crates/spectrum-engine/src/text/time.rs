//! Times as text: RFC 3339, `YYYY-MM-DD HH:MM:SS[.fraction][zone]`, and numbers that count from 1970.

use arrow_schema::TimeUnit;
use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};

static PARSER: DateTimeParser = DateTimeParser::new();

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant read from text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TextTime {
    /// Counted in the unit asked for.
    pub(crate) instant: i64,
    /// Whether the text had a zone; numbers count from 1970 in UTC, so they have one.
    pub(crate) zoned: bool,
}

/// Why a text is no instant of the unit asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TimeProblem {
    /// It is no time.
    NotATime,
    /// It is finer than the unit.
    Finer,
    /// The unit cannot hold it.
    OutOfRange,
}

/// Reads a time and counts it in `unit`. With `epoch`, it is a whole number of `unit`s since 1970.
pub(crate) fn parse_time(text: &str, unit: TimeUnit, epoch: bool) -> Result<TextTime, TimeProblem> {
    if epoch {
        let instant = text.trim().parse().map_err(|_| TimeProblem::NotATime)?;
        return Ok(TextTime { instant, zoned: true });
    }
    let pieces = PARSER.parse_pieces(text.trim()).map_err(|_| TimeProblem::NotATime)?;
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
    let nanoseconds = i64::from(since_epoch.subsec_nanos());
    let instant = match unit {
        TimeUnit::Nanosecond => i64::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
            .map_err(|_| TimeProblem::OutOfRange)?,
        _ if nanoseconds % 1000 != 0 => return Err(TimeProblem::Finer),
        _ => seconds * 1_000_000 + nanoseconds / 1000, // ten thousand years are well within 64 bits
    };
    Ok(TextTime { instant, zoned })
}

/// Second 60 is the first of the next minute, as in PostgreSQL; the parser makes it second 59.
fn leap_second(text: &str, time: Time) -> Result<i64, TimeProblem> {
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
        parse_time(text, TimeUnit::Microsecond, false).map(|time| (time.instant, time.zoned))
    }

    #[test]
    fn reads_what_people_and_databases_write() {
        let noon = 1_767_268_800_000_000;
        for text in [
            "2026-01-01T12:00:00Z",
            "2026-01-01 12:00:00+00",
            "2026-01-01 13:00:00+01:00",
            "2026-01-01T17:30:00+0530",
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
        for text in
            ["", "yesterday", "12:00", "2026-02-30", "1767268800", "2026-01-01T12:00:00[Europe/Berlin]"]
        {
            assert_eq!(microseconds(text), Err(TimeProblem::NotATime), "{text}");
        }
        assert_eq!(microseconds("2026-01-01 00:00:00.000000001"), Err(TimeProblem::Finer));
        assert_eq!(parse_time("9999-01-01", TimeUnit::Nanosecond, false), Err(TimeProblem::OutOfRange));
        let epoch = |text| parse_time(text, TimeUnit::Second, true);
        assert_eq!(epoch("1767268800"), Ok(TextTime { instant: 1_767_268_800, zoned: true }));
        assert_eq!(epoch("1767268800.5"), Err(TimeProblem::NotATime));
    }
}
