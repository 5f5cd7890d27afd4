{# A score is as sure as the least sure of the rules it follows. #}
{% macro weakest_label(first, second) -%}
    case
        when 'unknown' in ({{ first }}, {{ second }}) then 'unknown'
        when 'experimental' in ({{ first }}, {{ second }}) then 'experimental'
        when 'background' in ({{ first }}, {{ second }}) then 'background'
        when 'inferred' in ({{ first }}, {{ second }}) then 'inferred'
        when 'discovered' in ({{ first }}, {{ second }}) then 'discovered'
        when 'verified' in ({{ first }}, {{ second }}) then 'verified'
        else coalesce({{ first }}, {{ second }})
    end
{%- endmacro %}
