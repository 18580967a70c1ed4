//! DataFusion.

use spectrum_sql::dialect::{Dialect, Plan};
use spectrum_testkit::{Case, Column, ColumnType, TimeUnit};

use super::{Engine, How, Native, beyond_64_bits};

pub(super) const DATAFUSION: Engine = Engine {
    name: "datafusion",
    dialect: Dialect::Datafusion,
    plan: Plan::Window,
    how: How::Worker { script: "datafusion_worker.py", package: "datafusion" },
    native,
    cannot_hold,
};

fn cannot_hold(case: &Case) -> Option<&'static str> {
    let rules = &case.definition.rules;
    let of_splits = |column: &&Column| rules.split_on.iter().flatten().any(|name| *name == column.name);
    if case.columns.iter().filter(of_splits).any(|column| column.ty == ColumnType::Uuid) {
        return Some("uuids are 16 bytes, whose text it cannot take for `split_on`");
    }
    let last = case.instants().into_iter().flatten().max();
    if rules.timezone.is_some() && last.is_some_and(|last| last >= YEAR_2100) {
        return Some("its zones have no summer time from 2100 on");
    }
    beyond_64_bits(case)
}

/// In nanoseconds since 1970.
const YEAR_2100: i128 = 4_102_444_800_000_000_000;

fn native(ty: &ColumnType) -> Result<Native, &'static str> {
    let name = match ty {
        ColumnType::Utf8 => "Utf8".to_owned(),
        ColumnType::LargeUtf8 => "LargeUtf8".to_owned(),
        ColumnType::Utf8View => "Utf8View".to_owned(),
        ColumnType::Dictionary => "Dictionary(Int32, Utf8)".to_owned(),
        ColumnType::Int8 => "Int8".to_owned(),
        ColumnType::Int16 => "Int16".to_owned(),
        ColumnType::Int32 => "Int32".to_owned(),
        ColumnType::Int64 => "Int64".to_owned(),
        ColumnType::UInt8 => "UInt8".to_owned(),
        ColumnType::UInt16 => "UInt16".to_owned(),
        ColumnType::UInt32 => "UInt32".to_owned(),
        ColumnType::UInt64 => "UInt64".to_owned(),
        ColumnType::Boolean => "Boolean".to_owned(),
        ColumnType::Uuid => {
            let name = "FixedSizeBinary(16)".to_owned();
            let cast = format!("arrow_cast(decode(replace({{}}, '-', ''), 'hex'), '{name}')");
            return Ok(Native { name, cast });
        }
        ColumnType::Date32 => "Date32".to_owned(),
        ColumnType::Date64 => "Timestamp(ms)".to_owned(),
        ColumnType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "µs",
                TimeUnit::Nanosecond => "ns",
            };
            zone.as_ref()
                .map_or_else(|| format!("Timestamp({unit})"), |zone| format!("Timestamp({unit}, \"{zone}\")"))
        }
        ColumnType::Float64 => "Float64".to_owned(),
        ColumnType::Decimal(digits, scale) => format!("Decimal128({digits}, {scale})"),
        ColumnType::Binary => return Err("it is not a type of key"),
    };
    let cast = format!("arrow_cast({{}}, '{name}')");
    Ok(Native { name, cast })
}
