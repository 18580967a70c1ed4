"""The ``spectrum`` command of the wheel is the program's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spectrum_sessions as sp

SCRIPT = Path(sys.executable).with_name("spectrum")


def spectrum(*arguments: object, **keywords: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, check=False, **keywords
    )


def test_version_and_help_are_the_programs() -> None:
    assert spectrum("--version").stdout == f"spectrum {sp.__version__}\n"
    told = spectrum("run", "--help")
    assert told.returncode == 0 and "Usage: spectrum run [OPTIONS]" in told.stdout
    as_module = subprocess.run(
        [sys.executable, "-m", "spectrum_sessions", "run", "--help"], capture_output=True, text=True, check=True
    )
    assert as_module.stdout == told.stdout


def test_exit_codes(events_csv: Path, tmp_path: Path) -> None:
    assert spectrum("summary", events_csv, "--key", "who", "--time", "at").returncode == 0
    assert spectrum("summary", tmp_path / "nothere.csv").returncode == 1
    assert spectrum("summary", "--nonsense").returncode == 2
    events_csv.write_text(events_csv.read_text() + "e4,ann,2026-01-01T11:02:00Z\n")
    assert spectrum("check", events_csv, "--key", "who", "--time", "at").returncode == 3


def test_json_of_the_command_is_what_the_functions_have(events_csv: Path) -> None:
    said = json.loads(spectrum("summary", events_csv, "--key", "who", "--time", "at", "--json").stdout)
    assert said == sp.summary(events_csv, key="who", time="at").raw
    said = json.loads(spectrum("explain", events_csv, "-e", "e2", "--key", "who", "--time", "at", "--json").stdout)
    assert said == sp.explain(events_csv, "e2", key="who", time="at").raw
    said = json.loads(spectrum("check", events_csv, "--key", "who", "--time", "at", "--json").stdout)
    assert said == sp.check(events_csv, key="who", time="at").raw
    said = json.loads(
        spectrum("compare", events_csv, "--a", "gap=30m", "--b", "gap=1h", "--key", "who", "--time", "at", "--json").stdout
    )
    assert said == sp.compare(events_csv, "gap=30m", "gap=1h", key="who", time="at").raw


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_ctrl_c_ends_it_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [str(SCRIPT), "run", "-", "--from", "csv", "-o", str(tmp_path / "out.csv"), "--key", "who", "--time", "at"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdin is not None and running.stderr is not None
    running.stdin.write("who,at\n" + "ann,2026-01-01\n" * 100_000)
    running.stdin.flush()
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    running.stdin.close()
    assert running.wait(timeout=60) == 130
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="pipes of Unix")
def test_a_reader_that_goes_away_is_141(tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    assert spectrum("generate", "--events", "20000", "-o", events).returncode == 0
    shown = subprocess.run(
        f"'{SCRIPT}' run {events} --quiet -o - | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.splitlines()[-1] == "141" and not shown.stderr, shown
