"""Columns that are not Spectrum's come out as they went in: random files through `spectrum run`, read before and after.

    python conformance/columns --spectrum PROGRAM [--seed N] [--quick] [--without-spark] [--keep FOLDER] [--set PART:N]

prints each difference, a table with a line per format and reader, and what could not be compared. The same seed makes the
same files. Exit code 1: something differs.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
# Polars panics at zones that are offsets, and at much else; what it says of that goes into the log.
os.environ.update(POLARS_IGNORE_TIMEZONE_PARSE_ERROR="1", RUST_BACKTRACE="0", PYTHONWARNINGS="ignore")

import csv_part  # noqa: E402
import ndjson_part  # noqa: E402
import parquet_part  # noqa: E402
from readers import Duckdb, Polars, Pyarrow  # noqa: E402
from report import Report  # noqa: E402
from spectrum import Spectrum  # noqa: E402

# Sets of files per part. Spark, to which every file is a job, reads each so many-th set.
FULL = {"parquet": 200, "csv": 600, "ndjson": 300}
QUICK = {"parquet": 30, "csv": 80, "ndjson": 40}
EACH = {False: 10, True: 15}


def main():
    parser = argparse.ArgumentParser(prog="columns")
    parser.add_argument("--spectrum", required=True)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--without-spark", action="store_true")
    parser.add_argument("--keep", default="target/conformance-columns")
    parser.add_argument("--set", help="only this one, as in parquet:17")
    asked = parser.parse_args()

    shutil.rmtree(asked.keep, ignore_errors=True)
    os.makedirs(asked.keep)
    progress = os.fdopen(os.dup(2), "w")
    log = os.open(os.path.join(asked.keep, "log"), os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 2)
    report = Report(asked.keep)
    spectrum = Spectrum(asked.spectrum)
    readers = [Pyarrow(), Duckdb(), Polars()]
    spark = None
    if not asked.without_spark:
        # Only here, because it takes Java.
        from spark_reader import Spark

        spark = Spark()
    report.versions = {reader.name: reader.version for reader in [*readers, *([spark] if spark else [])]}
    report.versions["Python"] = sys.version.split()[0]

    sets = dict(QUICK if asked.quick else FULL)
    only = asked.set.split(":") if asked.set else None
    print(
        f"seed {asked.seed}, sets of random files: " + ", ".join(f"{count} of {part}" for part, count in sets.items())
    )
    parts = {"parquet": parquet_part.run, "csv": csv_part.run, "ndjson": ndjson_part.run}
    for part, run in parts.items():
        begun = time.monotonic()
        for number in range(sets[part]):
            if only and only != [part, str(number)]:
                continue
            by = readers + ([spark] if spark and (only or number % EACH[asked.quick] == 0) else [])
            with tempfile.TemporaryDirectory(prefix="spectrum-columns-") as folder:
                run(asked.seed, number, spectrum, by, report, folder)
        print(f"{part}: {time.monotonic() - begun:.0f} s", file=progress, flush=True)
    if spark:
        spark.stop()
    print(f"\n{report.table()}\n\nnot compared:\n{report.left_out()}\n")
    if report.differences:
        print(f"{len(report.differences)} differences; files in {os.path.abspath(asked.keep)}")
        return 1
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except BaseException:
        # Standard error is a file.
        print(traceback.format_exc())
        code = 1
    sys.exit(code)
