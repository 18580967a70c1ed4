//! The reference semantics as SQL, in PostgreSQL's words and nobody else's.

use crate::case::{Definition, NullTime, Scheme};
use crate::column::{Column, ColumnType, TimeUnit};

/// The original system's query, as people paste it: what the default definition means.
pub const ORIGINAL_SQL: &str = "\
WITH lagged AS (
  SELECT user_id, account_id, event_id, occurred_at,
         LAG(occurred_at) OVER (PARTITION BY user_id, account_id ORDER BY occurred_at) AS prev_occurred_at
  FROM warehouse.fact_events),
boundaries AS (
  SELECT *, CASE WHEN prev_occurred_at IS NULL OR occurred_at - prev_occurred_at > INTERVAL '30 minutes'
                 THEN 1 ELSE 0 END AS is_new_session
  FROM lagged),
sessions AS (
  SELECT *, SUM(is_new_session) OVER (PARTITION BY user_id, account_id ORDER BY occurred_at
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq
  FROM boundaries)
SELECT user_id, account_id, occurred_at, event_id,
       MD5(user_id::TEXT || account_id::TEXT || session_seq::TEXT) AS session_id
FROM sessions";

/// The query that labels a table's events: `event_id`, `session_seq` and `session_id` as text.
///
/// `columns` are those of `table`. The gap is handed to PostgreSQL as it is written: `INTERVAL '30m'` is thirty minutes there too.
pub fn reference_sql(definition: &Definition, columns: &[Column], table: &str) -> String {
    let key = definition.key.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ");
    let event_id = identifier(&definition.event_id);
    let time = identifier(&definition.time);
    let is_apart = is_apart(definition, &time);
    // The difference of two dates is a number of days, which does not compare with an interval.
    let is_date =
        columns.iter().any(|column| column.name == definition.time && column.ty == ColumnType::Date32);
    let time_as_timestamp = if is_date { format!("{time}::timestamp AS {time}") } else { time.clone() };
    let without_null_times = match definition.null_time {
        NullTime::Refuse => String::new(),
        NullTime::Drop => format!(" WHERE {time} IS NOT NULL"),
    };
    let session_id = session_id(definition);
    format!(
        "\
WITH events AS (
  SELECT {key}, {event_id}, {time_as_timestamp} FROM {table}{without_null_times}),
lagged AS (
  SELECT {key}, {event_id}, {time},
         LAG({time}) OVER (PARTITION BY {key} ORDER BY {time}) AS prev_occurred_at
  FROM events),
boundaries AS (
  SELECT *, CASE WHEN prev_occurred_at IS NULL OR {is_apart}
                 THEN 1 ELSE 0 END AS is_new_session
  FROM lagged),
sessions AS (
  SELECT *, SUM(is_new_session) OVER (PARTITION BY {key} ORDER BY {time}
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq
  FROM boundaries)
SELECT {event_id}::TEXT, session_seq::TEXT,
       MD5({session_id}) AS session_id
FROM sessions"
    )
}

/// Whether a time is more than the gap after the one before. Numbers are compared in nanoseconds, without an end to them.
fn is_apart(definition: &Definition, time: &str) -> String {
    let gap = literal(&definition.gap);
    match definition.time_unit {
        None => format!("{time} - prev_occurred_at > INTERVAL {gap}"),
        Some(unit) => format!(
            "({time}::NUMERIC - prev_occurred_at::NUMERIC) * {} > EXTRACT(EPOCH FROM INTERVAL {gap}) * 1000000000",
            unit.nanos()
        ),
    }
}

/// The text whose MD5 is the session's id, as `cases/README.md` defines it.
pub(super) fn session_id(definition: &Definition) -> String {
    let texts: Vec<_> = definition.key.iter().map(|name| format!("{}::TEXT", identifier(name))).collect();
    let encoded = texts
        .iter()
        .map(|text| format!("COALESCE(octet_length({text})::TEXT || ':' || {text}, '-')"))
        .collect::<Vec<_>>()
        .join(" || ");
    match definition.id {
        Scheme::Sequence => format!("{} || session_seq::TEXT", texts.join(" || ")),
        Scheme::Encoded => format!("'e' || {encoded} || '#' || session_seq::TEXT"),
        Scheme::Start => {
            // Exact for every instant: since PostgreSQL 14 EXTRACT gives a numeric with all six
            // decimals, and the product need not fit 64 bits, as it does not after the year 294247.
            let partition = definition.key.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ");
            let first =
                format!("MIN({}) OVER (PARTITION BY {partition}, session_seq)", identifier(&definition.time));
            format!("'s' || {encoded} || '@' || {}", microseconds(definition, &first))
        }
    }
}

/// An instant in microseconds, rounded down, and the nanoseconds that are left over.
fn microseconds(definition: &Definition, instant: &str) -> String {
    match definition.time_unit {
        None => format!("trunc(extract(epoch FROM {instant}) * 1000000)::TEXT"),
        Some(TimeUnit::Nanosecond) => {
            let number = format!("({instant})::NUMERIC");
            let rest = format!("MOD(MOD({number}, 1000) + 1000, 1000)");
            format!(
                "DIV({number} - {rest}, 1000)::TEXT || CASE {rest} WHEN 0 THEN '' ELSE '.' || LPAD({rest}::TEXT, 3, '0') END"
            )
        }
        Some(unit) => format!("(({instant})::NUMERIC * {})::TEXT", unit.nanos() / 1_000),
    }
}

/// A name in double quotes.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in single quotes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
