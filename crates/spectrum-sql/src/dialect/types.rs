//! What SQL must know of the columns: the few types that change how it is written.

use std::fmt;
use std::str::FromStr;

use spectrum_core::{EpochUnit, SessionDefinition};

use super::plan::Plan;
use super::value_type::ValueType;

/// Types of the columns, and what goes along. The default suits a time of the type that the engine calls TIMESTAMP
/// and key columns whose plain cast to text is PostgreSQL's: text, integers, and uuids of an engine's own type.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Types {
    /// The time column; `None` is what the engine calls TIMESTAMP ([`Dialect::usual_time`](super::Dialect::usual_time)).
    pub time: Option<TimeType>,
    /// The key columns, in their order; those left out at the end are [`KeyType::Text`].
    pub key: Vec<KeyType>,
    /// The event id.
    pub event_id: KeyType,
    /// Whether event ids are texts of a file without types, in which what looks like a whole number is meant as one.
    pub untyped_ids: bool,
    /// What columns hold that the summary's own columns add up or compare.
    pub told: Vec<(String, ValueType)>,
    /// Columns that go along with every event.
    pub carried: Vec<String>,
    /// Leaves out events without a time. Otherwise they stand last in their key and change nothing before them. They
    /// belong to no session, and what they get differs: PostgreSQL numbers them one by one, in no settled order.
    pub without_null_times: bool,
    /// Adds the session's number within its key, `session_seq`, as the last column; for proofs.
    pub numbered: bool,
    /// The steps that lead to the rows, which are the same for all plans.
    pub plan: Plan,
}

/// How times become numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeType {
    /// Date and clock without a zone, taken as they stand.
    Timestamp(Unit),
    /// An instant.
    TimestampTz(Unit),
    /// A date, which is the instant at which it begins.
    Date,
    /// A 64-bit integer that counts from 1970 in UTC.
    Epoch(EpochUnit),
}

/// The unit in which times are compared. Coarser columns are exact in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    #[default]
    Microsecond,
    Nanosecond,
}

/// How a key column's values are written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum KeyType {
    /// As the engine casts it to text.
    #[default]
    Text,
    /// A whole number of any width.
    Integer,
    /// Written `true` and `false`.
    Boolean,
    /// The engine's uuid type; where it has none, 16 bytes. A uuid held as text is [`KeyType::Text`], and must be
    /// written in lower case with hyphens.
    Uuid,
    /// PostgreSQL's `citext`.
    CaseInsensitive,
    /// Any other type, by its name. Only PostgreSQL writes it as PostgreSQL does.
    Other(String),
}

/// The text names no type of a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not one of timestamp, timestamptz, date, timestamp[ns], timestamptz[ns], bigint[ms] (timestamp has no zone; in brackets the unit: s, ms, us or ns)"
)]
pub struct UnknownType(String);

impl TimeType {
    /// The same with the unit of its numbers.
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Timestamp(unit) | Self::TimestampTz(unit) => unit,
            Self::Epoch(EpochUnit::Nanosecond) => Unit::Nanosecond,
            Self::Date | Self::Epoch(_) => Unit::Microsecond,
        }
    }
}

impl FromStr for TimeType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let unknown = || UnknownType(text.to_owned());
        if text == "date" {
            return Ok(Self::Date);
        }
        let (name, unit) = match text.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            Some((name, "ns")) => (name, Unit::Nanosecond),
            Some((name, "s" | "ms" | "us")) => (name, Unit::Microsecond),
            Some(_) => return Err(unknown()),
            None => (text, Unit::Microsecond),
        };
        if let ("bigint", Some(counts)) = (name, counted(text)) {
            return Ok(Self::Epoch(counts));
        }
        match name {
            "timestamp" => Ok(Self::Timestamp(unit)),
            "timestamptz" => Ok(Self::TimestampTz(unit)),
            _ => Err(unknown()),
        }
    }
}

/// The unit in the brackets behind a name.
fn counted(text: &str) -> Option<EpochUnit> {
    text.strip_suffix(']')?.split_once('[')?.1.parse().ok()
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microsecond => "microseconds",
            Self::Nanosecond => "nanoseconds",
        })
    }
}

impl From<&str> for KeyType {
    /// Every name is a type; those that are not known are kept as they are, and refused where they must be.
    fn from(name: &str) -> Self {
        match name.trim().to_lowercase().as_str() {
            "text" | "varchar" | "string" => Self::Text,
            "integer" | "int" | "bigint" | "smallint" => Self::Integer,
            "boolean" | "bool" => Self::Boolean,
            "uuid" => Self::Uuid,
            "citext" => Self::CaseInsensitive,
            _ => Self::Other(name.trim().to_owned()),
        }
    }
}

impl Types {
    /// The type of the key column at a place.
    pub(super) fn of_key(&self, at: usize) -> &KeyType {
        self.key.get(at).unwrap_or(&KeyType::Text)
    }

    /// What a column holds that the summary adds up or compares, as far as that was said.
    pub(super) fn of_value(&self, definition: &SessionDefinition, column: &str) -> Option<ValueType> {
        let told = self.told.iter().find(|(name, _)| name == column).map(|(_, ty)| *ty);
        told.or((column == definition.time()).then_some(ValueType::Time))
    }
}
