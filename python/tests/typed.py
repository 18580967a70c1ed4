"""What type checkers have to make of the package; mypy reads it, and nobody runs it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from typing_extensions import assert_type

import spectrum_sessions as sp
from spectrum_sessions.results import Neighbour, Spread


def files(path: Path) -> None:
    definition = sp.Definition(key=["user_id"], time="at", gap=timedelta(minutes=30), max_duration="12h")
    done = sp.run([path, "more.csv"], path / "out.parquet", definition, sessions="sessions.csv", force=True)
    assert_type(done.sessions, int)
    assert_type(done.first, datetime | str | None)
    told = sp.summary(path, key="user_id", time="at", gaps=["5m", timedelta(hours=1)], null_time="drop")
    assert_type(told.length_seconds, Spread | None)
    assert_type(told.days[0].day, date | None)
    event = sp.explain(path, 7, definition).events[0]
    assert_type(event.previous, Neighbour | None)
    assert_type(sp.compare(path, definition, "gap=1h").moved, int)
    assert_type(sp.check(path, definition).ok, bool)
    assert_type(sp.report(path, "report.html").summary.text, str)


def refused(path: Path) -> None:
    sp.summary(path, kee="user_id")  # type: ignore[call-arg]
    sp.summary(path, null_time="keep")  # type: ignore[arg-type]
    sp.Definition(gap=30)  # type: ignore[arg-type]
    sp.run(path)  # type: ignore[call-arg]


def errors(error: sp.SpectrumError) -> str | None:
    assert_type(error.message, str)
    return error.remedy


def tables(table: sp.Table) -> None:
    assert_type(table.column_names, list[str])
    sp.sessionize(table, key="user_id", time="at", start_when="kind = 'login'", threads=2)
