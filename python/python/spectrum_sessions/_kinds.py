"""The tables that are known: how to hand over few of their columns, and how to put new ones beside all of theirs.

Nothing is imported that the caller has not: an object of a library is there only if its library is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, NamedTuple

from spectrum_sessions._spectrum import Table
from spectrum_sessions.errors import ArgumentError, ColumnError


class Known(NamedTuple):
    """A table of a library that is known."""

    #: What to hand over: an object that exports Arrow data, with at least the columns that are read.
    handed_over: Any
    #: The names of all columns, in their order.
    columns: list[str]
    #: Puts added columns beside the table's own, without the rows that were left out: those where the second is false.
    with_columns: Callable[[Table, Table | None], Any]


def known(events: Any, reads: Iterable[str]) -> Known | None:
    """How to treat a table of a library that is known, of whose columns these are read; ``None`` for another one."""
    for library, treat in (
        ("pyarrow", _of_pyarrow),
        ("polars", _of_polars),
        ("pandas", _of_pandas),
    ):
        module = sys.modules.get(library)
        if module is not None:
            treated = treat(module, events, list(reads))
            if treated is not None:
                return treated
    return None


def _is_read(column: str, reads: list[str]) -> bool:
    # A name may stand for a member ("event.customer"), for the first of several ("a|b"), for a date and a clock ("day,time").
    names = {part.strip() for name in reads for part in (name, *re.split(r"[|,]", name))}
    return any(name == column or name.startswith(f"{column}.") for name in names)


def _of_pyarrow(pa: Any, events: Any, reads: list[str]) -> Known | None:
    if isinstance(events, pa.RecordBatchReader):
        events = events.read_all()
    if not isinstance(events, (pa.Table, pa.RecordBatch)):
        return None
    names = events.schema.names
    wanted = [at for at, name in enumerate(names) if _is_read(name, reads)]

    def with_columns(added: Table, kept: Table | None) -> Any:
        columns = pa.table(added)
        rows = events
        if kept is not None:
            rows = rows.filter(pa.table(kept).column(0).combine_chunks())
        if isinstance(events, pa.RecordBatch):
            arrays = rows.columns + [_one_array(pa, column) for column in columns.columns]
            fields = list(rows.schema) + list(columns.schema)
            return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, rows.schema.metadata))
        for field, column in zip(columns.schema, columns.columns, strict=True):
            rows = rows.append_column(field, column)
        return rows

    return Known(events.select(wanted), names, with_columns)


def _one_array(pa: Any, column: Any) -> Any:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _of_polars(pl: Any, events: Any, reads: list[str]) -> Known | None:
    if isinstance(events, pl.LazyFrame):
        collected = _of_polars(pl, events.collect(), reads)
        if collected is None:
            return None
        eager = collected.with_columns
        return collected._replace(with_columns=lambda added, kept: eager(added, kept).lazy())
    if not isinstance(events, pl.DataFrame):
        return None
    names = events.columns
    wanted = [at for at, name in enumerate(names) if _is_read(name, reads)]

    def with_columns(added: Table, kept: Table | None) -> Any:
        rows = events
        if kept is not None:
            rows = rows.filter(pl.DataFrame(kept).to_series(0))
        return rows.hstack(pl.DataFrame(added))

    return Known(events.select(names[at] for at in wanted), names, with_columns)


def _of_pandas(pd: Any, events: Any, reads: list[str]) -> Known | None:
    if not isinstance(events, pd.DataFrame):
        return None
    names = [name if isinstance(name, str) else repr(name) for name in events.columns]
    for own, name in zip(events.columns, names, strict=True):
        if not isinstance(own, str) and _is_read(name, reads):
            raise ColumnError(
                f"the name of column {name} is not a text", "events.columns = [str(name) for name in events.columns]"
            )
    wanted = [
        at
        for at, name in enumerate(events.columns)
        if isinstance(name, str) and _is_read(name, reads)
    ]
    try:
        pa: Any = import_module("pyarrow")
    except ImportError as error:
        raise ArgumentError(
            "pandas hands over its columns by way of pyarrow, which is not installed", "pip install pyarrow"
        ) from error

    def with_columns(added: Table, kept: Table | None) -> Any:
        rows = events
        if kept is not None:
            rows = rows[pa.table(kept).column(0).to_numpy()]
        columns = pa.table(added).to_pandas()
        columns.index = rows.index
        return pd.concat([rows, columns], axis=1)

    # Times may stand in the index: it goes along under its name.
    some = events.iloc[:, wanted]
    index = [name for name in events.index.names if isinstance(name, str) and _is_read(name, reads)]
    try:
        handed_over = pa.Table.from_pandas(some, preserve_index=bool(index))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ColumnError(f"pandas cannot hand over its columns: {error}") from error
    return Known(handed_over, [*names, *index], with_columns)
