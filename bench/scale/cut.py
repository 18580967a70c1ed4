"""Cuts a Parquet file of events into so many files of equal length, in the order of its rows.

Usage: cut.py FILE FOLDER PARTS
"""

import os
import sys

import pyarrow as pa
import pyarrow.parquet as parquet

source, folder, parts = sys.argv[1], sys.argv[2], int(sys.argv[3])
file = parquet.ParquetFile(source)
rows = file.metadata.num_rows
# Where each part ends, as a row of the whole.
ends = [rows * (part + 1) // parts for part in range(parts)]
part, at, held = 0, 0, []
for batch in file.iter_batches(batch_size=131_072):
    while batch.num_rows:
        here = batch.slice(0, ends[part] - at)
        held.append(here)
        at += here.num_rows
        batch = batch.slice(here.num_rows)
        if at == ends[part]:
            path = os.path.join(folder, f"part-{part:02}.parquet")
            parquet.write_table(pa.Table.from_batches(held), path)
            part, held = part + 1, []
