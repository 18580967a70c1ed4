"""The keywords that several functions take, for type checkers alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal, TypedDict


class Reading(TypedDict, total=False):
    """How events are read. What is about text in files is of no account for others."""

    #: Format of the inputs, where their names do not tell.
    format: Literal["parquet", "csv", "tsv", "ndjson", "json"] | None
    #: Texts that mean NULL in CSV, beside the empty unquoted field.
    nulls: str | Iterable[str]
    #: How texts in the time column are written, in the letters of ``strftime``.
    time_format: str | Iterable[str]
    #: What values of key columns are read as where their type has no text of its own.
    key_type: Mapping[str, Literal["text", "integer"]]
    #: What to do with events that have a NULL in their key.
    null_key: Literal["group", "drop", "refuse"]
    #: What to do with events without a time.
    null_time: Literal["refuse", "drop"]
    #: Types of columns of CSV and NDJSON in outputs that have types.
    types: Mapping[str, Literal["text", "integer", "float", "boolean", "date"]]
    delimiter: str | None
    #: What fields of CSV are quoted with, or ``none``.
    quote: str | None
    escape: str | None
    comment: str | None
    #: The names of the columns of CSV, where there is no header or other names are wanted.
    columns: str | Iterable[str]
    no_header: bool
    skip_lines: int
    encoding: str | None
    #: Threads to use; their number changes nothing but the time it takes.
    threads: int | None
    #: What numbers in the time column count since 1970, or what their magnitude says.
    time_unit: Literal["s", "ms", "us", "ns", "auto"] | None


class Keywords(Reading, total=False):
    """What a session is, and how events are read."""

    key: str | Iterable[str] | None
    time: str | None
    event_id: str | None
    gap: str | timedelta | None
    id: Literal["sequence", "encoded", "start"] | None
    preset: str | None
    where: str | None
    at_gap: Literal["same", "new"] | None
    gap_when: Mapping[str, str | timedelta] | Iterable[str] | str | None
    split_at: str | None
    timezone: str | None
    start_when: str | None
    end_when: str | None
    split_on: str | Iterable[str] | None
    split_on_null: Literal["keep", "split"] | None
    max_duration: str | timedelta | None
    max_events: int | Literal["none"] | None
    passive_when: str | None
    ignore_when: str | None
