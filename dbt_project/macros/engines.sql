{#-
What engines write differently, by one name each. Here is DuckDB's form, in `spark.sql` that of Spark. Everything else in
this project is SQL that both read alike.
-#}

{# Whether all of a text is of a pattern. #}
{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches')(text, pattern) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{# Whether a text is at most fifteen digits, or none. Asked of every cell of a national file, so not as a pattern: that
   took a fifth longer for the model of it, and twice as long for the test (2026-11-26). #}
{% macro is_digits(text) -%}
    {{ adapter.dispatch('is_digits')(text) }}
{%- endmacro %}

{% macro default__is_digits(text) -%}
    (length({{ text }}) <= 15 and not {{ text }} glob '*[!0-9]*')
{%- endmacro %}

{# The number that a text of digits is, none of a blank or of words. Spark makes an exception of each that it refuses:
   blanks took five sixths of the model of a national file (2026-11-27). DuckDB is faster without the detour. #}
{% macro whole_number(text) -%}
    {{ adapter.dispatch('whole_number')(text) }}
{%- endmacro %}

{% macro default__whole_number(text) -%}
    try_cast({{ text }} as bigint)
{%- endmacro %}

{# Whether some of a text is of a pattern. #}
{% macro has(text, pattern) -%}
    {{ adapter.dispatch('has')(text, pattern) }}
{%- endmacro %}

{% macro default__has(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{# A text with all that is of a pattern replaced. #}
{% macro replaced(text, pattern, by) -%}
    {{ adapter.dispatch('replaced')(text, pattern, by) }}
{%- endmacro %}

{% macro default__replaced(text, pattern, by) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}', 'g')
{%- endmacro %}

{# Every word of a text, and what is between words, as `form` writes it: a macro over `word`. #}
{% macro each_part(text, pattern, form) -%}
    {{ adapter.dispatch('each_part')(text, pattern, form) }}
{%- endmacro %}

{% macro default__each_part(text, pattern, form) -%}
    array_to_string(list_transform(regexp_extract_all({{ text }}, '{{ pattern }}'), lambda word: {{ form }}), '')
{%- endmacro %}

{# The texts of a group in one. Sorted by `by`, or by the texts themselves. With `distinct`, always by the texts. #}
{% macro joined(text, separator=', ', by=none, distinct=false) -%}
    {{ adapter.dispatch('joined')(text, separator, text if distinct else by or text, 'distinct ' if distinct else '') }}
{%- endmacro %}

{% macro default__joined(text, separator, by, distinct) -%}
    string_agg({{ distinct }}{{ text }}, '{{ separator }}' order by {{ by }})
{%- endmacro %}

{# A row for each of some values: their column by its name, with a list of expressions or the name of a column that is a
   list. All have as many. #}
{% macro a_row_each(columns) -%}
    {{ adapter.dispatch('a_row_each')(columns) }}
{%- endmacro %}

{% macro default__a_row_each(columns) -%}
    {%- for name, values in columns.items() -%}
        unnest({{ values if values is string else as_list(values) }}) as {{ name }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The parts of a text that a separator stands between, a row each. #}
{% macro split_rows(text, separator, name) -%}
    {{ a_row_each({name: adapter.dispatch('parts_of')(text, separator)}) }}
{%- endmacro %}

{% macro default__parts_of(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')
{%- endmacro %}

{# A list of expressions as a column. #}
{% macro as_list(values) -%}
    {{ adapter.dispatch('as_list')(values) }}
{%- endmacro %}

{% macro default__as_list(values) -%}
    [{{ values | join(', ') }}]
{%- endmacro %}

{# The date that a text says in one of some forms, as Python writes them. One that is in none stops the build. Some
write September as `Sept`, which neither form of the name of a month takes. #}
{% macro date_of(text, forms) -%}
    {%- if '%B' in forms | join or '%b' in forms | join -%}
        {%- set text = replaced(replaced(text, '(?i)september', 'Sep'), '(?i)sept', 'Sep') -%}
        {%- set forms = forms | map('replace', '%B', '%b') | list + forms -%}
    {%- endif -%}
    {{ adapter.dispatch('date_of')(text, forms | unique(case_sensitive=true) | list) }}
{%- endmacro %}

{% macro default__date_of(text, forms) -%}
    cast(strptime({{ text }}, ['{{ forms | join("', '") }}']) as date)
{%- endmacro %}

{# As many months after a date. #}
{% macro months_after(date, months) -%}
    {{ adapter.dispatch('months_after')(date, months) }}
{%- endmacro %}

{% macro default__months_after(date, months) -%}
    cast({{ date }} + to_months({{ months }}) as date)
{%- endmacro %}

{# `January` of a date. #}
{% macro month_name(date) -%}
    {{ adapter.dispatch('month_name')(date) }}
{%- endmacro %}

{% macro default__month_name(date) -%}
    monthname({{ date }})
{%- endmacro %}

{# A whole number that holds 38 digits, and what is whole of the quotient of two of them. #}
{% macro as_whole(expression) -%}
    {{ adapter.dispatch('as_whole')(expression) }}
{%- endmacro %}

{% macro default__as_whole(expression) -%}
    cast({{ expression }} as hugeint)
{%- endmacro %}

{% macro whole_quotient(dividend, divisor) -%}
    {{ adapter.dispatch('whole_quotient')(dividend, divisor) }}
{%- endmacro %}

{% macro default__whole_quotient(dividend, divisor) -%}
    ({{ dividend }}) // ({{ divisor }})
{%- endmacro %}

{# What a JSON object has under a name, as text. #}
{% macro json_field(object, name) -%}
    {{ adapter.dispatch('json_field')(object, name) }}
{%- endmacro %}

{% macro default__json_field(object, name) -%}
    json_extract_string({{ object }}, '$.{{ name }}')
{%- endmacro %}

{# The row of a table as a JSON object, as text. #}
{% macro row_as_json(table) -%}
    {{ adapter.dispatch('row_as_json')(table) }}
{%- endmacro %}

{% macro default__row_as_json(table) -%}
    cast(to_json({{ table }}) as string)
{%- endmacro %}
