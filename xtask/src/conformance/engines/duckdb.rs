//! DuckDB.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{Case, ColumnType, TimeUnit};

use super::{Engine, How, Native, beyond_64_bits, cast};

pub(super) const DUCKDB: Engine = Engine {
    name: "duckdb",
    dialect: Dialect::Duckdb,
    plan: Plan::Window,
    how: How::Worker { script: "duckdb_worker.py", package: "duckdb" },
    native,
    cannot_hold,
};

fn cannot_hold(case: &Case) -> Option<&'static str> {
    let last = case.time_type().tick().map(|tick| tick * i128::from(i64::MAX));
    if case.instants().iter().flatten().any(|nanos| Some(*nanos) == last) {
        return Some("the greatest number of 64 bits stands for infinity");
    }
    beyond_64_bits(case)
}

fn native(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        ColumnType::Utf8 | ColumnType::LargeUtf8 | ColumnType::Utf8View | ColumnType::Dictionary => "VARCHAR",
        ColumnType::Int8 => "TINYINT",
        ColumnType::Int16 => "SMALLINT",
        ColumnType::Int32 => "INTEGER",
        ColumnType::Int64 => "BIGINT",
        ColumnType::UInt8 => "UTINYINT",
        ColumnType::UInt16 => "USMALLINT",
        ColumnType::UInt32 => "UINTEGER",
        ColumnType::UInt64 => "UBIGINT",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Uuid => "UUID",
        ColumnType::Date32 => "DATE",
        ColumnType::Timestamp(TimeUnit::Second, None) => "TIMESTAMP_S",
        ColumnType::Date64 | ColumnType::Timestamp(TimeUnit::Millisecond, None) => "TIMESTAMP_MS",
        ColumnType::Timestamp(TimeUnit::Microsecond, None) => "TIMESTAMP",
        ColumnType::Timestamp(TimeUnit::Nanosecond, None) => "TIMESTAMP_NS",
        ColumnType::Timestamp(TimeUnit::Nanosecond, Some(_)) => "TIMESTAMPTZ_NS",
        ColumnType::Timestamp(_, Some(_)) => "TIMESTAMPTZ",
        ColumnType::Float64 => "DOUBLE",
        ColumnType::Decimal(digits, scale) => return Ok(cast(&format!("DECIMAL({digits},{scale})"))),
        ColumnType::Binary => return Err("it is not a type of key"),
    }))
}
