//! Types of values that a summary adds up or compares, where engines differ in how they do.

use std::fmt;
use std::str::FromStr;

use spectrum_core::Measure;

/// What a column that the summary's own columns read holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// A text.
    Text,
    /// A whole number of at most 64 bits, with a sign or without.
    Integer,
    /// A decimal number with so many digits behind the point.
    Decimal(u8),
    /// A floating number of double precision.
    Double,
    /// A floating number of single precision.
    Real,
    /// True or false.
    Boolean,
    /// The engine's uuid type; where it has none, 16 bytes.
    Uuid,
    /// A date or a time, with a zone or without.
    Time,
}

/// The text names no type of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not one of text, integer, decimal(DIGITS,SCALE), double, real, boolean, uuid, date, timestamp (of a decimal the digits \
     behind the point must be said)"
)]
pub struct UnknownValueType(String);

/// The digits that a sum of exact numbers has at most.
pub(super) const DIGITS: u8 = 38;

impl ValueType {
    /// Why a measure cannot take such values.
    pub fn refused_by(self, measure: &Measure) -> Option<&'static str> {
        match (measure, self) {
            (Measure::Sum(_), Self::Integer | Self::Decimal(_) | Self::Double | Self::Real) => None,
            (Measure::Sum(_), _) => Some("which cannot be added up"),
            (Measure::Min(_) | Measure::Max(_), Self::Boolean) => {
                Some("which has no least or greatest value")
            }
            _ => None,
        }
    }
}

impl FromStr for ValueType {
    type Err = UnknownValueType;

    fn from_str(text: &str) -> Result<Self, UnknownValueType> {
        let lower = text.trim().to_lowercase();
        let (name, brackets) = match lower.split_once('(') {
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(brackets) => (name.trim_end(), Some(brackets)),
                None => return Err(UnknownValueType(text.to_owned())),
            },
            None => (lower.as_str(), None),
        };
        Ok(match (name, brackets) {
            ("decimal" | "numeric", Some(brackets)) => {
                let (digits, scale) = brackets.split_once(',').unwrap_or((brackets, "0"));
                match (digits.trim().parse::<u8>(), scale.trim().parse::<u8>()) {
                    (Ok(digits), Ok(scale)) if scale <= digits && digits <= DIGITS => Self::Decimal(scale),
                    _ => return Err(UnknownValueType(text.to_owned())),
                }
            }
            ("text" | "string", None) | ("varchar" | "char", _) => Self::Text,
            ("integer" | "int" | "bigint" | "smallint", None) => Self::Integer,
            ("double" | "double precision", None) => Self::Double,
            ("real" | "float", None) => Self::Real,
            ("boolean" | "bool", None) => Self::Boolean,
            ("uuid", None) => Self::Uuid,
            ("date" | "timestamp" | "timestamptz", None) => Self::Time,
            _ => return Err(UnknownValueType(text.to_owned())),
        })
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal(scale) => return write!(f, "decimal({DIGITS},{scale})"),
            Self::Double => "double",
            Self::Real => "real",
            Self::Boolean => "boolean",
            Self::Uuid => "uuid",
            Self::Time => "timestamp",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_sql() {
        let read = |text: &str| text.parse::<ValueType>().map_err(|error| error.to_string());
        for (text, ty) in [
            ("TEXT", ValueType::Text),
            ("varchar(20)", ValueType::Text),
            ("decimal(12, 2)", ValueType::Decimal(2)),
            ("numeric(5)", ValueType::Decimal(0)),
            ("double precision", ValueType::Double),
            ("timestamptz", ValueType::Time),
        ] {
            assert_eq!(read(text), Ok(ty), "{text}");
        }
        for text in ["decimal", "decimal(2,5)", "decimal(39,0)", "int(4", "json", "", "decimal(1,-1)"] {
            assert!(read(text).unwrap_err().starts_with(&format!("'{text}' is not one of text, ")), "{text}");
        }
    }
}
