{# The level at which something is decided. Two rows of a decision stop a build. That none is missing is a test of the
   project's shape: nothing would be decided without a word. #}
{% macro level(decision) -%}
    (select value from {{ ref('decision_levels') }} where decision = '{{ decision }}')
{%- endmacro %}
