{#- What stands above a query for people to read. Names cannot end the comment: what would end a line is replaced. -#}

{%- macro header(what, from, d) -%}
  {%- set ids = {'sequence': 'key and number, undelimited (sequence)',
                 'encoded': 'key and number, each text with its length (encoded)',
                 'start': 'key and first instant (start)'}[d.id] -%}
  {%- set kind = {'date': 'a date', 'timestamp': 'a time without a zone', 'timestamptz': 'an instant'}[d.time_type] -%}
  {%- set lines = [
    what ~ ' from ' ~ from ~ ', for ' ~ d.title ~ '.',
    'Key: ' ~ d.said.key ~ '. A pause in ' ~ d.said.time ~ ' longer than ' ~ d.gap ~ ' ends a session.',
    'Ids: MD5 of ' ~ ids ~ '. ' ~ d.said.time ~ ' is ' ~ kind ~ '.'
  ] -%}
  {%- for line in lines %}
{{ '-- ' ~ modules.re.sub('[\x00-\x1f\x7f-\x9f\u2028\u2029]', '\ufffd', line) }}
  {%- endfor %}
{% endmacro -%}
