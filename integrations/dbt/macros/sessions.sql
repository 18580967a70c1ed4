{#- The SQL of the model `sessions`: all events when the table is made or made anew, otherwise the rows that differ. -#}

{%- macro sessions_model(events, d) -%}
{{ spectrum.header('Sessions', events, d) }}
{%- if is_incremental() %}
{%- if target.type == 'clickhouse' -%}
  {{ spectrum.refuse("incremental runs are not made on ClickHouse, whose joins give zeros where others give NULL; materialize the model as a table") }}
{%- endif %}
{{ spectrum.changed_sessions_sql(events, this, d) }}
{%- else %}
{{ spectrum.sessions_sql(events, d, numbered=true) }}
{%- endif -%}
{%- endmacro -%}

{#- The SQL of the model `session_summary`. -#}
{%- macro session_summary_model(sessions, d) -%}
{{ spectrum.header('A row a session', sessions, d) }}
{{ spectrum.summary_sql(sessions, d) }}
{%- endmacro -%}
