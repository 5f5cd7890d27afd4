{# Quotients and quantiles are doubles on the way to a decimal; the one place that names the engine's type. #}
{% macro as_double(expression) -%}
    cast({{ expression }} as double)
{%- endmacro %}
