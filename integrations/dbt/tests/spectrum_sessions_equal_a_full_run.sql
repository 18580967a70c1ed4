{{ config(enabled=spectrum.wanted('compare_with_full_run')) }}
-- Rows that sessions has and a run over all events has not, or the other way round. It costs what a full run costs.
{%- set d = spectrum.definition() %}
SELECT {{ d.event_id }}, s_key_id, session_id, session_seq, SUM(s_here) AS s_surplus
FROM (
  SELECT {{ d.event_id }}, {{ spectrum.key_id('', d) }} AS s_key_id, session_id, session_seq, 1 AS s_here
  FROM {{ ref('spectrum', 'sessions') }}
  UNION ALL
  SELECT {{ d.event_id }}, {{ spectrum.key_id('', d) }} AS s_key_id, session_id, session_seq, -1 AS s_here
  FROM (
{{ spectrum.sessions_sql(spectrum.events(), d, numbered=true) }}) AS full_run) AS both_relations
GROUP BY {{ d.event_id }}, s_key_id, session_id, session_seq
HAVING SUM(s_here) <> 0
