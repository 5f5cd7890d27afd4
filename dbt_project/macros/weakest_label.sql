{# A score is as sure as the least sure of the rules it follows. #}
{% macro weakest_label(first, second) -%}
    case
        when {{ sureness(second) }} <= coalesce({{ sureness(first) }}, 9) then {{ second }}
        else coalesce({{ first }}, {{ second }})
    end
{%- endmacro %}

{# The same of all rows of a group. #}
{% macro weakest_label_of(label) -%}
    min_by({{ label }}, {{ sureness(label) }})
{%- endmacro %}

{# The order of labels, the least sure first. #}
{% macro sureness(label) -%}
    case {{ label }}
        {%- for one in ['unknown', 'experimental', 'background', 'inferred', 'discovered', 'verified'] %}
            when '{{ one }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}
