"""CSV to CSV, TSV, Parquet and NDJSON: the fields are those that were written, by every reader."""

import csv
import dataclasses
import io
import json
import os
import random
import re

from csv_files import CsvSet, content, plain
from spectrum import Refused

PART = "CSV"
ID = re.compile(rb"[0-9a-f]{32}")


class Unreadable(Exception):
    """A reader has no words for the dialect, or cannot read the file."""


def run(seed, number, spectrum, readers, report, folder):
    rng = random.Random(f"{seed} csv {number}")
    files = CsvSet(rng, folder)
    check = Check(files, spectrum, report, f"set {number} of seed {seed}", folder)
    duckdb = next(reader for reader in readers if reader.name == "DuckDB").db
    threads = ["--threads", str(rng.randint(1, 3))]
    check.same_format(duckdb, threads, rng.choice(["", ".gz", ".zst"]))
    check.tabs(duckdb, threads)
    texts = [name for name in files.names if plain(name) and name != "occurred_at"]
    check.parquet([reader for reader in readers if reader.name != "Spark"], threads, texts)
    check.ndjson(threads, texts)


class Check:
    def __init__(self, files, spectrum, report, where, folder):
        self.files, self.spectrum, self.report, self.where, self.folder = files, spectrum, report, where, folder

    def out(self, name, *flags):
        """An output of the run, or None when it was refused."""
        path = os.path.join(self.folder, name)
        try:
            self.spectrum.run(self.files.files, path, *self.files.flags(), *flags)
            return path
        except Refused as refusal:
            self.differs("Spectrum", f"refused: {refusal}")
            return None

    def differs(self, reader, what, *outputs):
        what = f"{what}\n  {self.files.dialect}"
        self.report.differs(PART, reader, self.where, what, [*self.files.files, *outputs], self.spectrum.command)

    def rows_are(self, reader, what, wanted, got, *outputs):
        if wanted == got:
            columns = len(wanted[0]) if wanted else 0
            self.report.same(f"CSV to {what}", reader, columns, columns * len(wanted))
            return
        at = next((at for at, pair in enumerate(zip(wanted, got)) if pair[0] != pair[1]), None)
        told = f"{len(wanted)} rows became {len(got)}" if at is None else f"row {at}: {wanted[at]!r} became {got[at]!r}"
        self.differs(reader, f"CSV to {what}, {told}", *outputs)

    def same_format(self, duckdb, threads, ending):
        files = self.files
        output = self.out("out.csv" + ending, *threads)
        if not output:
            return
        if files.fits_bytes() and (what := bytes_differ(files, content(output))):
            self.differs("bytes", what, output)
        # What is left out of the output is not in it for readers either.
        dialect = dataclasses.replace(files.dialect, comment=None, skipped=0)
        nulls = [[field or "" for field in row] for row in files.rows]
        raw = files.dialect.quote is None and files.dialect.escape
        for reader, rows_of, wanted in (
            ("Python", python_rows, nulls),
            ("DuckDB", duckdb_rows(duckdb, files.line_end != "\n", files.mixed_ends), files.rows),
        ):
            try:
                before = [
                    row
                    for file, order in zip(files.files, files.orders)
                    for row in back(rows_of(file, files.dialect, len(order)), order)
                ]
            except Unreadable as reason:
                self.report.unread(PART, reader, "file", reason)
                before = None
            try:
                rows = [row[:-1] for row in rows_of(output, dialect, len(files.names) + 1)]
                # Of several files the first says the order.
                after = list(back(rows, files.orders[0]))
            except Unreadable as reason:
                if before is not None:
                    self.differs(reader, f"cannot be read any more: {reason}", output)
                continue
            if before is None and not raw:
                # What was written is known, and the output has no comments and no lines that were left out.
                before = wanted
            if before is None:
                continue
            if not raw and before != wanted:
                # Comments, lines that are skipped and blank lines are not the same to all; none is left in the output.
                at = next(
                    (at for at, pair in enumerate(zip(wanted, before)) if pair[0] != pair[1]), "the number of rows"
                )
                told = f"{self.where}, {files.dialect}, row {at}"
                self.report.note(PART, f"input is read otherwise than it was written by {reader}", told)
                before = wanted if after == wanted else before
            self.rows_are(reader, "CSV", before, after, output)

    def tabs(self, duckdb, threads):
        """A TSV of its own dialect, where that can hold the fields."""
        files = self.files
        dialect = dataclasses.replace(files.dialect, delimiter="\t", comment=None, skipped=0)
        if files.dialect.delimiter == "\t" or files.dialect.quote is None:
            return
        output = self.out("out.tsv", *threads)
        if output:
            for reader, rows_of in (("Python", python_rows), ("DuckDB", duckdb_rows(duckdb))):
                try:
                    rows = [row[:-1] for row in rows_of(output, dialect, len(files.names) + 1)]
                except Unreadable as reason:
                    self.report.unread(PART, reader, "TSV", reason)
                    continue
                wanted = files.rows if reader == "DuckDB" else [[field or "" for field in row] for row in files.rows]
                self.rows_are(
                    reader,
                    "TSV",
                    list(without_times(wanted, files)),
                    list(without_times(back(rows, files.orders[0]), files)),
                    output,
                )

    def parquet(self, readers, threads, texts):
        files = self.files
        output = self.out("out.parquet", *threads, "--text", ",".join(texts))
        if not output:
            return
        wanted = [[row[files.names.index(name)] for name in texts] for row in files.rows]
        for reader in readers:
            columns = reader.read(output, texts)
            got = [list(row) for row in zip(*(columns[name].to_pylist() for name in texts))]
            self.rows_are(reader.name, "Parquet", wanted, got, output)

    def ndjson(self, threads, texts):
        files = self.files
        output = self.out("out.ndjson", *threads, "--text", ",".join(texts))
        if not output:
            return
        wanted = [[row[files.names.index(name)] for name in texts] for row in files.rows]
        objects = [json.loads(line) for line in content(output).decode().split("\n") if line]
        got = [[thing.get(name) for name in texts] for thing in objects]
        self.rows_are("Python", "NDJSON", wanted, got, output)


