"""The cases of the project (cases/README.md), as far as Arrow tables in Python can hold their events."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from conftest import ROOT

NULL = {}

SETTINGS = (
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


@dataclass
class Case:
    name: str
    said: dict[str, Any]
    columns: list[str]
    types: dict[str, str]
    values: list[list[str | None]]
    #: For every event None if it is left out, or its number (None for no session) and id.
    expected: list[tuple[int | None, str | None] | None]
    refused: list[str]

    def keywords(self) -> dict[str, Any]:
        """The definition as keywords of the package."""
        said = self.said
        given: dict[str, Any] = {
            "key": said.get("key", ["user_id", "account_id"]),
            "time": said.get("time", "occurred_at"),
            "event_id": said.get("event_id", "event_id"),
            "gap": said.get("gap", "30m"),
            "id": said.get("id", "sequence"),
            "null_time": said.get("null_time", "refuse"),
            "allow_id_collisions": said.get("allow_id_collisions", False),
        }
        if "time_unit" in said:
            given["time_unit"] = said["time_unit"]
        if said.get("read_as_text"):
            given["key_type"] = {column: "text" for column in said["read_as_text"]}
        for setting in SETTINGS:
            if setting in said:
                value = said[setting]
                if setting == "gap_when":
                    value = [entry if isinstance(entry, str) else f"{entry['gap']}: {entry['when']}" for entry in value]
                given[setting] = value
        return given


def all_cases() -> list[Case]:
    cases = []
    for path in sorted((ROOT / "cases").glob("*.toml")):
        for said in tomllib.loads(path.read_text())["case"]:
            cases.append(_read(said))
    return cases


def _read(said: dict[str, Any]) -> Case:
    key = said.get("key", ["user_id", "account_id"])
    time = said.get("time", "occurred_at")
    columns = [said.get("event_id", "event_id"), *key, time, *said.get("columns", [])]
    types = {column: "utf8" for column in columns}
    types[time] = "int64" if "time_unit" in said else "timestamp[us]"
    types.update(said.get("types", {}))
    values, expected = [], []
    for row in said["events"]:
        values.append([None if value == NULL else value for value in row[: len(columns)]])
        rest = row[len(columns) :]
        if not rest or rest[0] in ("dropped", "?"):
            expected.append(None)
        elif rest[0] == "none":
            expected.append((None, None))
        else:
            expected.append((rest[0], None if rest[1] == NULL else rest[1]))
    return Case(said["name"], said, columns, types, values, expected, said.get("refused", []))


def array(values: list[str | None], kind: str) -> Any:
    """Values of a case as an Arrow array of a type."""
    import pyarrow as pa

    def of(read: Any, arrow: Any) -> Any:
        return pa.array([None if value is None else read(value) for value in values], arrow)

    plain = {"utf8": pa.string(), "large_utf8": pa.large_string(), "utf8_view": pa.string_view()}
    if kind in plain:
        return of(str, plain[kind])
    if kind == "dictionary":
        return of(str, pa.string()).dictionary_encode()
    if kind == "boolean":
        return of(lambda text: text == "true", pa.bool_())
    if kind == "float64":
        return of(float, pa.float64())
    if kind == "uuid":
        return of(lambda text: bytes.fromhex(text.replace("-", "")), pa.binary(16))
    if kind == "binary":
        return of(str.encode, pa.binary())
    if kind == "date32":
        return of(_day, pa.int32()).cast(pa.date32())
    if kind == "date64":
        return of(lambda text: _instant(text, 1_000), pa.int64()).cast(pa.date64())
    if kind.startswith("timestamp"):
        unit, _, zone = kind.removeprefix("timestamp[").removesuffix("]").partition(", ")
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
        return of(lambda text: _instant(text, per_second), pa.int64()).cast(pa.timestamp(unit, zone or None))
    if kind.startswith("decimal"):
        from decimal import Decimal

        digits, scale = (int(part) for part in kind.removeprefix("decimal(").removesuffix(")").split(","))
        return of(Decimal, pa.decimal128(digits, scale))
    return of(int, getattr(pa, kind)())


def _day(text: str) -> int:
    return int(text[1:]) if text.startswith("@") else _instant(text, 1) // 86_400


def _instant(text: str, per_second: int) -> int:
    """A time as cases spell it, counted since 1970."""
    if text.startswith("@"):
        return int(text[1:])
    text, is_before_christ = text.removesuffix(" BC"), text.endswith(" BC")
    day, _, clock = text.partition(" ")
    year, month, day_of_month = (int(part) for part in day.rsplit("-", 2))
    days = _days(1 - year if is_before_christ else year, month, day_of_month)
    offset = 0
    clock = clock.removesuffix("Z")
    for sign in "+-":
        if sign in clock:
            clock, _, zone = clock.partition(sign)
            hours, _, minutes = zone.partition(":")
            offset = (int(hours) * 3600 + int(minutes or 0) * 60) * (1 if sign == "+" else -1)
    hour, minute, second = (clock or "00:00:00").split(":")
    whole, _, fraction = second.partition(".")
    seconds = days * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(whole) - offset
    return seconds * per_second + int((fraction or "0").ljust(9, "0")) * per_second // 10**9


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the Gregorian calendar, before its time too."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
