//! Key values as text, and the texts that ids are hashed from.

use std::io::Write;

use crate::column_codes::ColumnCodes;
use crate::id_scheme::IdScheme;
use crate::key_kind::KeyKind;
use crate::text::{boolean, uuid, write_decimal};

/// Replaces `text` by the value's text. Returns whether there is one: a NULL has none.
pub(crate) fn write_text(column: &ColumnCodes, code: u32, text: &mut Vec<u8>) -> bool {
    text.clear();
    match column.kind() {
        Some(KeyKind::Text) => column.bytes(code).map(|value| text.extend_from_slice(value)).is_some(),
        Some(KeyKind::Uuid) => {
            let uuid = column.bytes(code).map(|value| value.try_into().unwrap_or_default());
            uuid.map(|uuid| text.extend_from_slice(&uuid::hyphenated(uuid))).is_some()
        }
        Some(KeyKind::Integer) => {
            column.number(code).map(|value| write_decimal(value as i64, text)).is_some()
        }
        Some(KeyKind::Unsigned) => column.number(code).map(|value| write_decimal(value, text)).is_some(),
        Some(KeyKind::Boolean) => {
            column.number(code).map(|value| text.extend_from_slice(boolean(value != 0).as_bytes())).is_some()
        }
        None => false,
    }
}

/// Replaces `prefix` by the part of an id's text that all sessions of a key share. Returns `false` when ids of
/// the key are NULL. `text` is scratch space.
pub(crate) fn write_prefix(
    scheme: IdScheme,
    columns: &[ColumnCodes],
    codes: &[u32],
    prefix: &mut Vec<u8>,
    text: &mut Vec<u8>,
) -> bool {
    prefix.clear();
    match scheme {
        IdScheme::Sequence => {}
        IdScheme::Encoded => prefix.push(b'e'),
        IdScheme::Start | IdScheme::Persistent => prefix.push(b's'),
    }
    for (column, code) in columns.iter().zip(codes) {
        let present = write_text(column, *code, text);
        match (scheme, present) {
            (IdScheme::Sequence, true) => {}
            (IdScheme::Sequence, false) => return false,
            (_, true) => {
                write_decimal(text.len(), prefix);
                prefix.push(b':');
            }
            (_, false) => prefix.push(b'-'),
        }
        prefix.extend_from_slice(text);
    }
    match scheme {
        IdScheme::Sequence => {}
        IdScheme::Encoded => prefix.push(b'#'),
        IdScheme::Start | IdScheme::Persistent => prefix.push(b'@'),
    }
    true
}

/// Appends an instant as microseconds since 1970, rounded down; nanoseconds within one, if any, follow a dot
/// as three digits. Engines that know microseconds only write the same text for the same instant.
pub(crate) fn write_instant(instant: i64, nanoseconds_per_unit: u64, text: &mut Vec<u8>) {
    let nanoseconds = i128::from(instant) * i128::from(nanoseconds_per_unit);
    write_decimal(nanoseconds.div_euclid(1000), text);
    let rest = nanoseconds.rem_euclid(1000);
    if rest != 0 {
        // Writing to a Vec cannot fail.
        let _ = write!(text, ".{rest:03}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_microseconds_rounded_down() {
        let text = |instant, per_unit| {
            let mut text = Vec::new();
            write_instant(instant, per_unit, &mut text);
            String::from_utf8(text).unwrap()
        };
        assert_eq!(text(1500, 1), "1.500");
        assert_eq!(text(-1, 1), "-1.999");
        assert_eq!(text(-1000, 1), "-1");
        assert_eq!(text(7, 1_000_000_000), "7000000");
        assert_eq!(text(i64::MIN, 1_000_000_000), "-9223372036854775808000000");
    }
}
