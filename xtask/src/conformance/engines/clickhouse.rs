//! ClickHouse.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{ColumnType, TimeUnit};

use super::{Engine, How, Native, beyond_64_bits, cast};

pub(super) const CLICKHOUSE: Engine = Engine {
    name: "clickhouse",
    dialect: Dialect::Clickhouse,
    plan: Plan::Window,
    how: How::Worker { script: "clickhouse_worker.py", package: "chdb" },
    native,
    cannot_hold: beyond_64_bits,
};

fn native(ty: &ColumnType) -> Result<Native, &'static str> {
    let name = match ty {
        ColumnType::Utf8 | ColumnType::LargeUtf8 | ColumnType::Utf8View | ColumnType::Dictionary => {
            "String".to_owned()
        }
        ColumnType::Int8 => "Int8".to_owned(),
        ColumnType::Int16 => "Int16".to_owned(),
        ColumnType::Int32 => "Int32".to_owned(),
        ColumnType::Int64 => "Int64".to_owned(),
        ColumnType::UInt8 => "UInt8".to_owned(),
        ColumnType::UInt16 => "UInt16".to_owned(),
        ColumnType::UInt32 => "UInt32".to_owned(),
        ColumnType::UInt64 => "UInt64".to_owned(),
        ColumnType::Boolean => "Bool".to_owned(),
        ColumnType::Uuid => "UUID".to_owned(),
        ColumnType::Date32 => "Date32".to_owned(),
        ColumnType::Date64 => "DateTime64(3, 'UTC')".to_owned(),
        ColumnType::Timestamp(unit, zone) => {
            let digits = match unit {
                TimeUnit::Second => 0,
                TimeUnit::Millisecond => 3,
                TimeUnit::Microsecond => 6,
                TimeUnit::Nanosecond => 9,
            };
            if zone.as_ref().is_some_and(|zone| zone.starts_with(['+', '-'])) {
                return Err("the zone of a column is a name and not an offset");
            }
            // It has no time without a zone; UTC takes them as they stand.
            format!("DateTime64({digits}, '{}')", zone.as_deref().unwrap_or("UTC"))
        }
        ColumnType::Float64 => "Float64".to_owned(),
        ColumnType::Decimal(digits, scale) => format!("Decimal({digits}, {scale})"),
        ColumnType::Binary => return Err("it is not a type of key"),
    };
    let cast = cast(&format!("Nullable({name})")).cast;
    Ok(Native { name, cast })
}
