//! Trino.

use super::expressions::{Expressions, days_as_microseconds};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Trino;

impl Expressions for Trino {
    fn dialect(&self) -> Dialect {
        Dialect::Trino
    }

    fn text(&self, column: &str, _ty: &KeyType) -> String {
        self.digits(column)
    }

    fn octets(&self, text: &str) -> String {
        self.digits(&format!("length(to_utf8({text}))"))
    }

    fn md5(&self, text: &str) -> String {
        format!("lower(to_hex(md5(to_utf8({text}))))")
    }

    /// `to_unixtime` is a double, and intervals and `date_diff` end at milliseconds; so the last three digits are taken
    /// from the text. The cast to TIMESTAMP(6) rounds what is finer.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        let since = |time: &str| {
            format!(
                "date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00', date_trunc('millisecond', {time})) * 1000
           + CAST(substr(CAST({time} AS VARCHAR), -3) AS BIGINT)"
            )
        };
        match ty {
            TimeType::Timestamp(Unit::Microsecond) => Ok(since(&format!("CAST({time} AS TIMESTAMP(6))"))),
            TimeType::TimestampTz(Unit::Microsecond) => {
                Ok(since(&format!("CAST({time} AT TIME ZONE 'UTC' AS TIMESTAMP(6))")))
            }
            TimeType::Date => {
                Ok(days_as_microseconds(&format!("date_diff('day', DATE '1970-01-01', {time})")))
            }
            _ => Err(Unsupported::nanoseconds(self.dialect())),
        }
    }

    /// A whole number of more than 64 bits is refused without its type.
    fn number_literal(&self, digits: &str) -> String {
        match digits.parse::<i64>() {
            Ok(_) => digits.to_owned(),
            Err(_) => format!("DECIMAL '{digits}'"),
        }
    }

    fn has_is_true(&self) -> bool {
        false
    }

    fn has_greatest_nan(&self) -> bool {
        false
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let civil = format!("from_unixtime({seconds}) AT TIME ZONE {}", self.literal(zone)?);
        Ok(format!("date_diff('second', TIMESTAMP '1970-01-01 00:00:00', CAST({civil} AS TIMESTAMP(0)))"))
    }
}
