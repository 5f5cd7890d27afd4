{# Half up to two decimals, as the published averages are.
   A quotient is a double: eight decimals first, so that an exact half stays one. #}
{% macro round_half_up(expression) -%}
    cast(round(cast({{ expression }} as decimal(18, 8)), 2) as decimal(4, 2))
{%- endmacro %}
