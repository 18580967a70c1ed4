"""The extension module, in Rust."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, final

__version__: str

_Progress = Callable[[str, int, int], object] | None

@final
class Definition:
    """What a session is: which columns make the key and the time, which rule ends a session, what an id is.

    What is left out keeps its default. Rules mean what they mean in a ``spectrum.toml`` (docs/rules.md).
    """

    def __new__(
        cls,
        *,
        key: str | Iterable[str] | None = None,
        time: str | None = None,
        event_id: str | None = None,
        gap: str | timedelta | None = None,
        id: str | None = None,
        preset: str | None = None,
        time_unit: str | None = None,
        where: str | None = None,
        at_gap: str | None = None,
        gap_when: Mapping[str, str | timedelta] | Iterable[str] | str | None = None,
        split_at: str | None = None,
        timezone: str | None = None,
        start_when: str | None = None,
        end_when: str | None = None,
        split_on: str | Iterable[str] | None = None,
        split_on_null: str | None = None,
        max_duration: str | timedelta | None = None,
        max_events: int | str | None = None,
        passive_when: str | None = None,
        ignore_when: str | None = None,
    ) -> Definition: ...
    @staticmethod
    def from_toml(text: str) -> Definition:
        """The definition that the text of a ``spectrum.toml`` has."""

    def replace(
        self,
        *,
        key: str | Iterable[str] | None = None,
        time: str | None = None,
        event_id: str | None = None,
        gap: str | timedelta | None = None,
        id: str | None = None,
        preset: str | None = None,
        time_unit: str | None = None,
        where: str | None = None,
        at_gap: str | None = None,
        gap_when: Mapping[str, str | timedelta] | Iterable[str] | str | None = None,
        split_at: str | None = None,
        timezone: str | None = None,
        start_when: str | None = None,
        end_when: str | None = None,
        split_on: str | Iterable[str] | None = None,
        split_on_null: str | None = None,
        max_duration: str | timedelta | None = None,
        max_events: int | str | None = None,
        passive_when: str | None = None,
        ignore_when: str | None = None,
    ) -> Definition:
        """The same with other settings; the word ``none`` turns a rule off."""

    @property
    def key(self) -> list[str]: ...
    @property
    def time(self) -> str: ...
    @property
    def event_id(self) -> str: ...
    @property
    def gap(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def time_unit(self) -> str | None: ...
    @property
    def rules(self) -> dict[str, str]: ...
    def reads(self) -> list[str]:
        """Every name that may stand for a column of the events."""

    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Table:
    """A table of Arrow data, which any library can take that reads ``__arrow_c_stream__``; as often as it likes."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    def __len__(self) -> int: ...
    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...

def command(arguments: list[str]) -> int: ...
def in_keywords(words: str) -> str: ...
def sessionize(
    events: object,
    columns: list[str] | None,
    definition: Definition,
    reading: dict[str, Any],
    adding: dict[str, Any],
    progress: _Progress = None,
) -> tuple[Table, Table | None, list[str]]: ...
def run(
    inputs: list[str],
    definition: Definition,
    reading: dict[str, Any],
    writing: dict[str, Any],
    progress: _Progress = None,
) -> tuple[str, list[str]]: ...
def summary(
    inputs: list[str],
    definition: Definition,
    reading: dict[str, Any],
    gaps: list[str],
    as_of: str | None,
    received: str | None,
    pictures: bool,
    progress: _Progress = None,
) -> tuple[str, str, str | None, list[str]]: ...
def explain(
    inputs: list[str],
    event: str,
    definition: Definition,
    reading: dict[str, Any],
    progress: _Progress = None,
) -> tuple[str, str, list[str]]: ...
def compare(
    inputs: list[str],
    a: Definition | str,
    b: Definition | str,
    names: tuple[str, str],
    reading: dict[str, Any],
    comparing: dict[str, Any],
    progress: _Progress = None,
) -> tuple[str, str, list[str]]: ...
def check(
    inputs: list[str],
    definition: Definition,
    reading: dict[str, Any],
    received: str | None,
    event_type: str | None,
    progress: _Progress = None,
) -> tuple[str, str, list[str]]: ...
def report(
    inputs: list[str],
    definition: Definition,
    reading: dict[str, Any],
    reporting: dict[str, Any],
    progress: _Progress = None,
) -> tuple[str, str, str, list[str]]: ...
