"""DuckDB, LAG and SUM windows over whole rows: python duckdb_rows.py IN OUT THREADS (CSV or NDJSON by name).

What Spectrum's own answer is on text: the file with all its columns and a session_id. duckdb_windows.py writes only
the columns of the rule. The other columns go through the windows as text.
"""

import sys

import duckdb

source, target, threads = sys.argv[1:]

COLUMNS = ["event_id", "user_id", "account_id", "event_type", "page", "utm_campaign", "occurred_at"]
KINDS = {name: "UUID" if name.endswith("_id") else "VARCHAR" for name in COLUMNS} | {"occurred_at": "TIMESTAMP"}

db = duckdb.connect()
db.execute(f"SET threads = {threads}; SET preserve_insertion_order = false")

if source.endswith(".csv"):
    events, form = f"read_csv('{source}', types = {KINDS})", "FORMAT csv"
else:
    events, form = f"read_ndjson('{source}', columns = {KINDS})", "FORMAT json"

db.execute(f"""
COPY (
  WITH lagged AS (
    SELECT *, epoch_us(occurred_at) - LAG(epoch_us(occurred_at)) OVER
                (PARTITION BY user_id, account_id ORDER BY occurred_at) > 1800000000 AS beyond_gap
    FROM {events}),
  numbered AS (
    SELECT *, SUM(CASE WHEN beyond_gap IS FALSE THEN 0 ELSE 1 END) OVER
                (PARTITION BY user_id, account_id ORDER BY occurred_at
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)::INT AS session_seq
    FROM lagged)
  SELECT {', '.join(COLUMNS)}, md5(user_id::VARCHAR || account_id::VARCHAR || session_seq::VARCHAR) AS session_id
  FROM numbered
) TO '{target}' ({form})
""")
