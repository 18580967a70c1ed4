"""Random CSV: fields that are hard to keep apart, in the dialects that Spectrum reads."""

import dataclasses
import datetime
import os

import pyarrow as pa

TEXTS = (
    "a",
    "A ",
    " ",
    "  b",
    "0",
    "007",
    "1.10",
    "20.00",
    "1e3",
    "-0",
    "+1",
    "true",
    "NULL",
    "null",
    "\\N",
    "NaN",
    "é",
    "e\u0301",
    "日本語",
    "😀",
    "\u2028",
    "\u00a0",
    "x\ufeff",
    "2026-01-01",
    "2026-01-01T10:00:00Z",
    "a,b",
    ";",
    "|",
    "\t",
    '"',
    '""',
    "'",
    "'x'",
    "`",
    "\\",
    "\\\\",
    '\\"',
    "\\t",
    "a\nb",
    "\n",
    "a\r\nb",
    "\r",
    "x\ry",
    "#",
    "# x",
    "||",
    "§",
    "~",
    "\0",
)
NAMES = (
    "page",
    "Größe",
    "a b",
    "it's",
    "x;y",
    "x|y",
    'say "so"',
    "日本",
    "two\nlines",
    "d.o.t",
    "tab\there",
    "#",
    "\\",
    "MIX",
)
EVENTS = ("user_id", "account_id", "event_id", "occurred_at")
START = datetime.datetime(2026, 1, 1)


