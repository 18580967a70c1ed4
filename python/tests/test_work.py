"""Work that goes on beside Python: its lock, Ctrl-C, progress, threads, forks, and streams that break."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import library

import spectrum_sessions as sp

KEYED: dict[str, Any] = {"key": "who", "time": "at"}


def batches_of(count: int, rows: int = 1000) -> tuple[Any, Iterator[Any]]:
    pa = library("pyarrow")
    batch = pa.record_batch(
        {"who": pa.array(range(rows)), "at": pa.array([1_767_261_600_000_000] * rows, pa.timestamp("us"))}
    )
    return batch.schema, (batch for _ in range(count))


class Exported:
    def __init__(self, reader: Any) -> None:
        self.reader = reader

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.reader.__arrow_c_stream__(requested_schema)


def reader_of(schema: Any, batches: Iterator[Any]) -> Exported:
    return Exported(library("pyarrow").RecordBatchReader.from_batches(schema, batches))


def test_a_stream_that_raises_in_the_middle() -> None:
    schema, batches = batches_of(3)

    def broken() -> Iterator[Any]:
        yield from batches
        raise OSError("the source went away")

    with pytest.raises(sp.InputError, match="reading the events failed.*the source went away"):
        sp.sessionize(reader_of(schema, broken()), **KEYED)


def test_python_runs_meanwhile() -> None:
    schema, batches = batches_of(2)
    inside = threading.Event()
    seen = []

    def waiting() -> Iterator[Any]:
        # Goes on only when another thread of Python has run; with Python's lock held it never would.
        inside.set()
        assert released.wait(60)
        yield from batches

    released = threading.Event()

    def other() -> None:
        seen.append(inside.wait(60))
        released.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert len(sp.sessionize(reader_of(schema, waiting()), **KEYED)) == 2000
    thread.join()
    assert seen == [True]


def test_progress_is_told_and_may_stop() -> None:
    schema, batches = batches_of(1)

    def slow() -> Iterator[Any]:
        yield from batches
        assert told.wait(60)

    told = threading.Event()
    stages: list[tuple[str, int, int]] = []

    def progress(stage: str, done: int, total: int) -> None:
        stages.append((stage, done, total))
        told.set()

    sp.sessionize(reader_of(schema, slow()), **KEYED, progress=progress)
    assert stages and all(len(stage) == 3 for stage in stages)

    def endless() -> Iterator[Any]:
        (batch,) = list(batches_of(1)[1])
        while True:
            time.sleep(0.001)
            yield batch

    def stop(*_: object) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        sp.sessionize(reader_of(schema, endless()), **KEYED, progress=stop)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_ctrl_c_is_a_keyboard_interrupt() -> None:
    library("pyarrow")
    program = """
import os, signal, threading, time
import pyarrow as pa
import spectrum_sessions as sp

batch = pa.record_batch({"who": pa.array([1]), "at": pa.array([0], pa.timestamp("us"))})
def endless():
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        time.sleep(0.001)
        yield batch

class Exported:
    def __arrow_c_stream__(self, requested_schema=None):
        return pa.RecordBatchReader.from_batches(batch.schema, endless()).__arrow_c_stream__(requested_schema)

try:
    sp.sessionize(Exported(), key="who", time="at")
except KeyboardInterrupt:
    print("interrupted")
print(len(sp.sessionize(batch, key="who", time="at", time_unit=None)), "after it")
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.returncode) == ("interrupted\n1 after it\n", 0), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_ctrl_c_in_a_run_leaves_nothing(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    lines = ["event_id,who,at\n"]
    lines += [f"{number},{number % 1000},2026-01-01T10:00:00Z\n" for number in range(300_000)]
    events.write_text("".join(lines))
    program = f"""
import os, signal, sys
import spectrum_sessions as sp

def stop(stage, done, total):
    signal.raise_signal(signal.SIGINT)

try:
    sp.run({str(events)!r}, {str(tmp_path / "out.parquet")!r}, key="who", time="at", threads=1, progress=stop)
except KeyboardInterrupt:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=120, check=False)
    assert done.returncode == 7
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv"]


def test_many_threads_at_once() -> None:
    pa = library("pyarrow")
    table = pa.table(
        {
            "who": pa.array([number % 50 for number in range(20_000)]),
            "at": pa.array([number * 7_000_000 for number in range(20_000)], pa.timestamp("us")),
        }
    )

    def once(_: int) -> Any:
        return sp.sessionize(table, **KEYED, threads=2)

    with pytest.warns(sp.SpectrumWarning):
        expected = once(0)
        with ThreadPoolExecutor(8) as pool:
            assert all(told.equals(expected) for told in pool.map(once, range(16)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_can_go_on(events_csv: Path) -> None:
    # No thread outlives a call, so none is missing after a fork.
    expected = sp.summary(events_csv, **KEYED).raw
    process = os.fork()
    if process == 0:
        try:
            same = sp.summary(events_csv, **KEYED, threads=2).raw == expected
            os._exit(0 if same else 1)
        except BaseException:
            os._exit(2)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert sp.summary(events_csv, **KEYED).raw == expected


def test_threads_change_nothing() -> None:
    schema, batches = batches_of(400)
    pa = library("pyarrow")
    table = pa.Table.from_batches(list(batches), schema)
    assert sp.sessionize(table, **KEYED, threads=1).equals(sp.sessionize(table, **KEYED, threads=4))


def test_other_signals_are_python_s_own() -> None:
    before = signal.getsignal(signal.SIGINT)
    sp.Definition(gap="30m")
    assert signal.getsignal(signal.SIGINT) is before
