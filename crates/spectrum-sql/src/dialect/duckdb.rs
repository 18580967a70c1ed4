//! DuckDB.

use super::syntax::{Syntax, no_nanoseconds};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Duckdb;

impl Syntax for Duckdb {
    fn dialect(&self) -> Dialect {
        Dialect::Duckdb
    }

    fn text(&self, column: &str, _ty: &KeyType) -> String {
        format!("CAST({column} AS VARCHAR)")
    }

    /// OCTET_LENGTH takes no text here.
    fn octets(&self, text: &str) -> String {
        self.digits(&format!("strlen({text})"))
    }

    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        Ok(match ty {
            TimeType::Timestamp(Unit::Microsecond) | TimeType::TimestampTz(Unit::Microsecond) => {
                format!("epoch_us({time})")
            }
            TimeType::Timestamp(Unit::Nanosecond) => format!("epoch_ns({time})"),
            // TIMESTAMPTZ ends at microseconds.
            TimeType::TimestampTz(Unit::Nanosecond) => return Err(no_nanoseconds(self.dialect())),
            TimeType::Date => format!("epoch_us(CAST({time} AS TIMESTAMP))"),
        })
    }

    fn wide(&self, nanoseconds: &str) -> String {
        format!("CAST({nanoseconds} AS HUGEINT)")
    }

    fn divided(&self, number: &str, by: u32) -> String {
        format!("{number} // {by}")
    }

    /// SUM over integers is a HUGEINT.
    fn bigint(&self, sum: &str) -> String {
        format!("CAST({sum} AS BIGINT)")
    }

    fn interval(&self, difference: &str, unit: Unit) -> Option<String> {
        (unit == Unit::Microsecond).then(|| format!("to_microseconds({difference})"))
    }
}
