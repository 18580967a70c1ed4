"""Spark as a reader, on two threads of this process's Java."""

import glob
import json
import os
import sys
import tempfile

import pyarrow.compute as pc

# Another Spark than PyPI's of the environment.
if home := os.environ.get("SPECTRUM_SPARK_HOME"):
    os.environ["SPARK_HOME"] = home
    sys.path[:0] = glob.glob(os.path.join(home, "python", "lib", "*.zip"))

import pyspark  # noqa: E402
from py4j.protocol import Py4JJavaError  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.types import StructType  # noqa: E402

SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "Asia/Kathmandu",
    "spark.sql.warehouse.dir": tempfile.gettempdir(),
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # It has no nanoseconds; as numbers they can be compared.
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    # Compiling a query takes longer than reading a few hundred rows.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.execution.arrow.pyspark.selfDestruct.enabled": "false",
}


class Spark:
    name = "Spark"
    version = pyspark.__version__

    def __init__(self):
        builder = SparkSession.builder.master("local[2]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        self.spark = builder.getOrCreate()
        self.spark.sparkContext.setLogLevel("OFF")
        self.jvm = self.spark._jvm
        self.schemas = {}

    def names(self, file):
        """Spark refuses a file for one column whose type it does not know, so it is asked for each what it makes of it."""
        parquet = self.jvm.org.apache.parquet
        conf = self.spark._jsparkSession.sessionState().newHadoopConf()
        path = self.jvm.org.apache.hadoop.fs.Path("file://" + os.path.abspath(file))
        opened = parquet.hadoop.ParquetFileReader.open(parquet.hadoop.util.HadoopInputFile.fromPath(path, conf))
        message = opened.getFooter().getFileMetaData().getSchema()
        opened.close()
        settings = self.spark._jsparkSession.sessionState().conf()
        converter = self.jvm.org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter(settings)
        known, refused = {}, {}
        for at in range(message.getFieldCount()):
            field = message.getType(at)
            one = self.jvm.java.util.ArrayList()
            one.add(field)
            try:
                kind = converter.convert(parquet.schema.MessageType("of_one", one))
                known[field.getName()] = StructType.fromJson(json.loads(kind.json())).fields[0]
            except Exception as error:  # noqa: BLE001, what Java throws
                refused[field.getName()] = getattr(error, "desc", None) or getattr(error, "java_exception", error)
        self.schemas[file] = known
        return list(known), refused

    def read(self, file, names):
        try:
            return self.rows(file, names)
        except Py4JJavaError as error:
            cause = error.java_exception
            while cause.getCause() is not None:
                cause = cause.getCause()
            raise ValueError(cause.toString()) from error

    def rows(self, file, names):
        if file not in self.schemas:
            self.names(file)
        known = self.schemas[file]
        missing = [name for name in names if name not in known]
        if missing:
            raise ValueError(f"no type is known of {missing}")
        wanted = ["event_id", *(name for name in names if name != "event_id")]
        schema = StructType([known[name] for name in wanted])
        table = self.spark.read.schema(schema).parquet("file://" + os.path.abspath(file)).toArrow()
        # Where a file is parted, the parts come in any order.
        order = pc.sort_indices(table.column(0))
        return {name: table.column(at).take(order) for at, name in enumerate(wanted) if name in names}

    def says(self, file, columns):
        if file not in self.schemas:
            self.names(file)
        return {
            "schema": [
                (name, self.schemas[file][name].simpleString()) for name in columns if name in self.schemas[file]
            ]
        }

    def stop(self):
        self.spark.stop()
