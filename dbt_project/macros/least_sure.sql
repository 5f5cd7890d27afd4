{# A score is as sure as the least sure of the rules it follows. #}
{% macro least_sure(first, second) -%}
    case
        {% for label in ['unknown', 'experimental', 'background', 'inferred', 'verified'] -%}
            when '{{ label }}' in ({{ first }}, {{ second }}) then '{{ label }}'
        {% endfor -%}
        else coalesce({{ first }}, {{ second }})
    end
{%- endmacro %}
