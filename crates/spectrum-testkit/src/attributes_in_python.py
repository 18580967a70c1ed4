"""What the summary tells of sessions, reckoned once more, from a CSV of events alone and with the standard library alone.

python3 attributes_in_python.py EVENTS.csv SESSIONS.csv...

The sessions are those of a gap of 30 minutes, and the columns those of ATTRIBUTES in attributes.rs. Prints what the other
files say otherwise, or how many sessions there are.
"""

import csv
import re
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext

getcontext().prec = 60
GAP = 30 * 60 * 1_000_000
TIME = re.compile(r"(\d+)-(\d+)-(\d+)[T ](\d+):(\d+):(\d+)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)")


def time(text):
    """Microseconds since 1970."""
    *parts, fraction, sign, hours, minutes = TIME.fullmatch(text).groups()
    since = datetime(*map(int, parts), tzinfo=timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    since -= timedelta(minutes=offset)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + int((fraction or "0").ljust(6, "0"))


def boolean(text):
    return {"t": True, "true": True, "f": False, "false": False}[text]


READ = {
    "session_seq": int, "started_at": time, "ended_at": time, "events": int,
    "entry": str, "exit": str, "starts": int, "types": int, "total": Decimal, "ids": Decimal, "least": str,
    "latest": time, "most": Decimal, "ended": boolean, "long": boolean,
}  # fmt: skip


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


def sessions(events):
    """The sessions, each as its events in order, by key and number."""
    keys = {}
    for event in events:
        keys.setdefault((event["user_id"], event["account_id"]), []).append(event)
    found = {}
    for key, of_key in keys.items():
        of_key.sort(key=lambda event: (time(event["occurred_at"]), int(event["event_id"])))
        number, before = 0, None
        for event in of_key:
            at = time(event["occurred_at"])
            if before is None or at - before > GAP:
                number += 1
            before = at
            found.setdefault((*key, number), []).append(event)
    return found


def either(a, b):
    return True if a or b else (None if a is None or b is None else False)


def both(a, b):
    return False if a is False or b is False else (None if a is None or b is None else True)


def told(number, events):
    types = [event["event_type"] for event in events]
    times = [time(event["occurred_at"]) for event in events]
    campaigns = [event["campaign"] for event in events if event["campaign"] is not None]
    amounts = [Decimal(event["amount"]) for event in events if event["amount"] is not None]
    ids = [Decimal(event["event_id"]) for event in events if event["event_type"] in ("t0", "t1", "t4")]
    left = [e["campaign"] for e in events if e["event_type"] not in ("t3", None) and e["campaign"] is not None]
    starts = sum(event["event_type"] == "t1" or event["campaign"] is None for event in events)
    is_t1 = None if types[0] is None else types[0] == "t1"
    return {
        "session_seq": number, "started_at": times[0], "ended_at": times[-1], "events": len(events),
        "entry": types[0],
        "exit": left[-1] if left else None,
        "starts": starts,
        "types": len(set(types) - {None}),
        "total": sum(amounts) if amounts else None,
        "ids": sum(ids) if ids else None,
        "least": min(campaigns, key=str.encode) if campaigns else None,
        "latest": max(times),
        "most": max(amounts) if amounts else None,
        "ended": "t2" in types,
        "long": either(times[-1] - times[0] >= 3_600_000_000, both(starts > 1, is_t1)),
    }  # fmt: skip


def main(events_path, *sessions_paths):
    wanted = {key: told(key[2], events) for key, events in sessions(rows(events_path)).items()}
    differing = 0
    for number, path in enumerate(sessions_paths, 1):
        there = {}
        for row in rows(path):
            read = {name: None if row[name] is None else of(row[name]) for name, of in READ.items()}
            there[row["user_id"], row["account_id"], read["session_seq"]] = read
        for key in sorted(wanted.keys() | there.keys(), key=repr):
            a, b = wanted.get(key), there.get(key)
            if a != b:
                differing += 1
                names = [name for name in READ if a is None or b is None or a[name] != b[name]]
                said = ", ".join(f"{name} is {a and a[name]!r} and told as {b and b[name]!r}" for name in names)
                print(f"{number}: {key}: {said}")
    print(f"{len(wanted)} sessions")
    sys.exit(differing > 0)


main(*sys.argv[1:])
