"""What is done with files: each function is the command of the same name."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from spectrum_sessions import _spectrum
from spectrum_sessions._arguments import definition_of, flag, path, paths, reading_of, text, texts
from spectrum_sessions._progress import Callback, Progress
from spectrum_sessions._spectrum import Definition
from spectrum_sessions.errors import SpectrumWarning
from spectrum_sessions.results import (
    CheckResult,
    Comparison,
    Explanation,
    Report,
    RunResult,
    Summary,
    check_of,
    comparison_of,
    explanation_of,
    run_of,
    summary_of,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from spectrum_sessions._keywords import Keywords, Reading

_Path = str | os.PathLike[str]
_Definition = Definition | _Path | None
_Progress = bool | Callback | None


def run(
    inputs: _Path | Iterable[_Path],
    output: _Path,
    definition: _Definition = None,
    *,
    sessions: _Path | None = None,
    as_of: str | datetime | None = None,
    to: str | None = None,
    force: bool = False,
    clean: bool = False,
    session_column: str = "session_id",
    sequence: bool = False,
    reason: bool = False,
    allow_id_collisions: bool = False,
    digest: bool = False,
    progress: _Progress = None,
    **keywords: Unpack[Keywords],
) -> RunResult:
    """Writes files with the session of every event; they appear under their names when they are complete."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("run", rest)
    writing = {
        "output": path("output", output),
        "sessions": None if sessions is None else path("sessions", sessions),
        "as_of": _time("as_of", as_of),
        "to": None if to is None else text("to", to),
        "force": flag("force", force),
        "clean": flag("clean", clean),
        "session_column": text("session_column", session_column),
        "sequence": flag("sequence", sequence),
        "reason": flag("reason", reason),
        "allow_id_collisions": flag("allow_id_collisions", allow_id_collisions),
        "digest": flag("digest", digest),
    }
    with Progress(progress) as callback:
        said, warned = _spectrum.run(paths("inputs", inputs), what, reading, writing, callback)
    _warn(warned)
    return run_of(json.loads(said))


def summary(
    inputs: _Path | Iterable[_Path],
    definition: _Definition = None,
    *,
    gaps: Iterable[str | timedelta] = (),
    as_of: str | datetime | None = None,
    received: str | None = None,
    pictures: bool | None = None,
    progress: _Progress = None,
    **keywords: Unpack[Keywords],
) -> Summary:
    """Describes the sessions of files, and compares gaps. Nothing is written."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("summary", rest)
    shown = _in_notebook() if pictures is None else flag("pictures", pictures)
    with Progress(progress) as callback:
        said, words, html, warned = _spectrum.summary(
            paths("inputs", inputs),
            what,
            reading,
            _gaps(gaps),
            _time("as_of", as_of),
            None if received is None else text("received", received),
            shown,
            callback,
        )
    _warn(warned)
    return summary_of(json.loads(said), words, html)


def explain(
    inputs: _Path | Iterable[_Path],
    event: str | int,
    definition: _Definition = None,
    *,
    progress: _Progress = None,
    **keywords: Unpack[Keywords],
) -> Explanation:
    """Says why an event belongs to its session, or to none."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("explain", rest)
    if isinstance(event, bool) or not isinstance(event, (str, int)):
        raise TypeError(f"event must be the id of an event, a str or an int, not {type(event).__name__}")
    with Progress(progress) as callback:
        said, words, warned = _spectrum.explain(paths("inputs", inputs), str(event), what, reading, callback)
    _warn(warned)
    return explanation_of(json.loads(said), words)


def compare(
    inputs: _Path | Iterable[_Path],
    a: Definition | str,
    b: Definition | str,
    *,
    key: str | Iterable[str] | None = None,
    time: str | None = None,
    event_id: str | None = None,
    output: _Path | None = None,
    to: str | None = None,
    force: bool = False,
    progress: _Progress = None,
    **keywords: Unpack[Reading],
) -> Comparison:
    """Says what two definitions differ in over the same events: definitions, or texts such as ``gap=30m`` or a preset."""
    reading = reading_of("compare", dict(keywords))
    for name, side in (("a", a), ("b", b)):
        if not isinstance(side, (Definition, str)):
            raise TypeError(f"{name} must be a Definition or a str, not {type(side).__name__}")
    comparing = {
        "key": None if key is None else texts("key", key),
        "time": None if time is None else text("time", time),
        "event_id": None if event_id is None else text("event_id", event_id),
        "output": None if output is None else path("output", output),
        "to": None if to is None else text("to", to),
        "force": flag("force", force),
    }
    names = [side if isinstance(side, str) else "Definition" for side in (a, b)]
    with Progress(progress) as callback:
        said, words, warned = _spectrum.compare(
            paths("inputs", inputs), a, b, (names[0], names[1]), reading, comparing, callback
        )
    _warn(warned)
    return comparison_of(json.loads(said), words, (str(a), str(b)))


def check(
    inputs: _Path | Iterable[_Path],
    definition: _Definition = None,
    *,
    received: str | None = None,
    event_type: str | None = None,
    progress: _Progress = None,
    **keywords: Unpack[Keywords],
) -> CheckResult:
    """Looks for what is wrong with events."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("check", rest)
    with Progress(progress) as callback:
        said, words, warned = _spectrum.check(
            paths("inputs", inputs),
            what,
            reading,
            None if received is None else text("received", received),
            None if event_type is None else text("event_type", event_type),
            callback,
        )
    _warn(warned)
    return check_of(json.loads(said), words)


def report(
    inputs: _Path | Iterable[_Path],
    output: _Path | None = None,
    definition: _Definition = None,
    *,
    force: bool = False,
    title: str | None = None,
    gaps: Iterable[str | timedelta] = (),
    key_values: str | Iterable[str] = (),
    check: bool = True,
    redact: bool = False,
    progress: _Progress = None,
    **keywords: Unpack[Keywords],
) -> Report:
    """Makes a page with pictures of the sessions, and writes it if ``output`` names a place."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("report", rest)
    place = None if output is None else path("output", output)
    reporting = {
        "output": place,
        "force": flag("force", force),
        "title": None if title is None else text("title", title),
        "gaps": _gaps(gaps),
        "key_values": texts("key_values", key_values),
        "check": flag("check", check),
        "redact": flag("redact", redact),
    }
    with Progress(progress) as callback:
        said, words, html, warned = _spectrum.report(
            paths("inputs", inputs), what, reading, reporting, callback
        )
    _warn(warned)
    return Report(html, place, summary_of(json.loads(said), words, html))


def _time(name: str, value: str | datetime | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime or a text such as 2026-03-01T10:00:00Z, not {type(value).__name__}")
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def _gaps(gaps: Iterable[str | timedelta]) -> list[str]:
    if isinstance(gaps, (str, timedelta)):
        gaps = [gaps]
    return [Definition(gap=gap).gap for gap in gaps]


def _in_notebook() -> bool:
    """Whether results are shown by a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _warn(warned: list[str]) -> None:
    for warning in warned:
        warnings.warn(warning, SpectrumWarning, stacklevel=3)
