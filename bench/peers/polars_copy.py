"""Polars copies the four columns: python polars_copy.py IN OUT THREADS (Parquet).

The two engines take the same time; Snappy is faster than the default Zstandard.
"""

import os
import sys

source, target, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads

import polars as pl

events = pl.scan_parquet(source).select("user_id", "account_id", "occurred_at", "event_id")
events.sink_parquet(target, compression="snappy", engine="streaming")
