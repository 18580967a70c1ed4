"""Makes the tables of this folder anew, and beside each the rows that it holds, as NAME.parquet.

    python make.py      # with deltalake and pyarrow from PyPI

Tables that deltalake can write are written by it; the rows beside them are what deltalake reads. The others are made by hand,
as Delta's PROTOCOL.md describes them, and their rows are those that this file says.
"""

import datetime as dt
import json
import os
import shutil
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

HERE = os.path.dirname(os.path.abspath(__file__))
UTC = dt.timezone.utc
START = dt.datetime(2026, 1, 1, 10, tzinfo=UTC)
SCHEMA = pa.schema(
    [
        ("event_id", pa.int64()),
        ("user_id", pa.int64()),
        ("account_id", pa.string()),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("amount", pa.decimal128(10, 2)),
    ]
)


def events(first, count, users=3, minutes=11):
    """Events in no particular order of keys, some of whose pauses are longer than half an hour."""
    rows = []
    for n in range(first, first + count):
        at = START + dt.timedelta(minutes=minutes * (n * 7 % 23) + n)
        rows.append((n, n % users, f"a{n % 2}", at, f"{n % 5}.25"))
    columns = list(zip(*rows))
    return pa.table(
        {
            "event_id": pa.array(columns[0], pa.int64()),
            "user_id": pa.array(columns[1], pa.int64()),
            "account_id": pa.array(columns[2], pa.string()),
            "occurred_at": pa.array(columns[3], pa.timestamp("us", tz="UTC")),
            "amount": pa.array(columns[4]).cast(pa.decimal128(10, 2)),
        }
    )


