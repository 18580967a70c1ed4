"""Sessions from raw events: the same definition, the same ids, wherever the events live."""

from __future__ import annotations

from spectrum_sessions import results
from spectrum_sessions._arguments import read_definition
from spectrum_sessions._files import check, compare, explain, report, run, summary
from spectrum_sessions._sessionize import sessionize
from spectrum_sessions._spectrum import Definition, Table, __version__
from spectrum_sessions.errors import (
    ArgumentError,
    ColumnError,
    DefinitionError,
    EventIdError,
    IdCollisionError,
    InputError,
    KeyValueError,
    OutputError,
    RuleError,
    SpectrumError,
    SpectrumWarning,
    TimeError,
)

__all__ = [
    "ArgumentError",
    "ColumnError",
    "Definition",
    "DefinitionError",
    "EventIdError",
    "IdCollisionError",
    "InputError",
    "KeyValueError",
    "OutputError",
    "RuleError",
    "SpectrumError",
    "SpectrumWarning",
    "Table",
    "TimeError",
    "__version__",
    "check",
    "compare",
    "explain",
    "read_definition",
    "report",
    "results",
    "run",
    "sessionize",
    "summary",
]
