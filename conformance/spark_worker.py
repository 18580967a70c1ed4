"""Spark as a worker, on two threads of this process's Java."""

import glob
import os
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as parquet

# Another Spark than PyPI's of the environment.
if home := os.environ.get("SPECTRUM_SPARK_HOME"):
    os.environ["SPARK_HOME"] = home
    sys.path[:0] = glob.glob(os.path.join(home, "python", "lib", "*.zip"))

from pyspark.sql import SparkSession  # noqa: E402
from worker import expressions, serve  # noqa: E402

settings = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Sessions must not depend on the zone; what depends on it would be seen by one that is not UTC.
    "spark.sql.session.timeZone": "Asia/Kathmandu",
    "spark.sql.warehouse.dir": tempfile.gettempdir(),
    # What Spark 4 does unasked: files of ours have the calendar of today, however old their times.
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel("OFF")

folder = tempfile.TemporaryDirectory()
files = 0


def load(table, casts):
    global files
    # Another name each time: Spark remembers what it saw under a name.
    files += 1
    file = os.path.join(folder.name, f"{files}.parquet")
    parquet.write_table(table, file)
    # Compiling a query takes longer than running it over a case; the random sets are run by compiled ones.
    small = table.num_rows < 1_000
    spark.conf.set("spark.sql.codegen.wholeStage", str(not small).lower())
    spark.conf.set("spark.sql.shuffle.partitions", "1" if small else "4")
    spark.read.parquet(file).selectExpr(*expressions(casts, "`")).createOrReplaceTempView("events")


def view(name, sql):
    spark.sql(sql).createOrReplaceTempView(name)


def query(sql):
    rows = spark.sql(sql)
    if hasattr(rows, "toArrow"):
        return rows.toArrow()
    # Spark 3.5, which gives no batch where there are no rows.
    batches = rows._collect_as_arrow()
    return pa.Table.from_batches(batches) if batches else pa.table({name: [] for name in rows.columns})


serve(spark.version, load, view, query)
spark.stop()
