//! Key values that are hard to tell apart, to quote or to concatenate.

use spectrum_testkit::ColumnType;

use super::rng::Rng;

/// Texts in which quotes, bytes, case, width and normal forms matter. The numbers collide when they are written one
/// after another without a delimiter.
const TEXTS: [&str; 32] = [
    "",
    " ",
    "  ",
    "a",
    "A",
    "a ",
    "1",
    "12",
    "2",
    "23",
    "3",
    "01",
    "-1",
    "NULL",
    "null",
    "\\N",
    "{}",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\t",
    "\n",
    "a'; DROP TABLE events; --",
    "é",
    "e\u{301}",
    "ß",
    "日本語",
    "😀",
    "👩‍👩‍👧",
    "\u{feff}x",
];

/// A value of a key column; NULL now and then.
pub(super) fn value(ty: &ColumnType, rng: &mut Rng) -> Option<String> {
    if rng.chance(7) {
        return None;
    }
    Some(match ty {
        ColumnType::Boolean => rng.chance(50).to_string(),
        ColumnType::Int16 => rng.pick(&["0", "-1", "7", "-32768", "32767", "12"]).to_owned(),
        ColumnType::Int32 if rng.chance(10) => rng.pick(&["-2147483648", "2147483647", "0"]).to_owned(),
        ColumnType::Int64 if rng.chance(10) => {
            rng.pick(&["-9223372036854775808", "9223372036854775807", "0"]).to_owned()
        }
        ColumnType::UInt64 if rng.chance(10) => {
            rng.pick(&["18446744073709551615", "9223372036854775808", "0"]).to_owned()
        }
        ColumnType::Int32 | ColumnType::Int64 | ColumnType::UInt64 => rng.below(5_000).to_string(),
        ColumnType::Uuid => uuid(rng),
        _ if rng.chance(50) => rng.pick(&TEXTS).to_owned(),
        _ => format!("{}{}", rng.pick(&TEXTS), rng.below(2_000)),
    })
}

pub(super) fn uuid(rng: &mut Rng) -> String {
    let (high, low) = (rng.next(), rng.next());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
