{# Half up to two decimals, as the published averages are.
   A quotient is a double: eight decimals first, so that an exact half stays one. #}
{% macro round_half_up(expression) -%}
    cast(round(cast({{ expression }} as decimal(18, 8)), 2) as decimal(4, 2))
{%- endmacro %}

{# The mean of scores as the published averages are, of all rows of a group or of `those`. #}
{% macro weighted_mean(weight, score, those='') -%}
    {{ round_half_up(
        as_double('sum(' ~ weight ~ ' * ' ~ score ~ ')' ~ those) ~ ' / nullif(sum(' ~ weight ~ ')' ~ those ~ ', 0)'
    ) }}
{%- endmacro %}