@dataclasses.dataclass
class Dialect:
    """As the flags have it; a quote of None is `none`."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None
    header: bool = True
    skipped: int = 0

    @staticmethod
    def random(rng):
        delimiter = rng.choice([",", ",", ";", "|", "\t", "~", "||", "§", " "])
        quote = rng.choice(['"', '"', '"', "'", "`", None])
        return Dialect(
            delimiter,
            quote,
            rng.choice([None, None, "\\", "^"]),
            rng.choice([None, None, None, None, None, "#", "%"]),
            rng.random() < 0.8,
            rng.choice([0, 0, 0, 1, 3]),
        )

    def flags(self):
        flags = ["--delimiter", "tab" if self.delimiter == "\t" else self.delimiter]
        flags += ["--quote", self.quote or "none"]
        if self.escape:
            flags += ["--escape", self.escape]
        if self.comment:
            flags += ["--comment", self.comment]
        if self.skipped:
            flags += ["--skip-lines", str(self.skipped)]
        return flags

    def can_say(self, text):
        """Whether a field can be this text."""
        if self.quote:
            return True
        if text == "" or (self.comment and text.startswith(self.comment)):
            return False
        return self.escape is not None or not any(
            part in text for part in (self.delimiter, self.delimiter[0], "\n", "\r")
        )

    def written(self, text, rng):
        """A field, quoted now and then where it need not be."""
        if text is None:
            return ""
        if self.quote is None:
            return self.escaped(text) if self.escape else text
        special = (self.delimiter[0], self.quote, "\n", "\r", self.escape or "\n", self.comment or "\n")
        if text and not any(part in text for part in special) and rng.random() < 0.7:
            return text
        escape = self.escape or self.quote
        marked = "".join(escape + char if char in (self.quote, escape) else char for char in text)
        return self.quote + marked + self.quote

    def escaped(self, text):
        letters = {"\t": "t", "\n": "n", "\r": "r", self.escape: self.escape}
        return "".join(self.escape + letters[char] if char in letters else char for char in text)


class CsvSet:
    """Files of one dialect, and what their fields are."""

    def __init__(self, rng, folder):
        self.rng = rng
        self.dialect = Dialect.random(rng)
        if self.dialect.quote is None and self.dialect.escape and self.dialect.delimiter != "\t":
            # Only tabs, line ends and the escape itself have an escape of their own.
            self.dialect.escape = None
        names = [name for name in NAMES if self.dialect.can_say(name) and (self.dialect.header or plain(name))]
        self.names = [*EVENTS, *rng.sample(names, min(len(names), rng.randint(1, 6)))]
        rng.shuffle(self.names)
        self.line_end = rng.choice(["\n", "\n", "\r\n"])
        self.mixed_ends = rng.random() < 0.1
        self.nulls = rng.choice([0, 0.2, 0.7])
        self.compression = rng.choice([None, None, None, "gz", "zst"])
        self.files, self.orders, self.rows, self.lines = [], [], [], []
        for number in range(rng.choice([1, 1, 1, 2])):
            self.write(
                os.path.join(folder, f"in{number}.csv" + (f".{self.compression}" if self.compression else "")), number
            )

    def flags(self):
        flags = self.dialect.flags()
        if not self.dialect.header:
            flags += ["--columns", ",".join(self.names)]
        return flags

    def write(self, path, number):
        rng, dialect = self.rng, self.dialect
        order = list(range(len(self.names)))
        if number and dialect.header and rng.random() < 0.5:
            rng.shuffle(order)
        text = "\ufeff" if rng.random() < 0.1 and dialect.header and not dialect.skipped else ""
        for _ in range(dialect.skipped):
            text += rng.choice(["", 'report of "today', "a,b;c"]) + self.line_end
        lines = []
        if dialect.header:
            names = [dialect.written(self.names[at], rng) for at in order]
            lines.append(("header", dialect.delimiter.join(names)))
        for _ in range(rng.choice([1, 5, 30, 120])):
            if rng.random() < 0.03:
                lines.append(("none", ""))
            if dialect.comment and rng.random() < 0.1:
                lines.append(("none", f'{dialect.comment} not "a record'))
            row = [self.field(name) for name in self.names]
            self.rows.append(row)
            lines.append(("record", dialect.delimiter.join(dialect.written(row[at], rng) for at in order)))
        ends = [rng.choice(["\n", "\r\n"]) if self.mixed_ends else self.line_end for _ in lines]
        if rng.random() < 0.2:
            ends[-1] = ""
        text += "".join(line + end for (_, line), end in zip(lines, ends))
        if number == 0 and text.startswith("\ufeff"):
            self.lines.append(("mark", "\ufeff", ""))
        if number == 0 or order == self.orders[0]:
            self.lines += [
                (kind, line, end)
                for (kind, line), end in zip(lines, ends)
                if kind != "none" and not (number and kind == "header")
            ]
        self.files.append(path)
        self.orders.append(order)
        with open_to_write(path) as file:
            file.write(text.encode())

    def field(self, name):
        rng = self.rng
        if name == "event_id":
            return f"e{len(self.rows)}"
        if name == "occurred_at":
            return (START + datetime.timedelta(seconds=rng.randrange(10**6))).isoformat(sep="T")
        while True:
            if name in EVENTS:
                text = rng.choice(["", None, "u1", "u2", rng.choice(TEXTS)])
            elif rng.random() < self.nulls:
                text = None
            else:
                text = "".join(rng.choice(TEXTS) for _ in range(rng.choice([0, 1, 1, 2, 4])))
                if rng.random() < 0.01:
                    text = text * rng.choice([50, 5000])
            if text is None or self.dialect.can_say(text):
                return text

    def fits_bytes(self):
        """Whether the output is the lines of the inputs one after another."""
        return all(order == self.orders[0] for order in self.orders)


def plain(name):
    return not any(char in name for char in ",\n\t") and name == name.strip()


def open_to_write(path):
    if path.endswith((".gz", ".zst")):
        return pa.CompressedOutputStream(pa.OSFile(path, "wb"), "gzip" if path.endswith(".gz") else "zstd")
    return pa.OSFile(path, "wb")


def content(path):
    with pa.OSFile(path, "rb") as file:
        if path.endswith((".gz", ".zst")):
            return pa.CompressedInputStream(file, "gzip" if path.endswith(".gz") else "zstd").read()
        return file.read()
