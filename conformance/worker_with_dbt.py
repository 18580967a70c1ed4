"""dbt as a worker, in the project that is its first argument; with a second one it also holds the DuckDB of that path.

{"dbt": ["run", ...]} runs dbt with these arguments; an error holds what dbt said of each node that failed.

Its file cannot be called dbt_something: dbt imports every module of such a name as a plugin.
"""

import os
import sys

os.environ.update(DO_NOT_TRACK="1", DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false")

import duckdb  # noqa: E402
from dbt.cli.main import dbtRunner  # noqa: E402
from dbt.version import __version__  # noqa: E402
from worker import expressions, serve  # noqa: E402

os.chdir(sys.argv[1])
database = sys.argv[2] if len(sys.argv) > 2 else None
runner = dbtRunner()


def dbt(arguments):
    outcome = runner.invoke(arguments)
    if outcome.success:
        return
    if outcome.exception is not None:
        raise outcome.exception
    failed = [result for result in outcome.result if str(result.status) in ("error", "fail", "runtime error")]
    raise RuntimeError("\n".join(f"{result.node.name}: {result.message}" for result in failed))


def connect():
    # dbt in this process has the database open as well; connections to one file share it.
    return duckdb.connect(database)


def load(table, casts):
    with connect() as db:
        db.register("arrow_events", table)
        db.execute(f"CREATE OR REPLACE TABLE events AS SELECT {', '.join(expressions(casts))} FROM arrow_events")


def query(sql):
    with connect() as db:
        return db.execute(sql).to_arrow_table()


serve(__version__, load, None, query, dbt)
