{{ config(enabled=not spectrum.wanted('allow_id_collisions')) }}
-- Ids that two sessions have. Under `sequence` keys of varying width can collide; `encoded` and `start` never do.
{%- set d = spectrum.definition() %}
SELECT session_id, COUNT(*) AS s_sessions
FROM (SELECT DISTINCT session_id, {{ spectrum.key_id('', d) }} AS s_key_id, session_seq
      FROM {{ ref('spectrum', 'sessions') }}) AS distinct_sessions
WHERE session_id IS NOT NULL
GROUP BY session_id
HAVING COUNT(*) > 1
