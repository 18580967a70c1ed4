"""Random Delta tables, read by `spectrum run` and by deltalake: the same rows, the same event ids, the same session ids.

    python random_tables.py SPECTRUM [--tables N] [--seed N]

deltalake writes the tables: appends, partitions, columns that come later, deletes, checkpoints, compacted files and logs. It
writes no deletion vectors, so these are added by hand to the last version, with the writer of tests/data/make.py, and the rows
that they leave are known here. Sessions are reckoned here, too, by the rule alone.
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/data"))
import make  # noqa: E402

CITIES = ["Köln", "a b", "100%", "x%20y", "a/b=c", "", None, "#?&+"]
START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
GAP = dt.timedelta(minutes=30)


def some_events(rng, first, count, columns):
    rows = []
    for n in range(first, first + count):
        user = None if rng.random() < 0.02 else rng.randrange(8)
        # Pauses of exactly the gap, too.
        at = START + dt.timedelta(minutes=rng.randrange(0, 3000, 10), microseconds=rng.choice([0, 0, 1]))
        rows.append((n, user, rng.choice(["a", "b", None]), at, rng.choice(CITIES), at.date()))
    event, user, account, at, city, day = zip(*rows)
    table = {
        "event_id": pa.array(event, pa.int64()),
        "user_id": pa.array(user, pa.int32()),
        "account_id": pa.array(account, pa.string()),
        "occurred_at": pa.array(at, pa.timestamp("us", tz="UTC")),
        "city": pa.array(city, pa.string()),
        "day": pa.array(day, pa.date32()),
    }
    for name in columns:
        table[name] = pa.array([rng.choice([None, n]) for n in range(count)], pa.int64())
    return pa.table(table)


def a_table(rng, path):
    """Writes a table of some versions, and says what was done."""
    partition = rng.choice([None] * 4 + [["city"], ["day"], ["day", "city"]])
    columns, did, first = [], [], 0
    for step in range(rng.randrange(1, 9)):
        what = rng.choice(["append"] * 4 + ["delete", "checkpoint", "compact", "compact_logs", "grow"]) if step else "append"
        if what in ("append", "grow"):
            if what == "grow":
                columns.append(f"more{len(columns)}")
            count = rng.randrange(1, 40)
            mode = dict(mode="append", schema_mode="merge") if step else {}
            write_deltalake(path, some_events(rng, first, count, columns), partition_by=partition, **mode)
            first += count
        elif what == "delete":
            DeltaTable(path).delete(f"event_id % {rng.randrange(2, 9)} = 1")
        elif what == "checkpoint":
            DeltaTable(path).create_checkpoint()
        elif what == "compact_logs":
            last = DeltaTable(path).version()
            if last:
                DeltaTable(path).compact_logs(0, last)
        else:
            DeltaTable(path).optimize.compact()
        did.append(what)
    return f"{'+'.join(did)} by {partition}"


def with_vectors(rng, path):
    """Adds deletion vectors to some files of the last version, and says which events they leave out."""
    table = DeltaTable(path)
    actions, gone = [], set()
    folder = os.path.join(path, "_delta_log")
    schema = json.loads(table.schema().to_json())
    adds = pa.table(table.get_add_actions()).to_pylist()
    if table.metadata().partition_columns:
        return gone  # what deltalake tells of their values is not what stands in the log
    meta = make.metadata(schema["fields"], {"delta.enableDeletionVectors": "true"})
    actions += [make.protocol("deletionVectors"), meta]
    for number, add in enumerate(adds):
        events = pq.read_table(os.path.join(path, add["path"]), columns=["event_id"]).column(0).to_pylist()
        deleted = sorted(rng.sample(range(len(events)), rng.randrange(0, len(events) + 1)))
        if not deleted:
            continue
        gone.update(events[row] for row in deleted)
        if rng.random() < 0.5:
            vector = make.inline(deleted)
        else:
            vector = make.on_disk(path, f"d2c639aa-8816-431a-aaf6-{number:012x}", [[0], deleted])[1]
        name = {"path": add["path"], "dataChange": True}
        actions.append({"remove": {**name, "deletionTimestamp": 1}})
        size = os.path.getsize(os.path.join(path, add["path"]))
        actions.append(
            {"add": {**name, "partitionValues": {}, "size": size, "modificationTime": 1, "deletionVector": vector}}
        )
    with open(os.path.join(folder, f"{table.version() + 1:020}.json"), "w") as out:
        out.writelines(json.dumps(action) + "\n" for action in actions)
    return gone


def sessions(rows):
    """The session id of every event, as `--id encoded` has it."""
    keys = {}
    for row in rows:
        keys.setdefault((row["user_id"], row["account_id"]), []).append((row["occurred_at"], row["event_id"]))
    found = {}
    for key, events in keys.items():
        texts = ("-" if value is None else str(value) for value in key)
        prefix = "e" + "".join("-" if t == "-" else f"{len(t.encode())}:{t}" for t in texts)
        number, before = 0, None
        for at, event in sorted(events):
            if before is None or at - before > GAP:
                number += 1
            before = at
            found[event] = hashlib.md5(f"{prefix}#{number}".encode()).hexdigest()
    return found


def check(rng, spectrum, folder, number):
    path = os.path.join(folder, f"t{number}")
    said = a_table(rng, path)
    version = None
    last = DeltaTable(path).version()
    if last and rng.random() < 0.3:
        version = rng.randrange(last + 1)
    want = DeltaTable(path, version=version).to_pyarrow_table()
    gone = set()
    if version is None and rng.random() < 0.7:
        gone = with_vectors(rng, path)
        want = want.filter(pc.invert(pc.is_in(want.column("event_id"), pa.array(list(gone), pa.int64()))))
    out = os.path.join(folder, f"o{number}.{rng.choice(['parquet', 'ndjson'])}")
    command = [spectrum, "run", path, "-o", out, "--id", "encoded", "--json", "--threads", str(rng.choice([1, 3]))]
    command += ["--table-version", str(version)] if version is not None else []
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, f"{said}: {ran.stderr}"
    told = json.loads(ran.stdout)
    assert told["table"]["version"] == (last + bool(gone or os.path.exists(os.path.join(path, '_delta_log', f'{last + 1:020}.json'))) if version is None else version), said
    assert told["events"] == want.num_rows, f"{said}: {told['events']} events, and deltalake has {want.num_rows}"
    if out.endswith(".parquet"):
        got = pq.read_table(out)
        ids = dict(zip(got.column("event_id").to_pylist(), got.column("session_id").to_pylist()))
        got = got.drop_columns(["session_id"])
        plain = pa.schema([pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in want.schema])
        want = want.cast(pa.schema([pa.field(f.name, pa.string() if pa.types.is_large_string(f.type) or f.type == pa.string_view() else f.type) for f in plain]))
        assert got.column_names == want.column_names, f"{said}: {got.column_names} and {want.column_names}"
        got = got.cast(want.schema)
        assert got.sort_by("event_id").to_pylist() == want.sort_by("event_id").to_pylist(), said
    else:
        with open(out) as lines:
            rows = [json.loads(line) for line in lines]
        ids = {row["event_id"]: row["session_id"] for row in rows}
        cities = {row["event_id"]: row.get("city") for row in rows}
        assert cities == dict(zip(want.column("event_id").to_pylist(), want.column("city").to_pylist())), said
    assert ids == sessions(want.to_pylist()), f"{said}: other sessions"
    return want.num_rows, bool(gone)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("spectrum")
    arguments.add_argument("--tables", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = arguments.parse_args()
    events = vectors = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.tables):
            try:
                rows, had_vectors = check(random.Random(given.seed + number), given.spectrum, folder, number)
            except BaseException:
                print(f"table {number} of --seed {given.seed}; again: --tables 1 --seed {given.seed + number}", file=sys.stderr)
                raise
            events += rows
            vectors += had_vectors
    print(f"{given.tables} tables, {vectors} of them with deletion vectors, {events} events: the same rows and sessions")


if __name__ == "__main__":
    main()
