"""DuckDB, a gap and 04:00 in Paris: python duckdb_split_at.py IN OUT THREADS (Parquet, uuid keys).

duckdb_asof.py with one more comparison, of the civil day, which begins at 04:00. Four hours are taken from the civil
time and not from the instant, which would be wrong on days on which clocks change. Tried on 1 million events and 2
cores, in CPU seconds: 1.9 with LAG and SUM windows; 1.7 with windows, and the zone asked only where the hour in UTC
is 2 or 3, which knows too much about Paris; 1.6 to 1.8 with an ASOF join (this file). On 10 million 18 and 14.
"""

import sys

import duckdb

source, target, threads = sys.argv[1:]

db = duckdb.connect()
db.execute(f"SET threads = {threads}; SET preserve_insertion_order = false")

db.execute(f"""
COPY (
  WITH events AS MATERIALIZED (
    SELECT user_id::UUID AS user_id, account_id::UUID AS account_id, event_id::UUID AS event_id, occurred_at,
           (epoch_us(occurred_at AT TIME ZONE 'Europe/Paris') - 14400000000) // 86400000000 AS day
    FROM read_parquet('{source}')),
  lagged AS (
    SELECT user_id, account_id, occurred_at,
           epoch_us(occurred_at) - LAG(epoch_us(occurred_at)) OVER w > 1800000000 OR day <> LAG(day) OVER w AS parted
    FROM events WINDOW w AS (PARTITION BY user_id, account_id ORDER BY occurred_at)),
  starts AS (
    SELECT user_id, account_id, occurred_at,
           row_number() OVER (PARTITION BY user_id, account_id ORDER BY occurred_at) AS session_seq
    FROM lagged WHERE parted IS NOT FALSE),
  sessions AS (
    SELECT *, md5(user_id::VARCHAR || account_id::VARCHAR || session_seq::VARCHAR) AS session_id FROM starts)
  SELECT e.user_id::VARCHAR AS user_id, e.account_id::VARCHAR AS account_id, e.occurred_at,
         e.event_id::VARCHAR AS event_id, s.session_id
  FROM events e ASOF JOIN sessions s
    ON e.user_id = s.user_id AND e.account_id = s.account_id AND e.occurred_at >= s.occurred_at
) TO '{target}' (FORMAT parquet, PARQUET_VERSION v2)
""")
