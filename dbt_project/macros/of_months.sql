{# Whether a metric has figures of months. A survey has none, and of twelve months' figures neighbours share eleven. #}
{% macro of_months(basis) -%}
    {{ basis }} in ('latest_month', 'sum_of_months')
{%- endmacro %}
