"""sqlglot as a worker, for engines that cannot run here: it reads a query in the dialect that is its only argument.

A query that it reads gives one row: the functions and types that it does not know in this dialect, with commas.
"""

import sys

import pyarrow as pa
import sqlglot
from sqlglot import exp
from worker import serve

dialect = sys.argv[1]


def query(sql):
    statements = sqlglot.parse(sql, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ValueError(f"{len(statements)} statements, the first is {type(statements[0]).__name__}")
    unknown = sorted({call.name for call in statements[0].find_all(exp.Anonymous)})
    return pa.table({"unknown": [", ".join(unknown)]})


def nothing(*_):
    raise NotImplementedError("sqlglot holds no data")


serve(sqlglot.__version__, nothing, nothing, query)
