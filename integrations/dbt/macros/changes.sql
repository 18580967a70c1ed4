{#- With the var spectrum_detect_changes, takes all rows of those keys out of the table of which an event is gone from the
    events, or has another key or time there. It runs before the model, which then finds their events new and computes these
    keys from the beginning. One statement decides which keys, so what changes in the meantime is found by the next run. -#}

{%- macro forget_changed_keys(events=none, d=none) -%}
{%- if is_incremental() and spectrum.wanted('detect_changes') -%}
{%- set d = d or spectrum.definition() -%}
{%- set events = events or spectrum.events() -%}
{%- set same = [] -%}
{%- for name in d.key_names -%}
  {%- do same.append('(e.' ~ name ~ ' = s.' ~ name ~ ' OR (e.' ~ name ~ ' IS NULL AND s.' ~ name ~ ' IS NULL))') -%}
{%- endfor -%}
DELETE FROM {{ this }}
WHERE {{ spectrum.key_id('', d) }} IN (
  SELECT {{ spectrum.key_id('s', d) }}
  FROM {{ this }} AS s
  WHERE NOT EXISTS (
    SELECT 1 FROM {{ events }} AS e
    WHERE e.{{ d.event_id }} = s.{{ d.event_id }} AND e.{{ d.time }} = s.{{ d.time }} AND {{ same | join(' AND ') }}))
{%- endif -%}
{%- endmacro -%}
