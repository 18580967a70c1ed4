//! Times as numbers, in every type that a dialect has.

use super::*;
use crate::dialect::{TimeType, sessions_sql};

fn instant(dialect: Dialect, ty: &str) -> String {
    let types = Types { time: Some(ty.parse::<TimeType>().unwrap()), ..Types::default() };
    match sessions_sql(dialect, &SessionDefinition::default(), &EVENTS, &types) {
        Err(refused) => format!("refused: {refused}"),
        // PostgreSQL has the reference's own subtraction.
        Ok(sql) if dialect == Dialect::Postgres => lines_with(&sql, "INTERVAL"),
        Ok(sql) => {
            let from = sql.find("occurred_at, event_id,\n").unwrap();
            let to = sql.find("\n  FROM").unwrap();
            sql[from..to].lines().skip(1).map(str::trim).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn without_a_zone() {
    insta::assert_snapshot!(of_all(|dialect| instant(dialect, "timestamp[ms]")), @r"
    postgres: SELECT *, CASE WHEN prev_occurred_at IS NULL OR occurred_at - prev_occurred_at > INTERVAL '30 minutes'
    duckdb: epoch_us(occurred_at) AS instant
    clickhouse: toUnixTimestamp64Micro(toDateTime64(occurred_at, 6)) AS instant
    spark: unix_date(CAST(occurred_at AS DATE)) * 86400000000 + (hour(occurred_at) * 60 + minute(occurred_at)) * 60000000L + CAST(extract(SECOND FROM occurred_at) * 1000000 AS BIGINT) AS instant
    bigquery: UNIX_MICROS(TIMESTAMP(occurred_at, 'UTC')) AS instant
    snowflake: DATE_PART(EPOCH_MICROSECOND, occurred_at) AS instant
    redshift: DATEDIFF(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', occurred_at) AS instant, OCTET_LENGTH(CAST(user_id AS VARCHAR(65535))) AS key_octets_1, OCTET_LENGTH(CAST(account_id AS VARCHAR(65535))) AS key_octets_2
    trino: date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00', date_trunc('millisecond', CAST(occurred_at AS TIMESTAMP(6)))) * 1000 + CAST(substr(CAST(CAST(occurred_at AS TIMESTAMP(6)) AS VARCHAR), -3) AS BIGINT) AS instant
    datafusion: arrow_cast(arrow_cast(occurred_at, 'Timestamp(Microsecond, None)'), 'Int64') AS instant
    ");
}

#[test]
fn numbers_are_multiplied_and_never_divided() {
    let types = |ty: &str| Types { time: Some(ty.parse().unwrap()), ..Types::default() };
    for dialect in Dialect::ALL {
        for (unit, number, gap) in [
            ("s", "occurred_at * 1000000 AS instant", "1800"),
            ("ms", "occurred_at * 1000 AS instant", "1800000"),
            ("us", "occurred_at AS instant", "1800000000"),
            ("ns", "occurred_at AS instant", "1800000000000"),
        ] {
            let sql = sessions_sql(
                dialect,
                &SessionDefinition::default(),
                &EVENTS,
                &types(&format!("bigint[{unit}]")),
            );
            match (dialect, sql) {
                (Dialect::Postgres, Ok(sql)) => {
                    assert!(sql.contains(&format!("occurred_at - prev_occurred_at > {gap}\n")), "{sql}");
                }
                (_, Ok(sql)) => assert!(sql.contains(number), "{dialect} {unit}: {sql}"),
                (_, Err(refused)) => {
                    assert_eq!(unit, "ns", "{dialect}: {refused}");
                    let has = [Dialect::Duckdb, Dialect::Clickhouse, Dialect::Snowflake, Dialect::Datafusion];
                    assert!(!has.contains(&dialect), "{refused}");
                }
            }
        }
    }
    let refused = sessions_sql(Dialect::Trino, &SessionDefinition::default(), &EVENTS, &types("bigint[ns]"));
    insta::assert_snapshot!(refused.unwrap_err(), @"Trino cannot express numbers of nanoseconds as times; make them microseconds in a view over the events, and say bigint[us]");
    assert!("bigint".parse::<TimeType>().is_err());
}

#[test]
fn with_a_zone() {
    insta::assert_snapshot!(of_all(|dialect| instant(dialect, "timestamptz")), @r#"
    postgres: SELECT *, CASE WHEN prev_occurred_at IS NULL OR occurred_at - prev_occurred_at > INTERVAL '30 minutes'
    duckdb: epoch_us(occurred_at) AS instant
    clickhouse: toUnixTimestamp64Micro(toDateTime64(occurred_at, 6)) AS instant
    spark: unix_micros(occurred_at) AS instant
    bigquery: UNIX_MICROS(occurred_at) AS instant
    snowflake: DATE_PART(EPOCH_MICROSECOND, occurred_at) AS instant
    redshift: DATEDIFF(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', occurred_at AT TIME ZONE 'UTC') AS instant, OCTET_LENGTH(CAST(user_id AS VARCHAR(65535))) AS key_octets_1, OCTET_LENGTH(CAST(account_id AS VARCHAR(65535))) AS key_octets_2
    trino: date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00', date_trunc('millisecond', CAST(occurred_at AT TIME ZONE 'UTC' AS TIMESTAMP(6)))) * 1000 + CAST(substr(CAST(CAST(occurred_at AT TIME ZONE 'UTC' AS TIMESTAMP(6)) AS VARCHAR), -3) AS BIGINT) AS instant
    datafusion: arrow_cast(arrow_cast(occurred_at, 'Timestamp(Microsecond, Some("UTC"))'), 'Int64') AS instant
    "#);
}

#[test]
fn dates() {
    insta::assert_snapshot!(of_all(|dialect| instant(dialect, "date")), @r"
    postgres: SELECT *, CASE WHEN prev_occurred_at IS NULL OR occurred_at::timestamp - prev_occurred_at::timestamp > INTERVAL '30 minutes'
    duckdb: epoch_us(CAST(occurred_at AS TIMESTAMP)) AS instant
    clickhouse: toInt64(toInt32(occurred_at)) * 86400000000 AS instant
    spark: unix_date(occurred_at) * 86400000000 AS instant
    bigquery: UNIX_DATE(occurred_at) * 86400000000 AS instant
    snowflake: DATEDIFF(DAY, DATE '1970-01-01', occurred_at) * 86400000000 AS instant
    redshift: DATEDIFF(DAY, DATE '1970-01-01', occurred_at) * 86400000000 AS instant, OCTET_LENGTH(CAST(user_id AS VARCHAR(65535))) AS key_octets_1, OCTET_LENGTH(CAST(account_id AS VARCHAR(65535))) AS key_octets_2
    trino: date_diff('day', DATE '1970-01-01', occurred_at) * 86400000000 AS instant
    datafusion: CAST(occurred_at AS BIGINT) * 86400000000 AS instant
    ");
}

#[test]
fn nanoseconds() {
    insta::assert_snapshot!(of_all(|dialect| instant(dialect, "timestamp[ns]")), @r"
    postgres: refused: PostgreSQL cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]
    duckdb: epoch_ns(occurred_at) AS instant
    clickhouse: toUnixTimestamp64Nano(toDateTime64(occurred_at, 9)) AS instant
    spark: refused: Spark cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]
    bigquery: refused: BigQuery cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]
    snowflake: DATE_PART(EPOCH_NANOSECOND, occurred_at) AS instant
    redshift: refused: Redshift cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]
    trino: refused: Trino cannot express times in nanoseconds; its times end at microseconds, so leave out [ns]
    datafusion: arrow_cast(arrow_cast(occurred_at, 'Timestamp(Nanosecond, None)'), 'Int64') AS instant
    ");
}

/// DuckDB has a type for them since 2.0, and pandas writes it.
#[test]
fn nanoseconds_with_a_zone() {
    insta::assert_snapshot!(instant(Dialect::Duckdb, "timestamptz[ns]"), @"epoch_ns(occurred_at) AS instant");
}

/// Where there are nanoseconds, the longest gap fits, and ids keep what is finer than microseconds.
#[test]
fn nanoseconds_in_gaps_and_ids() {
    let builder = SessionDefinition::builder().gap("200000d".parse().unwrap()).id(IdScheme::Start);
    let definition = builder.build().unwrap();
    let types = Types { time: Some("timestamp[ns]".parse().unwrap()), ..Types::default() };
    for dialect in [Dialect::Duckdb, Dialect::Clickhouse, Dialect::Snowflake, Dialect::Datafusion] {
        let sql = sessions_sql(dialect, &definition, &EVENTS, &types).unwrap();
        let (longer, finer) = (lines_with(&sql, "THEN 1 ELSE 0 END AS"), lines_with(&sql, "% 1000"));
        insta::assert_snapshot!(format!("nanoseconds_{dialect}"), format!("{longer}\n{finer}"));
    }
}

#[test]
fn a_type_that_is_none() {
    let refused = "timestamp[m]".parse::<TimeType>().unwrap_err();
    insta::assert_snapshot!(refused, @"'timestamp[m]' is not one of timestamp, timestamptz, date, timestamp[ns], timestamptz[ns], bigint[ms] (timestamp has no zone; in brackets the unit: s, ms, us or ns)");
}
