"""Random NDJSON as text, so that blanks, escapes and digits are what they are."""

import datetime
import json
import os

START = datetime.datetime(2026, 1, 1)
CHARS = (
    "a",
    "Z",
    " ",
    "0",
    '"',
    "\\",
    "/",
    "\b",
    "\f",
    "\n",
    "\r",
    "\t",
    "\0",
    "\x1f",
    "\x7f",
    "é",
    "e\u0301",
    "日",
    "\u2028",
    "\ufeff",
    "\uffff",
    "😀",
    "\U0010ffff",
    "{",
    "}",
    "[",
    ",",
    ":",
)
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
NAMES = (
    "page",
    "n",
    "Größe",
    "a b",
    'say "so"',
    "tab\t",
    "日本",
    "d.o.t",
    "",
    "😀",
    "null",
    "session",
    "back\\slash",
    "x" * 60,
)
INTEGERS = ("0", "-1", "7", "9007199254740993", "9223372036854775807", "-9223372036854775808")
WIDE = (
    "9223372036854775808",
    "18446744073709551615",
    "-9223372036854775809",
    "1" + "0" * 30,
    "340282366920938463463374607431768211456",
)
FRACTIONS = (
    "0.5",
    "1.10",
    "20.00",
    "-0.0",
    "1e3",
    "1E-7",
    "2.5e+10",
    "0.1",
    "123456.789",
    "1.7976931348623157e308",
    "5e-324",
    "3.0",
)
# More than a double can tell apart, or hold.
EXACT = ("0.1234567890123456789", "1.00000000000000000001", "1e400", "-0", "1e-400")


class Text:
    """Writes values as a careless writer would, with blanks and escapes anywhere."""

    def __init__(self, rng):
        self.rng = rng
        self.blank = rng.choice([0, 0, 0.1, 0.5])
        self.escape = rng.choice([0, 0.2, 0.9])

    def space(self):
        return self.rng.choice([" ", "\t", "  "]) if self.rng.random() < self.blank else ""

    def string(self, text):
        return '"' + "".join(map(self.char, text)) + '"'

    def char(self, char):
        must = char in '"\\' or char < " "
        if not must and self.rng.random() >= self.escape:
            return char
        if char in SHORT and self.rng.random() < 0.6:
            return SHORT[char]
        # Beyond 16 bits, two of them.
        units = char.encode("utf-16-be")
        digits = self.rng.choice(["{:04x}", "{:04X}"])
        return "".join("\\u" + digits.format(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2))

    def object(self, members):
        space = self.space
        inner = ",".join(f"{space()}{self.string(name)}{space()}:{space()}{value}{space()}" for name, value in members)
        return "{" + (inner or space()) + "}"

    def array(self, values):
        return "[" + (",".join(f"{self.space()}{value}{self.space()}" for value in values) or self.space()) + "]"


class NdjsonSet:
    """Lines; `typed` ones have values of one kind per member, as a column needs them."""

    def __init__(self, rng, folder, typed):
        self.rng = rng
        self.text = Text(rng)
        self.typed = typed
        names = rng.sample(NAMES, rng.randint(1, 6))
        self.kinds = {name: self.kind(3) for name in names}
        self.missing = rng.choice([0, 0.2, 0.8])
        self.lines = []
        end = rng.choice(["\n", "\n", "\r\n"])
        self.path = os.path.join(folder, "in.ndjson")
        for _ in range(rng.choice([1, 4, 30, 100])):
            self.lines.append(self.line())
        pieces = []
        for line in self.lines:
            if rng.random() < 0.03:
                pieces.append(rng.choice(["", "  "]) + end)
            pieces.append(f"{self.text.space()}{line}{self.text.space()}{end}")
        if rng.random() < 0.3:
            pieces[-1] = pieces[-1].rstrip()
        self.content = "".join(pieces).encode()
        with open(self.path, "wb") as file:
            file.write(self.content)

    def as_array(self, path):
        """The same objects as an array, over as many lines as it likes."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                self.rng.choice(["[", " [\n"]) + self.rng.choice([",", ",\n", " ,\r\n "]).join(self.lines) + "]\n"
            )
        return path

    def line(self):
        rng = self.rng
        time = (START + datetime.timedelta(milliseconds=rng.randrange(10**9))).isoformat() + "Z"
        members = [
            ("user_id", rng.choice(['"u1"', '"u2"', "null", self.text.string("ü😀")])),
            ("account_id", rng.choice(["1", "2"])),
            ("event_id", str(len(self.lines))),
            ("occurred_at", self.text.string(time)),
        ]
        for name, kind in self.kinds.items():
            if rng.random() >= self.missing:
                members.append((name, "null" if rng.random() < 0.1 else self.value(kind)))
        if not self.typed and rng.random() < 0.1:
            members.append((rng.choice(["twice", "page"]), "1"))
            members.append(("twice", "2"))
        rng.shuffle(members)
        return self.text.object(members)

    def kind(self, depth):
        rng = self.rng
        flat = ["text", "integer", "wide", "fraction", "number", "boolean", "null", "scalar"]
        if not self.typed:
            flat += ["exact", "any"]
        if depth == 0 or rng.random() < 0.6:
            return rng.choice(flat)
        if rng.random() < 0.5:
            return ["array", self.kind(depth - 1)]
        names = rng.sample(NAMES, rng.randint(0 if not self.typed else 1, 3))
        return {name: self.kind(depth - 1) for name in names}

    def value(self, kind):
        rng = self.rng
        if isinstance(kind, list):
            return self.text.array([self.value(kind[1]) for _ in range(rng.choice([0, 1, 2, 3]))])
        if isinstance(kind, dict):
            return self.text.object(
                [(name, self.value(inner)) for name, inner in kind.items() if rng.random() >= self.missing]
            )
        if kind == "scalar":
            kind = rng.choice(["text", "integer", "fraction", "boolean"])
        if kind == "any":
            return self.value(self.kind(2))
        if kind == "number":
            kind = rng.choice(["integer", "fraction"])
        if kind == "wide":
            return rng.choice([*WIDE, *INTEGERS])
        if kind == "null":
            return "null"
        if kind == "boolean":
            return rng.choice(["true", "false"])
        if kind == "text":
            return self.text.string("".join(rng.choice(CHARS) for _ in range(rng.choice([0, 1, 3, 8, 200]))))
        return rng.choice({"integer": INTEGERS, "fraction": FRACTIONS, "exact": EXACT}[kind])


class Number(str):
    """A number of JSON as it stands there."""


def parsed(line):
    """A line with its numbers as they stand there. Half a pair of surrogates stays one."""
    return json.loads(line, parse_int=Number, parse_float=Number, parse_constant=Number)
