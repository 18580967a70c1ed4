//! The ways to name a session. Every id is an MD5 over UTF-8 text, printed as 32 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

/// What a session id is derived from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum IdScheme {
    /// The original's: MD5 of the key's texts and the session's number, written one after another without a
    /// delimiter. NULL when a key column is NULL. Different sessions can share an id unless the key's texts
    /// have a fixed width, as uuids have.
    #[default]
    Sequence,
    /// MD5 of `e`, the key's columns each with its length (`5:alice`, or `-` for NULL), `#` and the session's
    /// number. No two sessions of one table share the text.
    Encoded,
    /// MD5 of `s`, the key's columns each with its length, `@` and the session's first instant. An event that
    /// arrives late renames the one session whose start it moved, and no other.
    Start,
    /// The id that [`Self::Start`] gave the session when it was first seen. It stays when earlier events join later, which
    /// nobody can know who sees the events alone: it needs a memory of what was there before.
    Persistent,
}

impl IdScheme {
    /// All schemes, the default first.
    pub const ALL: [Self; 4] = [Self::Sequence, Self::Encoded, Self::Start, Self::Persistent];

    /// The schemes under which ids follow from the events alone.
    pub const OF_EVENTS: [Self; 3] = [Self::Sequence, Self::Encoded, Self::Start];

    /// Whether ids depend on what was there before, and not on the events alone.
    pub const fn needs_memory(self) -> bool {
        matches!(self, Self::Persistent)
    }

    /// Whether ids hold the number of a session among those of its key.
    pub const fn is_numbered(self) -> bool {
        matches!(self, Self::Sequence | Self::Encoded)
    }
}

impl fmt::Display for IdScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => "sequence",
            Self::Encoded => "encoded",
            Self::Start => "start",
            Self::Persistent => "persistent",
        })
    }
}

/// The text names no id scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("id scheme '{text}' is not one of {}", IdScheme::ALL.map(|scheme| scheme.to_string()).join(", "))]
pub struct UnknownIdScheme {
    text: String,
}

impl FromStr for IdScheme {
    type Err = UnknownIdScheme;

    fn from_str(text: &str) -> Result<Self, UnknownIdScheme> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.to_string() == text)
            .ok_or_else(|| UnknownIdScheme { text: text.to_owned() })
    }
}

/// An MD5, which is a session's id before it is written as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id that is written so: with 32 lower-case hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digit = |ascii: u8| match ascii {
            b'0'..=b'9' => Some(ascii - b'0'),
            b'a'..=b'f' => Some(ascii - b'a' + 10),
            _ => None,
        };
        let text: &[u8; 32] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The 32 lower-case hex digits, as ASCII.
    pub fn hex(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 32];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.hex().iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}
