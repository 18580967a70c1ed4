{#- The relation with the events: `schema.table` is a source that the project declares, a word without a dot is a model.
    Names that hold a dot themselves are given as a list, [source, table] or [model]. -#}

{%- macro events(wanted=none) -%}
  {%- set wanted = spectrum.wanted('events', wanted) -%}
  {%- set parts = wanted.split('.') if wanted is string else wanted | list -%}
  {%- if parts | length == 1 -%}
    {{ return(ref(parts[0])) }}
  {%- elif parts | length == 2 -%}
    {{ return(source(parts[0], parts[1])) }}
  {%- endif -%}
  {{ spectrum.refuse("events '" ~ wanted ~ "' is neither a model nor source.table; names that hold a dot go into a list, [source, table]") }}
{%- endmacro -%}
