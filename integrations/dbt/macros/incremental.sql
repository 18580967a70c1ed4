{#- The rows by which a table of sessions differs from what it must be, when events came that it does not have.

    A late event can change its key from the last session on that ended longer than the gap before it; that session and all
    before it are right as they are. So every touched key is computed from there on, by the same query as ever: the kept
    sessions go along as one moment each, without an event id, so that the numbers carry on.

    Every name of a step's own begins with s_, as no column of the events may. -#}

{%- macro changed_sessions_sql(events, sessions, d) -%}
WITH touched AS (
  -- The keys of events that the table does not have, each with the earliest of these.
  SELECT {{ spectrum.of('e', d.key_names) }},
         {{ spectrum.key_id('e', d) }} AS s_key_id,
         MIN({{ spectrum.moment('e.' ~ d.time, d.time_type) }}) AS s_first_new
  FROM {{ events }} AS e
  LEFT JOIN {{ sessions }} AS s ON s.{{ d.event_id }} = e.{{ d.event_id }}
  WHERE s.{{ d.event_id }} IS NULL AND e.{{ d.time }} IS NOT NULL{{ spectrum.recently_loaded(sessions, 'e', d) }}
  GROUP BY {{ spectrum.of('e', d.key_names) }}, {{ spectrum.key_id('e', d) }}),
known AS (
  -- Their rows in the table.
  {{ spectrum.rows_of_keys(sessions, 's', 'touched', ['s_key_id', 's_first_new'],
                           d.key_names + [d.time, d.event_id, 'session_id', 'session_seq'], '', d) | indent(2) }}),
kept AS (
  -- Their sessions that ended longer than the gap before the earliest new event.
  SELECT {{ d.key }}, s_key_id, session_seq, MIN({{ d.time }}) AS s_started,
         MAX({{ spectrum.moment(d.time, d.time_type) }}) AS s_ended
  FROM known
  GROUP BY {{ d.key }}, s_key_id, session_seq, s_first_new
  HAVING {{ spectrum.longer('s_first_new', 'MAX(' ~ spectrum.moment(d.time, d.time_type) ~ ')', d) }}),
due AS (
  -- Behind which moment each key is to be computed; NULL where nothing is kept.
  SELECT {{ spectrum.of('t', d.key_names) }}, t.s_key_id, MAX(k.s_ended) AS s_kept_until
  FROM touched AS t
  LEFT JOIN kept AS k ON k.s_key_id = t.s_key_id
  GROUP BY {{ spectrum.of('t', d.key_names) }}, t.s_key_id),
due_events AS (
  {{ spectrum.rows_of_keys(events, 'e', 'due', [], d.key_names + [d.time, d.event_id] + d.carried_names,
                           'e.' ~ d.time ~ ' IS NOT NULL AND (t.s_kept_until IS NULL OR '
                           ~ spectrum.moment('e.' ~ d.time, d.time_type) ~ ' > t.s_kept_until)', d) | indent(2) }}
  UNION ALL
  SELECT {{ d.key }}, s_started, NULL{{ ', NULL' * d.carried_names | length }} FROM kept),
computed AS (
{{ spectrum.sessions_sql('due_events', d, numbered=true) }})
-- What the table has not, or not so.
SELECT {{ spectrum.of('c', d.key_names + [d.time, d.event_id] + d.carried_names) }}, c.session_id, c.session_seq
FROM computed AS c
LEFT JOIN known AS s ON s.{{ d.event_id }} = c.{{ d.event_id }}
WHERE c.{{ d.event_id }} IS NOT NULL
  AND (s.{{ d.event_id }} IS NULL OR s.session_seq <> c.session_seq OR s.session_id <> c.session_id)
{%- endmacro -%}

{#- Rows of a relation whose key is in a step, with columns of both. Keys without NULL are compared as they are, which
    indexes and hashes can serve; the others by their texts, because NULL equals nothing. -#}
{%- macro rows_of_keys(relation, alias, step, of_step, columns, condition, d) -%}
{%- set listed = spectrum.of(alias, columns) ~ (', ' ~ spectrum.of('t', of_step) if of_step else '') -%}
{%- set null_key = [] -%}
{%- for name in d.key_names -%}
  {%- do null_key.append(alias ~ '.' ~ name ~ ' IS NULL') -%}
{%- endfor -%}
SELECT {{ listed }}
FROM {{ relation }} AS {{ alias }}
JOIN {{ step }} AS t ON {{ spectrum.same_key(alias, 't', d) }}
{%- if condition %}
WHERE {{ condition }}
{%- endif %}
UNION ALL
SELECT {{ listed }}
FROM {{ relation }} AS {{ alias }}
JOIN {{ step }} AS t ON t.s_key_id = {{ spectrum.key_id(alias, d) }}
WHERE ({{ null_key | join(' OR ') }}){{ ' AND ' ~ condition if condition else '' }}
{%- endmacro -%}

{#- Whether two rows have the same key; not true for keys with a NULL. -#}
{%- macro same_key(one, other, d) -%}
{%- set equal = [] -%}
{%- for name in d.key_names -%}
  {%- do equal.append(one ~ '.' ~ name ~ ' = ' ~ other ~ '.' ~ name) -%}
  {%- set type = d.key_types[loop.index0] -%}
  {%- set apart = spectrum.told_apart(one ~ '.' ~ name, type) | trim -%}
  {%- if apart -%}
    {%- do equal.append(apart ~ ' = ' ~ (spectrum.told_apart(other ~ '.' ~ name, type) | trim)) -%}
  {%- endif -%}
{%- endfor -%}
{{ return(equal | join(' AND ')) }}
{%- endmacro -%}

{#- A text that no other key has, NULLs included. -#}
{%- macro key_id(alias, d) -%}
{%- set parts = [] -%}
{%- for name in d.key_names -%}
  {%- do parts.append(spectrum.key_part(alias ~ '.' ~ name if alias else name, d.key_types[loop.index0])) -%}
{%- endfor -%}
{{ return(parts | join(' || ')) }}
{%- endmacro -%}

{#- Columns of an alias. -#}
{%- macro of(alias, names) -%}
{%- set qualified = [] -%}
{%- for name in names -%}
  {%- do qualified.append(alias ~ '.' ~ name) -%}
{%- endfor -%}
{{ return(qualified | join(', ')) }}
{%- endmacro -%}

{#- With the var spectrum_loaded_at, only events that were loaded since the last that the table has, less an overlap. -#}
{%- macro recently_loaded(sessions, alias, d) -%}
{%- if not d.loaded_at -%}
  {{ return('') }}
{%- endif -%}
{%- set seconds = spectrum.checked_gap(spectrum.wanted('loaded_at_overlap')).microseconds // 1000000 -%}
{%- set last = '(SELECT MAX(' ~ d.loaded_at ~ ') FROM ' ~ sessions ~ ')' -%}
{{ return('\n    AND ' ~ alias ~ '.' ~ d.loaded_at ~ ' >= ' ~ dbt.dateadd('second', -seconds, last)) }}
{%- endmacro -%}
