//! Types that the user gives to columns of text formats.

use std::fmt;
use std::str::FromStr;

use arrow_schema::DataType;

/// What a column of a text format is in an output that has types, whatever its values look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ColumnType {
    /// Text, as it stands.
    Text,
    /// Integers of 64 bits.
    Integer,
    /// Doubles.
    Float,
    /// `true` and `false`.
    Boolean,
    /// Days, written `YYYY-MM-DD`.
    Date,
}

const NAMES: [(&str, ColumnType); 5] = [
    ("text", ColumnType::Text),
    ("integer", ColumnType::Integer),
    ("float", ColumnType::Float),
    ("boolean", ColumnType::Boolean),
    ("date", ColumnType::Date),
];

/// A text that is not the name of a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("type '{0}' is not one of text, integer, float, boolean, date")]
pub struct UnknownColumnType(String);

impl FromStr for ColumnType {
    type Err = UnknownColumnType;

    fn from_str(text: &str) -> Result<Self, UnknownColumnType> {
        let named = NAMES.iter().find(|(name, _)| *name == text);
        named.map(|(_, column_type)| *column_type).ok_or_else(|| UnknownColumnType(text.to_owned()))
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|(_, column_type)| column_type == self);
        f.write_str(named.map_or("text", |(name, _)| name))
    }
}

impl ColumnType {
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
        }
    }

    /// Whether a value of the type is written as this text again, which a key has to be: its session ids are made of the text.
    pub(super) fn keeps(self, text: &str) -> bool {
        match self {
            Self::Text | Self::Boolean | Self::Date => self.takes(text),
            Self::Integer => super::infer::is_plain_integer(text),
            Self::Float => super::infer::is_plain_number(text),
        }
    }

    /// Whether a text is a value of the type.
    pub(super) fn takes(self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Date => super::infer::is_plain_date(text),
        }
    }
}
