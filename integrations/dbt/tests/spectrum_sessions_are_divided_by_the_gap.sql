-- Neighbouring events of a key that are in one session though the pause is longer than the gap, or in two though it is not;
-- and numbers that do not count from 1.
{%- set d = spectrum.definition() %}
{%- set later = spectrum.longer('s_moment', 's_before', d) %}
WITH moments AS (
  SELECT {{ d.event_id }}, {{ spectrum.key_id('', d) }} AS s_key_id, session_seq,
         {{ spectrum.moment(d.time, d.time_type) }} AS s_moment
  FROM {{ ref('spectrum', 'sessions') }}
  WHERE {{ d.time }} IS NOT NULL),
neighbours AS (
  SELECT {{ d.event_id }}, s_key_id, session_seq, s_moment,
         LAG(s_moment) OVER (PARTITION BY s_key_id ORDER BY s_moment, session_seq) AS s_before,
         LAG(session_seq) OVER (PARTITION BY s_key_id ORDER BY s_moment, session_seq) AS s_seq_before
  FROM moments)
SELECT {{ d.event_id }}, s_key_id, session_seq, s_moment, s_before, s_seq_before
FROM neighbours
WHERE (s_seq_before IS NULL AND session_seq <> 1)
   OR (s_seq_before IS NOT NULL AND session_seq <> s_seq_before + CASE WHEN {{ later }} THEN 1 ELSE 0 END)