def bytes_differ(files, out):
    """None when the output is the input's lines, each with an id before its end."""
    at = 0
    delimiter = files.dialect.delimiter.encode()
    for number, (kind, line, end) in enumerate(files.lines):
        line = line.encode()
        if out[at : at + len(line)] != line:
            return f"line {number}: {line!r} became {out[at : at + len(line) + 40]!r}"
        at += len(line)
        if kind == "mark":
            continue
        added = b"session_id"
        if kind == "record":
            found = ID.match(out, at + len(delimiter))
            added = found.group() if found else b"an id"
        # A last line without an end gets that of the first.
        ends = (
            [end] if end else [files.line_end, *(["\n", "\r\n"] if files.mixed_ends or len(files.lines) == 1 else [])]
        )
        tails = [delimiter + added + end.encode() for end in ends]
        tail = next((tail for tail in tails if out[at : at + len(tail)] == tail), None)
        if tail is None:
            return f"line {number}: at its end stands {out[at : at + len(tails[0])]!r} for {tails[0]!r}"
        at += len(tail)
    return None if at == len(out) else f"{len(out) - at} bytes follow the last line"


def back(rows, order):
    """The fields of rows that were written in another order."""
    places = {column: at for at, column in enumerate(order)}
    for row in rows:
        # One that has other fields than columns is shown as it is.
        yield [row[places[column]] for column in range(len(order))] if len(row) == len(order) else row


def without_times(rows, files):
    """Times are spelled anew where rows are written anew."""
    at = files.names.index("occurred_at")
    for row in rows:
        yield [*row[:at], *row[at + 1 :]]


def python_rows(path, dialect, count):
    if len(dialect.delimiter) != 1:
        raise Unreadable("its delimiters are one character")
    if dialect.comment:
        raise Unreadable("it has no comments")
    text = unskipped(content(path).decode("utf-8-sig"), dialect)
    options = (
        {"quoting": csv.QUOTE_NONE, "escapechar": None}
        if dialect.quote is None
        else {
            "quotechar": dialect.quote,
            "doublequote": dialect.escape is None,
            "escapechar": dialect.escape,
        }
    )
    csv.field_size_limit(1 << 30)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True, **options))
    except csv.Error as error:
        raise Unreadable(str(error)) from error
    rows = [row for row in rows if row]
    return rows[1:] if dialect.header else rows


def unskipped(text, dialect):
    for _ in range(dialect.skipped):
        text = text[text.index("\n") + 1 :]
    return text


def duckdb_rows(db, windows=False, mixed=False):
    def rows(path, dialect, count):
        if mixed:
            raise Unreadable("its line ends are the same everywhere")
        options = {
            "delim": dialect.delimiter,
            "quote": dialect.quote or "",
            "escape": (dialect.escape if dialect.quote else "") or dialect.quote or "",
            "new_line": "\\r\\n" if windows else "\\n",
            "comment": dialect.comment or "",
            "skip": dialect.skipped,
            "header": dialect.header,
            "auto_detect": False,
            "allow_quoted_nulls": False,
            "nullstr": "",
            "max_line_size": 1 << 22,
            "columns": {f"c{at}": "VARCHAR" for at in range(count)},
        }
        words = ", ".join(f"{name} = {literal(value)}" for name, value in options.items())
        try:
            found = db.execute(f"SELECT * FROM read_csv({literal(path)}, {words})").fetchall()
        except Exception as error:  # noqa: BLE001
            raise Unreadable(str(error)) from error
        return [list(row) for row in found]

    return rows


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(entry)}" for key, entry in value.items()) + "}"
    return "'" + value.replace("'", "''") + "'"
