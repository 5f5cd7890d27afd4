{#-
Whether the `published_rate` of a row is its numerator by its denominator, `times` as much, or one of several: a share, or
per cent. It is rounded, so half of its last digit is no difference, nor is `slack`. A rate without a digit is not given,
and one that is no number agrees with nothing.
-#}
{% macro rate_agrees(times, slack=0.000001) -%}
    {% set rate = "try_cast(replace(published_rate, '%', '') as double)" -%}
    {% set last_digit = "power(10, -length(regexp_extract(published_rate, '[.]([0-9]+)', 1)))" -%}
    {% set readings = [] -%}
    {% for unit in times -%}
        {% set apart = "abs(" ~ rate ~ " * denominator - " ~ unit ~ " * numerator)" -%}
        {% do readings.append(apart ~ " <= (0.5 * " ~ last_digit ~ " + " ~ slack ~ ") * denominator") -%}
    {% endfor -%}
    case
        when {{ has('published_rate', '[0-9]') }}
            then coalesce({{ readings | join(' or ') }}, {{ rate }} is not null)
        else true
    end
{%- endmacro %}
