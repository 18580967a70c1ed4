"""Counts the rows on which two files differ: python differing_rows.py EXPECTED ACTUAL ID COLUMN...

Each column is compared as text, for the same value of ID, in whatever order and format the rows are. A row that only one
file has counts too.
"""

import sys

import duckdb

expected, actual, id, *columns = sys.argv[1:]
text = {name: "VARCHAR" for name in [id, *columns]}


def one_row(query):
    return duckdb.connect().execute(query).fetchone()


def rows(path):
    if path.endswith(".parquet"):
        source = f"read_parquet('{path}')"
    elif path.endswith(".csv"):
        source = f"read_csv('{path}', types = {text})"
    else:
        source = f"read_ndjson('{path}', columns = {text})"
    chosen = ", ".join(f"{name}::VARCHAR AS {name}" for name in text)
    return f"(SELECT {chosen} FROM {source})"


def sum_of_hashes(path):
    return one_row(f"SELECT count(*), sum(hash({', '.join(text)})::HUGEINT) FROM {rows(path)}")


# The joined comparison is slow and needed only when something differs.
if sum_of_hashes(expected) == sum_of_hashes(actual):
    print(0)
else:
    differs = " OR ".join(f"e.{name} IS DISTINCT FROM a.{name}" for name in text)
    pairs = f"{rows(expected)} e FULL JOIN {rows(actual)} a ON e.{id} = a.{id}"
    print(one_row(f"SELECT count(*) FROM {pairs} WHERE {differs}")[0])
