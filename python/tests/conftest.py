"""What tests share: events, and libraries that may be missing where the package is tested alone."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

#: The checkout that the package was built from.
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def events_csv(tmp_path: Path) -> Path:
    """Three events of ann, of which the last begins a session, and one of bob."""
    path = tmp_path / "events.csv"
    path.write_text(
        "event_id,who,at\n"
        "e1,ann,2026-01-01T10:00:00Z\n"
        "e2,ann,2026-01-01T10:30:00Z\n"
        "e3,bob,2026-01-01T10:40:00Z\n"
        "e4,ann,2026-01-01T11:01:00Z\n"
    )
    return path


def library(name: str) -> Any:
    """A library, or the test is left out without it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        pytest.skip(f"{name} is not installed")
