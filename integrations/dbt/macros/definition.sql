{#- What a session is, as a dictionary that all other macros take. What an argument leaves open is read from the project's
    vars, which have the names of the arguments with `spectrum_` before them. Whatever cannot be meant is refused here, when
    dbt compiles. -#}

{%- macro definition(key=none, time=none, event_id=none, gap=none, id=none, columns=none, null_time=none,
                     time_type=none, key_types=none, event_id_type=none, loaded_at=none) -%}
  {%- set key = spectrum.listed(spectrum.wanted('key', key)) -%}
  {%- set time = spectrum.wanted('time', time) -%}
  {%- set event_id = spectrum.wanted('event_id', event_id) -%}
  {%- set columns = spectrum.listed(spectrum.wanted('columns', columns)) -%}
  {%- set loaded_at = spectrum.wanted('loaded_at', loaded_at) -%}
  {%- if loaded_at and loaded_at not in columns -%}
    {%- do columns.append(loaded_at) -%}
  {%- endif -%}
  {%- set id = spectrum.wanted('id', id) -%}
  {%- set null_time = spectrum.wanted('null_time', null_time) -%}
  {%- set traits = spectrum.traits() -%}
  {%- set gap = spectrum.checked_gap(spectrum.wanted('gap', gap)) -%}
  {%- set time_type = spectrum.checked_time_type(spectrum.wanted('time_type', time_type), traits) -%}
  {%- set key_types = spectrum.checked_key_types(key, spectrum.listed(spectrum.wanted('key_types', key_types)), traits) -%}
  {%- set event_id_type = spectrum.wanted('event_id_type', event_id_type) | lower -%}
  {%- if id not in ['sequence', 'encoded', 'start'] -%}
    {{ spectrum.refuse("id '" ~ id ~ "' is not one of sequence, encoded, start") }}
  {%- endif -%}
  {%- if null_time not in ['refuse', 'drop'] -%}
    {{ spectrum.refuse("null_time '" ~ null_time ~ "' is not one of refuse, drop") }}
  {%- endif -%}
  {{ spectrum.check_names(key, time, event_id, columns, traits) }}
  {{ spectrum.refuse_rules() }}

  {%- set names = [] -%}
  {%- set texts = [] -%}
  {%- set parts = [] -%}
  {%- set partition = [] -%}
  {%- set beside = [] -%}
  {%- for column in key -%}
    {%- set type = key_types[loop.index0] -%}
    {%- set name = spectrum.name(column) -%}
    {%- do names.append(name) -%}
    {%- do texts.append(spectrum.key_text(name, type)) -%}
    {%- do parts.append(spectrum.key_part(name, type)) -%}
    {%- do partition.append(name) -%}
    {%- set apart = spectrum.told_apart(name, type) | trim -%}
    {%- if apart -%}
      {%- do partition.append('key_octets_' ~ loop.index) -%}
      {%- do beside.append(',\n         ' ~ apart ~ ' AS key_octets_' ~ loop.index) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set carried = [] -%}
  {%- for column in columns -%}
    {%- do carried.append(spectrum.name(column)) -%}
  {%- endfor -%}
  {%- set time_name = spectrum.name(time) -%}
  {%- set drops = null_time == 'drop' -%}
  {{ return({
    'id': id,
    'gap': gap.text,
    'gap_microseconds': gap.microseconds,
    'gap_interval': gap.interval,
    'key': names | join(', '),
    'key_names': names,
    'key_types': key_types,
    'key_texts': texts | join(' || '),
    'key_parts': parts | join(traits.joined_by),
    'partition': partition | join(', '),
    'beside_key': beside | join(''),
    'time': time_name,
    'time_type': time_type,
    'time_cast': '::timestamp' if time_type == 'date' else '',
    'instant': spectrum.moment(time_name, time_type),
    'in_order': traits.in_order_without_nulls if drops else traits.in_order,
    'drops_null_times': drops,
    'filter': '\n  WHERE ' ~ time_name ~ ' IS NOT NULL' if drops else '',
    'event_id': spectrum.name(event_id),
    'event_id_type': event_id_type,
    'loaded_at': spectrum.name(loaded_at) if loaded_at else none,
    'carried_names': carried,
    'carried': ', ' ~ carried | join(', ') if carried else '',
    'title': traits.title,
    'said': {'key': key | join(', '), 'time': time}
  }) }}
{%- endmacro -%}

{#- What the vars are when a project says nothing. README.md tells what they mean. They stand here and not under `vars:` of
    the package, where a project's own models would not see them. -#}
{%- macro defaults() -%}
  {{ return({
    'events': 'warehouse.fact_events',
    'event_id': 'event_id',
    'time': 'occurred_at',
    'key': ['user_id', 'account_id'],
    'gap': '30m',
    'id': 'sequence',
    'columns': [],
    'null_time': 'refuse',
    'time_type': none,
    'key_types': [],
    'event_id_type': 'text',
    'loaded_at': none,
    'loaded_at_overlap': '1h',
    'detect_changes': false,
    'allow_id_collisions': false,
    'compare_with_full_run': false
  }) }}
{%- endmacro -%}

{#- Conditions are read and printed anew by `spectrum sql`, which no macro can do. -#}
{%- macro refuse_rules() -%}
  {%- for rule in ['where', 'at_gap', 'gap_when', 'split_at', 'timezone', 'start_when', 'end_when', 'split_on', 'split_on_null',
                   'max_duration', 'max_events', 'passive_when', 'ignore_when', 'preset'] -%}
    {%- if var('spectrum_' ~ rule, none) is not none -%}
      {{ spectrum.refuse('the var spectrum_' ~ rule ~ ' is of a rule beyond the gap, which these macros do not know; print a model that has it with spectrum sql --as dbt-incremental') }}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro -%}

{#- An argument, or else the var of its name. -#}
{%- macro wanted(name, argument=none) -%}
  {{ return(argument if argument is not none else var('spectrum_' ~ name, spectrum.defaults()[name])) }}
{%- endmacro -%}

{#- A list as it is, one text as a list of one. -#}
{%- macro listed(value) -%}
  {{ return([] if value is none else [value] if value is string else value | list) }}
{%- endmacro -%}

{%- macro refuse(complaint) -%}
  {{ exceptions.raise_compiler_error('spectrum: ' ~ complaint) }}
{%- endmacro -%}

{#- A column's name as SQL: as it is where that is safe, otherwise quoted. -#}
{%- macro name(column) -%}
  {%- set plain = modules.re.match('[a-z_][a-z0-9_]*$', column) and column not in spectrum.traits().reserved -%}
  {{ return(column if plain else spectrum.quoted(column)) }}
{%- endmacro -%}

{%- macro check_names(key, time, event_id, columns, traits) -%}
  {%- if not key -%}
    {{ spectrum.refuse('key names no column; name one or more with the var spectrum_key') }}
  {%- endif -%}
  {%- set summary_columns = ['session_id', 'session_seq', 'started_at', 'ended_at', 'duration', 'events', 'first_event_id', 'last_event_id'] -%}
  {%- set before = [] -%}
  {%- for column in key + [time, event_id] + columns -%}
    {%- if column is not string or not column -%}
      {{ spectrum.refuse("'" ~ column ~ "' is not the name of a column") }}
    {%- endif -%}
    {%- if column | lower in before -%}
      {{ spectrum.refuse("column '" ~ column ~ "' is named twice among key, time, event id and columns; name it once") }}
    {%- endif -%}
    {%- do before.append(column | lower) -%}
    {%- set taken = traits.taken + ['s_key_id', 's_first_new', 's_started', 's_ended', 's_kept_until']
                    + (traits.taken_in_summary if column not in columns else [])
                    + (summary_columns if column in key else []) -%}
    {%- if column | lower in taken or (column | lower).startswith('key_octets_') -%}
      {{ spectrum.refuse("column '" ~ column ~ "' has a name that the queries need for themselves; rename it where the events are read") }}
    {%- endif -%}
    {%- if '"' in column or '`' in column -%}
      {{ spectrum.refuse("column '" ~ column ~ "' has a quotation mark in its name, which dbt does not escape when it writes an incremental model; rename it where the events are read") }}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro -%}

{%- macro checked_time_type(wanted, traits) -%}
  {%- if wanted is none -%}
    {{ return(traits.usual_time) }}
  {%- endif -%}
  {%- if wanted not in ['timestamp', 'timestamptz', 'date'] -%}
    {{ spectrum.refuse("time_type '" ~ wanted ~ "' is not one of timestamp, timestamptz, date (timestamp has no zone; finer than microseconds is left to spectrum sql)") }}
  {%- endif -%}
  {{ return(wanted) }}
{%- endmacro -%}

{#- An entry a key column; what is left out at the end is text, which suits integers and uuids of an engine's own too. -#}
{%- macro checked_key_types(key, wanted, traits) -%}
  {%- if wanted | length > key | length -%}
    {{ spectrum.refuse(wanted | length ~ ' key types for ' ~ key | length ~ ' key columns; give one a key column, in their order') }}
  {%- endif -%}
  {%- set known = {'text': 'text', 'varchar': 'text', 'string': 'text', 'integer': 'integer', 'int': 'integer',
                   'bigint': 'integer', 'smallint': 'integer', 'boolean': 'boolean', 'bool': 'boolean', 'uuid': 'uuid'} -%}
  {%- set types = [] -%}
  {%- for column in key -%}
    {%- set type = (wanted[loop.index0] if loop.index0 < wanted | length else 'text') | lower | trim -%}
    {%- if type in known -%}
      {%- do types.append(known[type]) -%}
    {%- elif traits.has_other_key_types -%}
      {%- do types.append('citext' if type == 'citext' else 'text') -%}
    {%- else -%}
      {{ spectrum.refuse(traits.title ~ " cannot write key column '" ~ column ~ "' of type " ~ type ~ " as PostgreSQL does; make it text, integer, boolean or uuid") }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(types) }}
{%- endmacro -%}
