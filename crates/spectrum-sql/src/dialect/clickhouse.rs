//! ClickHouse.

use super::expressions::{Expressions, at_most, days_as_microseconds};
use super::file_run::FileRun;
use super::types::{KeyType, TimeType, Unit};
use super::{Dialect, Unsupported};

pub(super) struct Clickhouse;

impl Expressions for Clickhouse {
    fn dialect(&self) -> Dialect {
        Dialect::Clickhouse
    }

    /// Quoted names know the escapes of texts.
    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    fn text(&self, column: &str, _ty: &KeyType) -> String {
        self.digits(column)
    }

    /// `length` counts bytes.
    fn octets(&self, text: &str) -> String {
        self.digits(&format!("length({text})"))
    }

    /// A cast to String would lose Nullable; this keeps it.
    fn digits(&self, number: &str) -> String {
        format!("toString({number})")
    }

    fn md5(&self, text: &str) -> String {
        format!("lower(hex(MD5({text})))")
    }

    /// `DateTime` and `DateTime64` of any precision; what is finer than the unit is cut off.
    fn instant(&self, time: &str, ty: TimeType) -> Result<String, Unsupported> {
        Ok(match ty.unit() {
            _ if ty == TimeType::Date => days_as_microseconds(&format!("toInt64(toInt32({time}))")),
            Unit::Microsecond => format!("toUnixTimestamp64Micro(toDateTime64({time}, 6))"),
            Unit::Nanosecond => format!("toUnixTimestamp64Nano(toDateTime64({time}, 9))"),
        })
    }

    fn counts_nanoseconds(&self) -> bool {
        true
    }

    fn wide(&self, nanoseconds: &str) -> String {
        format!("toInt128({nanoseconds})")
    }

    fn divided(&self, number: &str, by: u32) -> String {
        format!("intDiv({number}, {by})")
    }

    /// `lagInFrame` gives the first row the type's zero unless the type can be NULL; and it looks no further
    /// than the frame.
    fn previous(&self, number: &str, window: &str) -> String {
        format!(
            "lagInFrame(toNullable({number})) OVER ({window}
                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
    }

    /// SUM over small integers is unsigned or not, as they are.
    fn bigint(&self, sum: &str) -> String {
        format!("toInt64({sum})")
    }

    /// UUIDs are compared by their second half first; as text they are as PostgreSQL has them.
    fn extreme_id(&self, function: &str, id: &str, ty: &KeyType) -> String {
        match ty {
            KeyType::Uuid => format!("toUUIDOrNull({function}(toString({id})))"),
            _ => format!("{function}({id})"),
        }
    }

    fn check_table(&self, parts: &[&str]) -> Result<(), Unsupported> {
        at_most(self.dialect(), parts, 2)
    }

    fn ignores_case(&self) -> bool {
        false
    }
}

impl FileRun for Clickhouse {
    fn no_text(&self) -> String {
        "CAST(NULL AS Nullable(String))".to_owned()
    }

    /// Of 128 bits, since sums of 64 bits do not carry over.
    fn unsigned(&self, hex: &str) -> String {
        format!("toUInt128(reinterpretAsUInt64(reverse(unhex({hex}))))")
    }
}
