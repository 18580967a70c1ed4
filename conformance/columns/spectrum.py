"""Runs of `spectrum run`."""

import shlex
import subprocess


class Refused(Exception):
    """The run failed; the text is what it said."""


class Spectrum:
    def __init__(self, program):
        self.program = program
        self.command = ""

    def run(self, inputs, output, *flags):
        """Session ids that cannot collide, and no times in which something is unusual."""
        words = [self.program, "run", *inputs, "-o", output, "--id", "encoded", "--quiet", "--force", *flags]
        self.command = shlex.join(words)
        ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if ended.returncode != 0:
            raise Refused(f"exit code {ended.returncode}: {ended.stderr.strip()}")
