//! Times as text: RFC 3339, `YYYY-MM-DD HH:MM:SS[.fraction][zone]`, and numbers that count from 1970.

use arrow_schema::TimeUnit;
use jiff::fmt::temporal::{DateTimeParser, PiecesOffset};
use jiff::tz::{Offset, TimeZone};

static PARSER: DateTimeParser = DateTimeParser::new();

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
    let (offset, zoned) = match pieces.offset() {
        Some(PiecesOffset::Zulu) => (Offset::UTC, true),
        Some(PiecesOffset::Numeric(numeric)) => (numeric.offset(), true),
        Some(_) => return Err(TimeProblem::NotATime),
        None => (Offset::UTC, false),
    };
    let timestamp = TimeZone::fixed(offset)
        .to_timestamp(pieces.date().to_datetime(time))
        .map_err(|_| TimeProblem::OutOfRange)?;
    let nanosecond = timestamp.as_nanosecond();
    let instant = match unit {
        TimeUnit::Nanosecond => i64::try_from(nanosecond).map_err(|_| TimeProblem::OutOfRange)?,
        _ if nanosecond % 1000 != 0 => return Err(TimeProblem::Finer),
        _ => timestamp.as_microsecond(),
    };
    Ok(TextTime { instant, zoned })
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
