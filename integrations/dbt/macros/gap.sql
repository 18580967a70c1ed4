{#- A gap such as 30m or 1h30m: how many microseconds it has, and how it is written. A whole number of microseconds is
    longer than a gap just when it is longer than the gap rounded down. -#}

{%- macro checked_gap(gap) -%}
  {%- set gap = gap | string -%}
  {%- set units = [('d', 86400000000000), ('h', 3600000000000), ('m', 60000000000), ('s', 1000000000), ('ms', 1000000), ('us', 1000), ('ns', 1)] -%}
  {%- if not modules.re.match(' *([0-9]+(d|h|m|s|ms|us|ns) *)+$', gap) -%}
    {{ spectrum.refuse("gap '" ~ gap ~ "' is not a duration; write a number and a unit, such as 30m, 1h30m, 90s, 500ms or 2d") }}
  {%- endif -%}
  {%- set sum = namespace(of=0) -%}
  {%- for number, unit in modules.re.findall('([0-9]+)([a-z]+)', gap) -%}
    {%- set sum.of = sum.of + (number | int) * dict(units)[unit] -%}
  {%- endfor -%}
  {%- if sum.of == 0 -%}
    {{ spectrum.refuse("gap '" ~ gap ~ "' must be longer than zero") }}
  {%- endif -%}
  {%- if sum.of >= 18446744073709551616 -%}
    {{ spectrum.refuse("gap '" ~ gap ~ "' is longer than the 584 years that a gap can hold") }}
  {%- endif -%}
  {%- set rest = namespace(of=sum.of) -%}
  {%- set words = [] -%}
  {%- for unit, size in units if rest.of >= size -%}
    {%- do words.append(rest.of // size ~ unit) -%}
    {%- set rest.of = rest.of % size -%}
  {%- endfor -%}
  {%- set microseconds = sum.of // 1000 -%}
  {{ return({'text': words | join(''), 'microseconds': microseconds, 'interval': spectrum.gap_interval(microseconds)}) }}
{%- endmacro -%}

{#- The words of PostgreSQL's INTERVAL: the largest unit that divides the gap, none longer than an hour. -#}
{%- macro gap_interval(microseconds) -%}
  {%- for unit, size in [('hour', 3600000000), ('minute', 60000000), ('second', 1000000), ('microsecond', 1)] if microseconds % size == 0 -%}
    {%- if loop.first -%}
      {%- set count = microseconds // size -%}
      {{ return(count ~ ' ' ~ unit ~ ('' if count == 1 else 's')) }}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro -%}
