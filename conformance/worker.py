"""What the workers share: one process an engine, a JSON object a line on standard input, one a line as the answer.

- {"version": true} answers {"version": ...}, the engine's own.
- {"load": FILE} makes the table `events` of what the file holds, and answers {"loaded": how many rows}.
- {"view": NAME, "sql": TEXT} makes or replaces a view, and answers {"loaded": 0}.
- {"sql": TEXT, "columns": [NAME, ...]} answers {"rows": [[text or null, ...], ...]} with these columns of the result.
- {"dbt": [ARGUMENT, ...]} runs dbt, where the worker has it, and answers {"loaded": 0}.
- Whatever goes wrong answers {"error": ...}, and the worker goes on.

A table's file is {"columns": [{"name", "arrow", "cast", "values"}]}: `arrow` is the Arrow type the values come in, `cast`
an expression of the engine that makes its own type of `{}`, the column. Times are numbers in the type's unit, uuids texts.
"""

import contextlib
import json
import os
import sys
import uuid

import pyarrow as pa


def serve(version, load, view, query, dbt=None):
    """Answers until standard input ends.

    `load` takes an Arrow table and the engine's expressions by column, `view` a name and SQL; `query` gives an Arrow
    table.
    """
    # Engines print what they like; standard output is kept for answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(what):
        json.dump(what, answers)
        answers.write("\n")
        answers.flush()

    with contextlib.closing(answers):
        for line in sys.stdin:
            request = json.loads(line)
            try:
                if "load" in request:
                    table, casts = read(request["load"])
                    load(table, casts)
                    answer({"loaded": table.num_rows})
                elif "view" in request:
                    view(request["view"], request["sql"])
                    answer({"loaded": 0})
                elif "dbt" in request:
                    dbt(request["dbt"])
                    answer({"loaded": 0})
                elif "version" in request:
                    answer({"version": version})
                else:
                    result = query(request["sql"])
                    # The others are not looked at: Python has no time after the year 9999.
                    columns = [texts(result.column(name)) for name in request["columns"]]
                    answer({"rows": list(zip(*columns))})
            except Exception as error:  # noqa: BLE001, each engine has its own
                answer({"error": f"{type(error).__name__}: {error}"})


def read(path):
    """A table's file as an Arrow table, and the engine's expressions by column."""
    with open(path, encoding="utf-8") as file:
        columns = json.load(file)["columns"]
    arrays = [array(column["arrow"], column["values"]) for column in columns]
    names = [column["name"] for column in columns]
    return pa.table(arrays, names=names), {column["name"]: column["cast"] for column in columns}


def array(arrow, values):
    """Values as the Arrow type of that name, such as `uint64` or `timestamp[us, UTC]`."""
    if not arrow.startswith("timestamp["):
        # Days are numbers, which Arrow takes for a date only when asked to look at them so.
        return pa.array(values, pa.int32()).view(pa.date32()) if arrow == "date32" else pa.array(values, arrow)
    unit, _, zone = arrow[len("timestamp[") : -1].partition(", ")
    return pa.array(values, pa.int64()).view(pa.timestamp(unit, zone or None))


NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def texts(column):
    """The values of a result's column as text: texts, numbers, the sixteen bytes of a uuid; times as nanoseconds."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks = column.cast(pa.int64()).to_pylist()
        return [value if value is None else str(value * NANOSECONDS[kind.unit]) for value in ticks]
    if pa.types.is_date32(kind):
        days = column.cast(pa.int32()).to_pylist()
        return [value if value is None else str(value * 86_400 * NANOSECONDS["s"]) for value in days]
    values = column.to_pylist()
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_binary(kind):
        return [value and str(uuid.UUID(bytes=value)) for value in values]
    return [value if value is None else str(value) for value in values]


def expressions(casts, quote='"'):
    """The columns as they shall be, each under its name."""
    return [f"{cast.replace('{}', quoted(name, quote))} AS {quoted(name, quote)}" for name, cast in casts.items()]


def quoted(name, quote='"'):
    """A name in an engine's quotes, which are doubled inside."""
    return quote + name.replace(quote, quote * 2) + quote
