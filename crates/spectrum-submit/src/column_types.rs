//! What the engines call the types of columns.

use spectrum_sql::dialect::{Dialect, KeyType, TimeType, Unit, ValueType};

/// How a key column of an engine's type is written.
pub(crate) fn key_type(dialect: Dialect, ty: &str) -> KeyType {
    let lower = ty.to_ascii_lowercase();
    let known = match dialect {
        Dialect::Spark => spark_key(&lower),
        Dialect::Duckdb => duckdb_key(&lower),
        Dialect::Clickhouse => clickhouse_key(&lower),
        _ => None,
    };
    known.unwrap_or_else(|| KeyType::Other(ty.to_owned()))
}

/// Spark has no unsigned numbers: 64-bit ones come as DECIMAL(20,0). Sixteen bytes come as BINARY, as all
/// bytes do, so their length is looked at before they are taken for uuids.
fn spark_key(ty: &str) -> Option<KeyType> {
    Some(match ty {
        "string" => KeyType::Text,
        "tinyint" | "smallint" | "int" | "bigint" | "decimal(20,0)" => KeyType::Integer,
        "boolean" => KeyType::Boolean,
        "binary" => KeyType::Uuid,
        _ if ty.starts_with("varchar(") => KeyType::Text,
        _ => return None,
    })
}

fn duckdb_key(ty: &str) -> Option<KeyType> {
    Some(match ty {
        "varchar" => KeyType::Text,
        "tinyint" | "smallint" | "integer" | "bigint" | "utinyint" | "usmallint" | "uinteger" | "ubigint" => {
            KeyType::Integer
        }
        "boolean" => KeyType::Boolean,
        "uuid" => KeyType::Uuid,
        _ => return None,
    })
}

/// Whether a column may hold NULL is part of ClickHouse's types.
fn clickhouse_key(ty: &str) -> Option<KeyType> {
    Some(match without_nullable(ty) {
        "string" => KeyType::Text,
        "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" => KeyType::Integer,
        "bool" => KeyType::Boolean,
        "uuid" => KeyType::Uuid,
        _ => return None,
    })
}

fn without_nullable(ty: &str) -> &str {
    let inner = ["Nullable(", "nullable("].iter().find_map(|before| ty.strip_prefix(before));
    inner.and_then(|inner| inner.strip_suffix(')')).unwrap_or(ty)
}

/// A type of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Number {
    /// Compared as it is: whole numbers, decimals, and floating point of double precision.
    Exact,
    /// Floating point of single precision.
    Single,
}

/// What numbers a column of an engine's type holds; `None` when they are not.
pub(crate) fn number_type(dialect: Dialect, ty: &str) -> Option<Number> {
    let lower = ty.to_ascii_lowercase();
    let ty = if dialect == Dialect::Clickhouse { without_nullable(&lower) } else { &lower };
    match ty {
        "float" if dialect != Dialect::Clickhouse => Some(Number::Single),
        "float32" => Some(Number::Single),
        "double" | "float64" | "hugeint" => Some(Number::Exact),
        _ if ty.starts_with("decimal(") => Some(Number::Exact),
        _ if key_type(dialect, ty) == KeyType::Integer => Some(Number::Exact),
        _ => None,
    }
}

/// What a column of an engine's type holds that a summary adds up or compares; `None` where that is not settled.
pub(crate) fn value_type(dialect: Dialect, ty: &str) -> Option<ValueType> {
    let lower = ty.to_ascii_lowercase();
    let plain = if dialect == Dialect::Clickhouse { without_nullable(&lower) } else { &lower };
    match key_type(dialect, ty) {
        KeyType::Text => return Some(ValueType::Text),
        KeyType::Integer => return Some(ValueType::Integer),
        KeyType::Boolean => return Some(ValueType::Boolean),
        // Spark's are any bytes.
        KeyType::Uuid => return (dialect != Dialect::Spark).then_some(ValueType::Uuid),
        KeyType::CaseInsensitive | KeyType::Other(_) => {}
    }
    if let Some(inside) = plain.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')')) {
        let (digits, scale) = inside.split_once(',')?;
        let is_told = digits.trim().parse::<u8>().is_ok_and(|digits| digits <= 38);
        return scale.trim().parse().ok().filter(|_| is_told).map(ValueType::Decimal);
    }
    match (number_type(dialect, ty), plain) {
        (Some(Number::Single), _) => Some(ValueType::Real),
        (Some(Number::Exact), "double" | "float64") => Some(ValueType::Double),
        (Some(Number::Exact), _) => None,
        (None, _) => {
            let is_day = matches!(plain, "date" | "date32");
            (is_day || plain.starts_with("timestamp") || plain.starts_with("datetime"))
                .then_some(ValueType::Time)
        }
    }
}

