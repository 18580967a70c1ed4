"""ClickHouse (chdb), a gap, logins and campaigns: python clickhouse_start_and_change.py IN OUT THREADS (Parquet).

A moment is all events of a key at one instant. It starts a session if one of them is a login or has another campaign
than the session's current one, which is the greatest of the latest moment of the session that has one. Campaigns are
sorted within a moment, so its last row has the greatest; NULL is '' in the arrays, and '=' stands before the others.

All of that is in arrays beside each other, from functions that pass over them once: arrayFill, arrayReverseFill,
arrayCumSum, arrayDifference. A lambda that looks something up in another array is given a copy of it per event, which
clickhouse_max_duration.py has figures for, and an arrayFold takes a step per event of the largest key.
"""

import sys

import chdb

source, target, threads = sys.argv[1:]

columns = (
    "user_id String, account_id String, occurred_at DateTime64(6, \\'UTC\\'), event_id String, "
    "event_type String, utm_campaign Nullable(String)"
)

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', Parquet)
WITH
  grouped AS (
    SELECT toUUID(user_id) AS user, toUUID(account_id) AS account,
           arraySort(event -> (event.1, event.2),
                     groupArray((toUnixTimestamp64Micro(occurred_at), ifNull(concat('=', utm_campaign), ''),
                                 event_type = 'login', toUUID(event_id)))) AS events,
           events.1 AS instants, events.2 AS campaigns,
           arrayDifference(instants) AS waits,
           arrayMap((wait, place) -> place = 1 OR wait > 0, waits, arrayEnumerate(instants)) AS firsts,
           arrayPushBack(arrayPopFront(firsts), true) AS lasts,
           arrayDifference(arrayReverseFill((logins, last) -> last, arrayCumSum(events.3), lasts)) AS logins,
           arrayMap((wait, logins, place) -> place = 1 OR wait > 1800000000 OR logins > 0,
                    waits, logins, arrayEnumerate(instants)) AS parted,
           arrayFill((campaign, parted) -> campaign <> '' OR parted, campaigns, parted) AS after,
           arrayFill((campaign, first) -> first,
                     arrayMap((campaign, parted) -> if(parted, '', campaign),
                              arrayPushFront(arrayPopBack(after), ''), parted), firsts) AS before,
           arrayDifference(arrayReverseFill((changes, last) -> last,
                     arrayCumSum(arrayMap((campaign, current) -> campaign <> '' AND current <> '' AND campaign <> current,
                                          campaigns, before)), lasts)) AS changes,
           arrayCumSum(arrayMap((parted, changes) -> parted OR changes > 0, parted, changes)) AS numbers,
           arrayMap(number -> lower(hex(MD5(concat(toString(user), toString(account), toString(number))))),
                    range(1, toUInt64(numbers[-1]) + 1)) AS ids
    FROM file('{source}', Parquet, '{columns}')
    GROUP BY user, account)
SELECT toString(user) AS user_id, toString(account) AS account_id,
       fromUnixTimestamp64Micro(event.1, 'UTC') AS occurred_at, toString(event.4) AS event_id,
       ids[number] AS session_id
FROM grouped ARRAY JOIN events AS event, numbers AS number
SETTINGS max_threads = {threads}, engine_file_truncate_on_insert = 1,
         output_format_parquet_compression_method = 'snappy', output_format_parquet_write_bloom_filter = 0
""")
