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
from spectrum_sessions.errors import ArgumentError, SpectrumWarning

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
    """Adds the session of every event to a table, and gives back a table of the same kind.

    ``events`` is a table of pyarrow, polars, pandas or duckdb, or anything else that exports Arrow data, which comes back as a
    :class:`Table`. Rows stay in their order, and columns as they are; ``session_column`` is added, with ``sequence=True``
    ``session_seq`` too, the session's number within its key, and with ``reason=True`` ``started_by``, why it began.

    What a session is, ``definition`` says (a :class:`Definition`, or the path of a ``spectrum.toml``), and before it the
    keywords ``key``, ``time``, ``gap``, ``id`` (``sequence``, ``encoded`` or ``start``), ``preset`` and the rules beyond the gap:
    ``where``, ``at_gap``, ``gap_when``, ``split_at``, ``timezone``, ``start_when``, ``end_when``, ``split_on``,
    ``split_on_null``, ``max_duration``, ``max_events``, ``passive_when`` and ``ignore_when``.

    ``null_time="drop"`` leaves out events without a time, which are refused otherwise, ``null_key`` (``group``, ``drop`` or
    ``refuse``) says what a NULL in the key is, and ``time_unit``, ``time_format`` and ``key_type`` how values are read whose
    type does not tell.

    >>> sessionize(events, key="user_id", time="at", gap="30m")  # doctest: +SKIP
    """
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
            # The connection of the relation finds it by this name, which no table of anybody's has.
            sessionized_by_spectrum_b0c1a9e7 = added  # noqa: F841
            try:
                return query("events_before_sessions", "SELECT * FROM sessionized_by_spectrum_b0c1a9e7")
            except Exception as error:
                if "sessionized_by_spectrum_b0c1a9e7" not in str(error):
                    raise
                raise ArgumentError(
                    "duckdb does not look at Python's variables, by which it is given the result",
                    "set python_enable_replacements = true, or hand over relation.arrow()",
                ) from error
    return added
