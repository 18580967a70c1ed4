//! Times by a format that the user names, in the letters of strftime.

use std::fmt;
use std::str::FromStr;

use arrow_schema::TimeUnit;
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use super::iso::{EPOCH, leap_second};
use super::{TextTime, TimeProblem, counted_in, iso};

static RFC2822: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();

/// A format for times: strftime's as in `%d/%b/%Y:%H:%M:%S %z`, or the name of a standard, `rfc2822` or `rfc3339`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimeFormat {
    written: String,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Strftime,
    Rfc2822,
    Rfc3339,
}

/// A text that is not a format for times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{format}' is not a format for times: {problem}; write one as in '%d/%b/%Y:%H:%M:%S %z', or rfc2822 or rfc3339"
)]
pub struct NotATimeFormat {
    format: String,
    problem: String,
}

impl FromStr for TimeFormat {
    type Err = NotATimeFormat;

    fn from_str(text: &str) -> Result<Self, NotATimeFormat> {
        let form = match text {
            "rfc2822" => Form::Rfc2822,
            "rfc3339" => Form::Rfc3339,
            _ => Form::Strftime,
        };
        let format = Self { written: text.to_owned(), form };
        match format.problem() {
            Some(problem) => Err(NotATimeFormat { format: format.written, problem }),
            None => Ok(format),
        }
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl TimeFormat {
    /// What is wrong with the format, found by writing a time and reading it again.
    fn problem(&self) -> Option<String> {
        if self.form != Form::Strftime {
            return None;
        }
        if !self.written.contains('%') {
            return Some("it names no part of a time".to_owned());
        }
        let sample = DateTime::constant(2023, 11, 14, 22, 13, 20, 0);
        let sample = match sample.to_zoned(TimeZone::UTC) {
            Ok(sample) => sample,
            Err(error) => return Some(error.to_string()),
        };
        let written = match strtime::format(&self.written, &sample) {
            Ok(written) => written,
            Err(error) => return Some(error.to_string()),
        };
        let read = match strtime::parse(&self.written, &written) {
            Ok(read) => read,
            Err(error) => return Some(error.to_string()),
        };
        match read.timestamp().is_some() || read.to_date().is_ok() {
            true => None,
            false => Some("it does not give a date".to_owned()),
        }
    }

    fn read(&self, text: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
        match self.form {
            Form::Rfc3339 => return iso::read(text, unit),
            Form::Rfc2822 => {
                let zoned = RFC2822.parse_zoned(text).map_err(|_| TimeProblem::NotATime)?;
                return calendar(zoned.datetime(), zoned.offset().seconds(), true, text, unit);
            }
            Form::Strftime => {}
        }
        let parts = strtime::parse(&self.written, text).map_err(|_| TimeProblem::NotATime)?;
        if let Some(at) = parts.timestamp() {
            return counted_in(at.as_second(), i64::from(at.subsec_nanosecond()), unit, true);
        }
        let date = parts.to_date().map_err(|_| TimeProblem::NotATime)?;
        let time = match parts.hour() {
            Some(_) => parts.to_time().map_err(|_| TimeProblem::NotATime)?,
            None => Time::midnight(),
        };
        let offset = parts.offset();
        calendar(
            date.to_datetime(time),
            offset.map_or(0, |offset| offset.seconds()),
            offset.is_some(),
            text,
            unit,
        )
    }
}

/// The instant that a calendar shows where clocks are `ahead` of UTC by so many seconds.
fn calendar(
    shown: DateTime,
    ahead: i32,
    zoned: bool,
    text: &str,
    unit: TimeUnit,
) -> Result<TextTime, TimeProblem> {
    let since_epoch = shown.duration_since(EPOCH);
    let seconds = since_epoch.as_secs() + leap_second(text, shown.time())? - i64::from(ahead);
    counted_in(seconds, i64::from(since_epoch.subsec_nanos()), unit, zoned)
}

/// Reads a text by the format that fits. Where several fit they must agree, as nobody can tell which of them is meant.
pub(super) fn read_any(formats: &[TimeFormat], text: &str, unit: TimeUnit) -> Result<TextTime, TimeProblem> {
    let mut first: Option<TextTime> = None;
    for format in formats {
        match (format.read(text, unit), first) {
            (Err(TimeProblem::NotATime), _) => {}
            (Ok(time), Some(other)) if time.instant != other.instant => return Err(TimeProblem::Ambiguous),
            (Ok(time), _) => first = first.or(Some(time)),
            (Err(problem), _) => return Err(problem),
        }
    }
    first.ok_or(TimeProblem::NotATime)
}

/// What each of the formats makes of a text that it fits.
pub(super) fn readings(formats: &[TimeFormat], text: &str, unit: TimeUnit) -> Vec<(String, String)> {
    let per_second = if unit == TimeUnit::Nanosecond { 1_000_000_000 } else { 1_000_000 };
    let shown = |time: TextTime| {
        let (seconds, rest) = (time.instant.div_euclid(per_second), time.instant.rem_euclid(per_second));
        let since = SignedDuration::new(seconds, (rest * (1_000_000_000 / per_second)) as i32);
        let shown = EPOCH.checked_add(since).ok()?.to_string().replace('T', " ");
        Some(if time.zoned { shown + "Z" } else { shown })
    };
    let read = |format: &TimeFormat| Some((format.to_string(), shown(format.read(text, unit).ok()?)?));
    formats.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(formats: &[&str], text: &str) -> Result<(i64, bool), TimeProblem> {
        let formats: Vec<TimeFormat> = formats.iter().map(|format| format.parse().unwrap()).collect();
        let time = read_any(&formats, text, TimeUnit::Microsecond)?;
        Ok((time.instant / 1_000_000, time.zoned))
    }

    #[test]
    fn formats_of_logs_mails_and_spreadsheets() {
        let noon = 1_767_268_800; // 2026-01-01 12:00:00 UTC
        for (format, text, zoned) in [
            ("%d/%b/%Y:%H:%M:%S %z", "01/Jan/2026:05:00:00 -0700", true),
            ("[%d/%b/%Y:%H:%M:%S %z]", "[01/Jan/2026:13:00:00 +0100]", true),
            ("%m/%d/%y %H:%M:%S", "01/01/26 12:00:00", false),
            ("%m/%d/%Y %I:%M %p", "01/01/2026 12:00 PM", false),
            ("%d.%m.%Y %H:%M", "01.01.2026 12:00", false),
            ("%d.%m.%Y %H:%M:%S%.f", "01.01.2026 12:00:00.000", false),
            ("%Y%m%d%H%M%S", "20260101120000", false),
            ("%a %b %e %H:%M:%S %Y", "Thu Jan  1 12:00:00 2026", false),
            ("rfc2822", "Thu, 01 Jan 2026 13:00:00 +0100", true),
            ("rfc3339", "2026-01-01T12:00:00Z", true),
            ("%s", "1767268800", true),
        ] {
            assert_eq!(seconds(&[format], text), Ok((noon, zoned)), "{format}");
        }
        assert_eq!(seconds(&["%d/%b/%Y:%H:%M:%S %z"], "10/Oct/2000:13:55:36 -0700"), Ok((971_211_336, true)));
        assert_eq!(seconds(&["%m/%d/%y %H:%M:%S"], "12/31/05 23:59:46"), Ok((1_136_073_586, false)));
        assert_eq!(seconds(&["%d.%m.%Y"], "01.01.2026"), Ok((noon - 43_200, false)));
        assert_eq!(seconds(&["%Y-%m-%d %H:%M:%S"], "2016-12-31 23:59:60"), Ok((1_483_228_800, false)));
    }

    #[test]
    fn the_format_that_fits_counts_and_several_have_to_agree() {
        let both = ["%m/%d/%Y", "%d/%m/%Y"];
        assert_eq!(seconds(&both, "02/01/2026"), Err(TimeProblem::Ambiguous));
        assert_eq!(seconds(&both, "02/02/2026"), seconds(&["%Y-%m-%d"], "2026-02-02"));
        assert_eq!(seconds(&both, "01/31/2026"), seconds(&["%Y-%m-%d"], "2026-01-31"));
        assert_eq!(seconds(&both, "13/01/2026"), seconds(&["%Y-%m-%d"], "2026-01-13"));
        for text in ["2026-01-01", "13/13/2026", "01/01/2026 ", "", "01/01/2026 10:00"].map(|text| text) {
            assert_eq!(seconds(&both, text), Err(TimeProblem::NotATime), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_back_is_not_a_format() {
        for format in ["", "noon", "%H:%M", "%d.%m.", "%Q%", "%"] {
            let error = format.parse::<TimeFormat>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("'{format}' is not a format for times: ")), "{error}");
        }
    }
}
