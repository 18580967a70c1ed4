"""DuckDB as a worker."""

import os

import duckdb
from worker import expressions, quoted, serve

db = duckdb.connect()
# Sessions must not depend on the zone; what depends on it would be seen by one that is not UTC.
db.execute(f"SET threads = {os.cpu_count()}; SET TimeZone = 'Asia/Kathmandu'")


def load(table, casts):
    db.register("arrow_events", table)
    db.execute(f"CREATE OR REPLACE TABLE events AS SELECT {', '.join(expressions(casts))} FROM arrow_events")
    db.unregister("arrow_events")


def view(name, sql):
    db.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")


serve(duckdb.__version__, load, view, lambda sql: db.execute(sql).to_arrow_table())
