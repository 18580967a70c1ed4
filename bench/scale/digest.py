"""The digest of some Parquet files' rows, as docs and `spectrum run --digest` have it: digest.py PATTERN FIRST SECOND

FIRST and SECOND are SQL of the two texts of a row. DuckDB computes it, so that Spark is not its own judge. Printed is
the number of rows and the digest: of each row the MD5 of both texts with their lengths, its upper and its lower 64 bits
summed apart.
"""

import sys

import duckdb

pattern, first, second = sys.argv[1:]
with_length = "coalesce(strlen({0})::VARCHAR || ':' || {0}, '-')"
md5 = f"md5({with_length.format('a')} || {with_length.format('b')})"
rows, upper, lower = duckdb.execute(
    f"""
    SELECT count(*), coalesce(sum(('0x' || md5[1:16])::UBIGINT::HUGEINT), 0),
           coalesce(sum(('0x' || md5[17:32])::UBIGINT::HUGEINT), 0)
    FROM (SELECT {md5} AS md5 FROM (SELECT {first} AS a, {second} AS b FROM read_parquet($1)))
    """,
    [pattern],
).fetchone()
print(rows, f"{upper % 2**64:016x}{lower % 2**64:016x}")
