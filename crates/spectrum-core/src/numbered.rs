//! What is numbered in 32 bits.

use std::fmt;

/// What is numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbered {
    /// The different values of one key column.
    Values,
    /// The different keys.
    Keys,
    /// The sessions of all keys.
    Sessions,
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Values => "different values of a key column",
            Self::Keys => "different keys",
            Self::Sessions => "sessions",
        })
    }
}
