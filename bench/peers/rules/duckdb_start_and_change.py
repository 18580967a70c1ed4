"""DuckDB, a gap, logins and campaigns: python duckdb_start_and_change.py IN OUT THREADS (Parquet, uuid keys).

A moment is all events of a key at one instant. It starts a session if one of them is a login or has another campaign
than the session's current one, which is the greatest of the latest moment of the session that has one.

Few events are logins or have a campaign. Their moments are gathered first, so only these are compared: a campaign
with the one before it, unless a session has started in between. On 1 million events and 2 cores that takes 1.6 CPU
seconds. Windows over all events take 2.7 (LAG, LAST_VALUE IGNORE NULLS, a running MAX of the starts, SUM), for each
window over another's result sorts the events again.
"""

import sys

import duckdb

source, target, threads = sys.argv[1:]

db = duckdb.connect()
db.execute(f"SET threads = {threads}; SET preserve_insertion_order = false")

db.execute(f"""
COPY (
  WITH events AS MATERIALIZED (
    SELECT user_id::UUID AS user_id, account_id::UUID AS account_id, event_id::UUID AS event_id, occurred_at,
           event_type = 'login' AS is_login, utm_campaign
    FROM read_parquet('{source}')),
  lagged AS (
    SELECT user_id, account_id, occurred_at,
           epoch_us(occurred_at) - LAG(epoch_us(occurred_at)) OVER
             (PARTITION BY user_id, account_id ORDER BY occurred_at) > 1800000000 AS beyond_gap
    FROM events),
  marked AS MATERIALIZED (
    SELECT user_id, account_id, occurred_at, bool_or(is_login) AS has_login,
           min(utm_campaign) AS least, max(utm_campaign) AS greatest
    FROM events WHERE is_login OR utm_campaign IS NOT NULL
    GROUP BY user_id, account_id, occurred_at),
  stretches AS MATERIALIZED (
    SELECT user_id, account_id, occurred_at FROM lagged WHERE beyond_gap IS NOT FALSE
    UNION
    SELECT user_id, account_id, occurred_at FROM marked WHERE has_login),
  campaigns AS (
    SELECT user_id, account_id, occurred_at, least, greatest,
           LAG(occurred_at) OVER w AS earlier, LAG(greatest) OVER w AS current
    FROM marked WHERE greatest IS NOT NULL
    WINDOW w AS (PARTITION BY user_id, account_id ORDER BY occurred_at)),
  changes AS (
    SELECT c.user_id, c.account_id, c.occurred_at
    FROM campaigns c ASOF JOIN stretches s
      ON c.user_id = s.user_id AND c.account_id = s.account_id AND c.occurred_at >= s.occurred_at
    WHERE c.earlier >= s.occurred_at AND (c.least <> c.current OR c.greatest <> c.current)),
  sessions AS (
    SELECT user_id, account_id, occurred_at,
           md5(user_id::VARCHAR || account_id::VARCHAR ||
               row_number() OVER (PARTITION BY user_id, account_id ORDER BY occurred_at)::VARCHAR) AS session_id
    FROM (FROM stretches UNION ALL FROM changes))
  SELECT e.user_id::VARCHAR AS user_id, e.account_id::VARCHAR AS account_id, e.occurred_at,
         e.event_id::VARCHAR AS event_id, s.session_id
  FROM events e ASOF JOIN sessions s
    ON e.user_id = s.user_id AND e.account_id = s.account_id AND e.occurred_at >= s.occurred_at
) TO '{target}' (FORMAT parquet, PARQUET_VERSION v2)
""")
