"""What is shown while work goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Callback = Callable[[str, int, int], object]


class Progress:
    """Shows progress: on a terminal if it is ``True``, by a function if it is one, and otherwise not at all."""

    def __init__(self, progress: bool | Callback | None) -> None:
        self._begun = time.monotonic()
        self._shown = 0
        self.callback: Callback | None = None
        if callable(progress):
            self.callback = progress
        elif progress is True:
            if sys.stderr is not None and sys.stderr.isatty():
                self.callback = self._show
        elif progress not in (None, False):
            raise TypeError(f"progress must be True, False or a function, not {type(progress).__name__}")

    def __enter__(self) -> Callback | None:
        return self.callback

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            sys.stderr.flush()

    def _show(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self._begun < 1:
            return  # what is over soon needs no words
        share = f" {min(100, 100 * done // total):3d} %" if total else ""
        line = f"{stage}{share}"
        sys.stderr.write("\r" + line.ljust(self._shown))
        sys.stderr.flush()
        self._shown = max(self._shown, len(line))
