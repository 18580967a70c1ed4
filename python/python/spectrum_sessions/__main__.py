"""The ``spectrum`` command: ``python -m spectrum_sessions`` and the script of the package."""

from __future__ import annotations

import signal
import sys

from spectrum_sessions._spectrum import command


def main() -> int:
    """Does what the command line says, as the program ``spectrum`` does, and returns its exit code."""
    # Until the command takes care of Ctrl-C itself, it ends the process, as it ends any program; Python would wait for a
    # line of Python to raise an exception in.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return command([_program(), *sys.argv[1:]])


def _program() -> str:
    """What the command is called in its help: the script, or the module that stands for it."""
    called = sys.argv[0]
    return "spectrum" if called.endswith("__main__.py") or not called else called


if __name__ == "__main__":
    sys.exit(main())
