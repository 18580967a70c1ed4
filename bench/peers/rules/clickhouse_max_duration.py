"""ClickHouse (chdb), a gap and sessions of at most an hour: python clickhouse_max_duration.py IN OUT THREADS (Parquet).

Where a session ends depends on where it began, which no window can know. The gaps part a key's events into stretches
first. In each of them an arrayFold goes from one start to the next that is more than an hour later, as often as there
can be one, which is not at all in most. A start of 0 says that there was no further one. On 2 cores, in CPU seconds:
- 1.2 for 1 million events (this file); 2.2 with a fold over the events of the long stretches; 2.4 over those of all;
- 40 for 10 million, and 8 GiB, with each event of a key looked up in the starts of that key, for a lambda is given a
  copy per event of the array that it looks into; 8 with stretches beside their starts (this file).
"""

import sys

import chdb

source, target, threads = sys.argv[1:]

columns = "user_id String, account_id String, occurred_at DateTime64(6, \\'UTC\\'), event_id String"

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', Parquet)
WITH
  grouped AS (
    SELECT toUUID(user_id) AS user, toUUID(account_id) AS account,
           arraySort(event -> event.1,
                     groupArray((toUnixTimestamp64Micro(occurred_at), toUUID(event_id)))) AS events,
           arraySplit((instant, wait) -> wait > 1800000000, events.1, arrayDifference(events.1)) AS stretches,
           arrayMap(stretch ->
             arrayFold((starts, hop) -> arrayPushBack(starts,
                         if(starts[-1] = 0, 0, arrayFirst(instant -> instant > starts[-1] + 3600000000, stretch))),
                       range(toUInt64(intDiv(stretch[-1] - stretch[1], 3600000000))), [stretch[1]]),
             stretches) AS starts,
           arrayFlatten(arrayMap((stretch, starts) ->
             arrayMap((instant, wait, place) -> place = 1 OR (wait > 0 AND has(starts, instant)),
                      stretch, arrayDifference(stretch), arrayEnumerate(stretch)),
             stretches, starts)) AS parted,
           arrayCumSum(parted) AS numbers,
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
