"""DuckDB, LAG and SUM windows: python duckdb_windows.py IN OUT THREADS (Parquet, CSV or NDJSON by name).

Tried on 10 million events and 2 cores, in CPU seconds (uuid keys, Parquet):
- 20 text keys and timestamps as they are; 18 ids as UUID; 16 and the gap as integer microseconds (this file);
- 17 with MD5 once per session and a join back; 26 with LAG's default argument and COUNT ... FILTER;
- 20 with keys numbered first; a RANGE frame makes no difference;
- preserve_insertion_order: off is as fast as on or a little faster and uses less memory;
- Parquet v2 encodings save a little; other codecs and bloom filters make no difference.
Order among equal times cannot matter: the gaps between them are zero in any order.
"""

import sys

import duckdb

source, target, threads = sys.argv[1:]

IDS = ["user_id", "account_id", "event_id"]
UUIDS = {**{name: "UUID" for name in IDS}, "occurred_at": "TIMESTAMP"}

db = duckdb.connect()
db.execute(f"SET threads = {threads}; SET preserve_insertion_order = false")

if source.endswith(".parquet"):
    events, form = f"read_parquet('{source}')", "FORMAT parquet, PARQUET_VERSION v2"
    kinds = {row[0]: row[1] for row in db.execute(f"DESCRIBE FROM {events}").fetchall()}
    kind = "UUID" if kinds["user_id"] == "VARCHAR" else kinds["user_id"]
elif source.endswith(".csv"):
    events, form, kind = f"read_csv('{source}', types = {UUIDS})", "FORMAT csv", "UUID"
else:
    events, form, kind = f"read_ndjson('{source}', columns = {UUIDS})", "FORMAT json", "UUID"
text = "VARCHAR" if kind == "UUID" else kind

db.execute(f"""
COPY (
  WITH events AS (
    SELECT user_id::{kind} AS user_id, account_id::{kind} AS account_id, event_id::{kind} AS event_id, occurred_at
    FROM {events}),
  lagged AS (
    SELECT *, epoch_us(occurred_at) - LAG(epoch_us(occurred_at)) OVER
                (PARTITION BY user_id, account_id ORDER BY occurred_at) > 1800000000 AS beyond_gap
    FROM events),
  numbered AS (
    SELECT *, SUM(CASE WHEN beyond_gap IS FALSE THEN 0 ELSE 1 END) OVER
                (PARTITION BY user_id, account_id ORDER BY occurred_at
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)::INT AS session_seq
    FROM lagged)
  SELECT user_id::{text} AS user_id, account_id::{text} AS account_id, occurred_at, event_id::{text} AS event_id,
         md5(user_id::VARCHAR || account_id::VARCHAR || session_seq::VARCHAR) AS session_id
  FROM numbered
) TO '{target}' ({form})
""")
