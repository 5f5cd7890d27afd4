{# A decimal without the zeros at its end, thirds and halves as people write them. #}
{% macro plain_number(column) -%}
    case round({{ column }}, 6)
        when 0.333333 then '1/3'
        when 0.5 then '1/2'
        else rtrim(rtrim(cast({{ column }} as varchar), '0'), '.')
    end
{%- endmacro %}
