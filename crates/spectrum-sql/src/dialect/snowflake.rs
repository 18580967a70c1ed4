//! Snowflake.

use super::expressions::{Expressions, days_as_microseconds, hyphenated, with_backslashes};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported, reserved};

pub(super) struct Snowflake;

impl Expressions for Snowflake {
    fn dialect(&self) -> Dialect {
        Dialect::Snowflake
    }

    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => hyphenated(&format!("HEX_ENCODE({column}, 0)")),
            _ => self.digits(column),
        }
    }

    /// DATEDIFF counts the boundaries between two times and not what lies between them, so each becomes a number for
    /// itself. It is a NUMBER(38, 0), in UTC for the types with a zone.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        Ok(match ty.unit() {
            _ if ty == TimeType::Date => {
                days_as_microseconds(&format!("DATEDIFF(DAY, DATE '1970-01-01', {time})"))
            }
            Unit::Microsecond => format!("DATE_PART(EPOCH_MICROSECOND, {time})"),
            Unit::Nanosecond => format!("DATE_PART(EPOCH_NANOSECOND, {time})"),
        })
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    /// A division of whole numbers has decimals.
    fn divided(&self, number: &str, by: u32) -> String {
        format!("TRUNC({number} / {by})")
    }

    /// A name without quotes means one in capitals, so `user_id` reads USER_ID as everybody writes it.
    fn ignores_case(&self) -> bool {
        false
    }

    /// Quotes without need would make another name of it.
    fn is_reserved(&self, word: &str) -> bool {
        reserved::is_reserved_by_snowflake(word)
    }

    fn literal(&self, text: &str) -> Result<String, Unsupported> {
        Ok(with_backslashes(text))
    }

    fn has_is_true(&self) -> bool {
        false
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let zone = self.literal(zone)?;
        let civil = format!("CONVERT_TIMEZONE('UTC', {zone}, TO_TIMESTAMP_NTZ({seconds}))");
        Ok(format!("DATE_PART(EPOCH_SECOND, {civil})"))
    }
}