/// What a time column of an engine's type holds; `None` when it is not a time.
pub(crate) fn time_type(dialect: Dialect, ty: &str) -> Option<TimeType> {
    match (dialect, ty) {
        (Dialect::Spark, "timestamp") => Some(TimeType::TimestampTz(Unit::Microsecond)),
        (Dialect::Spark, "timestamp_ntz") => Some(TimeType::Timestamp(Unit::Microsecond)),
        (Dialect::Spark, "date") => Some(TimeType::Date),
        (Dialect::Duckdb, "TIMESTAMP" | "TIMESTAMP_S" | "TIMESTAMP_MS") => {
            Some(TimeType::Timestamp(Unit::Microsecond))
        }
        (Dialect::Duckdb, "TIMESTAMP_NS") => Some(TimeType::Timestamp(Unit::Nanosecond)),
        (Dialect::Duckdb, "TIMESTAMP WITH TIME ZONE") => Some(TimeType::TimestampTz(Unit::Microsecond)),
        (Dialect::Duckdb, "TIMESTAMPTZ_NS") => Some(TimeType::TimestampTz(Unit::Nanosecond)),
        (Dialect::Duckdb, "DATE") => Some(TimeType::Date),
        (Dialect::Clickhouse, ty) => match without_nullable(ty) {
            "DateTime64(3, 'UTC')" | "DateTime64(6, 'UTC')" => Some(TimeType::TimestampTz(Unit::Microsecond)),
            "DateTime64(9, 'UTC')" => Some(TimeType::TimestampTz(Unit::Nanosecond)),
            "Date" | "Date32" => Some(TimeType::Date),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pandas counts nanoseconds, and DuckDB has a type for them since 2.0.
    #[test]
    fn duckdbs_instants_may_have_nanoseconds() {
        let time = |ty| time_type(Dialect::Duckdb, ty);
        assert_eq!(time("TIMESTAMPTZ_NS"), Some(TimeType::TimestampTz(Unit::Nanosecond)));
        assert_eq!(time("TIMESTAMP WITH TIME ZONE"), Some(TimeType::TimestampTz(Unit::Microsecond)));
    }

    #[test]
    fn numbers_are_what_can_be_compared_with_one() {
        for (dialect, ty, expected) in [
            (Dialect::Duckdb, "UBIGINT", Some(Number::Exact)),
            (Dialect::Duckdb, "DECIMAL(18,3)", Some(Number::Exact)),
            (Dialect::Duckdb, "FLOAT", Some(Number::Single)),
            (Dialect::Duckdb, "VARCHAR", None),
            (Dialect::Spark, "decimal(20,0)", Some(Number::Exact)),
            (Dialect::Spark, "float", Some(Number::Single)),
            (Dialect::Spark, "boolean", None),
            (Dialect::Clickhouse, "Nullable(Float32)", Some(Number::Single)),
            (Dialect::Clickhouse, "Nullable(Decimal(9, 2))", Some(Number::Exact)),
            (Dialect::Clickhouse, "UInt64", Some(Number::Exact)),
            (Dialect::Clickhouse, "Nullable(DateTime64(6, 'UTC'))", None),
        ] {
            assert_eq!(number_type(dialect, ty), expected, "{ty}");
        }
    }

    #[test]
    fn clickhouse_says_in_the_type_that_a_column_may_be_null() {
        for (ty, expected) in [
            ("Nullable(String)", KeyType::Text),
            ("UInt64", KeyType::Integer),
            ("Nullable(Bool)", KeyType::Boolean),
            ("Nullable(UUID)", KeyType::Uuid),
            ("Nullable(Int128)", KeyType::Other("Nullable(Int128)".into())),
            ("Nullable(FixedString(16))", KeyType::Other("Nullable(FixedString(16))".into())),
        ] {
            assert_eq!(key_type(Dialect::Clickhouse, ty), expected, "{ty}");
        }
        let time = |ty| time_type(Dialect::Clickhouse, ty);
        assert_eq!(time("Nullable(DateTime64(6, 'UTC'))"), Some(TimeType::TimestampTz(Unit::Microsecond)));
        assert_eq!(time("DateTime64(9, 'UTC')"), Some(TimeType::TimestampTz(Unit::Nanosecond)));
        assert_eq!(time("Nullable(Date32)"), Some(TimeType::Date));
        // Without a zone it would go out as an instant.
        assert_eq!(time("Nullable(DateTime64(6))"), None);
    }
}
