//! The column types of the cases: how they are spelled, and what Arrow and PostgreSQL call them.

use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_schema::DataType;

/// A named column of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The column's type.
    pub ty: ColumnType,
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is the Arrow type of that name")]
pub enum ColumnType {
    Utf8,
    LargeUtf8,
    Utf8View,
    /// Text in a dictionary with 32-bit keys.
    Dictionary,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Boolean,
    /// Sixteen bytes, marked as Arrow's canonical uuid extension.
    Uuid,
    /// For columns of rules; of keys only in cases that are refused or read it as text: its text depends on who writes it.
    Float64,
    /// For columns of the summary: digits in all, and behind the point.
    Decimal(u8, u8),
    /// Only in cases that are refused.
    Binary,
    Date32,
    Date64,
    Timestamp(TimeUnit, Option<Arc<str>>),
}

/// The unit of a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum TimeUnit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl TimeUnit {
    /// Reads a unit as cases spell it.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "s" => Self::Second,
            "ms" => Self::Millisecond,
            "us" => Self::Microsecond,
            "ns" => Self::Nanosecond,
            _ => bail!("the unit of a time is s, ms, us or ns, not '{text}'"),
        })
    }

    /// Nanoseconds in one unit.
    pub fn nanos(self) -> i128 {
        match self {
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        }
    }

    fn arrow(self) -> arrow_schema::TimeUnit {
        match self {
            Self::Second => arrow_schema::TimeUnit::Second,
            Self::Millisecond => arrow_schema::TimeUnit::Millisecond,
            Self::Microsecond => arrow_schema::TimeUnit::Microsecond,
            Self::Nanosecond => arrow_schema::TimeUnit::Nanosecond,
        }
    }

    fn from_arrow(unit: arrow_schema::TimeUnit) -> Self {
        match unit {
            arrow_schema::TimeUnit::Second => Self::Second,
            arrow_schema::TimeUnit::Millisecond => Self::Millisecond,
            arrow_schema::TimeUnit::Microsecond => Self::Microsecond,
            arrow_schema::TimeUnit::Nanosecond => Self::Nanosecond,
        }
    }
}

static PLAIN: [(&str, ColumnType); 18] = [
    ("utf8", ColumnType::Utf8),
    ("large_utf8", ColumnType::LargeUtf8),
    ("utf8_view", ColumnType::Utf8View),
    ("dictionary", ColumnType::Dictionary),
    ("int8", ColumnType::Int8),
    ("int16", ColumnType::Int16),
    ("int32", ColumnType::Int32),
    ("int64", ColumnType::Int64),
    ("uint8", ColumnType::UInt8),
    ("uint16", ColumnType::UInt16),
    ("uint32", ColumnType::UInt32),
    ("uint64", ColumnType::UInt64),
    ("boolean", ColumnType::Boolean),
    ("uuid", ColumnType::Uuid),
    ("float64", ColumnType::Float64),
    ("binary", ColumnType::Binary),
    ("date32", ColumnType::Date32),
    ("date64", ColumnType::Date64),
];

impl ColumnType {
    /// Reads a type as cases spell it: `int64`, `timestamp[us]`, `timestamp[ms, Europe/Berlin]`.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some((_, ty)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(ty.clone());
        }
        if let Some(inside) = text.strip_prefix("timestamp[").and_then(|rest| rest.strip_suffix(']')) {
            let (unit, zone) = match inside.split_once(", ") {
                Some((unit, zone)) => (unit, Some(Arc::from(zone))),
                None => (inside, None),
            };
            return Ok(Self::Timestamp(TimeUnit::parse(unit)?, zone));
        }
        if let Some(inside) = text.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'))
            && let Some((digits, scale)) = inside.split_once(", ")
        {
            return Ok(Self::Decimal(digits.parse()?, scale.parse()?));
        }
        let known: Vec<_> = PLAIN.iter().map(|(name, _)| *name).collect();
        bail!(
            "'{text}' is not a column type (there are: {}, decimal(digits, scale), timestamp[unit] and timestamp[unit, zone])",
            { known.join(", ") }
        )
    }

    /// The Arrow type.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Utf8 => DataType::Utf8,
            Self::LargeUtf8 => DataType::LargeUtf8,
            Self::Utf8View => DataType::Utf8View,
            Self::Dictionary => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Boolean => DataType::Boolean,
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Float64 => DataType::Float64,
            Self::Decimal(digits, scale) => DataType::Decimal128(*digits, scale.cast_signed()),
            Self::Binary => DataType::Binary,
            Self::Date32 => DataType::Date32,
            Self::Date64 => DataType::Date64,
            Self::Timestamp(unit, zone) => DataType::Timestamp(unit.arrow(), zone.clone()),
        }
    }

    /// The type of an Arrow column.
    pub fn from_arrow(ty: &DataType) -> Result<Self> {
        if let DataType::Timestamp(unit, zone) = ty {
            return Ok(Self::Timestamp(TimeUnit::from_arrow(*unit), zone.clone()));
        }
        if let DataType::Decimal128(digits, scale) = ty {
            return Ok(Self::Decimal(*digits, scale.unsigned_abs()));
        }
        match PLAIN.iter().find(|(_, plain)| plain.arrow() == *ty) {
            Some((_, plain)) => Ok(plain.clone()),
            None => bail!("the testkit knows no column type for Arrow's {ty}"),
        }
    }

    /// The PostgreSQL type that holds every value of this type, as far as PostgreSQL has one.
    pub fn postgres(&self) -> &'static str {
        match self {
            Self::Utf8 | Self::LargeUtf8 | Self::Utf8View | Self::Dictionary => "text",
            Self::Int8 | Self::Int16 | Self::UInt8 => "smallint",
            Self::Int32 | Self::UInt16 => "integer",
            Self::Int64 | Self::UInt32 => "bigint",
            Self::UInt64 => "numeric(20,0)",
            Self::Boolean => "boolean",
            Self::Uuid => "uuid",
            Self::Float64 => "double precision",
            Self::Decimal(..) => "numeric",
            Self::Binary => "bytea",
            Self::Date32 => "date",
            Self::Date64 | Self::Timestamp(_, None) => "timestamp",
            Self::Timestamp(_, Some(_)) => "timestamptz",
        }
    }

    /// Whether the column holds exact numbers.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::UInt8
                | Self::UInt16
                | Self::UInt32
                | Self::UInt64
                | Self::Decimal(..)
        )
    }

    /// Whether the column holds times.
    pub fn is_time(&self) -> bool {
        self.tick().is_some()
    }

    /// Nanoseconds from one value of a time column to the next; `None` for other columns. Date64
    /// counts milliseconds although its values are meant to be whole days.
    pub fn tick(&self) -> Option<i128> {
        match self {
            Self::Date32 => Some(86_400_000_000_000),
            Self::Date64 => Some(1_000_000),
            Self::Timestamp(unit, _) => Some(unit.nanos()),
            _ => None,
        }
    }
}
