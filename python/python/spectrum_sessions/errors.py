"""What can go wrong, as exceptions. All of them are a :class:`SpectrumError`."""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "ColumnError",
    "DefinitionError",
    "EventIdError",
    "IdCollisionError",
    "InputError",
    "KeyValueError",
    "OutputError",
    "RuleError",
    "SpectrumError",
    "SpectrumWarning",
    "TimeError",
]


class SpectrumError(Exception):
    """Why something was not done. Nothing was written then.

    ``message`` says what is wrong, and ``remedy`` what can be done about it, in keywords of the function that was called; it is
    ``None`` where the message says it, or nobody knows. ``str()`` of the exception is both.
    """

    message: str
    remedy: str | None

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message if remedy is None else f"{message}; {remedy}")
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[SpectrumError], tuple[str, str | None]]:
        return type(self), (self.message, self.remedy)


class ArgumentError(SpectrumError, ValueError):
    """An argument has a value that it cannot have."""


class DefinitionError(SpectrumError, ValueError):
    """A definition was refused: a gap that is not a duration, a condition that cannot be read, a key without a column."""


class InputError(SpectrumError):
    """Events could not be found or read, or changed while they were read."""


class OutputError(SpectrumError):
    """An output exists already, cannot be written, or cannot hold what it is to hold."""


class ColumnError(SpectrumError):
    """A column is not there, is there already, or is of a type that does not fit."""


class KeyValueError(SpectrumError):
    """A key has a value that cannot be one, or NULLs that were refused."""


class TimeError(SpectrumError):
    """A time is missing, cannot be read, or is out of range."""


class RuleError(SpectrumError):
    """A rule beyond the gap does not fit the events."""


class EventIdError(SpectrumError):
    """An event was not found by its id."""


class IdCollisionError(SpectrumError):
    """Different sessions have the same id, which the scheme ``sequence`` allows."""


class SpectrumWarning(UserWarning):
    """All was done, and something about the events is doubtful."""
