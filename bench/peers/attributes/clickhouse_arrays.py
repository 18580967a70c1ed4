"""ClickHouse (chdb), the sessions with five attributes: python clickhouse_arrays.py IN OUT THREADS (Parquet).

Sessions as in ../clickhouse_arrays.py, then one array of events per session, of which array functions make the attributes.
Event ids are sixteen bytes here, because UUIDs are not in the order of their texts.
"""

import sys

import chdb

source, target, threads = sys.argv[1:]

columns = "user_id String, account_id String, occurred_at DateTime64(6, \\'UTC\\'), event_id String, event_type String, page String"

chdb.query(f"""
INSERT INTO FUNCTION file('{target}', Parquet)
WITH
  grouped AS (
    SELECT toUUID(user_id) AS user, toUUID(account_id) AS account,
           arraySort(event -> (event.1, event.4),
                     groupArray((toUnixTimestamp64Micro(occurred_at), toLowCardinality(event_type),
                                 toLowCardinality(page), UUIDStringToNum(event_id)))) AS events,
           arraySplit((event, wait) -> wait > 1800000000, events, arrayDifference(events.1)) AS sessions
    FROM file('{source}', Parquet, '{columns}')
    GROUP BY user, account)
SELECT lower(hex(MD5(concat(toString(user), toString(account), toString(number))))) AS session_id,
       toString(user) AS user_id, toString(account) AS account_id, toInt64(number) AS session_seq,
       fromUnixTimestamp64Micro(session[1].1, 'UTC') AS started_at,
       fromUnixTimestamp64Micro(session[-1].1, 'UTC') AS ended_at,
       toInt64(length(session)) AS events,
       toString(session[1].3) AS entry_page,
       if(views = 0, NULL, toString(arrayLast(event -> event.2 = 'page_view', session).3)) AS exit_page,
       toInt64(arrayCount(event -> event.2 = 'page_view', session)) AS views,
       toInt64(arrayUniq(session.3)) AS pages,
       arrayExists(event -> event.2 = 'purchase', session)::Bool AS bought
FROM grouped ARRAY JOIN sessions AS session, arrayEnumerate(sessions) AS number
SETTINGS max_threads = {threads}, engine_file_truncate_on_insert = 1,
         output_format_parquet_compression_method = 'snappy', output_format_parquet_write_bloom_filter = 0
""")