def fresh(name):
    path = os.path.join(HERE, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def rows(name, table):
    pq.write_table(table.cast(pa.schema([f.with_metadata({}) for f in table.schema])), os.path.join(HERE, f"{name}.parquet"))


def read(path, version=None):
    return DeltaTable(path, version=version).to_pyarrow_table()


# --- by deltalake

def plain():
    """Four versions: three appended files, of which a delete writes one anew without two of its rows."""
    path = fresh("plain")
    write_deltalake(path, events(0, 20))
    write_deltalake(path, events(20, 20), mode="append")
    write_deltalake(path, events(40, 5), mode="append")
    DeltaTable(path).delete("event_id IN (21, 22)")
    rows("plain", read(path))
    rows("plain.1", read(path, 1))


def partitioned():
    """Partitions by text that has to be escaped in names, NULL among it, by days, and by times."""
    path = fresh("partitioned")
    cities = ["Köln am Rhein", "100%", "a/b=c", "x%20y", None, "#+?"]
    table = events(0, 12)
    at = table.column("occurred_at")
    table = table.append_column("city", pa.array([cities[n % 6] for n in range(12)]))
    table = table.append_column("day", pa.array([None if n == 5 else dt.date(2026, 1, 1 + n % 2) for n in range(12)]))
    hours = [START.replace(hour=n % 3, microsecond=123456 if n % 3 else 0) for n in range(12)]
    table = table.append_column("hour", pa.array(hours, at.type))
    write_deltalake(path, table, partition_by=["city", "day", "hour"])
    rows("partitioned", read(path))


def checkpointed():
    """A checkpoint, commits after it, and none of the commits before."""
    path = fresh("checkpointed")
    write_deltalake(path, events(0, 6))
    for n in range(1, 4):
        write_deltalake(path, events(6 * n, 6), mode="append")
        if n == 2:
            DeltaTable(path).create_checkpoint()
    log = os.path.join(path, "_delta_log")
    for n in range(2):
        os.remove(os.path.join(log, f"{n:020}.json"))
    rows("checkpointed", read(path))


def grown():
    """A column that came later."""
    path = fresh("grown")
    write_deltalake(path, events(0, 8))
    table = events(8, 8)
    table = table.append_column("note", pa.array([f"n{n}" for n in range(8)]))
    write_deltalake(path, table, mode="append", schema_mode="merge")
    rows("grown", read(path))


def emptied():
    """A table whose rows were all deleted."""
    path = fresh("emptied")
    write_deltalake(path, events(0, 4))
    DeltaTable(path).delete()
    rows("emptied", read(path))


# --- by hand

TYPES = {
    pa.int64(): "long",
    pa.int32(): "integer",
    pa.string(): "string",
    pa.timestamp("us", tz="UTC"): "timestamp",
    pa.timestamp("us"): "timestamp_ntz",
    pa.decimal128(10, 2): "decimal(10,2)",
}


def log(path, version, *actions):
    folder = os.path.join(path, "_delta_log")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{version:020}.json"), "w") as out:
        for action in actions:
            out.write(json.dumps(action) + "\n")


def protocol(*features, reader=3, writer=7):
    return {
        "protocol": {
            "minReaderVersion": reader,
            "minWriterVersion": writer,
            "readerFeatures": list(features),
            "writerFeatures": list(features),
        }
    }


def metadata(fields, configuration=None, partition=()):
    schema = {"type": "struct", "fields": fields}
    return {
        "metaData": {
            "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps(schema),
            "partitionColumns": list(partition),
            "configuration": configuration or {},
            "createdTime": 1767225600000,
        }
    }


def field(name, kind, **metadata):
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def fields(schema):
    return [field(f.name, TYPES[f.type]) for f in schema]


def add(path, name, table, vector=None, partition=None, when=1767225600000):
    pq.write_table(table, os.path.join(path, name))
    action = {
        "path": name,
        "partitionValues": partition or {},
        "size": os.path.getsize(os.path.join(path, name)),
        "modificationTime": when,
        "dataChange": True,
        "stats": json.dumps({"numRecords": table.num_rows}),
    }
    if vector:
        action["deletionVector"] = vector
    return {"add": action}


def bitmap(deleted):
    """Rows as a RoaringBitmapArray in the portable format, of array containers alone."""
    containers = {}
    for row in deleted:
        containers.setdefault(row >> 16, []).append(row & 0xFFFF)
    head = struct.pack("<II", 12346, len(containers))
    offset = 8 + 8 * len(containers)
    keys = offsets = values = b""
    for key, low in sorted(containers.items()):
        keys += struct.pack("<HH", key, len(low) - 1)
        offsets += struct.pack("<I", offset + len(values))
        values += struct.pack(f"<{len(low)}H", *sorted(low))
    one = head + keys + offsets + values
    return struct.pack("<IQI", 1681511377, 1, 0) + one


Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(data):
    text = ""
    for at in range(0, len(data), 4):
        number = int.from_bytes(data[at : at + 4], "big")
        block = ""
        for _ in range(5):
            number, digit = divmod(number, 85)
            block = Z85[digit] + block
        text += block
    return text


def inline(deleted):
    data = bitmap(deleted)
    padded = data + b"\0" * (-len(data) % 4)
    return {
        "storageType": "i",
        "pathOrInlineDv": z85(padded),
        "sizeInBytes": len(data),
        "cardinality": len(deleted),
    }


def on_disk(path, uuid, vectors):
    """Several vectors in one file, each with the place it has there."""
    found = []
    with open(os.path.join(path, f"deletion_vector_{uuid}.bin"), "wb") as out:
        out.write(b"\x01")
        for deleted in vectors:
            data = bitmap(deleted)
            found.append(
                {
                    "storageType": "u",
                    "pathOrInlineDv": z85(bytes.fromhex(uuid.replace("-", ""))),
                    "offset": out.tell(),
                    "sizeInBytes": len(data),
                    "cardinality": len(deleted),
                }
            )
            out.write(struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data)))
    return found


def without(table, deleted):
    return table.take([row for row in range(table.num_rows) if row not in deleted])


