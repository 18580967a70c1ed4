"""ClickHouse (chdb), one array per key: python clickhouse_arrays.py IN OUT THREADS (Parquet, CSV or NDJSON by name).

Groups each key's events into an array, sorts it by time, numbers the sessions with arrayDifference and
arrayCumSum, hashes once per session. Tried on 10 million events and 2 cores, in CPU seconds (uuid keys):
- 14 to 17 with lagInFrame and sum windows; 16 with arrays of text; 9 with arrays of UUIDs;
- 8 with Snappy instead of the default Zstandard; 6 without bloom filters too (this file).
All events of one moment get one number, so ties cannot matter.
"""

import sys

import chdb

source, target, threads = sys.argv[1:]


def file_of_events():
    """The table function that reads the events, and whether the ids are uuids as text."""
    form = {"parquet": "Parquet", "csv": "CSVWithNames", "ndjson": "JSONEachRow"}[source.rsplit(".")[-1]]
    uuids = True
    if form == "Parquet":
        found = chdb.query(f"DESCRIBE file('{source}', Parquet)", "CSV").bytes().decode()
        uuids = '"user_id","Int64"' not in found and '"user_id","Nullable(Int64)"' not in found
    # The declared structure keeps the columns from being Nullable, which the array functions refuse.
    kind = "String" if uuids else "Int64"
    columns = f"user_id {kind}, account_id {kind}, occurred_at DateTime64(6, \\'UTC\\'), event_id {kind}"
    return form, f"file('{source}', {form}, '{columns}')", uuids


form, events, uuids = file_of_events()
parse, render = ("toUUID", "toString") if uuids else ("", "")

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', {form})
WITH
  grouped AS (
    SELECT {parse}(user_id) AS user, {parse}(account_id) AS account,
           arraySort(event -> event.1,
                     groupArray((toUnixTimestamp64Micro(occurred_at), {parse}(event_id)))) AS events,
           arrayCumSum(arrayMap((wait, place) -> place = 1 OR wait > 1800000000,
                                arrayDifference(events.1), arrayEnumerate(events))) AS numbers,
           arrayMap(number -> lower(hex(MD5(concat(toString(user), toString(account), toString(number))))),
                    range(1, toUInt64(numbers[-1]) + 1)) AS ids
    FROM {events}
    GROUP BY user, account)
SELECT {render}(user) AS user_id, {render}(account) AS account_id,
       fromUnixTimestamp64Micro(event.1, 'UTC') AS occurred_at, {render}(event.2) AS event_id,
       ids[number] AS session_id
FROM grouped ARRAY JOIN events AS event, numbers AS number
SETTINGS max_threads = {threads}, date_time_input_format = 'best_effort',
         input_format_skip_unknown_fields = 1, engine_file_truncate_on_insert = 1,
         output_format_parquet_compression_method = 'snappy', output_format_parquet_write_bloom_filter = 0
""")
