//! DataFusion.

use super::expressions::{Expressions, days_as_microseconds, hyphenated};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Datafusion;

impl Expressions for Datafusion {
    fn dialect(&self) -> Dialect {
        Dialect::Datafusion
    }

    /// Uuids are 16 bytes in Arrow.
    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => hyphenated(&format!("encode({column}, 'hex')")),
            _ => self.digits(column),
        }
    }

    /// Arrow's own numbers, in one unit whatever the column's.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        let unit = match ty.unit() {
            Unit::Microsecond => "Microsecond",
            Unit::Nanosecond => "Nanosecond",
        };
        let zone = match ty {
            TimeType::Date => return Ok(days_as_microseconds(&format!("CAST({time} AS BIGINT)"))),
            TimeType::Timestamp(_) => "None",
            TimeType::TimestampTz(_) => "Some(\"UTC\")",
            TimeType::Epoch(_) => return self.number(time, ty),
        };
        Ok(format!("arrow_cast(arrow_cast({time}, 'Timestamp({unit}, {zone})'), 'Int64')"))
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    fn wide(&self, nanoseconds: &str) -> String {
        format!("CAST({nanoseconds} AS DECIMAL(38, 0))")
    }

    fn ignores_case(&self) -> bool {
        false
    }

    fn like_escape(&self) -> (char, bool) {
        ('\\', false)
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let zone = zone.replace('\'', "''");
        let instant = format!("arrow_cast({seconds}, 'Timestamp(Second, Some(\"{zone}\"))')");
        Ok(format!("arrow_cast(to_local_time({instant}), 'Int64')"))
    }
}
