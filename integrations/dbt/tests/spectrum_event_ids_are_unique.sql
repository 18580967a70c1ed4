-- Event ids that are NULL or there more than once: an incremental run knows events by their ids.
{%- set d = spectrum.definition() %}
SELECT {{ d.event_id }}, COUNT(*) AS copies
FROM {{ ref('spectrum', 'sessions') }}
GROUP BY {{ d.event_id }}
HAVING COUNT(*) > 1 OR {{ d.event_id }} IS NULL
