{# The level at which something is decided. Two rows of a decision stop a build. A missing level would make every
   comparison with it NULL. `tests/model/test_project.py` checks that none is missing. #}
{% macro level(decision) -%}
    (select value from {{ ref('decision_levels') }} where decision = '{{ decision }}')
{%- endmacro %}
