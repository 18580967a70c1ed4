"""What was compared, what was not, and what differs."""

import collections
import os
import re
import shutil

# So many differences are shown with all that is known, and the others in a line.
SHOWN = 8


class Report:
    def __init__(self, kept):
        # One folder per difference, with the files that show it.
        self.kept = kept
        self.counts = collections.defaultdict(collections.Counter)
        self.reasons = collections.defaultdict(collections.Counter)
        self.versions = {}
        self.differences = []

    def same(self, part, reader, columns, values):
        """A file in which these columns came out as they went in, by this reader."""
        self.counts[part, reader].update(files=1, columns=columns, values=values)

    def unread(self, part, reader, what, reason):
        """A column of an input that the reader cannot read, so that nothing is known about it by this reader."""
        self.counts[part, reader]["unread"] += 1
        reason = f"{what}: {first_line(reason)}" if what else first_line(reason)
        self.reasons[part, f"cannot be read by {reader}"][reason] += 1

    def note(self, part, heading, reason):
        """Something else that was left out, with how often."""
        self.reasons[part, heading][reason] += 1

    def differs(self, part, reader, where, what, files=(), command=""):
        self.counts[part, reader]["differing"] += 1
        self.differences.append((part, reader, where, what))
        if len(self.differences) > SHOWN:
            print(f"{part}, {where}, by {reader}: {what}"[:200].replace("\n", " "), flush=True)
            return
        folder = os.path.join(self.kept, f"{len(self.differences)}")
        os.makedirs(folder, exist_ok=True)
        for file in files:
            if os.path.isfile(file):
                shutil.copy(file, folder)
        print(f"\n{part}, {where}, by {reader}: {what}\n  files: {folder}\n  {command}", flush=True)

    def table(self):
        head = (
            "columns of",
            "read by",
            "version",
            "files",
            "columns",
            "values compared",
            "differing",
            "cannot be read",
        )
        rows = [head]
        for (part, reader), counts in self.counts.items():
            numbers = [counts[name] for name in ("files", "columns", "values", "differing", "unread")]
            rows.append((part, reader, self.versions.get(reader, ""), *(f"{number:,}" for number in numbers)))
        widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
        line = lambda row: (
            "| "
            + " | ".join(
                cell.ljust(width) if at < 3 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))
            )
            + " |"
        )
        rule = ["-" * width if at < 3 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
        return "\n".join([line(rows[0]), line(rule), *map(line, rows[1:])])

    def left_out(self):
        """Every reason for which something was not compared, with how often."""
        lines = []
        for (part, heading), reasons in self.reasons.items():
            lines.append(f"{part}, {heading}: {sum(reasons.values()):,}")
            lines.extend(f"  {times:,} x {reason}" for reason, times in reasons.most_common())
        return "\n".join(lines)


def first_line(reason):
    """What a reader said, short and without numbers, so that the same reason is counted as one."""
    text = str(reason).strip().split("\n")[0] or type(reason).__name__
    return re.sub(r"\d+", "N", text)[:120]
