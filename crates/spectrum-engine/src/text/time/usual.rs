//! The one form that nearly all times have, `YYYY-MM-DD HH:MM:SS[.fraction][zone]` or with a T, read without a parser for
//! all the others: that takes five times as long.

use arrow_schema::TimeUnit;

use super::{TextTime, TimeProblem, counted_in};

/// Reads a time of this form; `None` where it is of another, or may not be a time at all.
#[inline]
pub(super) fn read(text: &str, unit: TimeUnit) -> Option<Result<TextTime, TimeProblem>> {
    let (fixed, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', _, _, b':', _, _, b':', _, _] = fixed else {
        return None;
    };
    let two = |at: usize| digits(&fixed[at..at + 2]);
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let is_there = year > 0 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    // A leap second is for the calendar to say.
    if !is_there || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanoseconds, zone) = match rest.split_first() {
        Some((b'.', rest)) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, zone) = rest.split_at(length);
            let missing = 9_u32.checked_sub(u32::try_from(length).ok()?)?;
            (digits(fraction).filter(|_| length > 0)? * 10_i64.pow(missing), zone)
        }
        _ => (0, rest),
    };
    let (ahead, zoned) = match zone {
        [] => (0, false),
        b"Z" => (0, true),
        [sign @ (b'+' | b'-'), hours @ .., b':', tens, ones] if hours.len() == 2 => {
            let (hours, minutes) = (digits(hours)?, digits(&[*tens, *ones])?);
            // Minus nothing means something else to some.
            let seconds = (hours * 60 + minutes) * 60;
            if hours > 23 || minutes > 59 || (*sign == b'-' && seconds == 0) {
                return None;
            }
            (if *sign == b'-' { -seconds } else { seconds }, true)
        }
        _ => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - ahead;
    Some(counted_in(seconds, nanoseconds, unit, zoned))
}

fn digits(text: &[u8]) -> Option<i64> {
    let digit = |number: i64, byte: &u8| {
        Some(number * 10 + i64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?))
    };
    text.iter().try_fold(0, digit)
}

fn days_in(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days of whole years are counted in years that begin in March, so that the leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::iso::read_pieces;
    use super::*;

    const UNITS: [TimeUnit; 2] = [TimeUnit::Microsecond, TimeUnit::Nanosecond];

    #[test]
    fn every_day_is_the_calendars() {
        let mut read_days = 0;
        for year in 1..=9999 {
            // Every day of a month takes too long; those around its ends tell.
            for (month, day) in (1..=13).flat_map(|month| [0, 1, 28, 29, 30, 31, 32].map(|day| (month, day)))
            {
                let text = format!("{year:04}-{month:02}-{day:02} 00:00:00");
                if let Some(read) = read(&text, TimeUnit::Microsecond) {
                    assert_eq!(read, read_pieces(&text, TimeUnit::Microsecond), "{text}");
                    read_days += 1;
                }
            }
        }
        // 1st and 28th of twelve months, 29th and 30th of eleven, 31st of seven, and the leap days.
        assert_eq!(read_days, 9999 * (24 + 22 + 7) + 2424);
    }

    #[test]
    fn this_form_is_read_here_and_no_other() {
        for text in
            ["2026-01-01T12:00:00Z", "2026-02-28 23:59:59.123456+05:30", "2024-02-29 00:00:00.000000001"]
        {
            assert!(read(text, TimeUnit::Nanosecond).is_some_and(|read| read.is_ok()), "{text}");
        }
        for text in [
            "2026-02-29 00:00:00",
            "2026-01-01 24:00:00",
            "2016-12-31 23:59:60",
            "2026-01-01 12:00",
            "2026-01-01 12:00:00.",
            "2026-01-01 12:00:00.1234567890",
            "2026-01-01 12:00:00-00:00",
            "2026-01-01 12:00:00 UTC",
            "0000-01-01 12:00:00",
            "2026-01-01 12:00:0é",
        ] {
            assert_eq!(read(text, TimeUnit::Nanosecond), None, "{text}");
        }
    }

    proptest! {
        /// Whatever is read here is what the calendar library reads.
        #[test]
        fn what_is_read_is_what_the_calendar_says(
            text in "[012][0-9]{3}-[01][0-9]-[0-3][0-9][T t][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,10})?(Z|z|[+-][0-2][0-9](:?[0-6][0-9])?)?",
        ) {
            for unit in UNITS {
                if let Some(read) = read(&text, unit) {
                    prop_assert_eq!(read, read_pieces(&text, unit));
                }
            }
        }
    }
}
