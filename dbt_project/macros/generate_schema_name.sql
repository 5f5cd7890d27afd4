{# Layer names are schema names: `score.metric_scores` is the same string in dbt, DuckDB and Dagster. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
