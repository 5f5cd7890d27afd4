{# multiplier x numerator / (divisor x denominator), six decimals, half up, in whole numbers: a quotient of doubles
   would round some halves the wrong way. Counts have six decimals, and are taken in millionths. The integer division
   is the engine's. #}
{% macro exact_ratio(numerator, denominator, multiplier, divisor) -%}
    cast(
        (
            cast(1000000 * {{ numerator }} as hugeint) * {{ multiplier }} * 2000000
            + cast(1000000 * {{ denominator }} as hugeint) * {{ divisor }}
        ) // nullif(cast(1000000 * {{ denominator }} as hugeint) * {{ divisor }} * 2, 0)
        as decimal(18, 0)
    ) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}
