"""Keyword arguments as the extension module takes them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from spectrum_sessions._spectrum import Definition
from spectrum_sessions.errors import DefinitionError

#: The rules beyond the gap.
RULES = (
    "where",
    "at_gap",
    "gap_when",
    "split_at",
    "timezone",
    "start_when",
    "end_when",
    "split_on",
    "split_on_null",
    "max_duration",
    "max_events",
    "passive_when",
    "ignore_when",
)

_SETTINGS = ("key", "time", "event_id", "gap", "id", "preset", *RULES)

_READING: dict[str, Any] = {
    "format": None,
    "nulls": (),
    "time_unit": None,
    "time_format": (),
    "key_type": (),
    "null_key": "group",
    "null_time": "refuse",
    "types": (),
    "delimiter": None,
    "quote": None,
    "escape": None,
    "comment": None,
    "columns": (),
    "no_header": False,
    "skip_lines": 0,
    "encoding": None,
    "threads": None,
}


def definition_of(definition: Definition | str | os.PathLike[str] | None, keywords: dict[str, Any]) -> Definition:
    """The definition that is meant, with what keywords say of it, which are taken out of them."""
    said = {name: keywords.pop(name) for name in _SETTINGS if name in keywords}
    if definition is None:
        return Definition(**said)
    if isinstance(definition, (str, os.PathLike)):
        definition = read_definition(definition)
    if not isinstance(definition, Definition):
        raise TypeError(
            f"definition must be a Definition or the path of a spectrum.toml, not {type(definition).__name__}"
        )
    return definition.replace(**said)


def read_definition(path: str | os.PathLike[str]) -> Definition:
    """The definition of a ``spectrum.toml``."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"reading {os.fspath(path)}: {error}") from error
    return Definition.from_toml(text)


def reading_of(function: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """How events are read, from what is left of the keywords; there must be nothing else among them."""
    reading = dict(_READING)
    for name, value in keywords.items():
        if name not in _READING:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
        default = _READING[name]
        if value is None:
            continue
        reading[name] = _checked(name, value, default)
    return reading


def _checked(name: str, value: Any, default: Any) -> Any:
    if name in ("key_type", "types"):
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a dict of columns and types, not {type(value).__name__}")
        return [(str(column), str(kind)) for column, kind in value.items()]
    if isinstance(default, tuple):
        return texts(name, value)
    if isinstance(default, bool):
        return flag(name, value)
    if name in ("skip_lines", "threads"):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an int, not {type(value).__name__}")
        if value < (name == "threads"):
            raise ValueError(f"{name} must be {'at least 1' if name == 'threads' else '0 or more'}, not {value}")
        return value
    return text(name, value)


def text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def texts(name: str, value: Any) -> list[str]:
    """One text, or several."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a str or a list of str, not {type(value).__name__}")
    return [text(name, one) for one in value]


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def path(name: str, value: Any) -> str:
    """The path of a file or folder."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name} must be a path, not {type(value).__name__}")
    return str(os.fspath(value))


def paths(name: str, value: Any) -> list[str]:
    """One path, or several."""
    if isinstance(value, (str, os.PathLike)):
        return [path(name, value)]
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a path or a list of paths, not {type(value).__name__}")
    return [path(name, one) for one in value]
