//! The engines that only exist as services: their types by their manuals, their SQL read by sqlglot.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{ColumnType, TimeUnit};

use super::{Engine, How, Native, beyond_64_bits, cast};

pub(super) const BIGQUERY: Engine = parsed("bigquery", Dialect::Bigquery, bigquery, &[]);
pub(super) const SNOWFLAKE: Engine =
    parsed("snowflake", Dialect::Snowflake, snowflake, &["TO_TIMESTAMP_NTZ"]);
pub(super) const REDSHIFT: Engine = parsed("redshift", Dialect::Redshift, redshift, &["OCTET_LENGTH"]);
pub(super) const TRINO: Engine = parsed("trino", Dialect::Trino, trino, &[]);

const fn parsed(
    name: &'static str,
    dialect: Dialect,
    native: fn(&ColumnType) -> Result<Native, &'static str>,
    known: &'static [&'static str],
) -> Engine {
    Engine {
        name,
        dialect,
        plan: Plan::Window,
        how: How::Parsed { sqlglot: name, known },
        native,
        cannot_hold: beyond_64_bits,
    }
}

const NO_NANOSECONDS: &str = "times end at microseconds";
const NO_KEY: &str = "it is not a type of key";

fn is_text(ty: &ColumnType) -> bool {
    matches!(ty, ColumnType::Utf8 | ColumnType::LargeUtf8 | ColumnType::Utf8View | ColumnType::Dictionary)
}

fn bigquery(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        _ if is_text(ty) => "STRING",
        ColumnType::UInt64 => "NUMERIC",
        ColumnType::Boolean => "BOOL",
        ColumnType::Uuid => "BYTES",
        ColumnType::Date32 => "DATE",
        ColumnType::Timestamp(TimeUnit::Nanosecond, _) => return Err(NO_NANOSECONDS),
        ColumnType::Date64 | ColumnType::Timestamp(_, None) => "DATETIME",
        ColumnType::Timestamp(_, Some(_)) => "TIMESTAMP",
        ColumnType::Float64 => "FLOAT64",
        ColumnType::Decimal(..) => "BIGNUMERIC",
        ColumnType::Binary => return Err(NO_KEY),
        _ => "INT64",
    }))
}

fn snowflake(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        _ if is_text(ty) => "VARCHAR",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Uuid => "BINARY",
        ColumnType::Date32 => "DATE",
        ColumnType::Date64 | ColumnType::Timestamp(_, None) => "TIMESTAMP_NTZ",
        ColumnType::Timestamp(_, Some(_)) => "TIMESTAMP_TZ",
        ColumnType::Float64 => "FLOAT",
        ColumnType::Decimal(digits, scale) => return Ok(cast(&format!("NUMBER({digits},{scale})"))),
        ColumnType::Binary => return Err(NO_KEY),
        _ => "NUMBER(38,0)",
    }))
}

fn redshift(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        _ if is_text(ty) => "VARCHAR",
        ColumnType::Int8 | ColumnType::Int16 | ColumnType::UInt8 => "SMALLINT",
        ColumnType::Int32 | ColumnType::UInt16 => "INTEGER",
        ColumnType::Int64 | ColumnType::UInt32 => "BIGINT",
        ColumnType::UInt64 => "DECIMAL(20,0)",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Uuid => "VARBYTE",
        ColumnType::Date32 => "DATE",
        ColumnType::Timestamp(TimeUnit::Nanosecond, _) => return Err(NO_NANOSECONDS),
        ColumnType::Date64 | ColumnType::Timestamp(_, None) => "TIMESTAMP",
        ColumnType::Timestamp(_, Some(_)) => "TIMESTAMPTZ",
        ColumnType::Float64 => "DOUBLE PRECISION",
        ColumnType::Decimal(digits, scale) => return Ok(cast(&format!("DECIMAL({digits},{scale})"))),
        _ => return Err(NO_KEY),
    }))
}

fn trino(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        _ if is_text(ty) => "VARCHAR",
        ColumnType::Int8 => "TINYINT",
        ColumnType::Int16 | ColumnType::UInt8 => "SMALLINT",
        ColumnType::Int32 | ColumnType::UInt16 => "INTEGER",
        ColumnType::Int64 | ColumnType::UInt32 => "BIGINT",
        ColumnType::UInt64 => "DECIMAL(20,0)",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Uuid => "UUID",
        ColumnType::Date32 => "DATE",
        ColumnType::Timestamp(unit, zone) => {
            let digits = match unit {
                TimeUnit::Second => 0,
                TimeUnit::Millisecond => 3,
                TimeUnit::Microsecond => 6,
                TimeUnit::Nanosecond => 9,
            };
            let zone = if zone.is_some() { " WITH TIME ZONE" } else { "" };
            return Ok(cast(&format!("TIMESTAMP({digits}){zone}")));
        }
        ColumnType::Date64 => "TIMESTAMP(3)",
        ColumnType::Float64 => "DOUBLE",
        ColumnType::Decimal(digits, scale) => return Ok(cast(&format!("DECIMAL({digits},{scale})"))),
        _ => return Err(NO_KEY),
    }))
}
