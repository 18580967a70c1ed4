"""DuckDB, a gap and sessions of at most an hour: python duckdb_max_duration.py IN OUT THREADS (Parquet, uuid keys).

Where a session ends depends on where it began, which no window can know. The gaps part the events into stretches
first. What is not longer than an hour is one session; a list_reduce walks over the others, which are one in a hundred.
Tried on 10 million events and 2 cores, in CPU seconds: 22 with lists of all stretches; 20, and 4 GB, with a recursive
query from each start to the next, which an ASOF join finds; 19 with lists of the long stretches alone (this file).
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
           epoch_us(occurred_at) AS instant
    FROM read_parquet('{source}')),
  lagged AS (
    SELECT user_id, account_id, instant, instant - LAG(instant) OVER w > 1800000000 AS beyond_gap
    FROM events WINDOW w AS (PARTITION BY user_id, account_id ORDER BY instant)),
  numbered AS MATERIALIZED (
    SELECT user_id, account_id, instant, SUM(CASE WHEN beyond_gap IS FALSE THEN 0 ELSE 1 END) OVER
             (PARTITION BY user_id, account_id ORDER BY instant
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)::INT AS stretch
    FROM lagged),
  spans AS MATERIALIZED (
    SELECT user_id, account_id, stretch, min(instant) AS first, max(instant) AS last
    FROM numbered GROUP BY user_id, account_id, stretch),
  long AS (
    SELECT user_id, account_id, list(DISTINCT instant ORDER BY instant) AS times
    FROM numbered SEMI JOIN (FROM spans WHERE last - first > 3600000000) USING (user_id, account_id, stretch)
    GROUP BY user_id, account_id, stretch),
  starts AS (
    SELECT user_id, account_id, first AS instant FROM spans WHERE last - first <= 3600000000
    UNION ALL
    SELECT user_id, account_id,
           unnest(list_reduce(list_transform(times, lambda instant: [instant]), lambda starts, next:
                    CASE WHEN next[1] - starts[-1] > 3600000000 THEN list_concat(starts, next) ELSE starts END)) AS instant
    FROM long),
  sessions AS (
    SELECT user_id, account_id, instant,
           md5(user_id::VARCHAR || account_id::VARCHAR ||
               row_number() OVER (PARTITION BY user_id, account_id ORDER BY instant)::VARCHAR) AS session_id
    FROM starts)
  SELECT e.user_id::VARCHAR AS user_id, e.account_id::VARCHAR AS account_id, e.occurred_at,
         e.event_id::VARCHAR AS event_id, s.session_id
  FROM events e ASOF JOIN sessions s
    ON e.user_id = s.user_id AND e.account_id = s.account_id AND e.instant >= s.instant
) TO '{target}' (FORMAT parquet, PARQUET_VERSION v2)
""")
