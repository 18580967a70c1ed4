-- Sessions that are not exactly once in session_summary, or with another number of events.
{%- set d = spectrum.definition() %}
SELECT s_key_id, session_seq, SUM(s_events) AS s_missing, COUNT(*) AS s_rows
FROM (
  SELECT {{ spectrum.key_id('', d) }} AS s_key_id, session_seq, COUNT(*) AS s_events
  FROM {{ ref('spectrum', 'sessions') }}
  GROUP BY {{ spectrum.key_id('', d) }}, session_seq
  UNION ALL
  SELECT {{ spectrum.key_id('', d) }} AS s_key_id, session_seq, -events
  FROM {{ ref('spectrum', 'session_summary') }}) AS both_relations
GROUP BY s_key_id, session_seq
HAVING SUM(s_events) <> 0 OR COUNT(*) <> 2
