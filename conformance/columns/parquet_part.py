"""Parquet to Parquet: what every reader says of the columns must be what it said before."""

import os
import random

import pyarrow as pa
from parquet_files import COMPRESSIONS, ParquetSet
from readers import readable
from same import difference
from spectrum import Refused

PART = "Parquet"
ADDED = "session_id"


def run(seed, number, spectrum, readers, report, folder):
    rng = random.Random(f"{seed} parquet {number}")
    # Spark knows it by name and comes without it; a file that it cannot read tells nothing.
    spark = any(reader.name == "Spark" for reader in readers)
    codecs = [codec for codec in COMPRESSIONS if codec != "BROTLI" or not spark]
    files = ParquetSet(rng, folder, report, number % 2 == 0, codecs)
    where = f"set {number} of seed {seed}"
    flags = ["--threads", str(rng.randint(1, 3))]
    if files.has_null_times:
        flags += ["--null-time", "drop"]
    jobs = [[files.files[0]]] + ([files.files] if len(files.files) > 1 else [])
    outputs = []
    for inputs in jobs:
        output = os.path.join(folder, f"out{len(inputs)}.parquet")
        try:
            spectrum.run(inputs, output, *flags)
            outputs.append((inputs, output, spectrum.command))
        except Refused as refusal:
            if "INT96" in str(refusal) and files.has_null_times:
                report.note(PART, "refused", "INT96 that is finer than a microsecond, where events were left out")
                continue
            report.differs(
                PART, "Spectrum", where, f"refused: {refusal}\n  {files.describe()}", inputs, spectrum.command
            )
    for reader in readers:
        before = {file: readable(reader, file, files.schema.names, len(files.has_time[file])) for file in files.files}
        for file, (_, refused) in before.items():
            for error in refused.values():
                report.unread(PART, reader.name, None, error)
        for inputs, output, command in outputs:
            what = compare(reader, inputs, output, before, files.has_time, report)
            if what:
                report.differs(PART, reader.name, where, f"{what}\n  {files.describe()}", [*inputs, output], command)


def compare(reader, inputs, output, before, has_time, report):
    """What one reader finds different, or None."""
    names = [name for name in before[inputs[0]][0] if all(name in before[file][0] for file in inputs)]
    if not names:
        return None
    try:
        after = reader.read(output, names)
    except BaseException as error:  # noqa: BLE001, Polars' panics are no exceptions
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"cannot be read any more: {error}"
    expected = {name: joined([before[file][0][name] for file in inputs]) for name in names}
    kept = [kept for file in inputs for kept in has_time[file]]
    dropped = not all(kept)
    same_type = []
    for name in names:
        wanted = filtered(expected[name], kept) if dropped else expected[name]
        if dropped and wanted.type != after[name].type:
            # Rows are decoded to leave some out, and not every type is written again as it was.
            report.note(
                PART,
                f"typed otherwise for {reader.name} where events were left out",
                typed(wanted.type, after[name].type),
            )
            continue
        same_type.append(name)
        what = difference(wanted, after[name])
        if what:
            return f"column {name!r} ({wanted.type}): {what}"
    # Of decoded rows, pages and chunks are new.
    if not dropped and (what := said_otherwise(reader, inputs, output, names)):
        return what
    rows = len(after[names[0]])
    report.same(PART, reader.name, len(same_type), rows * len(same_type))
    return None


def filtered(column, kept):
    """By slices, because pyarrow's own filter knows no views."""
    pieces = [column.slice(row, 1).chunks for row, stays in enumerate(kept) if stays]
    return pa.chunked_array([chunk for chunks in pieces for chunk in chunks], type=column.type)


def joined(columns):
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pa.chunked_array(chunks, type=columns[0].type)


def said_otherwise(reader, inputs, output, names):
    """What the reader tells of the file beside its values, but for the added column."""
    before, after = [reader.says(file, names) for file in inputs], reader.says(output, names)
    for key, told in before[0].items():
        now = after[key]
        if key == "chunks":
            told = [chunk for says in before for chunk in says[key]]
        if key == "alone" and len(inputs) > 1:
            continue
        if isinstance(told, list):
            # The added column has entries of its own, and no other may be new.
            now = [entry for entry in now if ADDED not in entry]
            pair = next(((was, new) for was, new in zip(told, now) if was != new), (len(told), len(now)))
        else:
            pair = (told, now)
        if told != now:
            return f"{key}: {pair[0]!r}\n    became {pair[1]!r}"
    return None


def typed(was, now):
    """The innermost types that differ."""
    while pa.types.is_nested(was) and pa.types.is_nested(now) and was.num_fields == now.num_fields:
        pairs = [(was.field(at), now.field(at)) for at in range(was.num_fields)]
        differing = next(((a, b) for a, b in pairs if a != b), None)
        if differing is None:
            break
        if differing[0].type == differing[1].type:
            return f"{differing[0]} became {differing[1]}"
        was, now = differing[0].type, differing[1].type
    return f"{was} became {now}"
