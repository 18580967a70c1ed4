"""NDJSON to NDJSON, by bytes; to Parquet and back, by values, as Python's json reads them."""

import json
import os
import random
import re

from ndjson_files import NdjsonSet, Number, parsed
from spectrum import Refused

PART = "NDJSON"
ADDED = re.compile(rb',"session_id":"[0-9a-f]{32}"')


def run(seed, number, spectrum, readers, report, folder):
    rng = random.Random(f"{seed} ndjson {number}")
    files = NdjsonSet(rng, folder, typed=number % 2 == 0)
    where = f"set {number} of seed {seed}"
    threads = ["--threads", str(rng.randint(1, 3))]

    def out(source, name, *flags):
        path = os.path.join(folder, name)
        try:
            spectrum.run([source], path, *threads, *flags)
            return path
        except Refused as refusal:
            if "has only empty objects" in str(refusal) and name.endswith(".parquet"):
                report.note(PART, "refused", "a column of empty objects only, for which Parquet has no type")
                return None
            report.differs(PART, "Spectrum", where, f"to {name}: {refusal}", [source], spectrum.command)
            return None

    def check(what, kind, *outputs):
        if what:
            report.differs(PART, "Python", where, f"{kind}: {what}", [files.path, *outputs], spectrum.command)
        else:
            members = len(files.kinds) + 4
            report.same(f"NDJSON to {kind}", "Python", members, members * len(files.lines))

    if output := out(files.path, "out.ndjson"):
        check(bytes_differ(files.content, content(output)), "NDJSON", output)
    if output := out(files.as_array(os.path.join(folder, "in.json")), "of_array.ndjson"):
        check(values_differ(files.lines, lines_of(output), exact=True), "NDJSON, of an array", output)
    if files.typed and (table := out(files.path, "out.parquet")):
        if output := out(table, "back.ndjson", "--session-column", "again"):
            check(values_differ(files.lines, lines_of(output), exact=False), "Parquet and back", table, output)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def lines_of(path):
    return [line for line in content(path).decode().split("\n") if line.strip()]


def bytes_differ(before, after):
    """None when the output is the input with a member more before the last brace of each line."""
    kept = [line for line in before.split(b"\n") if line.strip()]
    got = after.split(b"\n")
    if got[-1] == b"":
        got.pop()
    if len(kept) != len(got):
        return f"{len(kept)} lines became {len(got)}"
    for number, (was, now) in enumerate(zip(kept, got)):
        members, brace, tail = was.rpartition(b"}")
        members = members.rstrip()
        added = ADDED.match(now, len(members))
        rest = was[len(members) :]
        if now[: len(members)] != members or not added or now[added.end() :].rstrip() != rest.rstrip():
            return f"line {number}: {was!r} became {now!r}"
    return None


def values_differ(before, after, exact):
    if len(before) != len(after):
        return f"{len(before)} objects became {len(after)}"
    for number, (was, now) in enumerate(zip(before, after)):
        was, now = parsed(was), parsed(now)
        for added in ("session_id", "again"):
            now.pop(added, None)
        if not exact:
            # A time is spelled anew where it was one.
            was, now = ({**thing, "occurred_at": None} for thing in (was, now))
        for name in {**was, **now}:
            if not (
                name in was and name in now and was[name] == now[name] if exact else same(was.get(name), now.get(name))
            ):
                return f"object {number}, {name!r}: {told(was, name)} became {told(now, name)}"
    return None


def told(thing, name):
    return json.dumps(thing[name], ensure_ascii=False) if name in thing else "nothing"


def same(was, now):
    """Whether a value is the same after it was one of a column.

    A column has NULL where an object has no such member, numbers that are equal as integers or doubles, and text where its
    values are of several kinds or wider than 64 bits: then the text is what stood there.
    """
    if isinstance(was, dict):
        names = {*was, *(now if isinstance(now, dict) else ())}
        if now is None:
            return all(was[name] is None for name in was)
        return isinstance(now, dict) and all(same(was.get(name), now.get(name)) for name in names)
    if isinstance(was, list):
        return isinstance(now, list) and len(was) == len(now) and all(map(same, was, now))
    if isinstance(was, Number) and isinstance(now, Number):
        return was == now or number(was) == number(now)
    if isinstance(was, bool) and isinstance(now, str):
        return now == str(was).lower()
    if isinstance(now, Number):
        return False
    return str(was) == str(now) if isinstance(was, (str, Number)) and isinstance(now, str) else was is now or was == now


def number(text):
    return float(text) if any(char in text for char in ".eE") else int(text)
