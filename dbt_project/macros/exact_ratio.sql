{# multiplier x numerator / (divisor x denominator), six decimals, half up, in whole numbers: a quotient of doubles
   would round some halves the wrong way. Counts have six decimals, and are taken in millionths. #}
{% macro exact_ratio(numerator, denominator, multiplier, divisor) -%}
    {%- set part = as_whole('1000000 * ' ~ numerator) ~ ' * ' ~ multiplier -%}
    {%- set whole = as_whole('1000000 * ' ~ denominator) ~ ' * ' ~ divisor -%}
    cast(
        {{ whole_quotient(part ~ ' * 2000000 + ' ~ whole, 'nullif(' ~ whole ~ ' * 2, 0)') }} as decimal(18, 0)
    ) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}
