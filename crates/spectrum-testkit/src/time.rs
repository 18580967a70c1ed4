//! Times as text: read from cases, written for PostgreSQL.
//!
//! The proleptic Gregorian calendar over any year, by Howard Hinnant's algorithms
//! (<https://howardhinnant.github.io/date_algorithms.html>). It is written out here rather than
//! taken from a library because cases reach years that calendar libraries refuse, and because
//! PostgreSQL reads the same text by itself and so checks it.

use anyhow::{Context, Result, bail, ensure};

use crate::column::ColumnType;

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// Reads a time as cases spell it into the number that Arrow stores for a column of type `ty`.
///
/// `2026-01-01 10:00:00.25`, `2026-01-01` for dates, `0044-03-15 12:00:00 BC`; with an offset such
/// as `+02:00` or `Z` where, and only where, the column has a zone; `@-5` is the stored number
/// itself, for instants that no calendar reaches.
pub(crate) fn parse_time(text: &str, ty: &ColumnType) -> Result<i64> {
    let Some(tick) = ty.tick() else { bail!("{ty:?} is not a type for times") };
    if let Some(stored) = text.strip_prefix('@') {
        return stored.parse().with_context(|| format!("'{text}' is not a 64-bit number after the @"));
    }
    let shape = || format!("'{text}' is not a time like 2026-01-01 10:00:00");
    let (civil, before_christ) = match text.strip_suffix(" BC") {
        Some(civil) => (civil, true),
        None => (text, false),
    };
    let (date, clock) = civil.split_once(' ').unwrap_or((civil, ""));
    let mut parts = date.split('-').map(|part| part.parse::<i64>());
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!(shape())
    };
    let calendar = (1..1_000_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    ensure!(calendar, shape());
    let days = days_from_civil(if before_christ { 1 - year } else { year }, month, day);

    let is_date = matches!(ty, ColumnType::Date32 | ColumnType::Date64);
    ensure!(is_date == clock.is_empty(), "'{text}' does not fit a column of type {ty:?}");
    let zoned = matches!(ty, ColumnType::Timestamp(_, Some(_)));
    let of_day = if is_date { 0 } else { parse_clock(clock, zoned).with_context(shape)? };

    let nanos = i128::from(days) * NANOS_PER_DAY + of_day;
    ensure!(nanos % tick == 0, "'{text}' is finer than a column of type {ty:?} can hold");
    i64::try_from(nanos / tick).with_context(|| format!("'{text}' is out of the range of {ty:?}"))
}

/// Nanoseconds from midnight UTC, negative or more than a day where the offset makes it so.
fn parse_clock(text: &str, zoned: bool) -> Result<i128> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    ensure!(zoned || offset.is_empty(), "a column without a zone takes no offset");
    ensure!(!zoned || !offset.is_empty(), "a column with a zone needs an offset such as +00:00");
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    ensure!(fraction.len() <= 9, "a second has nine decimals at most");
    let mut parts = whole.split(':').map(str::parse::<i128>);
    let (Some(Ok(hours)), Some(Ok(minutes)), Some(Ok(seconds)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!("'{clock}' is not a time of day")
    };
    ensure!(hours < 24 && minutes < 60 && seconds < 60, "'{clock}' is not a time of day");
    let fraction: i128 = format!("{fraction:0<9}").parse()?;
    let ahead: i128 = match offset {
        "" | "Z" => 0,
        _ => {
            let (hours, minutes) = offset[1..].split_once(':').context("offsets look like +02:00")?;
            let seconds = hours.parse::<i128>()? * 3600 + minutes.parse::<i128>()? * 60;
            if offset.starts_with('-') { -seconds } else { seconds }
        }
    };
    Ok((hours * 3600 + minutes * 60 + seconds - ahead) * NANOS_PER_SECOND + fraction)
}

/// Writes an instant, in nanoseconds since the Unix epoch, as PostgreSQL reads it; what is below a
/// microsecond is cut off.
pub(crate) fn postgres_time(nanos: i128, zoned: bool) -> String {
    let (year, month, day) = civil_from_days(nanos.div_euclid(NANOS_PER_DAY));
    let of_day = nanos.rem_euclid(NANOS_PER_DAY);
    let (seconds, micros) = (of_day / NANOS_PER_SECOND, of_day % NANOS_PER_SECOND / 1000);
    let (year, era) = if year >= 1 { (year, "") } else { (1 - year, " BC") };
    let zone = if zoned { "+00" } else { "" };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}.{micros:06}{zone}{era}")
}

/// Days since 1970-01-01; year 0 is 1 BC.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`]: year, month and day.
fn civil_from_days(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, ty: &str) -> Result<i64> {
        parse_time(text, &ColumnType::parse(ty).unwrap())
    }

    #[test]
    fn reads_what_cases_write() {
        assert_eq!(read("1970-01-01 00:00:01", "timestamp[s]").unwrap(), 1);
        assert_eq!(read("1969-12-31 23:59:59.999999999", "timestamp[ns]").unwrap(), -1);
        assert_eq!(read("2026-01-01 02:00:00+02:00", "timestamp[us, UTC]").unwrap(), 1_767_225_600_000_000);
        assert_eq!(read("2026-01-01 00:00:00Z", "timestamp[ms, UTC]").unwrap(), 1_767_225_600_000);
        assert_eq!(read("2000-03-01", "date32").unwrap(), 11_017);
        assert_eq!(read("1970-01-02", "date64").unwrap(), 86_400_000);
        assert_eq!(read("@-9223372036854775808", "timestamp[ns]").unwrap(), i64::MIN);
        // The first day of PostgreSQL's calendar is Julian day 0.
        assert_eq!(read("4714-11-24 00:00:00 BC", "timestamp[s]").unwrap(), -2_440_588 * 86_400);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        for (text, ty) in [
            ("2026-01-01 10:00:00", "timestamp[us, UTC]"),
            ("2026-01-01 10:00:00Z", "timestamp[us]"),
            ("2026-01-01 10:00:00.0000001", "timestamp[us]"),
            ("2026-01-01", "timestamp[us]"),
            ("2026-01-01 10:00:00", "date32"),
            ("2026-13-01", "date32"),
            ("3000-01-01 00:00:00", "timestamp[ns]"),
        ] {
            assert!(read(text, ty).is_err(), "{text} as {ty}");
        }
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-3_000_000..3_000_000).step_by(311) {
            let (year, month, day) = civil_from_days(i128::from(days));
            let narrow = |n: i128| i64::try_from(n).unwrap();
            assert_eq!(days_from_civil(narrow(year), narrow(month), narrow(day)), days);
        }
    }
}