def vectors():
    """Deletion vectors: one in the log, two in a file, of which one leaves nothing; and a file without any."""
    path = fresh("vectors")
    os.makedirs(path)
    parts = [events(10 * n, 10) for n in range(4)]
    one, all_of_it, few = [0, 3, 4, 9], list(range(10)), [7]
    first, second = on_disk(path, "d2c639aa-8816-431a-aaf6-d3fe2512ff61", [all_of_it, few])
    log(path, 0, protocol("deletionVectors"), metadata(fields(SCHEMA), {"delta.enableDeletionVectors": "true"}))
    adds = [
        add(path, "part-0.parquet", parts[0], inline(one)),
        add(path, "part-1.parquet", parts[1], first),
        add(path, "part-2.parquet", parts[2], second),
        add(path, "part-3.parquet", parts[3]),
    ]
    log(path, 1, *[{"add": {k: v for k, v in a["add"].items() if k != "deletionVector"}} for a in adds])
    removes = [{"remove": {"path": a["add"]["path"], "deletionTimestamp": 1767225600000, "dataChange": True}} for a in adds[:3]]
    log(path, 2, *removes, *adds[:3])
    left = [without(parts[0], one), without(parts[2], few), parts[3]]
    rows("vectors", pa.concat_tables(left))
    rows("vectors.1", pa.concat_tables(parts))


