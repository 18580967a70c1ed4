"""Polars, one window expression: python polars_windows.py IN OUT THREADS (Parquet, CSV or NDJSON by name).

Numbers the sessions with over(order_by=...), hashes once per session (Polars itself has no MD5: the polars-hash
plugin does it) and joins the ids back. Tried on 10 million events and 2 cores, in CPU seconds (uuid keys,
time-ordered):
- 10 to 11 on either engine; as much with MD5 per event;
- with keys as Categorical 8.8 in memory, 7.4 streaming (this file); keys packed into one integer are no faster;
- sorting the whole frame first, by key and time without over, or by time: slower (at 1 million events).
"""

import os
import sys

source, target, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads

import polars as pl
import polars_hash  # noqa: F401, registers Expr.nchash

KEY = ["user_id", "account_id"]
SESSION = [*KEY, "seq"]

if source.endswith(".parquet"):
    events = pl.scan_parquet(source)
elif source.endswith(".csv"):
    ids = {"user_id": pl.Categorical, "account_id": pl.Categorical, "event_id": pl.String}
    events = pl.scan_csv(source, schema_overrides=ids)
else:
    events = pl.scan_ndjson(source)
events = events.select(*KEY, "occurred_at", "event_id")
kinds = events.collect_schema()
if kinds["occurred_at"] == pl.String:
    events = events.with_columns(pl.col("occurred_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us"))
if kinds["user_id"] == pl.String:
    events = events.with_columns(pl.col(KEY).cast(pl.Categorical))

wait = pl.col("occurred_at").to_physical().diff()
number = (wait > 1_800_000_000).fill_null(True).cum_sum()
numbered = events.with_columns(seq=number.over(KEY, order_by="occurred_at"))
ids = numbered.select(SESSION).unique().with_columns(
    session_id=pl.concat_str(pl.col(SESSION).cast(pl.String)).nchash.md5()
)
sessions = numbered.join(ids, on=SESSION, how="left").drop("seq")
if kinds["user_id"] in (pl.String, pl.Categorical):
    sessions = sessions.with_columns(pl.col(KEY).cast(pl.String))

if source.endswith(".parquet"):
    sessions.sink_parquet(target, compression="snappy", engine="streaming")
elif source.endswith(".csv"):
    sessions.sink_csv(target, engine="streaming")
else:
    sessions.sink_ndjson(target, engine="streaming")
