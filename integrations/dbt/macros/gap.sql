{#- A gap such as 30m or 1h30m: how many microseconds it has, and how it is written. A whole number of microseconds is
    longer than a gap just when it is longer than the gap rounded down. -#}

{%- macro checked_gap(gap) -%}
  {%- set gap = gap | string -%}
  {%- set units = [('d', 86400000000000), ('h', 3600000000000), ('m', 60000000000), ('s', 1000000000), ('ms', 1000000), ('us', 1000), ('ns', 1)] -%}
  {%- set names = {'week': 'w', 'weeks': 'w', 'day': 'd', 'days': 'd', 'hr': 'h', 'hrs': 'h', 'hour': 'h', 'hours': 'h', 'min': 'm', 'mins': 'm', 'minute': 'm', 'minutes': 'm', 'sec': 's', 'secs': 's', 'second': 's', 'seconds': 's', 'µs': 'us', 'μs': 'us'} -%}
  {%- set sizes = dict(units + [('w', 604800000000000)]) -%}
  {%- set number = '[0-9]+(?:[.][0-9]+)?' -%}
  {%- set unit = '(?:' ~ (((sizes | list) + (names | list)) | join('|')) ~ ')' -%}
  {%- set plain = ' *(?:' ~ number ~ ' *' ~ unit ~ '(?![a-zµμ]) *)+$' -%}
  {%- set iso = ' *P(?=.)(?:' ~ number ~ 'W)?(?:' ~ number ~ 'D)?(?:T(?=.)(?:' ~ number ~ 'H)?(?:' ~ number ~ 'M)?(?:' ~ number ~ 'S)?)? *$' -%}
  {%- if not modules.re.match(plain, gap) and not modules.re.match(iso, gap) -%}
    {{ spectrum.refuse("gap '" ~ gap ~ "' is not a duration; write numbers and units, such as 30m, 1h30m, 1.5h, 90s, 500ms or 2d, or PT30M") }}
  {%- endif -%}
  {%- set sum = namespace(of=0) -%}
  {%- for whole, fraction, name in modules.re.findall('([0-9]+)(?:[.]([0-9]+))? *([A-Za-zµμ]+)', gap | replace('T', ' ')) -%}
    {%- set name = name if name in sizes else names.get(name, name | lower) -%}
    {%- set part = (whole ~ fraction) | int * sizes[name] -%}
    {%- if part % (10 ** fraction | length) != 0 -%}
      {{ spectrum.refuse("gap '" ~ gap ~ "' is not a whole number of nanoseconds") }}
    {%- endif -%}
    {%- set sum.of = sum.of + part // (10 ** fraction | length) -%}
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
