//! Times that cannot be read, or not be compared.

use arrow_schema::DataType;

use crate::remedy::Remedy;
use crate::text::time::ExpectedTime;

/// What is wrong with the times of events.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Events without a time.
    #[error(
        "{count} {} no time (column '{column}' is NULL), the first at {}", if *.count == 1 { "event has" } else { "events have" }, rows.join(", ")
    )]
    Nulls {
        /// How many.
        count: u64,
        /// The time column.
        column: String,
        /// Where the first of them are.
        rows: Vec<String>,
    },
    /// A text that is not a time.
    #[error("{place}: '{value}' in column '{column}' is not {expected}")]
    NotATime {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// What it had to be.
        expected: ExpectedTime,
    },
    /// A text that formats read as different instants.
    #[error("{place}: '{value}' in column '{column}' is {}", in_words(readings))]
    AmbiguousTime {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The text.
        value: String,
        /// The formats, each with what it reads.
        readings: Vec<(String, String)>,
    },
    /// A number whose unit its magnitude does not tell.
    #[error("{place}: '{value}' in column '{column}' could count seconds as well as any other unit")]
    AnyUnit {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The column.
        column: String,
        /// The number.
        value: String,
    },
    /// Numbers that count different units, by their magnitudes.
    #[error("{a} and {b} do not count the same unit, by their magnitudes")]
    MixedUnits {
        /// A number, and where it is.
        a: String,
        /// One of another unit.
        b: String,
    },
    /// A column of numbers for the time, and nobody said what they count.
    #[error("column '{column}' in {name} is of type {data_type}, which could count any unit since 1970")]
    NumberedTime {
        /// The column.
        column: String,
        /// The file.
        name: String,
        /// Its type.
        data_type: DataType,
    },
    /// A member of NDJSON that is not a time.
    #[error("{place}: '{column}' is {what}, which is not a time")]
    Json {
        /// Where it is, as in `events.ndjson line 7`.
        place: String,
        /// The member.
        column: String,
        /// What it is instead, in words.
        what: &'static str,
        /// What it had to be.
        expected: ExpectedTime,
    },
    /// A time outside what can be held.
    #[error("{place}: time '{value}' is out of the range of {unit}")]
    OutOfRange {
        /// Where it is, as in `events.csv line 7`.
        place: String,
        /// The text.
        value: String,
        /// The unit, in words.
        unit: &'static str,
    },
    /// A column of the file has the name that its times are to have.
    #[error("{name} has a column '{column}' beside the date and the clock time that are to be it; rename it")]
    TimeTwice {
        /// The column.
        column: String,
        /// The file.
        name: String,
    },
    /// Times with and without a zone in one column.
    #[error(
        "some times have a zone ({zoned}) and some have none ({naive}), so they cannot be compared; give all of \
         them a zone or none"
    )]
    MixedZones {
        /// An example with a zone, and where it is.
        zoned: String,
        /// An example without.
        naive: String,
    },
    /// Delays are told between times of one kind.
    #[error(
        "only one of the columns '{received}' and '{time}' has times with a zone, so nobody can say how late an event is"
    )]
    ReceivedZone {
        /// When events arrived.
        received: String,
        /// When they happened.
        time: String,
    },
}

impl TimeError {
    /// What can be done about it, the best first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self {
            Self::NotATime { expected: ExpectedTime::Point, .. } => {
                vec![Remedy::Other("write a point where the comma is")]
            }
            Self::NotATime { expected: ExpectedTime::Number, .. }
            | Self::Json { expected: ExpectedTime::Number, .. } => vec![Remedy::LeaveOutTimeUnit],
            Self::NotATime { expected: ExpectedTime::Formats(_), .. } => vec![Remedy::AddTimeFormat],
            Self::NotATime { expected: ExpectedTime::Usual, .. } => vec![
                Remedy::Other("write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone]"),
                Remedy::GiveTimeUnit,
                Remedy::GiveTimeFormat,
            ],
            Self::Json { .. } => vec![Remedy::Other("use a string"), Remedy::GiveTimeUnit],
            Self::AmbiguousTime { .. } => vec![Remedy::LeaveOutTimeFormat],
            Self::AnyUnit { .. } | Self::MixedUnits { .. } => vec![Remedy::GiveTimeUnit],
            Self::NumberedTime { data_type, .. } if data_type.is_integer() => {
                vec![Remedy::GiveTimeUnit, Remedy::GiveTimeFormat]
            }
            Self::NumberedTime { .. } => vec![Remedy::GiveTimeUnit],
            Self::Nulls { .. } => vec![Remedy::DropNullTimes],
            Self::ReceivedZone { .. } => vec![Remedy::Other("write both with a zone, or both without")],
            Self::OutOfRange { .. } | Self::TimeTwice { .. } | Self::MixedZones { .. } => Vec::new(),
        }
    }
}

/// What formats make of a text.
fn in_words(readings: &[(String, String)]) -> String {
    let read = readings.iter().map(|(format, time)| format!("{time} by '{format}'"));
    read.collect::<Vec<_>>().join(" and ")
}
