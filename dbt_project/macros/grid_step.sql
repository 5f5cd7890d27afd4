{# Which step k of the grid best + span k/(N-1) a published score stands on. #}
{% macro grid_step(score, best_score, span, population_size) -%}
    round({{ as_double('(' ~ score ~ ' - ' ~ best_score ~ ') * (' ~ population_size ~ ' - 1)') }} / {{ span }}, 0)
{%- endmacro %}
