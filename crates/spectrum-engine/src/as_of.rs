//! A time as of which sessions are looked at: whether they could still go on then.

use std::fmt;
use std::str::FromStr;

use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use spectrum_core::{IdScheme, Labeller, Resolution, RuleKind, SessionRule, Sessions};
use spectrum_core::{nanoseconds_per, resolve, resolve_as_of};

use crate::error::Result;
use crate::timestamps::timestamps;

/// A time, with a zone or without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AsOf {
    text: String,
    /// Since 1970, in UTC or as the time stands.
    nanoseconds: i128,
    zoned: bool,
}

/// Why sessions cannot be looked at as of a time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AsOfError {
    /// It is not a time.
    #[error(
        "'{0}' is not a time; write it as in 2026-03-01T10:00:00Z, without Z where times of events have no zone"
    )]
    NotATime(String),
    /// It has no zone, and the times of the events have one.
    #[error(
        "the time '{as_of}' has no zone, and times in column '{column}' have one; write Z or an offset behind it"
    )]
    NoZone {
        /// The time.
        as_of: String,
        /// The time column.
        column: String,
    },
    /// It has a zone, and the times of the events have none.
    #[error(
        "the time '{as_of}' has a zone, and times in column '{column}' have none; write it without one, as they stand"
    )]
    Zone {
        /// The time.
        as_of: String,
        /// The time column.
        column: String,
    },
    /// No event can be at that time.
    #[error(
        "no time in column '{column}' can be '{as_of}', because they count whole {unit}; name a time that they can be"
    )]
    NotInUnit {
        /// The time.
        as_of: String,
        /// The time column.
        column: String,
        /// What its times count.
        unit: &'static str,
    },
    /// There are later events.
    #[error(
        "sessions cannot be told as of '{as_of}', because column '{column}' goes on until {latest}; leave later events out of the \
         input, or name a time that is not before {latest}"
    )]
    Later {
        /// The time.
        as_of: String,
        /// The time column.
        column: String,
        /// Its latest time.
        latest: String,
    },
}

impl FromStr for AsOf {
    type Err = AsOfError;

    fn from_str(text: &str) -> std::result::Result<Self, AsOfError> {
        let of = |nanoseconds, zoned| Self { text: text.to_owned(), nanoseconds, zoned };
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(of(instant.as_nanosecond(), true));
        }
        let civil: DateTime = text.parse().map_err(|_| AsOfError::NotATime(text.to_owned()))?;
        let standing = TimeZone::UTC.to_timestamp(civil).map_err(|_| AsOfError::NotATime(text.to_owned()))?;
        Ok(of(standing.as_nanosecond(), false))
    }
}

/// As it was written.
impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsOf {
    /// The same among the times of a column of this type, which is of timestamps.
    fn instant(&self, time_type: &DataType, column: &str) -> Result<i64> {
        let (as_of, column) = (self.text.clone(), column.to_owned());
        let (unit, zoned) = match time_type {
            DataType::Timestamp(unit, zone) => (*unit, zone.is_some()),
            _ => (TimeUnit::Microsecond, false),
        };
        match (self.zoned, zoned) {
            (false, true) => return Err(AsOfError::NoZone { as_of, column }.into()),
            (true, false) => return Err(AsOfError::Zone { as_of, column }.into()),
            _ => {}
        }
        let per_unit = i128::from(nanoseconds_per(unit));
        let whole =
            (self.nanoseconds % per_unit == 0).then(|| i64::try_from(self.nanoseconds / per_unit).ok());
        whole.flatten().ok_or_else(|| AsOfError::NotInUnit { as_of, column, unit: words(unit) }.into())
    }
}

/// Resolves what labellers found, and where a time is asked about, which sessions are open then.
pub(crate) fn resolved(
    labellers: Vec<Labeller>,
    scheme: IdScheme,
    threads: usize,
    as_of: Option<&AsOf>,
    time_type: &DataType,
    column: &str,
) -> Result<Resolution> {
    let Some(as_of) = as_of else { return Ok(resolve(labellers, scheme, threads)?) };
    let instant = as_of.instant(time_type, column)?;
    let resolution = resolve_as_of(labellers, scheme, threads, instant)?;
    if let Some(latest) = resolution.sessions.latest().filter(|latest| *latest > instant) {
        let latest = in_words(latest, time_type, &resolution.sessions);
        return Err(AsOfError::Later { as_of: as_of.text.clone(), column: column.to_owned(), latest }.into());
    }
    Ok(resolution)
}

/// How many sessions of `rule` are open; `sessions` are its own, or those of a shorter gap where two instants decide.
pub(crate) fn open_sessions(
    sessions: &Sessions,
    rule: &SessionRule,
    as_of: &AsOf,
    time_type: &DataType,
    column: &str,
) -> Result<u64> {
    let instant = as_of.instant(time_type, column)?;
    let neighbours = rule.neighbours(sessions.unit());
    let open = sessions.all().filter(|session| match rule.kind() {
        RuleKind::OrderFree => {
            sessions.after(*session).is_none() && neighbours.joins(sessions.end(*session), instant)
        }
        _ => sessions.is_open(*session),
    });
    Ok(open.count() as u64)
}

fn in_words(instant: i64, time_type: &DataType, sessions: &Sessions) -> String {
    let zone = if matches!(time_type, DataType::Timestamp(_, Some(_))) { "Z" } else { "" };
    let as_it_stands = timestamps(vec![instant], None, sessions.unit());
    let shown = ArrayFormatter::try_new(&as_it_stands, &FormatOptions::default())
        .and_then(|formatter| formatter.value(0).try_to_string());
    match shown {
        Ok(shown) => format!("{shown}{zone}"),
        Err(_) => format!("{instant} {} since 1970", words(sessions.unit())),
    }
}

fn words(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "seconds",
        TimeUnit::Millisecond => "milliseconds",
        TimeUnit::Microsecond => "microseconds",
        TimeUnit::Nanosecond => "nanoseconds",
    }
}
