{# A decimal without the zeros at its end, thirds and halves as people write them. Spark writes zero as 0E-12. #}
{% macro plain_number(column) -%}
    case
        when {{ column }} = 0 then '0'
        when round({{ column }}, 6) = 0.333333 then '1/3'
        when round({{ column }}, 6) = 0.5 then '1/2'
        else trim(trailing '.' from trim(trailing '0' from cast({{ column }} as string)))
    end
{%- endmacro %}
