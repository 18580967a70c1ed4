//! What a key column holds.

use std::fmt;

/// What a key column holds, whatever its physical type: values of one kind are written as text in one way, as
/// PostgreSQL's `::TEXT` writes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// Text, written as it is.
    Text,
    /// Integers that fit an `i64`, written in decimal.
    Integer,
    /// `UInt64`, written in decimal.
    Unsigned,
    /// Written as `true` and `false`.
    Boolean,
    /// `FixedSizeBinary(16)`, written in lower case with hyphens.
    Uuid,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned 64-bit integer",
            Self::Boolean => "boolean",
            Self::Uuid => "uuid",
        })
    }
}
