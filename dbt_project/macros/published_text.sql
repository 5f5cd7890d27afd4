{# Text cells as published carry non-breaking and trailing spaces. #}
{% macro clean_text(column) -%}
    trim(replace({{ column }}, chr(160), ' '))
{%- endmacro %}

{# The land gate has let only plain numbers, blanks, `NA` and `*` through. #}
{% macro published_number(column) -%}
    cast(nullif(nullif(nullif({{ clean_text(column) }}, ''), 'NA'), '*') as decimal(18, 6))
{%- endmacro %}
