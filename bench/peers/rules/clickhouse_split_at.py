"""ClickHouse (chdb), a gap and 04:00 in Paris: python clickhouse_split_at.py IN OUT THREADS (Parquet, uuid keys).

clickhouse_arrays.py with the civil day, which begins at 04:00, beside the instant. ClickHouse has the days and hours
of a zone in a table, so they cost little. Subtracting four hours from the instant would be wrong on days on which
clocks change.
"""

import sys

import chdb

source, target, threads = sys.argv[1:]

columns = "user_id String, account_id String, occurred_at DateTime64(6, \\'UTC\\'), event_id String"
ZONE = "'Europe/Paris'"

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', Parquet)
WITH
  grouped AS (
    SELECT toUUID(user_id) AS user, toUUID(account_id) AS account,
           arraySort(event -> event.1,
                     groupArray((toUnixTimestamp64Micro(occurred_at), toUUID(event_id),
                                 toUInt16(toDate(occurred_at, {ZONE})) - (toHour(occurred_at, {ZONE}) < 4)))) AS events,
           arrayCumSum(arrayMap((wait, days, place) -> place = 1 OR wait > 1800000000 OR days <> 0,
                                arrayDifference(events.1), arrayDifference(events.3),
                                arrayEnumerate(events))) AS numbers,
           arrayMap(number -> lower(hex(MD5(concat(toString(user), toString(account), toString(number))))),
                    range(1, toUInt64(numbers[-1]) + 1)) AS ids
    FROM file('{source}', Parquet, '{columns}')
    GROUP BY user, account)
SELECT toString(user) AS user_id, toString(account) AS account_id,
       fromUnixTimestamp64Micro(event.1, 'UTC') AS occurred_at, toString(event.2) AS event_id,
       ids[number] AS session_id
FROM grouped ARRAY JOIN events AS event, numbers AS number
SETTINGS max_threads = {threads}, engine_file_truncate_on_insert = 1,
         output_format_parquet_compression_method = 'snappy', output_format_parquet_write_bloom_filter = 0
""")
