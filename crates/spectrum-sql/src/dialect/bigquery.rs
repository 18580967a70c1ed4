//! BigQuery.

use super::expressions::{Expressions, at_most, days_as_microseconds, hyphenated, with_backslashes};
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Bigquery;

/// What a column's name cannot hold (BigQuery's manual, "Schemas", "Flexible column names").
const NOT_IN_COLUMNS: &str = "!\"$()*,./;?@[\\]^`{}~";

impl Expressions for Bigquery {
    fn dialect(&self) -> Dialect {
        Dialect::Bigquery
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    /// TIMESTAMP is an instant; a time without a zone is called DATETIME.
    fn usual_time(&self) -> TimeType {
        TimeType::TimestampTz(Unit::Microsecond)
    }

    /// There is not a uuid type.
    fn text(&self, column: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => hyphenated(&format!("TO_HEX({column})")),
            _ => self.digits(column),
        }
    }

    fn octets(&self, text: &str) -> String {
        self.digits(&format!("BYTE_LENGTH({text})"))
    }

    fn digits(&self, number: &str) -> String {
        format!("CAST({number} AS STRING)")
    }

    fn md5(&self, text: &str) -> String {
        format!("TO_HEX(MD5({text}))")
    }

    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        match ty {
            TimeType::TimestampTz(Unit::Microsecond) => Ok(format!("UNIX_MICROS({time})")),
            TimeType::Timestamp(Unit::Microsecond) => Ok(format!("UNIX_MICROS(TIMESTAMP({time}, 'UTC'))")),
            TimeType::Date => Ok(days_as_microseconds(&format!("UNIX_DATE({time})"))),
            _ => Err(Unsupported::nanoseconds(self.dialect())),
        }
    }

    /// NULLS LAST is refused under a RANGE frame.
    fn nulls_last(&self, number: &str) -> String {
        format!("{number} IS NULL, {number}")
    }

    fn check_column(&self, name: &str) -> Result<(), Unsupported> {
        match name.chars().find(|c| NOT_IN_COLUMNS.contains(*c) || c.is_control()) {
            None => Ok(()),
            Some(letter) => Err(Unsupported::new(
                self.dialect(),
                format!("a column called '{}'", name.escape_debug()),
                format!("its columns cannot hold {letter:?}, so rename it where the events are read"),
            )),
        }
    }

    fn check_table(&self, parts: &[&str]) -> Result<(), Unsupported> {
        match parts.iter().find(|part| part.contains(['`', '\\']) || part.contains(char::is_control)) {
            None => at_most(self.dialect(), parts, 3),
            Some(part) => Err(Unsupported::new(
                self.dialect(),
                format!("a table's name with '{}' in it", part.escape_debug()),
                "its names hold no backtick, backslash or control character, so rename it",
            )),
        }
    }

    fn literal(&self, text: &str) -> Result<String, Unsupported> {
        Ok(with_backslashes(text))
    }

    /// A literal with a point would be a FLOAT64.
    fn number_literal(&self, digits: &str) -> String {
        match digits.parse::<i64>() {
            Ok(_) => digits.to_owned(),
            Err(_) => format!("BIGNUMERIC '{digits}'"),
        }
    }

    fn like_escape(&self) -> (char, bool) {
        ('\\', false)
    }

    fn has_greatest_nan(&self) -> bool {
        false
    }

    fn remainder(&self, number: &str, by: u64) -> String {
        format!("MOD({number}, {by})")
    }

    fn civil_seconds(&self, seconds: &str, zone: &str) -> Result<String, Unsupported> {
        let civil = format!("DATETIME(TIMESTAMP_SECONDS({seconds}), {})", self.literal(zone)?);
        Ok(format!("UNIX_SECONDS(TIMESTAMP({civil}, 'UTC'))"))
    }

    fn divided(&self, number: &str, by: u32) -> String {
        format!("DIV({number}, {by})")
    }
}
