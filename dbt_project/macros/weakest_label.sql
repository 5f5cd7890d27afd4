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
        when 'unknown' then 1
        when 'experimental' then 2
        when 'background' then 3
        when 'inferred' then 4
        when 'discovered' then 5
        when 'verified' then 6
    end
{%- endmacro %}
