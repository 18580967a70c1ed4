"""ClickHouse as a worker, by chdb, which is the server's code in a process."""

import os
import tempfile

import pyarrow as pa
import pyarrow.parquet as parquet
from chdb import session
from worker import expressions, serve

server = session.Session()
folder = tempfile.TemporaryDirectory()
file = os.path.join(folder.name, "events.parquet")
# Sessions must not depend on the zone; what depends on it would be seen by one that is not UTC.
server.query("SET session_timezone = 'Asia/Kathmandu'")


def load(table, casts):
    parquet.write_table(table, file)
    columns = ", ".join(expressions(casts, "`"))
    server.query("DROP TABLE IF EXISTS events")
    server.query(f"CREATE TABLE events ENGINE = Memory AS SELECT {columns} FROM file('{file}', Parquet)")


def view(name, sql):
    server.query(f"CREATE OR REPLACE VIEW `{name}` AS {sql}")


def query(sql):
    # Texts as texts: all that is binary is taken for a uuid.
    sql = f"{sql}\nSETTINGS output_format_arrow_string_as_string = 1"
    return pa.ipc.open_file(pa.py_buffer(server.query(sql, "Arrow").bytes())).read_all()


version = server.query("SELECT version()", "TSVRaw").data().strip()
serve(version, load, view, query)
