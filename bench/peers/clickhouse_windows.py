"""ClickHouse (chdb), lagInFrame and sum windows: python clickhouse_windows.py IN OUT THREADS (Parquet).

The form most often written; on 10 million events it takes more CPU and memory than clickhouse_arrays.py. The two windows may visit events of equal times
in different orders, so that a few events get the neighbouring session's id; the bench counts them. Ordering both
windows by event_id too, or a RANGE frame for the sum, would mend it at a small cost.
"""

import sys

import chdb

source, target, threads = sys.argv[1:]

found = chdb.query(f"DESCRIBE file('{source}', Parquet)", "CSV").bytes().decode()
uuids = '"user_id","Int64"' not in found and '"user_id","Nullable(Int64)"' not in found
kind = "String" if uuids else "Int64"
columns = f"user_id {kind}, account_id {kind}, occurred_at DateTime64(6, \\'UTC\\'), event_id {kind}"
parse, render = ("toUUID", "toString") if uuids else ("", "")

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', Parquet)
WITH
  events AS (
    SELECT {parse}(user_id) AS user, {parse}(account_id) AS account, {parse}(event_id) AS event,
           occurred_at, toUnixTimestamp64Micro(occurred_at) AS at
    FROM file('{source}', Parquet, '{columns}')),
  lagged AS (
    SELECT *, at - lagInFrame(at, 1, toInt64(-4000000000000000)) OVER
                (PARTITION BY user, account ORDER BY at
                 ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) > 1800000000 AS is_new_session
    FROM events),
  numbered AS (
    SELECT *, sum(is_new_session) OVER
                (PARTITION BY user, account ORDER BY at
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session_seq
    FROM lagged)
SELECT {render}(user) AS user_id, {render}(account) AS account_id, occurred_at, {render}(event) AS event_id,
       lower(hex(MD5(concat(toString(user), toString(account), toString(session_seq))))) AS session_id
FROM numbered
SETTINGS max_threads = {threads}, engine_file_truncate_on_insert = 1,
         output_format_parquet_compression_method = 'snappy', output_format_parquet_write_bloom_filter = 0
""")
