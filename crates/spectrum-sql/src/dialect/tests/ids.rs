//! The text that is hashed, in each scheme and for each type of a key.

use super::*;
use crate::dialect::{KeyType, sessions_sql};

/// The lines from the id on.
fn id(dialect: Dialect, scheme: IdScheme) -> String {
    let sql = sessions_sql(dialect, &with_id(scheme), &EVENTS, &Types::default()).unwrap();
    let from = sql.find("event_id,\n       ").unwrap();
    let at = sql[from..].rfind("event_id,\n").unwrap() + from;
    sql[at..].lines().skip(1).filter(|line| !line.starts_with("FROM")).collect::<Vec<_>>().join("\n")
}

#[test]
fn sequence() {
    insta::assert_snapshot!(of_all(|dialect| id(dialect, IdScheme::Sequence).trim().to_owned()), @r"
    postgres: MD5(user_id::TEXT || account_id::TEXT || session_seq::TEXT) AS session_id
    duckdb: MD5(CAST(user_id AS VARCHAR) || CAST(account_id AS VARCHAR) || CAST(session_seq AS VARCHAR)) AS session_id
    clickhouse: lower(hex(MD5(toString(user_id) || toString(account_id) || toString(session_seq)))) AS session_id
    spark: MD5(CAST(user_id AS STRING) || CAST(account_id AS STRING) || CAST(session_seq AS STRING)) AS session_id
    bigquery: TO_HEX(MD5(CAST(user_id AS STRING) || CAST(account_id AS STRING) || CAST(session_seq AS STRING))) AS session_id
    snowflake: MD5(CAST(user_id AS VARCHAR) || CAST(account_id AS VARCHAR) || CAST(session_seq AS VARCHAR)) AS session_id
    redshift: MD5(CAST(user_id AS VARCHAR(65535)) || CAST(account_id AS VARCHAR(65535)) || CAST(session_seq AS VARCHAR)) AS session_id
    trino: lower(to_hex(md5(to_utf8(CAST(user_id AS VARCHAR) || CAST(account_id AS VARCHAR) || CAST(session_seq AS VARCHAR))))) AS session_id
    datafusion: MD5(CAST(user_id AS VARCHAR) || CAST(account_id AS VARCHAR) || CAST(session_seq AS VARCHAR)) AS session_id
    ");
}

#[test]
fn encoded() {
    insta::assert_snapshot!(of_all(|dialect| id(dialect, IdScheme::Encoded).trim().to_owned()), @r"
    postgres: MD5('e' || COALESCE(OCTET_LENGTH(user_id::TEXT)::TEXT || ':' || user_id::TEXT, '-') || COALESCE(OCTET_LENGTH(account_id::TEXT)::TEXT || ':' || account_id::TEXT, '-') || '#' || session_seq::TEXT) AS session_id
    duckdb: MD5('e'
             || COALESCE(CAST(strlen(CAST(user_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(user_id AS VARCHAR), '-')
             || COALESCE(CAST(strlen(CAST(account_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(account_id AS VARCHAR), '-')
             || '#' || CAST(session_seq AS VARCHAR)) AS session_id
    clickhouse: lower(hex(MD5('e'
             || COALESCE(toString(length(toString(user_id))) || ':' || toString(user_id), '-')
             || COALESCE(toString(length(toString(account_id))) || ':' || toString(account_id), '-')
             || '#' || toString(session_seq)))) AS session_id
    spark: MD5('e'
             || COALESCE(CAST(OCTET_LENGTH(CAST(user_id AS STRING)) AS STRING) || ':' || CAST(user_id AS STRING), '-')
             || COALESCE(CAST(OCTET_LENGTH(CAST(account_id AS STRING)) AS STRING) || ':' || CAST(account_id AS STRING), '-')
             || '#' || CAST(session_seq AS STRING)) AS session_id
    bigquery: TO_HEX(MD5('e'
             || COALESCE(CAST(BYTE_LENGTH(CAST(user_id AS STRING)) AS STRING) || ':' || CAST(user_id AS STRING), '-')
             || COALESCE(CAST(BYTE_LENGTH(CAST(account_id AS STRING)) AS STRING) || ':' || CAST(account_id AS STRING), '-')
             || '#' || CAST(session_seq AS STRING))) AS session_id
    snowflake: MD5('e'
             || COALESCE(CAST(OCTET_LENGTH(CAST(user_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(user_id AS VARCHAR), '-')
             || COALESCE(CAST(OCTET_LENGTH(CAST(account_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(account_id AS VARCHAR), '-')
             || '#' || CAST(session_seq AS VARCHAR)) AS session_id
    redshift: MD5('e'
             || COALESCE(CAST(OCTET_LENGTH(CAST(user_id AS VARCHAR(65535))) AS VARCHAR) || ':' || CAST(user_id AS VARCHAR(65535)), '-')
             || COALESCE(CAST(OCTET_LENGTH(CAST(account_id AS VARCHAR(65535))) AS VARCHAR) || ':' || CAST(account_id AS VARCHAR(65535)), '-')
             || '#' || CAST(session_seq AS VARCHAR)) AS session_id
    trino: lower(to_hex(md5(to_utf8('e'
             || COALESCE(CAST(length(to_utf8(CAST(user_id AS VARCHAR))) AS VARCHAR) || ':' || CAST(user_id AS VARCHAR), '-')
             || COALESCE(CAST(length(to_utf8(CAST(account_id AS VARCHAR))) AS VARCHAR) || ':' || CAST(account_id AS VARCHAR), '-')
             || '#' || CAST(session_seq AS VARCHAR))))) AS session_id
    datafusion: MD5('e'
             || COALESCE(CAST(OCTET_LENGTH(CAST(user_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(user_id AS VARCHAR), '-')
             || COALESCE(CAST(OCTET_LENGTH(CAST(account_id AS VARCHAR)) AS VARCHAR) || ':' || CAST(account_id AS VARCHAR), '-')
             || '#' || CAST(session_seq AS VARCHAR)) AS session_id
    ");
}

#[test]
fn start() {
    let last = |dialect| lines_with(&id(dialect, IdScheme::Start), "'@'");
    insta::assert_snapshot!(of_all(last), @r"
    postgres: MD5('s' || COALESCE(OCTET_LENGTH(user_id::TEXT)::TEXT || ':' || user_id::TEXT, '-') || COALESCE(OCTET_LENGTH(account_id::TEXT)::TEXT || ':' || account_id::TEXT, '-') || '@' || TRUNC(EXTRACT(EPOCH FROM first_occurred_at) * 1000000)::TEXT) AS session_id
    duckdb: || '@' || CAST(first_instant AS VARCHAR)) AS session_id
    clickhouse: || '@' || toString(first_instant)))) AS session_id
    spark: || '@' || CAST(first_instant AS STRING)) AS session_id
    bigquery: || '@' || CAST(first_instant AS STRING))) AS session_id
    snowflake: || '@' || CAST(first_instant AS VARCHAR)) AS session_id
    redshift: || '@' || CAST(first_instant AS VARCHAR)) AS session_id
    trino: || '@' || CAST(first_instant AS VARCHAR))))) AS session_id
    datafusion: || '@' || CAST(first_instant AS VARCHAR)) AS session_id
    ");
}

#[test]
fn texts_of_booleans_and_uuids() {
    let definition = SessionDefinition::builder().key(["flag", "device"]).build().unwrap();
    let types = Types { key: vec![KeyType::Boolean, KeyType::Uuid], ..Types::default() };
    let text =
        |dialect| lines_with(&sessions_sql(dialect, &definition, &EVENTS, &types).unwrap(), "AS session_id");
    insta::assert_snapshot!(of_all(text), @r"
    postgres: MD5(flag::TEXT || device::TEXT || session_seq::TEXT) AS session_id
    duckdb: MD5(CAST(flag AS VARCHAR) || CAST(device AS VARCHAR) || CAST(session_seq AS VARCHAR)) AS session_id
    clickhouse: lower(hex(MD5(toString(flag) || toString(device) || toString(session_seq)))) AS session_id
    spark: MD5(CAST(flag AS STRING) || SUBSTR(lower(hex(device)), 1, 8) || '-' || SUBSTR(lower(hex(device)), 9, 4) || '-' || SUBSTR(lower(hex(device)), 13, 4) || '-' || SUBSTR(lower(hex(device)), 17, 4) || '-' || SUBSTR(lower(hex(device)), 21, 12) || CAST(session_seq AS STRING)) AS session_id
    bigquery: TO_HEX(MD5(CAST(flag AS STRING) || SUBSTR(TO_HEX(device), 1, 8) || '-' || SUBSTR(TO_HEX(device), 9, 4) || '-' || SUBSTR(TO_HEX(device), 13, 4) || '-' || SUBSTR(TO_HEX(device), 17, 4) || '-' || SUBSTR(TO_HEX(device), 21, 12) || CAST(session_seq AS STRING))) AS session_id
    snowflake: MD5(CAST(flag AS VARCHAR) || SUBSTR(HEX_ENCODE(device, 0), 1, 8) || '-' || SUBSTR(HEX_ENCODE(device, 0), 9, 4) || '-' || SUBSTR(HEX_ENCODE(device, 0), 13, 4) || '-' || SUBSTR(HEX_ENCODE(device, 0), 17, 4) || '-' || SUBSTR(HEX_ENCODE(device, 0), 21, 12) || CAST(session_seq AS VARCHAR)) AS session_id
    redshift: MD5(CASE WHEN flag THEN 'true' WHEN NOT flag THEN 'false' END || SUBSTR(TO_HEX(device), 1, 8) || '-' || SUBSTR(TO_HEX(device), 9, 4) || '-' || SUBSTR(TO_HEX(device), 13, 4) || '-' || SUBSTR(TO_HEX(device), 17, 4) || '-' || SUBSTR(TO_HEX(device), 21, 12) || CAST(session_seq AS VARCHAR)) AS session_id
    trino: lower(to_hex(md5(to_utf8(CAST(flag AS VARCHAR) || CAST(device AS VARCHAR) || CAST(session_seq AS VARCHAR))))) AS session_id
    datafusion: MD5(CAST(flag AS VARCHAR) || SUBSTR(encode(device, 'hex'), 1, 8) || '-' || SUBSTR(encode(device, 'hex'), 9, 4) || '-' || SUBSTR(encode(device, 'hex'), 13, 4) || '-' || SUBSTR(encode(device, 'hex'), 17, 4) || '-' || SUBSTR(encode(device, 'hex'), 21, 12) || CAST(session_seq AS VARCHAR)) AS session_id
    ");
}
