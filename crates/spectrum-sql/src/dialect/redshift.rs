//! Redshift.

use spectrum_core::SessionRule;

use super::expressions::{Expressions, days_as_microseconds, hyphenated};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Redshift;

impl Expressions for Redshift {
    fn dialect(&self) -> Dialect {
        Dialect::Redshift
    }

    /// VARCHAR alone is VARCHAR(256), and booleans have no cast to text.
    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Boolean => format!("CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"),
            KeyType::Uuid => hyphenated(&format!("TO_HEX({column})")),
            _ => format!("CAST({column} AS VARCHAR(65535))"),
        }
    }

    /// EXTRACT(EPOCH) has no fractions. DATEDIFF is exact here: times end at microseconds.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        let since = |time: &str| format!("DATEDIFF(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', {time})");
        match ty {
            TimeType::Timestamp(Unit::Microsecond) => Ok(since(time)),
            TimeType::TimestampTz(Unit::Microsecond) => Ok(since(&format!("{time} AT TIME ZONE 'UTC'"))),
            TimeType::Date => Ok(days_as_microseconds(&format!("DATEDIFF(DAY, DATE '1970-01-01', {time})"))),
            _ => Err(Unsupported::nanoseconds(self.dialect())),
        }
    }

    fn has_range_frames(&self) -> bool {
        false
    }

    /// Blanks at the end do not count when texts are compared; their length does.
    fn told_apart_by(&self, column: &str, ty: &KeyType) -> Option<String> {
        (*ty == KeyType::Text).then(|| format!("OCTET_LENGTH({})", self.text(column, ty)))
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let zone = self.literal(zone)?;
        let instant = format!("DATEADD(SECOND, {seconds}, TIMESTAMP '1970-01-01 00:00:00')");
        let civil = format!("CONVERT_TIMEZONE('UTC', {zone}, {instant})");
        Ok(format!("DATEDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', {civil})"))
    }

    fn check_rule(&self, rule: &SessionRule) -> Result<(), Unsupported> {
        let with_condition = rule.conditions().map(|(name, _)| name).next();
        match with_condition.or_else(|| (!rule.split_on().is_empty()).then_some("split_on")) {
            None => Ok(()),
            Some(name) => Err(Unsupported::new(
                self.dialect(),
                format!("the rule {name}, because blanks at the end of its texts do not count"),
                "take it out, or run on files or in PostgreSQL",
            )),
        }
    }
}
