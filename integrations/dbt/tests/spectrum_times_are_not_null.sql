-- Events without a time, which belong to no session. The var spectrum_null_time: drop leaves them out.
{%- set d = spectrum.definition() %}
SELECT {{ d.event_id }}
FROM {{ ref('spectrum', 'sessions') }}
WHERE {{ d.time }} IS NULL
