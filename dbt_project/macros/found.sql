{# Rows of one of the tables that discovery finds. `columns` says the type of each. #}
{% macro found(relation, columns) -%}
    select
        quarter,
        league,
    {%- for name, type in columns.items() %}
        cast({{ json_field('fields', name) }} as {{ type }}) as {{ name }}{{ "," if not loop.last }}
    {%- endfor %}
    from {{ ref('discovered') }}
    where relation = '{{ relation }}'
{%- endmacro %}
