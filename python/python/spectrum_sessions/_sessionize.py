"""Sessions of events in memory."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

from spectrum_sessions import _spectrum
from spectrum_sessions._arguments import definition_of, flag, reading_of, text
from spectrum_sessions._kinds import known
from spectrum_sessions._progress import Callback, Progress
from spectrum_sessions._spectrum import Definition, Table
from spectrum_sessions.errors import SpectrumWarning

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from spectrum_sessions._keywords import Keywords


def sessionize(
    events: Any,
    definition: Definition | str | os.PathLike[str] | None = None,
    *,
    session_column: str = "session_id",
    sequence: bool = False,
    reason: bool = False,
    allow_id_collisions: bool = False,
    progress: bool | Callback | None = None,
    **keywords: Unpack[Keywords],
) -> Any:
    """Adds the session of every event to a table. See ``help(spectrum_sessions)`` and docs/python.md."""
    rest = dict(keywords)
    what = definition_of(definition, rest)
    reading = reading_of("sessionize", rest)
    adding = {
        "session_column": text("session_column", session_column),
        "sequence": flag("sequence", sequence),
        "reason": flag("reason", reason),
        "allow_id_collisions": flag("allow_id_collisions", allow_id_collisions),
        "whole": False,
    }
    table = known(events, what.reads())
    with Progress(progress) as callback:
        if table is None:
            columns: list[str] | None = None
            handed_over, adding["whole"] = events, True
        else:
            handed_over, columns = table.handed_over, table.columns
        added, kept, warned = _spectrum.sessionize(handed_over, columns, what, reading, adding, callback)
    for warning in warned:
        warnings.warn(warning, SpectrumWarning, stacklevel=2)
    if table is None:
        return _like(events, added)
    return table.with_columns(added, kept)


def _like(events: Any, added: Table) -> Any:
    """What all columns are made into: a relation for a relation of duckdb, and otherwise a table of Arrow data."""
    if type(events).__module__.split(".")[0] in ("duckdb", "_duckdb"):
        query = getattr(events, "query", None)
        if query is not None:
            sessionized = added  # noqa: F841 the connection of the relation finds it by this name
            return query("events_before_sessions", "SELECT * FROM sessionized")
    return added
