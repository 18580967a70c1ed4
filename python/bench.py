"""Sessions of events in memory, by spectrum_sessions and in SQL or expressions by the peers, in one run.

    target/python/tables/bin/python python/bench.py [--events 10000000] [--rounds 5] [--shuffled]

Ids are compared first: a time that comes with a wrong answer is not printed. Every way begins with the same Arrow table and
ends with a table that has the session ids; the ways take turns, and the median of each is shown. Build the wheel with
`cargo xtask python --release` before, or the numbers are of a build for tests.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

import spectrum_sessions as sp

GAP_MICROS = 30 * 60 * 1_000_000

SQL = """
SELECT *, md5(user_id || number::VARCHAR) AS session_id FROM (
    SELECT * EXCLUDE starts, sum(starts) OVER (PARTITION BY user_id ORDER BY occurred_at ROWS UNBOUNDED PRECEDING) AS number FROM (
        SELECT *, CASE WHEN occurred_at - lag(occurred_at) OVER (PARTITION BY user_id ORDER BY occurred_at) <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END
            AS starts FROM events))
"""


def generated(events: int, shuffled: bool) -> pa.Table:
    """Visits of eight events on average within twenty minutes, five of each person in a month; in order of time or in none."""
    random = np.random.default_rng(1)
    visits = max(1, events // 8)
    people, begins = random.integers(0, max(1, visits // 5), visits), random.integers(0, 30 * 86_400, visits)
    visit = random.integers(0, visits, events)
    who = people[visit]
    at = (begins[visit] + 1_767_225_600) * 1_000_000 + random.integers(0, 20 * 60 * 1_000_000, events)
    order = random.permutation(events) if shuffled else np.argsort(at, kind="stable")
    names = pc.binary_join_element_wise("user", pc.cast(pa.array(who[order]), pa.string()), "", "-")
    return pa.table(
        {
            "event_id": pa.array(np.arange(events)),
            "user_id": names,
            "occurred_at": pa.array(at[order], pa.timestamp("us")),
            "page": pa.array(random.integers(0, 1000, events)),
        }
    )


def by_spectrum(events: pa.Table) -> pa.Table:
    return sp.sessionize(events, key="user_id", time="occurred_at", gap="30m")


def by_spectrum_from_polars(events: pl.DataFrame) -> pl.DataFrame:
    return sp.sessionize(events, key="user_id", time="occurred_at", gap="30m")


def by_duckdb(events: pa.Table) -> pa.Table:
    return duckdb.sql(SQL).to_arrow_table()


def by_polars(events: pl.DataFrame) -> pl.DataFrame:
    # Polars has no MD5, so the session's number stands where the id would; that is less work.
    return (
        events.sort("occurred_at", maintain_order=True)
        .with_columns((pl.col("occurred_at").diff().over("user_id") > pl.duration(minutes=30)).fill_null(True).alias("starts"))
        .with_columns(pl.col("starts").cum_sum().over("user_id").alias("number"))
        .drop("starts")
    )


def check(events: pa.Table, frame: pl.DataFrame) -> None:
    """The ids of every event are the same by all of them."""
    ours = pl.DataFrame(by_spectrum(events).select(["event_id", "session_id"])).sort("event_id")
    from_polars = by_spectrum_from_polars(frame).select("event_id", "session_id").sort("event_id")
    theirs = pl.DataFrame(by_duckdb(events).select(["event_id", "session_id"])).sort("event_id")
    assert ours.equals(from_polars), "polars in and arrow in differ"
    assert ours.equals(theirs), "spectrum and duckdb differ"
    numbers = by_polars(frame).select("event_id", "user_id", "number").sort("event_id")
    counted = numbers.select("user_id", "number").n_unique()
    assert counted == ours["session_id"].n_unique(), "spectrum and polars differ"
    print(f"{events.num_rows:,} events, {counted:,} sessions; the same by all")


def timed(way: Callable[[Any], Any], events: Any) -> float:
    begun = time.perf_counter()
    result = way(events)
    took = time.perf_counter() - begun
    assert len(result) == len(events)
    return took


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=10_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--shuffled", action="store_true")
    asked = arguments.parse_args()
    events = generated(asked.events, asked.shuffled)
    frame = pl.DataFrame(events)
    check(events, frame)
    ways: list[tuple[str, Callable[[Any], Any], Any]] = [
        ("spectrum, pyarrow", by_spectrum, events),
        ("spectrum, polars", by_spectrum_from_polars, frame),
        ("duckdb, pyarrow", by_duckdb, events),
        ("polars, no ids", by_polars, frame),
    ]
    times: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for _ in range(asked.rounds):
        for name, way, given in ways:
            times[name].append(timed(way, given))
    own = statistics.median(times["spectrum, pyarrow"])
    print(f"{platform.machine()}, Python {platform.python_version()}, duckdb {duckdb.__version__}, polars {pl.__version__}")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:20} {median:7.2f} s  {median / own:5.2f}x")


if __name__ == "__main__":
    main()
