-- The events and the rows of sessions, when they are not as many.
{%- set d = spectrum.definition() %}
SELECT s_in, s_out
FROM (SELECT COUNT(*) AS s_in FROM {{ spectrum.events() }}{{ d.filter }}) AS e
CROSS JOIN (SELECT COUNT(*) AS s_out FROM {{ ref('spectrum', 'sessions') }}) AS s
WHERE s_in <> s_out
