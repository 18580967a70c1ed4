-- The relations that the dashboard reads, over the table raw; the clock has the time.
SET search_path = clock, pg_catalog, public;
CREATE SCHEMA analytics;

CREATE TABLE analytics.mv_sessions AS
WITH events AS (
  SELECT event_id, user_id, 'acct-' || lpad(account::text, 4, '0') AS account_id,
         timestamptz 'epoch' + micros * interval '1 microsecond' AS occurred_at, event_type, page
  FROM raw),
boundaries AS (
  SELECT *, (occurred_at - lag(occurred_at) OVER in_order <= interval '30 minutes') IS NOT TRUE AS is_first
  FROM events
  WINDOW in_order AS (PARTITION BY user_id, account_id ORDER BY occurred_at))
SELECT user_id, account_id, occurred_at, event_id, event_type, page,
       count(*) FILTER (WHERE is_first)
         OVER (PARTITION BY user_id, account_id ORDER BY occurred_at) AS session_seq
FROM boundaries;

CREATE TABLE analytics.mv_session_summary AS
SELECT md5(user_id::text || account_id || session_seq::text) AS session_id, user_id, account_id, session_seq,
       min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
       max(occurred_at) - min(occurred_at) AS duration, count(*) AS events,
       min(event_id) AS first_event_id, max(event_id) AS last_event_id,
       CASE session_seq WHEN 1 THEN 'first' ELSE 'gap' END AS started_by,
       (array_agg(page ORDER BY occurred_at, event_id))[1] AS entry_page,
       count(*) FILTER (WHERE event_type = 'page_view') AS views,
       count(DISTINCT page) AS pages,
       coalesce(bool_or(event_type = 'purchase'), false) AS bought,
       max(occurred_at) - min(occurred_at) >= interval '10 seconds'
         OR count(*) FILTER (WHERE event_type = 'page_view') >= 2 AS engaged
FROM analytics.mv_sessions
GROUP BY user_id, account_id, session_seq;

-- A refresh an hour for a week: a little slower by day than by night, and one that failed.
CREATE TABLE analytics.refresh_log AS
WITH runs AS (
  SELECT run, now() - interval '5 minutes' - (168 - run) * interval '1 hour' AS began,
         run * 7919 % 101 / 101.0 AS luck
  FROM generate_series(1, 168) AS run),
relations (relation, nth, base, spread, rows) AS (
  SELECT 'analytics.mv_sessions', 0, 5.2, 2.4, (SELECT count(*) FROM analytics.mv_sessions)
  UNION ALL
  SELECT 'analytics.mv_session_summary', 1, 1.6, 0.9, (SELECT count(*) FROM analytics.mv_session_summary)),
timed AS (
  SELECT run AS run_id, relation, began + nth * interval '9 seconds' AS started_at,
         (base + spread * luck
          + base / 4 * sin((extract(hour FROM began AT TIME ZONE 'UTC')::float8 - 6) / 12 * pi()))
         * interval '1 second' AS duration,
         run = 96 AND nth = 0 AS failed, rows
  FROM runs CROSS JOIN relations)
SELECT run_id, relation, started_at, started_at + duration AS finished_at, duration,
       'concurrently' AS method, 'unique index on event_id' AS reason,
       CASE WHEN failed THEN 'failed' ELSE 'ok' END AS outcome,
       CASE WHEN NOT failed THEN rows END AS rows,
       CASE WHEN failed THEN 'canceling statement due to lock timeout' END AS error,
       CASE WHEN relation = 'analytics.mv_sessions' AND NOT failed THEN
         jsonb_build_object('events_added', 900, 'events_late', round(12 + 60 * luck), 'events_null_key', run_id * 31 % 17 / 4,
                            'events_future', CASE WHEN run_id BETWEEN 70 AND 73 THEN 25 ELSE 0 END) END AS details
FROM (SELECT timed.*, runs.luck FROM timed JOIN runs ON runs.run = timed.run_id) AS timed;

CREATE VIEW analytics.v_sessions AS
SELECT user_id, account_id, occurred_at, event_id, md5(user_id::text || account_id || session_seq::text) AS session_id
FROM analytics.mv_sessions;
CREATE VIEW analytics.v_session_summary AS SELECT * FROM analytics.mv_session_summary;
CREATE VIEW analytics.v_refresh_log AS SELECT * FROM analytics.refresh_log;