def mapped(mode):
    """Columns that files have under other names, one within a struct, one that was renamed and one that was dropped; by ids the
    names in the second file are nobody's."""
    path = fresh(f"mapped_{mode}")
    os.makedirs(path)
    table = events(0, 12)
    place = pa.StructArray.from_arrays(
        [pa.array([f"c{n % 3}" for n in range(12)]), pa.array(range(12), pa.int64())], ["city", "zip"]
    )
    names = [*SCHEMA.names, "place", "gone"]
    physical = {name: f"col-{at}" for at, name in enumerate(names)}
    inner = {"city": ("col-7", 8), "zip": ("col-8", 9)}

    def stored(table, place, with_ids, by_name=True):
        columns, made = [], []
        for at, name in enumerate(names):
            if name == "place":
                children = [
                    pa.field(inner[c][0] if by_name else f"x{c}", place.type.field(c).type, metadata={"PARQUET:field_id": str(inner[c][1])} if with_ids else None)
                    for c in ("zip", "city")
                ]
                column = pa.StructArray.from_arrays([place.field("zip"), place.field("city")], fields=children)
            elif name == "gone":
                column = pa.array(["gone"] * table.num_rows)
            else:
                column = table.column(name).combine_chunks()
            ids = {"PARQUET:field_id": str(at + 1)} if with_ids else None
            made.append(pa.field(physical[name] if by_name else f"x{at}", column.type, metadata=ids))
            columns.append(column)
        order = list(range(len(names)))[::-1]
        return pa.Table.from_arrays([columns[at] for at in order], schema=pa.schema([made[at] for at in order]))

    declared = [
        field(name, TYPES[SCHEMA.field(name).type], **{"delta.columnMapping.id": at + 1, "delta.columnMapping.physicalName": physical[name]})
        for at, name in enumerate(SCHEMA.names)
    ]
    members = [
        field(c, kind, **{"delta.columnMapping.id": inner[c][1], "delta.columnMapping.physicalName": inner[c][0]})
        for c, kind in (("city", "string"), ("zip", "long"))
    ]
    declared.append(
        {"name": "place now", "type": {"type": "struct", "fields": members}, "nullable": True,
         "metadata": {"delta.columnMapping.id": 6, "delta.columnMapping.physicalName": "col-5"}}
    )
    configuration = {"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "9"}
    log(path, 0, {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}, metadata(declared, configuration))
    by_id = mode == "id"
    log(
        path,
        1,
        add(path, "part-0.parquet", stored(table.slice(0, 6), place[:6], by_id)),
        add(path, "part-1.parquet", stored(table.slice(6), place[6:], by_id, not by_id)),
    )
    rows(f"mapped_{mode}", table.append_column("place now", place))


def widened():
    """A file from before a column was widened, one whose times have no zone and count nanoseconds, and one as of today."""
    path = fresh("widened")
    os.makedirs(path)
    table = events(0, 9)
    declared = fields(SCHEMA)
    narrow = table.slice(0, 3)
    narrow = narrow.set_column(0, "event_id", narrow.column(0).cast(pa.int32())).set_column(1, "user_id", narrow.column(1).cast(pa.int16()))
    older = table.slice(3, 3)
    older = older.set_column(3, "occurred_at", older.column(3).cast(pa.timestamp("ns")))
    log(path, 0, protocol("typeWidening"), metadata(declared, {"delta.enableTypeWidening": "true"}))
    log(path, 1, add(path, "part-0.parquet", narrow), add(path, "part-1.parquet", older), add(path, "part-2.parquet", table.slice(6)))
    rows("widened", table)


def plain_times():
    """Times without a zone, and columns that are generated, of which readers need not know."""
    path = fresh("plain_times")
    os.makedirs(path)
    table = events(0, 9)
    table = table.set_column(3, "occurred_at", table.column(3).cast(pa.timestamp("us")))
    declared = fields(table.schema)
    declared[4]["metadata"] = {"delta.generationExpression": "event_id * 1.00"}
    log(path, 0, protocol("timestampNtz"), metadata(declared, {"delta.enableChangeDataFeed": "true"}))
    log(path, 1, add(path, "part-0.parquet", table), {"cdc": {"path": "_change_data/cdc-0.parquet", "partitionValues": {}, "size": 1, "dataChange": False}})
    rows("plain_times", table)


def sidecars():
    """A v2 checkpoint as JSON whose files stand in a sidecar, and the commits before it gone."""
    path = fresh("sidecars")
    os.makedirs(os.path.join(path, "_delta_log", "_sidecars"))
    parts = [events(8 * n, 8) for n in range(3)]
    adds = [add(path, f"part-{n}.parquet", part)["add"] for n, part in enumerate(parts)]
    texts = pa.map_(pa.string(), pa.string())
    kind = pa.struct(
        [("path", pa.string()), ("partitionValues", texts), ("size", pa.int64()), ("modificationTime", pa.int64()), ("dataChange", pa.bool_()), ("stats", pa.string())]
    )
    shown = [{**a, "partitionValues": []} for a in adds[:2]]
    name = "00000000000000000001.checkpoint.0000000001.0000000001.016ae953-37a9-438e-8683-9a9a4a79a395.parquet"
    sidecar = os.path.join(path, "_delta_log", "_sidecars", name)
    pq.write_table(pa.table({"add": pa.array(shown, kind)}), sidecar)
    checkpoint = [
        {"checkpointMetadata": {"version": 1}},
        protocol("v2Checkpoint"),
        metadata(fields(SCHEMA), {"delta.checkpointPolicy": "v2"}),
        {"sidecar": {"path": name, "sizeInBytes": os.path.getsize(sidecar), "modificationTime": 1767225600000}},
    ]
    with open(os.path.join(path, "_delta_log", f"{1:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"), "w") as out:
        out.writelines(json.dumps(action) + "\n" for action in checkpoint)
    log(path, 1, {"commitInfo": {"operation": "WRITE"}}, *[{"add": a} for a in adds[1:2]])
    log(path, 2, {"add": adds[2]})
    rows("sidecars", pa.concat_tables(parts))


def without_a_time():
    """An event without a time that stands behind rows that were deleted."""
    path = fresh("without_a_time")
    os.makedirs(path)
    table = events(0, 8)
    times = table.column(3).to_pylist()
    times[5] = None
    table = table.set_column(3, "occurred_at", pa.array(times, table.column(3).type))
    log(path, 0, protocol("deletionVectors"), metadata(fields(SCHEMA)))
    log(path, 1, add(path, "part-0.parquet", table, inline([0, 1, 7])))


def no_files():
    """A table that nothing was written to."""
    path = fresh("no_files")
    os.makedirs(path)
    log(path, 0, {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, metadata(fields(SCHEMA)))
    rows("no_files", events(0, 1).slice(0, 0))


if __name__ == "__main__":
    plain()
    partitioned()
    checkpointed()
    grown()
    emptied()
    vectors()
    mapped("name")
    mapped("id")
    widened()
    plain_times()
    sidecars()
    without_a_time()
    no_files()
