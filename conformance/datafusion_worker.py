"""DataFusion as a worker."""

import datafusion
import pyarrow as pa
from worker import expressions, quoted, serve

# Sessions must not depend on the zone; what depends on it would be seen by one that is not UTC.
context = datafusion.SessionContext(
    datafusion.SessionConfig().set("datafusion.execution.time_zone", "+05:45")
)


def load(table, casts):
    context.deregister_table("arrow_events")
    # A table without rows has no batches, and then no columns either.
    batches = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    context.register_record_batches("arrow_events", [batches])
    columns = ", ".join(expressions(casts))
    context.sql(f"CREATE OR REPLACE TABLE events AS SELECT {columns} FROM arrow_events").collect()


def view(name, sql):
    context.sql(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}").collect()


version = context.sql("SELECT version() AS version").to_pylist()[0]["version"]
serve(version.split()[2].rstrip(","), load, view, lambda sql: context.sql(sql).to_arrow_table())
