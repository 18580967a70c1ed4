//! Values as text, in the one way that ids, digests and look-ups by text rest on: as PostgreSQL's `::TEXT` writes them.
//!
//! Text is taken as it is, integers are written in decimal, booleans as `true` and `false`, uuids in lower case with
//! hyphens. Values of other types have no settled text; [`crate::KeyKind`] says which do.

mod column;
pub mod uuid;

use std::fmt::Display;
use std::io::Write;

pub use self::column::each_text;

/// A boolean's text.
pub fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Appends an integer's text.
pub fn write_decimal(number: impl Display, text: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = write!(text, "{number}");
}
