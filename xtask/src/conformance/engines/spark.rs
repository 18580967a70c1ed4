//! Spark.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{ColumnType, TimeUnit};

use super::{Engine, How, Native, beyond_64_bits, cast};

pub(super) const SPARK: Engine = Engine {
    name: "spark",
    dialect: Dialect::Spark,
    plan: Plan::Window,
    how: How::Worker { script: "spark_worker.py", package: "pyspark" },
    native,
    cannot_hold: beyond_64_bits,
};

/// The same engine by other steps.
pub(super) const SPARK_MERGE: Engine = Engine { name: "spark-merge", plan: Plan::Merge, ..SPARK };

fn native(ty: &ColumnType) -> Result<Native, &'static str> {
    Ok(cast(match ty {
        ColumnType::Utf8 | ColumnType::LargeUtf8 | ColumnType::Utf8View | ColumnType::Dictionary => "STRING",
        ColumnType::Int8 => "TINYINT",
        ColumnType::Int16 | ColumnType::UInt8 => "SMALLINT",
        ColumnType::Int32 | ColumnType::UInt16 => "INT",
        ColumnType::Int64 | ColumnType::UInt32 => "BIGINT",
        ColumnType::UInt64 => "DECIMAL(20,0)",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Uuid => {
            return Ok(Native { name: "BINARY".to_owned(), cast: "unhex(replace({}, '-', ''))".to_owned() });
        }
        ColumnType::Date32 => "DATE",
        ColumnType::Timestamp(TimeUnit::Nanosecond, _) => return Err("times end at microseconds"),
        ColumnType::Date64 | ColumnType::Timestamp(_, None) => "TIMESTAMP_NTZ",
        ColumnType::Timestamp(_, Some(_)) => "TIMESTAMP",
        ColumnType::Float64 => "DOUBLE",
        ColumnType::Decimal(digits, scale) => return Ok(cast(&format!("DECIMAL({digits},{scale})"))),
        ColumnType::Binary => return Err("it is not a type of key"),
    }))
}
