{#- The generated macros of the adapter that runs. -#}

{%- macro traits() -%}
  {{ return(adapter.dispatch('traits', 'spectrum')()) }}
{%- endmacro -%}

{%- macro default__traits() -%}
  {{ spectrum.refuse('there is no SQL for the adapter ' ~ target.type ~ ' (there is for postgres, duckdb, clickhouse, spark, databricks, bigquery, snowflake, redshift, trino)') }}
{%- endmacro -%}

{%- macro quoted(name) -%}
  {{ return(adapter.dispatch('quoted', 'spectrum')(name)) }}
{%- endmacro -%}

{#- A key column's text, as PostgreSQL writes it. -#}
{%- macro key_text(column, type) -%}
  {{ return(adapter.dispatch('key_text', 'spectrum')(column, type)) }}
{%- endmacro -%}

{#- The same with its length; no two values of a column have the same, and NULL has one. -#}
{%- macro key_part(column, type) -%}
  {{ return(adapter.dispatch('key_part', 'spectrum')(column, type)) }}
{%- endmacro -%}

{%- macro told_apart(column, type) -%}
  {{ return(adapter.dispatch('told_apart', 'spectrum')(column, type)) }}
{%- endmacro -%}

{#- A time as the engine compares it. -#}
{%- macro moment(column, type) -%}
  {{ return(adapter.dispatch('moment', 'spectrum')(column, type)) }}
{%- endmacro -%}

{#- Whether a moment comes longer than the gap after another. -#}
{%- macro longer(later, earlier, d) -%}
  {{ return(adapter.dispatch('longer', 'spectrum')(later, earlier, d)) }}
{%- endmacro -%}

{#- Every event of a relation with its session: the key, the time, the event id, the columns that go along, session_id, and
    session_seq when `numbered` says so. -#}
{%- macro sessions_sql(relation, d, numbered=false) -%}
  {{ return(adapter.dispatch('sessions_sql', 'spectrum')(relation, d, numbered)) }}
{%- endmacro -%}

{#- A row a session, from a relation with what sessions_sql gives. -#}
{%- macro summary_sql(relation, d) -%}
  {{ return(adapter.dispatch('summary_sql', 'spectrum')(relation, d)) }}
{%- endmacro -%}
